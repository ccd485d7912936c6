"""What was read of objects, for whoever opens the same object next in this process.

A worker opens an object anew for every segment of it, and probing several times: head and index,
and all of a small object, need not be fetched each time. Kept is what is read first, up to a share
for each object; what was opened longest ago makes room. Nothing here knows whether an object is
still the same: it is called by all that is known of its content, and another content has another
name.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock, RLock
from typing import NamedTuple

MOST_BYTES = 64 << 20
"""Of a process. The limits of its work (``limits.memory_mib``) hold with it."""
SHARE_BYTES = 16 << 20
"""Of one object."""
MOST_OBJECTS = 64


class Piece(NamedTuple):
    start: int
    data: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.data)


class KeptParts:
    """Parts of one content. Where there is no more room, new ones are refused, or take the place of
    those that were used longest ago (``renewed``). For many threads."""

    def __init__(
        self, most_bytes: int, *, renewed: bool = False, added: Callable[[], None] = lambda: None
    ) -> None:
        self.most_bytes, self.bytes = most_bytes, 0
        self.whole = RLock()
        """Held by whoever fetches all of it, so that nobody else does meanwhile."""
        self._renewed, self._added = renewed, added
        self._starts: list[int] = []
        self._data: OrderedDict[int, bytes] = OrderedDict()
        self._lock, self._closed = Lock(), False

    def at(self, at: int) -> Piece | None:
        """That in which the byte stands."""
        with self._lock:
            piece = self._before(at)
            if piece is None or at >= piece.end:
                return None
            self._data.move_to_end(piece.start)
            return piece

    def before(self, at: int) -> Piece | None:
        """The last that begins there or before."""
        with self._lock:
            return self._before(at)

    def next_start(self, at: int) -> int | None:
        """Where behind ``at`` the next begins."""
        with self._lock:
            place = bisect_right(self._starts, at)
            return self._starts[place] if place < len(self._starts) else None

    def add(self, start: int, data: bytes) -> bool:
        """False: there is no room for it."""
        with self._lock:
            if self._closed or len(data) > self.most_bytes:
                return False
            if self.bytes + len(data) > self.most_bytes and not self._renewed:
                return False
            self._drop(start)
            while self.bytes + len(data) > self.most_bytes:
                self._drop(next(iter(self._data)))
            insort(self._starts, start)
            self._data[start] = data
            self.bytes += len(data)
        self._added()
        return True

    def close(self) -> None:
        """Drop all; there is no room any more."""
        with self._lock:
            self._closed, self.most_bytes = True, 0
            self._starts.clear()
            self._data.clear()
            self.bytes = 0

    def _before(self, at: int) -> Piece | None:
        place = bisect_right(self._starts, at)
        start = self._starts[place - 1] if place else None
        return None if start is None else Piece(start, self._data[start])

    def _drop(self, start: int) -> None:
        data = self._data.pop(start, None)
        if data is not None:
            self._starts.remove(start)
            self.bytes -= len(data)


class KeptObjects:
    """The pieces of the objects that were opened last. For many threads."""

    def __init__(self, most_bytes: int = MOST_BYTES, share_bytes: int = SHARE_BYTES) -> None:
        self.most_bytes, self.share_bytes = most_bytes, share_bytes
        self._objects: OrderedDict[Hashable, KeptParts] = OrderedDict()
        self._lock = Lock()

    def of(self, content: Hashable) -> KeptParts:
        with self._lock:
            if content not in self._objects:
                self._objects[content] = KeptParts(self.share_bytes, added=self._make_room)
            self._objects.move_to_end(content)
            while len(self._objects) > MOST_OBJECTS:
                self._close_oldest()
            return self._objects[content]

    def let_go(self, content: Hashable) -> None:
        with self._lock:
            pieces = self._objects.pop(content, None)
            if pieces is not None:
                pieces.close()

    @property
    def bytes(self) -> int:
        with self._lock:
            return self._sum()

    def _make_room(self) -> None:
        with self._lock:
            while self._sum() > self.most_bytes:
                self._close_oldest()

    def _sum(self) -> int:
        return sum(pieces.bytes for pieces in self._objects.values())

    def _close_oldest(self) -> None:
        _, pieces = self._objects.popitem(last=False)
        pieces.close()


KEPT_OBJECTS = KeptObjects()
"""This process's."""
