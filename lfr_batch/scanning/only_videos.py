"""A search looks at stills: what it says of videos, and who gives it nothing else is told first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageError, StoreError, UsageError
from lfr_batch.footage.sources import source_of
from lfr_batch.gallery.file_kinds import HEAD_BYTES, kind_of
from lfr_batch.records import FootageEntry


def no_still(uri: str) -> str:
    return f"{uri} is a video, and `lfr search` looks at stills: scan it with `lfr scan`"


def nothing_but_videos(uris: Sequence[str]) -> UsageError:
    more = f" ({len(uris) - 1} more are videos, too)" if len(uris) > 1 else ""
    return UsageError(no_still(uris[0]) + more)


def require_stills(entries: Iterable[FootageEntry], s3: S3Config) -> None:
    """Raises UsageError where every file begins as videos do.

    No more is read than that, and nothing beyond the first file that may be a still: what is not
    known so, or cannot be read, is for whoever probes it.
    """
    videos: list[str] = []
    for entry in entries:
        if not _begins_as_video(entry.uri, s3):
            return
        videos.append(entry.uri)
    if videos:
        raise nothing_but_videos(videos)


def _begins_as_video(uri: str, s3: S3Config) -> bool:
    with suppress(FootageError, StoreError, OSError), source_of(uri, s3).open_bytes() as file:
        return kind_of(file.read(HEAD_BYTES)) == "video"
    return False
