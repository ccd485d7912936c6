"""What is read is what was planned: files are looked at before and after they are read.

The hash is taken again where times and inode leave doubt, at most once in a process and state.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from lfr_batch.errors import FootageChanged, FootageError, FootageGone
from lfr_batch.footage.places import ObjectState, Source
from lfr_batch.footage.unchanged import (
    changed_sentence,
    disturbed_sentence,
    gone_sentence,
    since_opened,
    since_planned,
)
from lfr_batch.records import Segment

REMEMBERED = 1024
"""Files that a process need not read again to know what they hold."""

logger = logging.getLogger(__name__)


def require_planned(segment: Segment, source: Source) -> ObjectState:
    """How the segment's file stands now. Raises FootageChanged where it is not the planned one,
    FootageGone where it is not there, FootageUnreadable, StoreUnreachable."""
    try:
        now = source.state()
    except FootageGone as error:
        raise FootageGone(gone_sentence(segment.uri)) from error
    verdict = since_planned(segment, now)
    if verdict == "doubt" and _read_again(source, now) == segment.sha256:
        return now
    if verdict != "same":
        raise FootageChanged(changed_sentence(segment.uri, segment.bytes or 0, now.bytes))
    return now


@contextmanager
def undisturbed(source: Source, before: ObjectState, checksum: str | None) -> Iterator[None]:
    """Read within: raises FootageChanged afterwards where the file did not stay as it was.

    That comes before what reading found wrong: a file that is written to looks damaged.
    """
    try:
        yield
    except FootageError:
        _require_undisturbed(source, before, checksum)
        raise
    _require_undisturbed(source, before, checksum)


def _require_undisturbed(source: Source, before: ObjectState, checksum: str | None) -> None:
    try:
        now = source.state()
        verdict = since_opened(before, now)
        if verdict == "doubt" and _read_again(source, now) == checksum:
            return
    except FootageError as error:
        raise FootageChanged(disturbed_sentence(source.uri)) from error
    if verdict != "same":
        raise FootageChanged(disturbed_sentence(source.uri))


@lru_cache(maxsize=REMEMBERED)
def _read_again(source: Source, state: ObjectState) -> str:
    """Checksum of what the file holds in this very state. Raises FootageError, StoreUnreachable."""
    logger.info("%s is read again, since its times do not show that it is as planned", source.uri)
    facts = source.facts()
    if facts.state != state:
        raise FootageChanged(disturbed_sentence(source.uri))
    return facts.checksum
