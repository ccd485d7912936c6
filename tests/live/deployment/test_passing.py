from __future__ import annotations

from datetime import timedelta

import pytest

from lfr_batch.live.deployment.passing import fault_of, same_pass
from tests.live.made import STARTED, a_record
from tests.live.seeded import SEEDING, a_pass, after


@pytest.mark.parametrize(
    ("volunteer", "camera", "seconds", "said"),
    [
        ("S000", "north", 0.0, None),
        ("S000", "south", 6 * 3600.0, None),
        ("S009", "north", 5.0, "'S009' is no volunteer of this deployment"),
        ("S000", "west", 5.0, "there is no camera 'west': they are north, south"),
        ("S000", "north", -1.0, "is not within the deployment"),
        ("S000", "north", 6 * 3600.0 + 1, "is not within the deployment"),
    ],
)
def test_who_passes_where_and_when(
    volunteer: str, camera: str, seconds: float, said: str | None
) -> None:
    fault = fault_of(volunteer, camera, after(seconds), SEEDING, a_record())
    assert (fault is None) == (said is None)
    assert said is None or said in str(fault)


@pytest.mark.parametrize(("seconds", "is_fault"), [(0.0, True), (59.9, True), (60.0, False)])
def test_nobody_passes_while_cameras_are_aimed(seconds: float, is_fault: bool) -> None:
    record = a_record()
    fault = fault_of("S000", "north", after(seconds), SEEDING, record, watched_from=after(60))
    assert (fault is not None) == is_fault
    assert not is_fault or "is before 10:01:00 UTC, when watching began" in str(fault)


@pytest.mark.parametrize(
    ("volunteer", "camera", "apart_s", "is_same"),
    [
        ("S000", "north", 0.0, True),
        ("S000", "north", 9.9, True),
        ("S000", "north", -9.9, True),
        ("S000", "north", 10.0, False),
        ("S001", "north", 0.0, False),
        ("S000", "south", 0.0, False),
    ],
)
def test_passes_that_could_not_both_be_recognised_are_one(
    volunteer: str, camera: str, apart_s: float, is_same: bool
) -> None:
    known = a_pass(100)
    found = same_pass(volunteer, camera, after(100 + apart_s), [known], 10.0)
    assert found == (known if is_same else None)


def test_one_that_was_taken_back_stands_in_nobodys_way() -> None:
    assert same_pass("S000", "north", after(1), [a_pass(1, taken_back=True)], 10.0) is None


def test_without_a_cool_down_the_same_moment_is_the_same_pass() -> None:
    assert same_pass("S000", "north", STARTED, [a_pass(0)], 0.0)
    assert not same_pass("S000", "north", STARTED + timedelta(seconds=1), [a_pass(0)], 0.0)
