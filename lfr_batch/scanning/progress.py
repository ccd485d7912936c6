"""What hears of a run while its files are probed and its segments are searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lfr_batch.records import FootageAsset, Segment, SegmentOutcome


class Progress(Protocol):
    """Hears of a run; what is about probing, only where something was left to plan."""

    def probe(self, files: int, left: int) -> None:
        """How many files the run has, and how many of them are still to be probed."""

    def probed(self, assets: Sequence[FootageAsset]) -> None:
        """What one of them holds."""

    def start(self, plan: Sequence[Segment], todo: int) -> None:
        """The whole plan, and how many of its segments are still to do."""

    def take(self, outcome: SegmentOutcome) -> None:
        """One of them is over."""

    def tell(self, sentence: str) -> None:
        """What the operator should know now: the run waits for a bucket, a machine is left out."""


class Unheard:
    """Hears nothing; who hears some of it derives from this."""

    def probe(self, files: int, left: int) -> None: ...

    def probed(self, assets: Sequence[FootageAsset]) -> None: ...

    def start(self, plan: Sequence[Segment], todo: int) -> None: ...

    def take(self, outcome: SegmentOutcome) -> None: ...

    def tell(self, sentence: str) -> None: ...


UNHEARD: Progress = Unheard()
