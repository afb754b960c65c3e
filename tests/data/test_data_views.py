import pytest

from mm_keras import data
from mm_keras.data import views


@pytest.fixture(autouse=True)
def own_table(monkeypatch):
    monkeypatch.setattr(views, "_VIEWS", {})


def test_the_most_specific_view_is_found():
    @data.register_view("coco")
    def general(example):
        return {}, {}

    @data.register_view("coco/2017")
    def special(example):
        return {}, {}

    assert views.find_view("coco/2017:1.1.0") is special
    assert views.find_view("coco/2014") is general
    assert views.find_view("stanford_dogs") is views.everything


def test_a_view_of_ones_own_goes_before_that_of_the_catalog():
    known = views.find_view("coco/2017")

    @data.register_view("coco")
    def own(example):
        return {}, {}

    assert views.find_view("coco/2017") is own is not known
    assert views.find_view("coco_captions") is not own


def test_digit_scenes_offers_its_caption_as_text():
    inputs, features = views.find_view("digit_scenes:1.0.0")(
        {"image": 1, "caption": 2}
    )
    assert inputs == {"image": 1, "text": 2}
    assert features == {"image": 1, "caption": 2}
