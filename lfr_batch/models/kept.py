"""What is dear to open: opened once each, for any number of threads, the least used let go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """``open_one`` of each key, of which the ``most`` last asked for are kept.

    One that is being opened keeps nobody waiting but those who want the same. Who still uses one
    that is let go keeps it until then.
    """

    def __init__(self, open_one: Callable[[K], V], most: int) -> None:
        self._open_one = open_one
        self._most = most
        self._there: OrderedDict[K, V] = OrderedDict()
        self._opening: dict[K, Lock] = {}
        self._changing = Lock()

    def __call__(self, key: K) -> V:
        """Raises what ``open_one`` raises; the next to ask has it try again."""
        with self._changing:
            if key in self._there:
                self._there.move_to_end(key)
                return self._there[key]
            opening = self._opening.setdefault(key, Lock())
        with opening:
            with self._changing:
                if key in self._there:
                    return self._there[key]
            opened = self._open_one(key)
            with self._changing:
                self._there[key] = opened
                self._opening.pop(key, None)
                while len(self._there) > self._most:
                    self._there.popitem(last=False)
        return opened

    def forget(self) -> None:
        """Let go of all."""
        with self._changing:
            self._there.clear()
