"""An archive's manifest: which camera recorded a file, and when.

CSV (as ``config.sheets`` knows it) or Parquet with a row per file: ``uri`` (required; relative to
the manifest's folder), ``camera_id``, ``start_utc`` (ISO 8601; without a zone it is in the
archive's), ``site``, ``rotate_deg``, ``aspect`` (of the true picture: 4:3, 16:9 or a number).
Names that differ in Unicode's normal form alone (macOS, or not) are one.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.config.sheets import column_key, did_you_mean, read_sheet, require_distinct
from lfr_batch.config.time_zones import zone_of
from lfr_batch.errors import ConfigError
from lfr_batch.footage.local import as_uri, local_path
from lfr_batch.footage.sources import SCHEME
from lfr_batch.footage.start_time import as_utc, clock_change
from lfr_batch.records import FootageEntry

Row = Mapping[str, Any]
COLUMNS = ("uri", "camera_id", "start_utc", "site", "rotate_deg", "aspect")
MEANT: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("file", "filename", "path", "name", "video", "key"), "uri"),
        **dict.fromkeys(("cam", "channel", "device", "camera name"), "camera_id"),
        **dict.fromkeys(("time", "timestamp", "datetime", "date", "begin"), "start_utc"),
        **dict.fromkeys(("location", "place", "address"), "site"),
        **dict.fromkeys(("rotation", "orientation", "turn"), "rotate_deg"),
        **dict.fromkeys(("ratio", "shape", "dar"), "aspect"),
    }
)
"""What other archives call the columns: for hints alone."""
RATIO = re.compile(r"(\d+(?:[.,]\d+)?)\s*[:/]\s*(\d+(?:[.,]\d+)?)")
DAY = re.compile(r"[\dW-]*")
"""What ISO 8601 reads as midnight."""
WIDEST = 10.0
"""Pictures are no wider than this times their height, and no higher."""


@dataclass(frozen=True, slots=True)
class FootageManifest:
    entries: tuple[FootageEntry, ...] = ()
    """In the manifest's order."""
    said: tuple[str, ...] = ()
    """Sentences for the operator: columns that are not used, times that are uncertain."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Footage and the rows of a manifest, brought together."""

    entries: tuple[FootageEntry, ...]
    """The footage, with what the manifest says of it; names as they are at their place."""
    strays: tuple[str, ...]
    """Rows that name none of it, and what each may have meant."""
    unlisted: tuple[str, ...]
    """Footage that no row names."""


def read_manifest(path: str, time_zone: str = "UTC") -> FootageManifest:
    """At least one row. ``time_zone`` is the IANA name for times that state none.

    Raises ConfigError naming row and column.
    """
    zone = zone_of(time_zone)
    rows, said = _rows(Path(path))
    entries: dict[str, FootageEntry] = {}
    for where, row in rows:
        entry = _entry(row, where, Path(path).parent, zone)
        if entries.setdefault(one_name(entry.uri), entry) != entry:
            raise ConfigError(f"{where}, column uri: {entry.uri} is there twice")
        said += _clock_doubts(row, where, zone)
    if not entries:
        raise ConfigError(f"the manifest {path} holds no rows: give it one per file")
    return FootageManifest(tuple(entries.values()), tuple(said))


def match(entries: Sequence[FootageEntry], manifest: FootageManifest) -> Matched:
    """A row is about the entry of its very name, else about those of the same name in another
    normal form."""
    exact = {entry.uri for entry in entries}
    rows = {row.uri: row for row in manifest.entries}
    alike = {one_name(row.uri): row for row in manifest.entries if row.uri not in exact}
    found = [rows.get(entry.uri) or alike.get(one_name(entry.uri)) for entry in entries]
    used = {row.uri for row in found if row}
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for entry, row in zip(entries, found, strict=True):
        by_name[_bare(entry.uri)] += [] if row else [entry.uri]
    return Matched(
        tuple(
            replace(row, uri=entry.uri) if row else entry
            for entry, row in zip(entries, found, strict=True)
        ),
        tuple(
            row.uri + _meant(row.uri, by_name) for row in manifest.entries if row.uri not in used
        ),
        tuple(entry.uri for entry, row in zip(entries, found, strict=True) if row is None),
    )


def _meant(uri: str, by_name: Mapping[str, list[str]]) -> str:
    same_name = by_name.get(_bare(uri), [])
    return f" (did you mean {same_name[0]}?)" if len(same_name) == 1 else ""


def _bare(uri: str) -> str:
    return one_name(uri).rpartition("/")[2]


def one_name(uri: str) -> str:
    return unicodedata.normalize("NFC", uri)


def _rows(path: Path) -> tuple[list[tuple[str, Row]], list[str]]:
    """Rows by known columns, with where they stand, and what is to be said."""
    if path.suffix.lower() == ".parquet":
        return _parquet_rows(path)
    sheet = read_sheet(path)
    columns, said = _columns(path, sheet.header)
    numbers = [(known, sheet.header.index(name)) for known, name in columns.items()]
    rows: list[tuple[str, Row]] = []
    for row in sheet.rows:
        cells = {known: row.cells[n] for known, n in numbers if n < len(row.cells)}
        rows.append((f"{path}, row {row.line}", cells))
    return rows, said


def _parquet_rows(path: Path) -> tuple[list[tuple[str, Row]], list[str]]:
    try:
        names = pq.read_schema(path).names
        columns, said = _columns(path, names)
        with pq.ParquetFile(path) as file:  # not pq.read_table: it imports pandas
            rows = file.read(columns=list(columns.values())).to_pylist()
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"the manifest {path} cannot be read: {reason}") from error
    except pa.ArrowException as error:
        raise ConfigError(f"the manifest {path} is no CSV (UTF-8) or Parquet: {error}") from error
    return [
        (f"{path}, row {number}", {known: row[name] for known, name in columns.items()})
        for number, row in enumerate(rows, start=1)
    ], said


def _columns(path: Path, names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The manifest's own names of the known columns, and a sentence about all others."""
    require_distinct(path, names)
    written = {column_key(name): name for name in names if name.strip()}
    columns = {known: written[key] for known in COLUMNS if (key := column_key(known)) in written}
    others = [name for name in written.values() if name not in columns.values()]
    open_names = [known for known in COLUMNS if known not in columns]
    hinted = [name + _hint(name, open_names) for name in others]
    if "uri" not in columns:
        there = f"it has {', '.join(hinted)}" if written else "its first line must name the columns"
        raise ConfigError(f"the manifest {path} has no column uri: {there}")
    if not others:
        return columns, []
    listed = f"known are {', '.join(COLUMNS)}"
    return columns, [f"the manifest {path}: not known and not used: {', '.join(hinted)}; {listed}"]


def _hint(name: str, open_names: Sequence[str]) -> str:
    meant = {column_key(other): known for other, known in MEANT.items()}.get(column_key(name))
    nearest = did_you_mean(name, open_names) or (meant if meant in open_names else None)
    return f" (did you mean {nearest}?)" if nearest else ""


def _entry(row: Row, where: str, folder: Path, zone: tzinfo) -> FootageEntry:
    uri = _text(row.get("uri"))
    if uri is None:
        raise ConfigError(f"{where}, column uri: it is empty")
    return FootageEntry(
        uri=_absolute(uri, folder),
        camera_id=_text(row.get("camera_id")),
        site=_text(row.get("site")),
        start_utc=_moment(row.get("start_utc"), where, zone),
        rotate_deg=_turn(row.get("rotate_deg"), where),
        aspect=_aspect(row.get("aspect"), where),
    )


def _absolute(uri: str, folder: Path) -> str:
    if SCHEME.match(uri):
        return as_uri(local_path(uri)) if uri.startswith("file://") else uri
    return as_uri(Path(os.path.join(folder, uri)))  # noqa: PTH118 - an absolute uri replaces it


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _moment(value: object, where: str, zone: tzinfo) -> datetime | None:
    try:
        moment = _stated(value)
        return moment and as_utc(moment, zone)
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"{where}, column start_utc: {_text(value)!r} is no time like 2024-01-31T23:59:59Z"
        ) from error


def _stated(value: object) -> datetime | None:
    """Raises ValueError."""
    text = _text(value)
    if text is None or isinstance(value, datetime):
        return value if isinstance(value, datetime) else None
    if DAY.fullmatch(text):
        raise ValueError("a day is no time")
    return datetime.fromisoformat(text)


def _clock_doubts(row: Row, where: str, zone: tzinfo) -> list[str]:
    moment = _stated(row.get("start_utc"))
    change = clock_change(moment, zone) if moment else None
    return [f"{where}, column start_utc: {moment} {change}"] if change else []


def _turn(value: object, where: str) -> int:
    text = _text(value) or "0"
    try:
        turn = float(text)
    except ValueError:
        turn = -1.0
    if turn not in {0, 90, 180, 270}:
        raise ConfigError(f"{where}, column rotate_deg: {text!r} is not 0, 90, 180 or 270")
    return int(turn)


def _aspect(value: object, where: str) -> float | None:
    """Width by height."""
    text = _text(value)
    if text is None:
        return None
    parts = RATIO.fullmatch(text)
    try:
        numbers = [float(part.replace(",", ".")) for part in (parts.groups() if parts else [text])]
        aspect = numbers[0] / numbers[1] if parts else numbers[0]
    except (ValueError, ZeroDivisionError):
        aspect = 0.0
    if not 1 / WIDEST <= aspect <= WIDEST:
        raise ConfigError(
            f"{where}, column aspect: {text!r} is no width by height like 4:3, 16:9 or 1.333"
        )
    return aspect
