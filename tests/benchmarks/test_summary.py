"""What the benchmark makes of its measurements."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.measures import Hit, Measure
from benchmarks.summary import (
    Target,
    expected,
    found_visits,
    limit_for,
    rows_of,
    stray_hits,
    targets_of,
)
from benchmarks.tasks import EVERY, EVERY_MINUTE, INSIGHTFACE, OVERHEAD, PARTS, STARTUP

PARTS_FIGURES = {"decode_s": 0.002, "quick_s": 0.005, "thorough_s": 0.02, "embed_s": 0.01}
VISITS = ((1.0, 5.5), (40.0, 47.0))


def work(frames: int, wall_s: float, **other: Any) -> Measure:
    fields: dict[str, Any] = {
        "looks": frames,
        "media_s": frames / 25,
        "cpu_s": 2 * wall_s,
        "peak_mib": 700.0,
    }
    return Measure(**{"frames": frames, "wall_s": wall_s, **fields, **other})


@pytest.mark.parametrize(
    ("looks", "thorough", "tracks", "limit"),
    [
        (0, 0, 0, 500.0),
        (1000, 0, 0, 1 / 0.007),
        (200, 0, 0, 1 / 0.003),
        (200, 40, 0, 1 / (0.002 + 0.0008 + 0.0008)),
        (1000, 0, 100, 1 / 0.008),
    ],
)
def test_the_limit_is_the_sum_of_what_cannot_be_spared(
    looks: int, thorough: int, tracks: int, limit: float
) -> None:
    measure = work(1000, 10.0, looks=looks, thorough=thorough, tracks=tracks)
    assert limit_for(measure, PARTS_FIGURES) == pytest.approx(limit)


def test_ratios_are_taken_within_a_round_and_not_between_medians() -> None:
    rounds = {
        EVERY: [work(500, 5.0), work(500, 50.0), work(500, 10.0)],
        INSIGHTFACE: [work(125, 12.5), work(125, 125.0), work(125, 12.5)],
    }
    every, theirs = rows_of(rounds, {"street": VISITS})
    assert every.against_insightface == pytest.approx(10.0)
    assert every.frames_per_s == pytest.approx(50.0)
    assert theirs.against_insightface == 1.0


def test_a_ratio_needs_the_same_footage() -> None:
    rounds = {EVERY_MINUTE: [work(1500, 10.0)], INSIGHTFACE: [work(125, 12.5)]}
    assert rows_of(rounds, {"street": VISITS})[0].against_insightface is None


def test_the_share_of_the_limit() -> None:
    rounds = {
        EVERY_MINUTE: [work(1500, 15.0), work(1500, 30.0)],
        PARTS: [Measure(figures=PARTS_FIGURES)] * 2,
    }
    (row,) = rows_of(rounds, {"street": VISITS})
    assert row.share_of_limit == pytest.approx((100 + 50) / 2 * 0.007)


def test_a_visit_is_due_if_half_of_it_is_in_the_footage() -> None:
    assert expected(VISITS, 4.0) == [(1.0, 5.5)]
    assert expected(VISITS, 3.0) == []
    assert expected(VISITS, None) == list(VISITS)


@pytest.mark.parametrize(
    ("hits", "found", "stray"),
    [
        ((), 0, 0),
        ((Hit(1.5, 4.0, 0.8),), 1, 0),
        ((Hit(1.5, 2.0, 0.8), Hit(3.5, 4.0, 0.7)), 1, 0),
        ((Hit(1.5, 4.0, 0.8), Hit(20.0, 21.0, 0.5)), 1, 1),
        ((Hit(1.5, 41.0, 0.8),), 0, 1),
        ((Hit(0.5, 6.0, 0.8), Hit(39.5, 47.5, 0.8)), 2, 0),
    ],
)
def test_hits_belong_to_visits(hits: tuple[Hit, ...], found: int, stray: int) -> None:
    assert (found_visits(VISITS, hits), stray_hits(VISITS, hits)) == (found, stray)


def test_a_visit_lost_in_any_round_is_lost() -> None:
    hit = Hit(1.5, 4.0, 0.8)
    rounds = {EVERY: [work(500, 5.0, hits=(hit,)), work(500, 5.0)]}
    (row,) = rows_of(rounds, {"street": VISITS})
    assert (row.visits, row.visits_found, row.score) == (1, 0, None)
    lost = next(target for target in targets_of(rounds, [row]) if "lost" in target.name)
    assert (lost.figure, lost.reached) == (1.0, False)


def test_targets_of_a_run_that_measured_only_some() -> None:
    rounds = {
        OVERHEAD: [
            Measure(media_s=312.0, figures={"in_process_s": 10.0, "ray_s": ray_s})
            for ray_s in (10.2, 10.4, 20.0)
        ],
        STARTUP: [Measure(figures={"startup_s": 3.5})],
    }
    reached = {target.name: target.reached for target in targets_of(rounds, [])}
    assert reached.pop("on Ray, street, × real time") is True
    assert reached.pop("Ray against in-process, time") is True
    assert reached.pop("start-up to first frame, s") is False
    assert set(reached.values()) == {None}
    speeds = [t.figure for t in targets_of(rounds, []) if "on Ray" in t.name]
    assert speeds == [pytest.approx(30.0), None]


@pytest.mark.parametrize(
    ("figure", "at_least", "reached"),
    [(10.0, True, True), (9.9, True, False), (10.1, False, False), (None, True, None)],
)
def test_whether_a_target_is_reached(
    figure: float | None, at_least: bool, reached: bool | None
) -> None:
    assert Target("anything", figure, 10.0, at_least).reached is reached
