"""Properties of checked objects, whatever the annotation says."""

import hypothesis
import numpy as np
from hypothesis import strategies as st

from mm_keras.data import derived
from mm_keras.data.files import objects

SIZE = (40, 80)
CLASSES = ("cat", "dog")
edges = st.one_of(st.floats(-10, 100), st.just(float("nan")))
boxes = st.tuples(edges, edges, edges, edges)


def check(box, label="cat", size=SIZE):
    thing = objects.Object(1, label, box)
    return objects.check_object(thing, size, CLASSES)


@hypothesis.given(boxes)
def test_a_box_is_kept_or_explained_and_never_both(box):
    kept, problem = check(box)
    assert (kept is None) != (problem is None)


@hypothesis.given(boxes)
def test_what_is_kept_has_an_area_within_the_picture(box):
    kept, _ = check(box)
    if kept is not None:
        ymin, xmin, ymax, xmax = kept.box
        assert 0 <= ymin < ymax <= 40 and 0 <= xmin < xmax <= 80
        assert max(abs(np.subtract(kept.box, box))) <= objects.TOLERANCE


@hypothesis.given(
    st.lists(st.integers(0, 40), min_size=2, max_size=2, unique=True),
    st.lists(st.integers(0, 80), min_size=2, max_size=2, unique=True),
)
def test_a_box_within_the_picture_stays_as_it_is(y, x):
    box = (min(y), min(x), max(y), max(x))
    kept, _ = check(box)
    assert kept.box == box


def test_two_pixels_are_clipped_and_more_is_a_fault():
    assert check((-2, 0, 42, 80))[0].box == (0, 0, 40, 80)
    for box in [(-2.5, 0, 9, 9), (0, -3, 9, 9), (0, 0, 43, 9), (0, 0, 9, 83)]:
        assert "outside the picture of 40 x 80" in check(box)[1]
    assert "outside" in check((-2, 0, -1, 9))[1]  # Nothing of it is inside.


@hypothesis.given(st.lists(st.sampled_from(CLASSES), max_size=6))
def test_features_agree_with_each_other(labels):
    things = [check((0, 0, 20, 40), label)[0] for label in labels]
    found = objects.to_groups(things, SIZE, CLASSES)
    found = derived.add(found, derived.of_objects(2, crowds="crowds"))
    ids = found["objects"]["label"].tolist()
    assert [CLASSES[i] for i in ids] == labels
    assert found["objects"]["bbox"].shape == (len(labels), 4)
    assert np.all(found["objects"]["bbox"] == [0, 0, 0.5, 0.5])
    assert found["counts"].numpy().tolist() == [ids.count(0), ids.count(1)]
    assert found["count"].numpy() == [len(labels)]
    assert found["labels"].numpy().tolist() == [0 in ids, 1 in ids]
