from __future__ import annotations

import pytest

from lfr_batch.recognition.coverage import Coverage, leap_ns
from lfr_batch.records import nanoseconds, seconds

FRAMES = [i / 25 for i in range(100)]


def covered(
    moments_s: list[float],
    start_s: float = 0.0,
    end_s: float | None = None,
    rate: float | None = 25.0,
    sample_fps: float = 5.0,
) -> Coverage:
    end_ns = None if end_s is None else nanoseconds(end_s)
    coverage = Coverage(nanoseconds(start_s), end_ns, leap_ns(rate, sample_fps))
    for moment_s in moments_s:
        coverage.saw(nanoseconds(moment_s))
    coverage.ended()
    return coverage


@pytest.mark.parametrize(
    ("moments_s", "how", "seen_s", "unseen_s", "said"),
    [
        (FRAMES, {}, 3.96, 0.0, None),
        ([], {}, 0.0, 0.0, None),
        ([0.2, 0.24, 0.28], {}, 0.28, 0.0, None),
        ([2.0, 2.04], {}, 0.04, 2.0, "the first 2.0 s of a.mp4 cannot be decoded"),
        ([62.0, 62.04], {"start_s": 60.0}, 2.04, 0.0, None),
        ([0.0, 1e9], {}, 0.0, 1e9, "there is no picture between 0.0 s and 1000000000.0 s"),
        ([0.0, 2.9, 5.8], {}, 5.8, 0.0, None),
        ([0.0, 20.0, 21.0, 61.0], {}, 1.0, 60.0, "for 60.0 s in all there is no picture"),
        ([0.0, 1.0, 5.0, 6.0], {}, 2.0, 4.0, "there is no picture between 1.0 s and 5.0 s"),
        ([60.0, 61.0], {"start_s": 60.0, "end_s": 120.0}, 1.0, 59.0, "between 61.0 s and 120.0 s"),
        ([0.0, 1.0], {"end_s": 2.0}, 2.0, 0.0, None),
        ([], {"start_s": 60.0, "end_s": 120.0}, 0.0, 60.0, "between 60.0 s and 120.0 s"),
        ([0.0, 20.0, 40.0], {"rate": 0.05}, 40.0, 0.0, None),
        ([0.0, 600.0, 1200.0], {"rate": 1 / 600}, 0.0, 1200.0, "for 1200.0 s in all"),
        ([0.0, 20.0, 40.0], {"sample_fps": 0.05}, 40.0, 0.0, None),
        ([0.0, 20.0, 40.0], {"rate": None, "sample_fps": 0.0}, 0.0, 40.0, "the longest time"),
    ],
    ids=[
        "every frame",
        "not one frame",
        "a little late",
        "begins between keyframes",
        "a later segment begins late",
        "a leap of time",
        "a long pause",
        "two leaps",
        "a shorter leap",
        "a leap over the border",
        "up to the border",
        "between its borders no picture at all",
        "a slow time-lapse",
        "a picture every ten minutes",
        "few are looked at",
        "an unknown rate",
    ],
)
def test_time_counts_as_seen_where_pictures_are_near(
    moments_s: list[float], how: dict[str, float], seen_s: float, unseen_s: float, said: str | None
) -> None:
    coverage = covered(moments_s, **how)
    assert seconds(coverage.seen_ns) == pytest.approx(seen_s)
    assert seconds(coverage.unseen_ns) == pytest.approx(unseen_s)
    sentence = coverage.unsearched("a.mp4")
    assert sentence is None if said is None else said in (sentence or "")


def test_what_is_unseen_in_two_ways_is_said_twice() -> None:
    sentence = covered([2.0, 40.0]).unsearched("a.mp4") or ""
    assert "the first 2.0 s" in sentence
    assert "no picture between 2.0 s and 40.0 s" in sentence
