from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.work.circuit import (
    CLOSED,
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    MOST_OUTAGE_S,
    SPREAD,
    answered,
    handed_out,
    has_given_up,
    lost_to_store,
    may_begin,
    not_tried,
)


def test_work_goes_on_while_the_store_answers() -> None:
    assert may_begin(CLOSED, 0.0)
    assert handed_out(CLOSED) == CLOSED
    assert not has_given_up(CLOSED, 1e9)


def test_nothing_is_begun_in_a_pause_and_one_item_after_it() -> None:
    circuit = lost_to_store(CLOSED, 100.0, "no answer", chance=0.5)
    assert not may_begin(circuit, 100.0 + FIRST_PAUSE_S - 0.1)
    assert may_begin(circuit, 100.0 + FIRST_PAUSE_S)
    trying = handed_out(circuit)
    assert not may_begin(trying, 1000.0)
    assert may_begin(not_tried(trying), 1000.0)
    assert answered(trying) == CLOSED


def test_what_was_in_hand_when_it_opened_makes_no_pause_longer() -> None:
    circuit = lost_to_store(CLOSED, 0.0, "no answer", chance=0.5)
    again = lost_to_store(circuit, 1.0, "still none", chance=0.5)
    assert (again.until_s, again.pauses) == (circuit.until_s, circuit.pauses)
    assert again.said == "still none"


@given(chances=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20))
def test_pauses_grow_within_bounds_and_are_spread(chances: list[float]) -> None:
    circuit, now_s, wanted = CLOSED, 0.0, FIRST_PAUSE_S
    for chance in chances:
        circuit = lost_to_store(circuit, now_s, "no answer", chance)
        pause_s = circuit.until_s - now_s
        assert wanted * (1 - SPREAD) <= pause_s + 1e-6
        assert pause_s <= wanted * (1 + SPREAD) + 1e-6
        now_s, wanted = circuit.until_s, min(2 * wanted, LONGEST_PAUSE_S)
        circuit = handed_out(circuit)


@pytest.mark.parametrize(
    ("later_s", "given_up"), [(MOST_OUTAGE_S - 1, False), (MOST_OUTAGE_S, True)]
)
def test_it_is_waited_for_for_an_hour_after_the_first_loss(later_s: float, given_up: bool) -> None:
    circuit = lost_to_store(CLOSED, 5.0, "no answer", chance=0.0)
    again = lost_to_store(handed_out(circuit), 50.0, "no answer", chance=0.0)
    assert has_given_up(again, 5.0 + later_s) is given_up
