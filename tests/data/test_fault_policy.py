import pytest

from mm_keras import data
from mm_keras.data.files import fault_policy


def report(count):
    faults = data.Faults()
    for number in range(count):
        faults.add(f"{number}.jpg", "image", "does not exist")
    return faults


def settle(faults, **options):
    policy = fault_policy.Policy(**options)
    policy.settle(faults, name="pets", total=10, stacklevel=1)


def test_without_faults_nothing_is_said():
    settle(report(0))


def test_faults_raise_with_the_names_of_the_files():
    with pytest.raises(ValueError, match="2 of 10 samples of pets") as error:
        settle(report(2))
    assert "0.jpg   image  does not exist\n1.jpg" in str(error.value)
    assert 'on_fault="skip"' in str(error.value)


def test_skipped_faults_are_reported_in_the_line_of_the_user():
    with pytest.warns(UserWarning, match="0.jpg   image  does") as seen:
        settle(report(1), on_fault="skip")
    assert "settle(faults" not in str(seen[0].message)
    assert seen[0].filename == __file__


@pytest.mark.parametrize("budget", [2, 0.2])
def test_more_faults_than_the_budget_raise(budget):
    options = {"on_fault": "skip", "max_faults": budget}
    with pytest.warns(UserWarning, match="2 of 10"):
        settle(report(2), **options)
    with pytest.raises(ValueError, match="at most max_faults=.* 3 of 10"):
        settle(report(3), **options)


def test_any_number_may_be_skipped():
    with pytest.warns(UserWarning, match="25 of 25 samples"):
        settle(report(25), on_fault="skip", max_faults=None)


def test_more_faults_than_samples_are_all_of_them():
    with pytest.warns(UserWarning, match="12 of 12 samples"):
        settle(report(12), on_fault="skip", max_faults=1.0)
    with pytest.raises(ValueError, match="max_faults=0.1 .* 1 of 1"):
        fault_policy.Policy("skip").settle(
            report(1), name="nothing", total=0, stacklevel=1
        )


def test_the_budget_counts_samples_and_not_their_faults():
    faults = report(1)
    faults.add("0.jpg", "objects", "object 1 (cat): has no area")
    with pytest.warns(UserWarning, match="1 of 10"):
        settle(faults, on_fault="skip", max_faults=1)


def test_a_message_is_cut_and_the_report_is_not():
    with pytest.raises(ValueError, match="... and 5 more"):
        settle(report(25))
    assert len(str(report(25)).splitlines()) == 26


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_fault": "ignore"}, "Received: on_fault='ignore'"),
        ({"max_faults": -1}, "Received: max_faults=-1"),
        ({"max_faults": 1.5}, "Received: max_faults=1.5"),
    ],
)
def test_an_unknown_policy_is_explained(options, message):
    with pytest.raises(ValueError, match=message):
        fault_policy.Policy(**options)
