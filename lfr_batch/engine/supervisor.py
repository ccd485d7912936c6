"""The Ray actor that supervises a worker. It stays light: the worker, with its decoders and models,
is in a guarded process of its own, and what passes through here is not unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass

from lfr_batch.errors import LfrError
from lfr_batch.work.guarded import Guarded
from lfr_batch.work.limits import Limits
from lfr_batch.work.lost import Lost, Why


@dataclass(frozen=True, slots=True)
class WasLost:
    """What the item was lost to."""

    why: Why
    said: str


Reply = bytes | WasLost | LfrError
"""A pickled result, or what there is in place of one. Errors are given back, not raised: Ray would
wrap them."""


class Supervisor:
    """Called from as many threads as its worker has items at once."""

    def __init__(self) -> None:
        self._guard = Guarded()

    def open(self, work: bytes, limits: Limits, together: int) -> LfrError | None:
        """What keeps the worker from being opened on this machine."""
        try:
            self._guard.open(work, limits, together)
        except LfrError as error:
            return error
        return None

    def process(self, item: bytes, media_s: float) -> Reply:
        try:
            answer = self._guard.submit(item, media_s).result()
        except LfrError as error:
            return error
        return WasLost(answer.why, answer.said) if isinstance(answer, Lost) else answer
