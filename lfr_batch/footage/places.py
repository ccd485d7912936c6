"""What every kind of place (local disk, bucket) can do for footage, and what lies beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import BinaryIO, Literal, Protocol

from lfr_batch.config.schema import S3Config

SIDE_CARS = frozenset(
    {".csv", ".tsv", ".json", ".jsonl", ".txt", ".md", ".parquet", ".xml", ".yaml", ".yml", ".log"}
    | {".srt", ".vtt", ".ass", ".sha1", ".sha256", ".md5", ".ini", ".pdf", ".html", ".htm"}
    | {".rtf", ".doc", ".docx", ".xls", ".xlsx", ".chm", ".hlp", ".url", ".webloc", ".nfo", ".css"}
    | {".m3u", ".m3u8", ".pls", ".asx", ".wpl", ".xspf", ".cue", ".sub", ".smi", ".ico", ".ttf"}
    | {".sig", ".p7s", ".p7b", ".cer", ".crt", ".xsd", ".xsl", ".js"}
)
"""Texts, lists, subtitles, checksums and signatures that lie beside footage."""
PROGRAMS = frozenset(
    {".exe", ".dll", ".msi", ".ocx", ".ax", ".sys", ".bat", ".cmd", ".inf", ".cab", ".lnk"}
    | {".jar", ".dmg", ".pkg", ".deb", ".rpm", ".apk", ".cpl", ".reg", ".vbs", ".ps1", ".manifest"}
)
"""Players, codecs and what installs them, as recorders put them beside an export."""
INDEXES = frozenset({".idx", ".ix", ".inx", ".psi", ".sidecar"})
UNCERTAIN = frozenset({".dat", ".bin", ".db", ".tmp", ""})
"""Endings of footage and of anything else: contents decide."""
NO_FOOTAGE = re.compile(
    # of Windows and macOS
    r"thumbs\.db|ehthumbs\.db|desktop\.ini|autorun\.inf|\.ds_store|\._.*"
    # texts without an ending
    r"|readme|licen[cs]e|copying|eula|version|md5sums?|sha256sums?"
    # Hikvision's indexes and logs
    r"|index\d*p?\.bin|log(?:cur|main)file\.bin|info\.bin",
    re.IGNORECASE,
)
"""Whole names."""
NAMES_SHOWN = 8

Sort = Literal[
    "footage", "uncertain", "no footage", "hidden", "hidden folder", "no regular file", "circle"
]
"""What is found in a folder is taken for. All but the first two are left out; a circle is a link to
a folder around the one that was named."""
LEFT_OUT: Mapping[Sort, tuple[str, str]] = MappingProxyType(
    {
        "no footage": ("file that is no footage", "files that are no footage"),
        "hidden": ("file that is hidden", "files that are hidden"),
        "hidden folder": ("folder that is hidden", "folders that are hidden"),
        "no regular file": ("file that is no regular file", "files that are no regular file"),
        "circle": (
            "link to a folder in which it lies itself",
            "links to a folder in which they lie themselves",
        ),
    }
)
"""In words: one, and several."""


@dataclass(frozen=True, slots=True)
class ObjectState:
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
    etag: str | None = None
    """As the store writes it."""


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """How a file stood when it was read to learn what it holds."""

    state: ObjectState
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
class Found:
    """What one input means: uris that were named themselves, and those found in a folder."""

    named: tuple[str, ...] = ()
    below: tuple[tuple[str, Sort], ...] = ()
    gaps: tuple[str, ...] = ()
    """What of it cannot be seen, and why; a sentence each, without its full stop."""
    states: Mapping[str, ObjectState] = field(default_factory=dict)
    """How files stand, by uri, where listing them says it: in a bucket size and ETag."""


class Source(Protocol):
    """One file or object, and how it is got at. Frozen, hashable.

    Every method raises FootageUnreadable or StoreUnreachable.
    """

    def __hash__(self) -> int: ...

    @property
    def uri(self) -> str: ...

    @property
    def path(self) -> Path | None:
        """Where FFmpeg can open it by itself; None: it lies on no disk."""

    def open_bytes(self) -> BinaryIO:
        """A seekable reader."""

    def as_of(self, state: ObjectState, *, in_full: bool = False) -> Source:
        """The same, for whoever opens it several times and asks afterwards whether it has stayed so
        (``watched.undisturbed``): what is read of it may be kept, and opening it asks nothing.

        ``in_full``: it is read on and on, and not just looked into.
        """

    def let_go(self) -> None:
        """Nobody in this process is expected to open it soon: what was kept of it is dropped."""

    def state(self) -> ObjectState:
        """How it stands now; nothing of it is read."""

    def facts(self) -> ObjectFacts:
        """Size and checksum; a local file is read whole."""

    def stored(self) -> str:
        """The uri with its name in the normal form in which it is there; as it was given where it
        is not there."""


@dataclass(frozen=True, slots=True)
class Place:
    """``find`` gives what one input means, ``source`` what lies at a uri."""

    find: Callable[[str, S3Config], Found]
    source: Callable[[str, S3Config], Source]


def sort_by_name(relative: str) -> Sort:
    """What a file found in a folder is taken for by its name, the path below that folder."""
    path = PurePosixPath(relative)
    ending = path.suffix.lower()
    if NO_FOOTAGE.fullmatch(path.name) or ending in SIDE_CARS | PROGRAMS | INDEXES:
        return "no footage"
    if any(part.startswith(".") for part in path.parts):
        return "hidden"
    return "uncertain" if ending in UNCERTAIN else "footage"


def left_out_sentence(given: str, left_out: Sequence[tuple[str, Sort]]) -> str:
    """One line about what is not looked at: path or name, and why."""
    names = [PurePosixPath(path).name for path, _ in left_out]
    of_sort = {
        words: [name for name, (_, own) in zip(names, left_out, strict=True) if own == sort]
        for sort, words in LEFT_OUT.items()
    }
    parts = [
        f"{len(those)} {one if len(those) == 1 else several} ({_shown(those)})"
        for (one, several), those in of_sort.items()
        if those
    ]
    program = any(name.lower().endswith(".exe") for name in names)
    hint = "; a player may hold footage: if one does, export it as video files" if program else ""
    return f"left out of {given}: {', '.join(parts)}{hint}"


def _shown(names: Iterable[str]) -> str:
    """Each name once, the most frequent first."""
    counts = Counter(names)
    shown = [
        name if count == 1 else f"{name} × {count}"
        for name, count in counts.most_common(NAMES_SHOWN)
    ]
    return ", ".join([*shown, "…"] if len(counts) > NAMES_SHOWN else shown)
