"""A place for one frame: the newest. What was not taken in time is forgotten, and counted."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class NewestSlot(Generic[Item]):
    """One thread puts, others take. Nothing that was taken or replaced is referenced any more."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._item: Item | None = None
        self._closed = False
        self._replaced = 0

    @property
    def replaced(self) -> int:
        """How many items a newer one took the place of."""
        with self._changed:
            return self._replaced

    def put(self, item: Item) -> None:
        with self._changed:
            if self._closed:
                return
            self._replaced += self._item is not None
            self._item = item
            self._changed.notify()

    def take(self, timeout_s: float) -> Item | None:
        """The item in it, waiting at most so long for one; None at once when it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, timeout_s)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Forget what is in it and take nothing more."""
        with self._changed:
            self._closed, self._item = True, None
            self._changed.notify_all()
