"""A process that stands still at any call to its store, and goes on when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from threading import Event, Lock
from typing import Any

from lfr_batch.storage.store import Store
from tests.patience import PATIENCE_S

CALLS = ("write_atomic", "write_new", "read", "read_aged", "exists", "list", "list_times", "delete")

Stop = Callable[[int, str, str], bool]
"""(number of the call, its name, its path) → whether to stand still before it."""


class Stillness:
    """From the first call for which ``stop`` is true, every call waits, of whatever thread: a
    process that stands still renews nothing either."""

    def __init__(self, stop: Stop) -> None:
        self.reached, self.over = Event(), Event()
        self.calls: list[tuple[str, str]] = []
        self._stop, self._counting = stop, Lock()

    def before(self, name: str, path: str) -> None:
        with self._counting:
            if self._stop(len(self.calls), name, path):
                self.reached.set()
            self.calls.append((name, path))
        if self.reached.is_set():
            assert self.over.wait(PATIENCE_S), "nobody ended the stillness"


def standing_still(store: Store, stillness: Stillness) -> Store:
    """The same store, for a process that does so."""
    kind: Any = type(store)

    def watched(name: str) -> Callable[..., Any]:
        def call(self: Any, path: str, *rest: Any) -> Any:
            stillness.before(name, path)
            return getattr(kind, name)(self, path, *rest)

        return call

    calls = {name: watched(name) for name in CALLS if hasattr(kind, name)}
    still: Store = type(f"Still{kind.__name__}", (kind,), calls)(
        **{field.name: getattr(store, field.name) for field in fields(kind)}
    )
    return still
