"""Whoever hears of a run's segments, and beside them what the operator is told, on record."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from lfr_batch.errors import StoreError
from lfr_batch.records import FootageAsset, Segment, SegmentOutcome
from lfr_batch.results.hold import Hold
from lfr_batch.results.notices import Notice, noticed, write_notices
from lfr_batch.scanning.progress import Progress

logger = logging.getLogger(__name__)


class NotingProgress:
    """Satisfies ``Progress``: passes on what it hears."""

    def __init__(self, progress: Progress, hold: Hold) -> None:
        self._progress, self._hold = progress, hold
        self._notices: tuple[Notice, ...] = ()

    def probe(self, files: int, left: int) -> None:
        self._progress.probe(files, left)

    def probed(self, assets: Sequence[FootageAsset]) -> None:
        self._progress.probed(assets)

    def start(self, plan: Sequence[Segment], todo: int) -> None:
        self._progress.start(plan, todo)

    def take(self, outcome: SegmentOutcome) -> None:
        self._progress.take(outcome)

    def tell(self, sentence: str) -> None:
        """It may be the results' own bucket that does not answer: then it is said all the same."""
        logger.info("told: %s", sentence)
        self._progress.tell(sentence)
        notices = noticed(self._notices, sentence, datetime.now(UTC))
        if notices != self._notices:
            self._notices = notices
            with suppress(StoreError):
                write_notices(self._hold, notices)
