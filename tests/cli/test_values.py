"""What texts on the command line stand for."""

import re

import pytest

from mm_keras_cli import values


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("3", None, 3),
        ("0.5", 1.0, 0.5),
        ("1e-3", None, 0.001),
        ("true", False, True),
        ("None", 3, None),
        ("pyramid", "vector", "pyramid"),
        ("P3,P4", None, ("P3", "P4")),
        ("P3,", None, ("P3",)),
        ("100", (), (100,)),
        ("objects/label", None, "objects/label"),
    ],
)
def test_values_are_read_as_python_would(text, default, value):
    assert values.read_value(text, default) == value


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", {}),
        ("width=16", {"width": "16"}),
        ("width=16,stem_stride=2", {"width": "16", "stem_stride": "2"}),
        ("width=16:stem_stride=2", {"width": "16", "stem_stride": "2"}),
        ("levels=P3,P4,width=16", {"levels": "P3,P4", "width": "16"}),
        ("levels=P3,:width=16", {"levels": "P3,", "width": "16"}),
        ("weights=a=b", {"weights": "a=b"}),
    ],
)
def test_options_are_divided_by_commas_or_colons(text, options):
    assert values.read_options(text) == options


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("16", "'16'"),
        ("width", "'width'"),
        ("width=", "'width='"),
        ("=16", "'=16'"),
        ("width=1,width=2", "'width=2'"),
        ("width=1:width=2", "'width=2'"),
        ("width=1:2", "'2'"),
        ("width=1::depth=2", "''"),
    ],
)
def test_options_of_another_form_are_explained(text, received):
    said = f"each option once, as OPTION=VALUE, received {received}"
    with pytest.raises(ValueError, match=re.escape(said)):
        values.read_options(text)
