import hypothesis
import own_files
import pytest
import tensorflow as tf
from hypothesis import strategies as st

from mm_keras.data import decoding
from mm_keras.data.files import pictures


@pytest.fixture(scope="module")
def noise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("noise")
    return {
        suffix: own_files.write_noise(folder / f"picture.{suffix}")
        for suffix in ("jpg", "png")
    }


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_sound_picture_has_a_size(noise, suffix):
    found = pictures.inspect_picture(str(noise[suffix]))
    assert found == pictures.Inspection(size=(40, 80))


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_truncated_file_is_found(tmp_path, suffix, share, options):
    path = own_files.write_noise(
        tmp_path / f"cut.{suffix}", **(options if suffix == "jpg" else {})
    )
    own_files.truncate(path, share)
    found = pictures.inspect_picture(str(path))
    assert found.size is None and "cut" in found.problem
    assert "truncated" in found.problem


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(
    suffix=st.sampled_from(["jpg", "png"]),
    place=st.floats(0, 1),
    length=st.integers(0, 40),
)
def test_what_passes_can_be_decoded(
    noise, tmp_path_factory, suffix, place, length
):
    """Whatever is damaged: no epoch will die of a file that was let pass."""
    data = bytearray(noise[suffix].read_bytes())
    start = int(place * len(data))
    del data[start : start + length]
    path = tmp_path_factory.getbasetemp() / f"damaged.{suffix}"
    path.write_bytes(data)
    if pictures.inspect_picture(str(path)).problem is None:
        for ratio in decoding.RATIOS:
            tf.io.decode_jpeg(bytes(data), channels=3, ratio=ratio)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is an empty file"),
        (b"<html>404</html>", "is neither a JPEG nor a PNG"),
        (b"\xff\xd8\xff" + bytes(30), "its 33 bytes do not decode"),
        (b"BM" + bytes(60), "is neither a JPEG nor a PNG"),
    ],
)
def test_what_is_no_picture_is_found(tmp_path, content, problem):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    assert problem in pictures.inspect_picture(str(path)).problem


def test_files_that_cannot_be_read_are_named(tmp_path):
    missing = str(tmp_path / "missing.jpg")
    found = pictures.inspect_pictures([missing, str(tmp_path)])
    assert found[missing].problem == f"{missing} does not exist"
    assert "cannot be read" in found[str(tmp_path)].problem


def test_only_long_work_shows_its_progress(capsys, monkeypatch):
    monkeypatch.setattr(pictures, "MANY", 2)
    assert list(pictures.with_progress("ab", 2)) == ["a", "b"]
    assert capsys.readouterr().out == ""
    assert list(pictures.with_progress("abc", 3)) == ["a", "b", "c"]
    assert "3/3" in capsys.readouterr().out
