"""What a run through packets remembers, told packet by packet."""

from __future__ import annotations

from fractions import Fraction

import pytest

from lfr_batch.footage.clock import Timing
from lfr_batch.footage.damage import Damage
from lfr_batch.footage.reading import Reading, Wanted, damage_of, early_end
from lfr_batch.footage.stillness import Group, Stillness

MS = 10**6
S = 10**9
TIMING = Timing(Fraction(1, 1000), 100, 40 * MS)
"""Ticks of a millisecond, of which the hundredth is 0; 25 frames a second."""
PART = Wanted(2 * S, 4 * S)


@pytest.mark.parametrize(
    ("wanted", "held", "near"),
    [
        (Wanted(), "0 1- 1 2- 2 4- 4 5- 5", ""),
        (Wanted(2 * S), "2 4- 4 5- 5", ""),
        (PART, "2 4-", ""),
        (Wanted(2 * S, 4 * S, interlaced=True), "2 4-", "1 2- 2 4- 4 5-"),
        (Wanted(2 * S, interlaced=True), "2 4- 4 5- 5", "1 2- 2 4- 4 5- 5"),
    ],
)
def test_what_is_wanted(wanted: Wanted, held: str, near: str) -> None:
    """``4-`` is the last moment before second 4."""
    moments = {f"{n}{less}": n * S - len(less) for n in (1, 2, 4, 5) for less in ("-", "")}
    moments = {"0": 0, **moments}
    assert [name for name, ns in moments.items() if wanted.holds(ns)] == held.split()
    assert [name for name, ns in moments.items() if wanted.is_near(ns)] == near.split()


def test_packets_are_timed_by_the_frames_before_them() -> None:
    reading = Reading(TIMING)
    assert reading.packet_ns(None) == 0
    assert reading.packet_ns(140) == 40 * MS
    assert reading.packet_ns(60) == 0, "never before the beginning"
    assert reading.frame_came(5100, flagged=False) == (5 * S, 5 * S)
    assert reading.packet_ns(None) == 5 * S
    # A recorder that begins anew: its time goes on where the last one's ended.
    assert reading.frame_came(100, flagged=False) == (5 * S + 40 * MS, 5 * S + 40 * MS)
    assert reading.packet_ns(140) == 5 * S + 80 * MS
    assert (reading.frames, reading.read_to_ns) == (2, 5 * S + 40 * MS)


def test_a_small_step_back_is_no_new_beginning() -> None:
    reading = Reading(TIMING)
    reading.frame_came(1100, flagged=False)
    assert reading.frame_came(1060, flagged=False) == (960 * MS, S)
    assert reading.frame_came(None, flagged=False) == (1040 * MS, 1040 * MS)


def test_the_first_frame_is_needed_wherever_a_seek_has_led() -> None:
    reading = Reading(TIMING, PART)
    assert reading.needs(S)
    reading.frame_came(1100, flagged=False)
    moments = (S, 2 * S - 1, 2 * S, 4 * S - 1, 4 * S)
    assert [ns for ns in moments if reading.needs(ns)] == [2 * S, 4 * S - 1]


def test_one_frame_of_a_slot_is_needed_and_another_where_it_is_lost() -> None:
    reading = Reading(TIMING, Wanted(sample_fps=5.0))
    reading.frame_came(100, flagged=False)
    assert [ms for ms in range(0, 280, 40) if reading.needs(ms * MS)] == [0, 200]
    reading.packet_failed(200 * MS)
    assert [ms for ms in (280, 320) if reading.needs(ms * MS)] == [280]
    assert reading.failed_ns == [200 * MS]


def test_damage_is_that_of_the_own_share() -> None:
    reading = Reading(TIMING, PART)
    for time_ns in (S, 3 * S, 2 * S, 4 * S):
        reading.packet_failed(time_ns)
    reading.packet_flagged(3 * S + 1)
    assert damage_of(reading) == Damage(3, 2 * S, 3 * S + 1)
    assert damage_of(Reading(TIMING)) == Damage()


def test_what_a_read_lost_stood_behind_what_was_read() -> None:
    reading = Reading(TIMING)
    reading.read_to(3 * S)
    reading.read_to(2 * S)
    reading.read_failed()
    assert damage_of(reading) == Damage(1, 3 * S, 3 * S)


def test_flags_where_recordings_are_joined_say_nothing() -> None:
    """Counters do not go on there; what was flagged earlier was damaged."""
    reading = Reading(TIMING)
    reading.frame_came(5100, flagged=False)
    for time_ns in (2 * S, 4 * S, 5 * S):
        reading.packet_flagged(time_ns)
    reading.packet_failed(5 * S)
    reading.frame_came(100, flagged=True)
    assert reading.flagged_ns == [2 * S, 5 * S + 40 * MS]
    assert reading.failed_ns == [5 * S]


def test_only_packets_with_data_count() -> None:
    reading = Reading(TIMING)
    for has_data in (True, False, True):
        reading.packet_came(has_data=has_data)
    reading.end_came()
    assert (reading.packets, reading.frames, reading.at_end) == (2, 0, True)


def a_still_group(start_ns: int) -> Group:
    return Group(start_ns, start_ns + 960 * MS, 10_000, (100,) * 24)


def test_a_group_is_skipped_where_the_gate_saw_nothing_and_the_end_is_not_reached() -> None:
    stillness = Stillness()
    reading = Reading(TIMING, Wanted(0, 3 * S, sample_fps=5.0), stillness)
    assert not reading.skips(a_still_group(0)), "nothing has been learnt yet"
    for time_ns in range(0, S, 40 * MS):
        stillness.saw(time_ns, changed=False)
    assert reading.skips(a_still_group(S))
    assert not reading.skips(a_still_group(3 * S))
    assert not Reading(TIMING).skips(a_still_group(S))


def test_samples_of_skipped_packets_are_held() -> None:
    stillness = Stillness()
    reading = Reading(TIMING, Wanted(0, 1400 * MS, sample_fps=5.0), stillness)
    for time_ns in range(S, 2 * S, 40 * MS):
        reading.packet_skipped(time_ns, time_ns + 40 * MS)
    assert stillness.take_held(None) == [S, 1200 * MS]
    assert reading.read_to_ns == 2 * S


@pytest.mark.parametrize(
    ("wanted", "read_to_s", "frames", "said"),
    [
        (Wanted(), 9.0, 1, None),
        (Wanted(), 8.9, 1, "v is truncated: its header announces 10.0 s but it ends at 8.9 s"),
        (PART, 3.0, 1, None),
        (PART, 2.5, 1, "v is truncated: its header announces 10.0 s but it ends at 2.5 s"),
        (PART, 0.0, 0, "v is truncated: its header announces 10.0 s but it ends before 2.0 s"),
        (Wanted(9 * S, 20 * S), 9.2, 1, None),
    ],
)
def test_an_early_end(wanted: Wanted, read_to_s: float, frames: int, said: str | None) -> None:
    reading = Reading(TIMING, wanted)
    for _ in range(frames):
        reading.frame_came(100, flagged=False)
    reading.read_to(round(read_to_s * S))
    assert early_end("v", reading, 10 * S, S) == said
