"""Where footage may lie: one line per kind of place."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageError, NoFootage, StoreError, UsageError
from lfr_batch.footage import local
from lfr_batch.footage.places import (
    LEFT_OUT,
    Found,
    ObjectState,
    Place,
    Sort,
    Source,
    left_out_sentence,
)
from lfr_batch.footage.signatures import beside_footage
from lfr_batch.records import FootageEntry

LOCAL = Place(lambda given, _: local.find(given), lambda uri, _: local.LocalFile(uri))


def _s3() -> Place:
    from lfr_batch.footage import s3  # noqa: PLC0415 - boto3 is slow to import

    return Place(s3.find, s3.S3Object)


PLACES: dict[str, Callable[[], Place]] = {
    "": lambda: LOCAL,
    "file": lambda: LOCAL,
    "s3": _s3,
}
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


PEEK_BYTES = 4096
NOTHING = "nothing is left to search; name other footage, or see to what cannot be seen"


@dataclass(frozen=True, slots=True)
class FootageListing:
    entries: tuple[FootageEntry, ...]
    """Sorted by uri, each once."""
    said: tuple[str, ...]
    """A sentence for every input of which something is left out."""
    left_out: Mapping[str, int]
    """How much, by what it is, in words."""
    gaps: tuple[str, ...]
    """What could not be seen of the inputs, and those that hold no footage: a sentence each. There
    may be footage that is not among the entries."""
    states: Mapping[str, ObjectState] = field(default_factory=dict)
    """As ``places.Found``."""


def list_footage(
    inputs: Sequence[str], s3: S3Config, *, may_be_empty: bool = False
) -> FootageListing:
    """Every file or object that the inputs mean.

    An input is a file, a folder, a glob pattern or ``s3://bucket/prefix``. A folder stands for all
    below it, linked folders too (but not those in which the link lies), each folder once, for all
    inputs together. Left out of it, and said, are hidden files and folders, what
    ``places`` knows as no footage by its name or, where that says nothing, by its content, and what
    is no regular file. A dangling link is an entry: probing it says what is wrong. What cannot be
    listed is a gap. Local uris are absolute paths. ``may_be_empty``: folders, prefixes and patterns
    that hold no footage are as they should be. Raises NoFootage for an input that means nothing and
    where there is nothing to search at all, StoreUnreachable for a bucket that is not there or does
    not answer.
    """
    uris: set[str] = set()
    said: list[str] = []
    gaps: list[str] = []
    left_out: dict[str, Sort] = {}
    states: dict[str, ObjectState] = {}
    for given in inputs:
        found = _found(given, s3, may_be_empty)
        states |= found.states
        sorts = [(uri, _by_content(source_of(uri, s3), sort)) for uri, sort in found.below]
        taken = {*found.named, *(uri for uri, sort in sorts if sort == "footage")}
        out = sorted((uri, sort) for uri, sort in sorts if sort != "footage")
        sentence = left_out_sentence(given, out) if out else ""
        if not (taken or found.gaps or may_be_empty):
            gaps.append(f"{given} holds no footage" + (f" ({sentence})" if out else ""))
        elif out:
            said.append(sentence)
        gaps += found.gaps
        uris |= taken
        left_out |= dict(out)
    if not (any(map(_may_be_footage, uris)) or may_be_empty):
        raise NoFootage(f"{'; '.join([*gaps, *_devices(uris)])}: {NOTHING}")
    entries = tuple(FootageEntry(uri) for uri in sorted(_once(uris) if len(inputs) > 1 else uris))
    counts = Counter(LEFT_OUT[sort][0] for uri, sort in left_out.items() if uri not in uris)
    return FootageListing(entries, tuple(said), counts, tuple(dict.fromkeys(gaps)), states)


def _found(given: str, s3: S3Config, may_be_empty: bool) -> Found:
    place = place_of(given)
    try:
        return place.find(given, s3)
    except NoFootage:
        if may_be_empty and (place is not LOCAL or glob.has_magic(given)):
            return Found()
        raise


def _may_be_footage(uri: str) -> bool:
    return place_of(uri) is not LOCAL or local.may_be_file(local.local_path(uri))


def _devices(uris: Iterable[str]) -> list[str]:
    return [f"{uri} is not a regular file" for uri in sorted(uris)]


def _once(uris: set[str]) -> set[str]:
    """Without second ways to a file on disk through links to folders."""
    on_disk = {local.local_path(uri): uri for uri in uris if place_of(uri) is LOCAL}
    kept = {on_disk[path] for path in local.once(on_disk).values()}
    return kept | (uris - set(on_disk.values()))


def _by_content(source: Source, sort: Sort) -> Sort:
    """What cannot be looked at may be footage: probing says what is wrong."""
    if sort != "uncertain":
        return sort
    try:
        with source.open_bytes() as file:
            head = file.read(PEEK_BYTES)
    except (FootageError, StoreError, OSError):
        return "footage"
    return "no footage" if beside_footage(head) else "footage"


def source_of(uri: str, s3: S3Config) -> Source:
    """Raises UsageError for a place of another kind."""
    return place_of(uri).source(uri, s3)


def place_of(uri: str) -> Place:
    """Raises UsageError for a scheme that is not in the table."""
    match = SCHEME.match(uri)
    scheme = match[1].lower() if match else ""
    if scheme not in PLACES:
        raise UsageError(f"{uri} cannot be read: footage lies on disk or in s3://bucket/prefix")
    return PLACES[scheme]()
