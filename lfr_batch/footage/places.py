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
class ObjectFacts:
    """Size, and what identifies the content: hex sha256, or ``etag:…``/``sha256:…`` of a store."""

    bytes: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Place:
    """``find`` gives the uris for one input; ``open_bytes`` a seekable reader."""

    find: Callable[[str, S3Config], list[str]]
    open_bytes: Callable[[str, S3Config], BinaryIO]
    facts: Callable[[str, S3Config], ObjectFacts]


def is_footage_name(relative: str) -> bool:
    """Whether a file found in a folder is taken: not hidden, and no side-car by its ending."""
    path = PurePosixPath(relative)
    hidden = any(part.startswith(".") for part in path.parts)
    return not hidden and path.suffix.lower() not in SIDE_CARS
