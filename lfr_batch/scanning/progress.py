"""What hears of a run's segments while they are searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lfr_batch.records import Segment, SegmentOutcome


class Progress(Protocol):
    """Hears of a run's segments."""

    def start(self, plan: Sequence[Segment], todo: int) -> None:
        """The whole plan, and how many of its segments are still to do."""

    def take(self, outcome: SegmentOutcome) -> None:
        """One of them is over."""

    def tell(self, sentence: str) -> None:
        """What the operator should know now: the run waits for a bucket, a machine is left out."""


class _Deaf:
    def start(self, plan: Sequence[Segment], todo: int) -> None: ...

    def take(self, outcome: SegmentOutcome) -> None: ...

    def tell(self, sentence: str) -> None: ...


UNHEARD: Progress = _Deaf()
