from __future__ import annotations

from lfr_batch.footage.stream_slot import NewestSlot


def test_the_newest_is_taken_once_and_what_it_replaced_is_counted() -> None:
    slot = NewestSlot[int]()
    for item in (1, 2, 3):
        slot.put(item)
    assert (slot.take(0.0), slot.take(0.0), slot.replaced) == (3, None, 2)


def test_one_that_is_closed_forgets_and_takes_nothing_more() -> None:
    slot = NewestSlot[int]()
    slot.put(1)
    slot.close()
    slot.put(2)
    assert (slot.take(60.0), slot.replaced) == (None, 0)  # at once
