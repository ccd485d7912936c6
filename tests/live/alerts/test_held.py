from __future__ import annotations

import pytest

from lfr_batch.errors import StoreError, StoreFull, StoreUnreachable
from lfr_batch.live.alerts.held import (
    Held,
    is_news,
    refused,
    trouble_of,
    with_answer,
    with_held,
    with_written,
)
from tests.live.made import BEST_SHOT, an_alert

FULL, GONE = StoreFull("the disk is full"), StoreUnreachable("the disk is gone")
TWO = Held({f"a000{number}": an_alert(number) for number in range(2)}, FULL)


def test_alerts_are_held_in_their_order_with_their_pictures() -> None:
    held = with_held(with_held(Held(), an_alert(1)), an_alert(0))
    assert list(held.alerts) == ["a0001", "a0000"]
    assert BEST_SHOT in held.alerts["a0001"].best_shot_jpeg
    assert with_held(held, an_alert(1)) == held


def test_the_refusal_is_over_once_everything_is_written() -> None:
    one = with_written(TWO, "a0000")
    assert (list(one.alerts), one.refusal) == (["a0001"], FULL)
    assert with_written(one, "a0001") == Held()
    assert with_written(TWO, "a0009") == TWO
    assert list(TWO.alerts) == ["a0000", "a0001"], "the record before is as it was"


@pytest.mark.parametrize(
    ("before", "answer", "after", "news"),
    [
        (Held(), None, None, False),
        (Held(), FULL, FULL, True),
        (Held(refusal=FULL), GONE, GONE, False),
        (Held(refusal=FULL), None, None, True),
        (TWO, GONE, GONE, False),
        (TWO, None, FULL, False),
    ],
)
def test_what_the_disk_said_last_counts_and_nothing_is_well_while_alerts_are_held(
    before: Held, answer: StoreError | None, after: StoreError | None, news: bool
) -> None:
    held = with_answer(before, answer)
    assert (held.alerts, held.refusal) == (before.alerts, after)
    assert is_news(before, held) == news


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (Held(), None),
        (Held(refusal=FULL), "alerts cannot be kept: the disk is full"),
        (TWO, "alerts cannot be kept (2 are only shown): the disk is full"),
    ],
)
def test_trouble_is_one_sentence(held: Held, said: str | None) -> None:
    assert trouble_of(held) == said


@pytest.mark.parametrize(
    ("held", "what", "kind", "said"),
    [
        (TWO, "", StoreFull, "the disk is full"),
        (TWO, "no decision: ", StoreFull, "no decision: the disk is full"),
        (Held(refusal=GONE), "", StoreUnreachable, "the disk is gone"),
        (Held(), "", StoreError, "the alert is not written yet; try again"),
    ],
)
def test_a_refusal_is_of_its_kind_and_new_each_time(
    held: Held, what: str, kind: type[StoreError], said: str
) -> None:
    error = refused(held, what)
    assert (type(error), str(error)) == (kind, said)
    assert error is not held.refusal
