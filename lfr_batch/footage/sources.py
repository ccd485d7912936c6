"""Where footage may lie: one line per kind of place."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import BinaryIO

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import UsageError
from lfr_batch.footage import local
from lfr_batch.footage.places import FileState, ObjectFacts, Place
from lfr_batch.records import FootageEntry

LOCAL = Place(local.find, local.open_bytes, local.state, local.facts)


def _s3() -> Place:
    from lfr_batch.footage import s3  # noqa: PLC0415 - boto3 is slow to import

    return Place(s3.find, s3.open_bytes, s3.state, s3.facts)


PLACES: dict[str, Callable[[], Place]] = {
    "": lambda: LOCAL,
    "file": lambda: LOCAL,
    "s3": _s3,
}
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


def list_entries(inputs: Sequence[str], s3: S3Config) -> list[FootageEntry]:
    """Every file or object that the inputs mean, sorted by uri, each once.

    An input is a file, a folder, a glob pattern or ``s3://bucket/prefix``. A folder stands for all
    below it, linked folders too, each folder once. Left out of it, and counted in the log at INFO,
    are hidden files, side-cars (the endings of ``places.SIDE_CARS``) and what is no regular file;
    hidden folders are not entered. A dangling link is an entry: probing it says what is wrong.
    Local uris are absolute paths. Raises UsageError for an input that means nothing or may not be
    looked at, StoreUnreachable for a bucket that cannot be listed.
    """
    uris = {uri for given in inputs for uri in place_of(given).find(given, s3)}
    return [FootageEntry(uri) for uri in sorted(uris)]


def open_bytes(uri: str, s3: S3Config) -> BinaryIO:
    """A seekable reader. Raises FootageUnreadable, StoreUnreachable."""
    return place_of(uri).open_bytes(uri, s3)


def state(uri: str, s3: S3Config) -> FileState:
    """How it stands now; nothing of it is read. Raises FootageUnreadable, StoreUnreachable."""
    return place_of(uri).state(uri, s3)


def facts(uri: str, s3: S3Config) -> ObjectFacts:
    """Size and checksum; a local file is read whole. Raises FootageUnreadable, StoreUnreachable."""
    return place_of(uri).facts(uri, s3)


def is_local(uri: str) -> bool:
    return place_of(uri) is LOCAL


def place_of(uri: str) -> Place:
    """Raises UsageError for a scheme that is not in the table."""
    match = SCHEME.match(uri)
    scheme = match[1].lower() if match else ""
    if scheme not in PLACES:
        raise UsageError(f"{uri} cannot be read: footage lies on disk or in s3://bucket/prefix")
    return PLACES[scheme]()
