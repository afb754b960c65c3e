import numpy as np

from mm_keras.metrics import TokenAccuracy

TRUE = np.array([[2, 0, -1, -1], [1, 1, 3, 0], [-1, 3, -1, 0]])
PRED = np.array([[2, 1, -1, 0], [1, 1, 0, 0], [0, 3, -1, 2]])


def measured(*arguments):
    metric = TokenAccuracy()
    metric.update_state(*arguments)
    return float(metric.result())


def test_only_tokens_with_a_class_count():
    # Right: 1 of 2, 3 of 4, 1 of 2.
    assert measured(TRUE, PRED) == 5 / 8


def test_weights_are_per_example():
    # 1 of 2 once, 1 of 2 twice.
    assert measured(TRUE, PRED, np.array([1, 0, 2])) == (1 + 2) / (2 + 4)


def test_padding_that_is_found_is_no_success():
    assert measured(np.full((1, 3), -1), np.full((1, 3), -1)) == 0.0
