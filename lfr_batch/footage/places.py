"""What every kind of place (local disk, bucket) can do for footage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from lfr_batch.config.schema import S3Config

SIDE_CARS = frozenset(
    {".csv", ".tsv", ".json", ".jsonl", ".txt", ".md", ".parquet", ".xml", ".yaml", ".yml", ".log"}
    | {".srt", ".vtt", ".ass", ".sha256", ".md5", ".ini", ".pdf", ".html", ".htm"}
)
"""Files that lie beside footage. Taken only when they are named."""


@dataclass(frozen=True, slots=True)
class FileState:
    """How a file or object stands at one moment, as far as that is known without reading it.

    A disk knows times and inode, a bucket checksum and version; the rest is None.
    """

    bytes: int
    modified_ns: int | None = None
    changed_ns: int | None = None
    """When anything about it last changed (ctime), which programs cannot set back."""
    inode: tuple[int, int] | None = None
    """Device and number. A device has another number on another machine."""
    checksum: str | None = None
    """As ``ObjectFacts.checksum``."""
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """How a file stood when it was read to learn what it holds."""

    state: FileState
    checksum: str
    """What identifies the content: hex sha256, or ``etag:…``/``sha256:…`` of a store, or
    ``modified:…`` of one that has neither."""
    content_id: str | None
    """Hex sha256 of the bytes; None where the store has none of the whole object."""
    changed_ns: int | None = None
    """That of ``state``; None where it was so recent that it may not show a later change."""

    @property
    def bytes(self) -> int:
        return self.state.bytes


@dataclass(frozen=True, slots=True)
class Place:
    """``find`` gives the uris for one input; ``open_bytes`` a seekable reader.

    ``state`` transfers nothing; ``facts`` may read the whole file.
    """

    find: Callable[[str, S3Config], list[str]]
    open_bytes: Callable[[str, S3Config], BinaryIO]
    state: Callable[[str, S3Config], FileState]
    facts: Callable[[str, S3Config], ObjectFacts]


def is_footage_name(relative: str) -> bool:
    """Whether a file found in a folder is taken: not hidden, and no side-car by its ending."""
    path = PurePosixPath(relative)
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.suffix.lower() not in SIDE_CARS
