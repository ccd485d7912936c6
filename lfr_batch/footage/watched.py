"""What is read is what was planned: files are looked at before and after they are read.

The hash is taken again where times and inode leave doubt, at most once in a process and state.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageChanged, FootageError, FootageGone
from lfr_batch.footage import sources
from lfr_batch.footage.places import ObjectState
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


def require_planned(segment: Segment, s3: S3Config) -> ObjectState:
    """How the segment's file stands now. Raises FootageChanged where it is not the planned one,
    FootageGone where it is not there, FootageUnreadable, StoreUnreachable."""
    try:
        now = sources.state(segment.uri, s3)
    except FootageGone as error:
        raise FootageGone(gone_sentence(segment.uri)) from error
    verdict = since_planned(segment, now)
    if verdict == "doubt" and _read_again(segment.uri, now, s3) == segment.sha256:
        return now
    if verdict != "same":
        raise FootageChanged(changed_sentence(segment.uri, segment.bytes or 0, now.bytes))
    return now


@contextmanager
def undisturbed(
    uri: str, before: ObjectState, checksum: str | None, s3: S3Config
) -> Iterator[None]:
    """Read within: raises FootageChanged afterwards where the file did not stay as it was.

    That comes before what reading found wrong: a file that is written to looks damaged.
    """
    try:
        yield
    except FootageError:
        _require_undisturbed(uri, before, checksum, s3)
        raise
    _require_undisturbed(uri, before, checksum, s3)


def _require_undisturbed(uri: str, before: ObjectState, checksum: str | None, s3: S3Config) -> None:
    try:
        now = sources.state(uri, s3)
        verdict = since_opened(before, now)
        if verdict == "doubt" and _read_again(uri, now, s3) == checksum:
            return
    except FootageError as error:
        raise FootageChanged(disturbed_sentence(uri)) from error
    if verdict != "same":
        raise FootageChanged(disturbed_sentence(uri))


@lru_cache(maxsize=REMEMBERED)
def _read_again(uri: str, state: ObjectState, s3: S3Config) -> str:
    """Checksum of what the file holds in this very state. Raises FootageError, StoreUnreachable."""
    logger.info("%s is read again, since its times do not show that it is as planned", uri)
    facts = sources.facts(uri, s3)
    if facts.state != state:
        raise FootageChanged(disturbed_sentence(uri))
    return facts.checksum
