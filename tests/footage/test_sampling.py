from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.footage.sampling import SamplerState, SlotsSent, sample, sample_slot
from lfr_batch.records import NS_PER_S


def taken(times_ns: list[int], fps: float) -> list[int]:
    state, kept = SamplerState(), []
    for time_ns in times_ns:
        take, state = sample(state, time_ns, fps)
        if take:
            kept.append(time_ns)
    return kept


def frames(rate: float, seconds: float) -> list[int]:
    return [round(i * NS_PER_S / rate) for i in range(round(rate * seconds))]


@pytest.mark.parametrize(
    ("rate", "fps", "expected"),
    [(25, 5, 50), (30000 / 1001, 5, 50), (10, 5, 50), (2, 5, 20), (25, 0, 250), (25, 0.5, 5)],
)
def test_samples_in_ten_seconds(rate: float, fps: float, expected: int) -> None:
    assert len(taken(frames(rate, 10), fps)) == expected


def test_slots_are_exact_at_their_borders() -> None:
    assert all(sample_slot(k * NS_PER_S // 5, 5.0) == k for k in range(100_000))


@given(st.lists(st.integers(0, 3 * 10**9), min_size=1, max_size=300), st.sampled_from([1.0, 5.0]))
def test_every_slot_with_a_frame_is_sampled_once(gaps: list[int], fps: float) -> None:
    times = [sum(gaps[: i + 1]) for i in range(len(gaps))]
    slots = [sample_slot(t, fps) for t in taken(times, fps)]
    assert slots == sorted({sample_slot(t, fps) for t in times})


def test_repeated_and_disordered_times_are_not_taken_again() -> None:
    ms = 1_000_000
    assert taken([0, 0, 200 * ms, 190 * ms, 200 * ms, 400 * ms], 5.0) == [0, 200 * ms, 400 * ms]


def test_a_clock_that_begins_anew_is_sampled_again() -> None:
    times = [*frames(25, 20), *frames(25, 20)]
    assert len(taken(times, 5.0)) == 200


@given(st.integers(1, 999))
def test_cutting_adds_at_most_the_first_frame_of_a_segment(cut: int) -> None:
    times = frames(30000 / 1001, 33.4)
    once = taken(times, 5.0)
    both = taken(times[:cut], 5.0) + taken(times[cut:], 5.0)
    assert set(once) <= set(both)
    assert set(both) - set(once) <= {times[cut]}
    assert all(b - a > 0 for a, b in pairwise(both))


@given(
    st.lists(st.integers(0, 3 * 10**9), min_size=1, max_size=120, unique=True),
    st.sampled_from([0.0, 0.5, 5.0, 30000 / 1001]),
)
def test_whatever_the_coding_order_every_sample_is_sent(times: list[int], fps: float) -> None:
    sent = SlotsSent()
    given_to_decoder = {time_ns for time_ns in times if sent.needs(time_ns, fps)}
    assert set(taken(sorted(times), fps)) <= given_to_decoder


@given(st.lists(st.integers(0, 3 * 10**9), min_size=1, max_size=120, unique=True))
def test_in_the_order_in_which_they_are_shown_only_samples_are_sent(times: list[int]) -> None:
    sent = SlotsSent()
    assert [t for t in sorted(times) if sent.needs(t, 5.0)] == taken(sorted(times), 5.0)


def test_a_frame_that_was_lost_is_stood_in_for_by_another_of_its_slot() -> None:
    ms = 1_000_000
    sent = SlotsSent()
    assert sent.needs(200 * ms, 5.0)
    assert not sent.needs(240 * ms, 5.0)
    sent.lost(200 * ms, 5.0)
    assert sent.needs(280 * ms, 5.0)
    assert not sent.needs(320 * ms, 5.0)
    sent.lost(0, 5.0)
    sent.lost(0, 0.0)
    assert sent.needs(0, 5.0)
