from __future__ import annotations

from datetime import timedelta

import pytest

from lfr_batch.live.deployment.passing import fault_of, same_pass, watched
from lfr_batch.live.records import WatchingBegun
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


@pytest.mark.parametrize(
    ("is_aimed", "begun_s", "since_s"),
    [(False, None, 0.0), (True, None, None), (True, 900.0, 900.0), (False, 900.0, 900.0)],
)
def test_a_pass_is_one_once_people_are_looked_for(
    is_aimed: bool, begun_s: float | None, since_s: float | None
) -> None:
    begun = None if begun_s is None else WatchingBegun(after(begun_s), "operator")
    found = watched(a_record(), is_aimed, begun)
    assert (found and found.started_at) == (None if since_s is None else after(since_s))
