from __future__ import annotations

from fractions import Fraction

from lfr_batch.footage.clock import MOST_NS, ClockState, Timing, tell

FRAME_NS = 40_000_000
MS = 1_000_000


def times(raw_ms: list[int | None]) -> list[tuple[int, int]]:
    """(moment, never-backwards time) in ms."""
    state, told = ClockState(), []
    for raw in raw_ms:
        moment, state = tell(state, None if raw is None else raw * MS, FRAME_NS)
        told.append((moment // MS, (state.last_ns or 0) // MS))
    return told


def test_missing_times_follow_at_the_frame_rate() -> None:
    assert [m for m, _ in times([None, None, 100, None])] == [0, 40, 100, 140]


def test_small_disorder_keeps_its_moment_but_time_does_not_go_back() -> None:
    assert times([0, 80, 40, 120]) == [(0, 0), (80, 80), (40, 80), (120, 120)]


def test_a_recorder_that_began_anew_goes_on() -> None:
    assert [m for m, _ in times([0, 5000, 0, 40, 80])] == [0, 5000, 5040, 5080, 5120]


def test_gaps_stay_gaps() -> None:
    assert [m for m, _ in times([0, 60_000, 60_040])] == [0, 60_000, 60_040]


def test_a_time_that_no_recording_reaches_is_none() -> None:
    beyond_ms = MOST_NS // MS
    assert [m for m, _ in times([0, 40, beyond_ms, 5000])] == [0, 40, 80, 5000]
    assert MOST_NS < 2**63


def test_time_stays_within_64_bits_however_often_it_begins_anew() -> None:
    almost_ms = MOST_NS // MS - 1
    told = times([0, almost_ms, 0, almost_ms, 0, almost_ms, None, None])
    assert max(moment for moment, _ in told) <= MOST_NS // MS


def test_ticks_are_bounded_both_ways() -> None:
    timing = Timing(Fraction(10**6), 0, FRAME_NS)
    assert (timing.ns(10**12), timing.ns(-(10**12)), timing.ns(2)) == (
        MOST_NS,
        -MOST_NS,
        2 * 10**15,
    )
