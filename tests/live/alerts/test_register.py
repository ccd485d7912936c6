from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import reduce

import pytest

from lfr_batch.live.alerts.items import Item, bare_alert
from lfr_batch.live.alerts.register import (
    Register,
    counts_of,
    first_after,
    next_item,
    numbers_of,
    opened_register,
    with_item,
    with_shown,
    without,
)
from lfr_batch.live.deployment.counts import Decision, FacesSeen
from lfr_batch.live.records import Alert, LiveCounts, Review
from tests.live.made import STARTED, a_review, an_alert

RECORDS: tuple[Alert | Review, ...] = (
    an_alert(0), an_alert(1), a_review("a0000", "match", "arrested"), an_alert(2),
)  # fmt: skip
"""As they are written: numbers 1 to 4."""


def written(register: Register, record: Alert | Review) -> Register:
    return with_item(register, next_item(register, record))


FULL = reduce(written, RECORDS, Register())


def test_what_is_written_has_the_next_number_and_no_pictures() -> None:
    assert numbers_of(FULL) == [1, 2, 3, 4]
    assert FULL.last_number == 4
    assert list(FULL.alerts) == ["a0000", "a0001", "a0002"]
    assert list(FULL.reviews) == ["r0-a0000"]
    assert FULL.alerts["a0001"] == bare_alert(an_alert(1))
    assert FULL.queue[1].record is FULL.alerts["a0001"]
    assert FULL.last_raised["north", "S001"] == an_alert(1).captured_at


def test_it_is_opened_as_it_was_whatever_the_order_of_the_files() -> None:
    items = [Item(number, record) for number, record in enumerate(RECORDS, 1)]
    assert opened_register(reversed(items), {}, 0) == FULL
    assert opened_register((), {}, 0) == Register()


def test_what_is_noted_as_deleted_is_not_taken_up_from_a_file_that_is_left() -> None:
    """A sweep notes first and deletes then; it may have been cut off between the two."""
    items = [Item(number, record) for number, record in enumerate(RECORDS, 1)]
    deleted = {"a0000": Decision("match", "arrested")}
    assert opened_register(items, deleted, 0) == without(FULL, deleted)
    assert list(opened_register(items, deleted, 0).alerts) == ["a0001", "a0002"]
    assert opened_register(items, deleted, 0).last_number == 4


def test_numbers_go_on_after_what_was_deleted_was_delivered() -> None:
    assert next_item(opened_register([Item(3, an_alert(0))], {}, 7), an_alert(1)).number == 8
    assert next_item(opened_register([Item(9, an_alert(0))], {}, 7), an_alert(1)).number == 10
    assert next_item(opened_register((), {}, 7), an_alert(1)).number == 8


def test_an_alert_without_room_is_known_but_not_to_be_delivered() -> None:
    held = replace(an_alert(3), kept=False)
    shown = with_shown(FULL, held)
    assert shown.alerts["a0003"] == bare_alert(held)
    assert shown.held.alerts == {"a0003": held}
    assert (shown.queue, shown.last_number) == (FULL.queue, 4)
    assert ("north", "S003") in shown.last_raised
    later = written(with_shown(shown, an_alert(4)), an_alert(3))
    assert list(later.held.alerts) == ["a0004"]
    assert later.alerts["a0003"].kept
    assert list(later.alerts)[-2:] == ["a0003", "a0004"], "it keeps its place"
    assert numbers_of(later) == [1, 2, 3, 4, 5]


def test_what_retention_deletes_goes_with_its_decisions_and_its_cool_down() -> None:
    deleted = {"a0000": Decision("match", "arrested"), "long-ago": Decision()}
    left = without(FULL, deleted)
    assert list(left.alerts) == ["a0001", "a0002"]
    assert left.reviews == {}
    assert numbers_of(left) == [2, 4]
    assert left.deleted == deleted
    assert set(left.last_raised) == {("north", "S001"), ("north", "S002")}
    assert left.last_number == 4
    assert list(FULL.alerts) == ["a0000", "a0001", "a0002"], "the register before is as it was"


@pytest.mark.parametrize(("number", "found"), [(0, 1), (1, 2), (3, 4), (4, None), (99, None)])
def test_what_may_be_delivered_next(number: int, found: int | None) -> None:
    item = first_after(FULL, number)
    assert (item and item.number) == found


def test_what_is_deleted_is_passed_over() -> None:
    item = first_after(without(FULL, {"a0000": Decision(), "a0001": Decision()}), 0)
    assert item is not None
    assert item.number == 4


def test_counts_are_of_everything_that_was_raised() -> None:
    faces = {"north": FacesSeen(before=30, now=10), "south": FacesSeen(now=5)}
    assert counts_of(Register(), {}) == LiveCounts()
    assert counts_of(FULL, faces) == LiveCounts(45, 3, 1, 0, 2, {"arrested": 1})
    left = without(FULL, {"a0000": Decision("match", "arrested")})
    assert counts_of(left, faces) == counts_of(FULL, faces)
    later = an_alert(7, captured_at=STARTED + timedelta(hours=1))
    assert counts_of(with_shown(FULL, later), faces).unkept == 1
