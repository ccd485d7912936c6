from __future__ import annotations

import pytest

from lfr_batch.live.deployment.recognition_rate import (
    PassCounts,
    Recognition,
    SeedingFigures,
    seeding_figures,
    without_few,
)
from lfr_batch.live.records import VolunteerPass
from tests.live.seeded import SEEDING, a_pass, seen

CAMERAS = ("north", "south")


def counted(passes: list[VolunteerPass], alerts: list[Recognition]) -> SeedingFigures:
    return seeding_figures(SEEDING, passes, alerts, CAMERAS)


@pytest.mark.parametrize(
    ("passes", "alerts", "recognised", "unclaimed"),
    [
        ([a_pass(100)], [seen(100)], 1, 0),
        ([a_pass(100)], [seen(130)], 1, 0),
        ([a_pass(100)], [seen(70)], 1, 0),
        ([a_pass(100)], [seen(130.1)], 0, 1),
        ([a_pass(100)], [seen(100, "S001")], 0, 1),
        ([a_pass(100)], [seen(100, camera="south")], 0, 1),
        ([a_pass(100)], [], 0, 0),
        ([], [seen(100)], 0, 1),
        # An alert is of one pass, the nearest.
        ([a_pass(100), a_pass(120)], [seen(118)], 1, 0),
        ([a_pass(100), a_pass(120)], [seen(101), seen(119)], 2, 0),
        # Two alerts of one pass make no two passes.
        ([a_pass(100), a_pass(120)], [seen(95), seen(106)], 1, 0),
        ([a_pass(100), a_pass(120)], [seen(110)], 1, 0),
        ([a_pass(100, taken_back=True)], [seen(100)], 0, 1),
    ],
)
def test_a_pass_is_recognised_by_an_alert_that_belongs_to_it(
    passes: list[VolunteerPass], alerts: list[Recognition], recognised: int, unclaimed: int
) -> None:
    found = counted(passes, alerts)
    assert found.total.passes == sum(not each.taken_back for each in passes)
    assert (found.total.recognised, found.unclaimed) == (recognised, unclaimed)
    assert found.alerts == len(alerts)


def test_of_two_passes_as_near_the_earlier_one_is_recognised() -> None:
    passes = [a_pass(120, camera="north"), a_pass(100, camera="north")]
    other_group = [a_pass(300, "S001"), a_pass(320, "S001")]
    found = counted(passes + other_group, [seen(110), seen(310, "S001"), seen(320, "S001")])
    assert found.total.recognised == 3


def test_it_is_counted_by_camera_and_by_group() -> None:
    passes = [
        a_pass(0),
        a_pass(60),
        a_pass(60, camera="south"),
        a_pass(0, "S001", "south"),
        a_pass(0, "S777", "south"),
    ]
    found = counted(passes, [seen(2), seen(61, camera="south"), seen(900)])
    assert found == SeedingFigures(
        volunteers=3,
        within_s=30.0,
        total=PassCounts(people=3, passes=5, recognised=2),
        cameras=(
            PassCounts(name="north", people=1, passes=2, recognised=1),
            PassCounts(name="south", people=3, passes=3, recognised=1),
        ),
        groups={
            "sex": (
                PassCounts(name="F", people=1, passes=3, is_hidden=True),
                PassCounts(name="M", people=1, passes=1, is_hidden=True),
                PassCounts(name="not stated", is_hidden=True),
            )
        },
        alerts=3,
        unclaimed=1,
    )


@pytest.mark.parametrize(
    ("passes", "people", "is_too_few"),
    [(10, 5, False), (9, 5, True), (10, 4, True), (0, 0, True), (500, 400, False)],
)
def test_a_group_of_few_says_nothing(passes: int, people: int, is_too_few: bool) -> None:
    assert PassCounts(passes=passes, people=people).is_too_few is is_too_few


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({"F": (31, 6), "M": (20, 5)}, "FM"),
        # All and F would tell of M.
        ({"F": (31, 6), "M": (9, 4)}, ""),
        ({"F": (31, 6), "M": (9, 4), "X": (12, 5)}, "F"),
        # Two of too few that are together many enough hide each other.
        ({"F": (31, 6), "M": (9, 4), "X": (9, 4)}, "F"),
        ({"F": (31, 6), "M": (20, 5), "X": (0, 0)}, "FM"),
        ({"F": (3, 1)}, ""),
        ({}, ""),
    ],
)
def test_what_is_kept_of_groups_tells_of_no_few(
    sizes: dict[str, tuple[int, int]], shown: str
) -> None:
    groups = [
        PassCounts(name=name, passes=passes, people=people, recognised=passes // 2)
        for name, (passes, people) in sizes.items()
    ]
    found = without_few(groups)
    assert "".join(each.name for each in found if not each.is_hidden) == shown
    assert [(each.name, each.passes, each.people) for each in found] == [
        (each.name, each.passes, each.people) for each in groups
    ]
    assert not any(each.recognised for each in found if each.is_hidden)


def test_figures_have_nobodys_name() -> None:
    text = counted([a_pass(0), a_pass(0, "S001")], [seen(1)]).model_dump_json()
    assert "S000" not in text
    assert "S001" not in text
