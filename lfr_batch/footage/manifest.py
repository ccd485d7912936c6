"""An archive's manifest: which camera recorded a file, and when.

CSV or Parquet with a row per file: ``uri`` (required; relative to the manifest's folder),
``camera_id``, ``start_utc`` (ISO 8601; without a zone it is in the archive's), ``site``,
``rotate_deg``.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lfr_batch.config.time_zones import zone_of
from lfr_batch.errors import ConfigError
from lfr_batch.footage.local import as_uri, local_path
from lfr_batch.footage.sources import SCHEME
from lfr_batch.footage.start_time import as_utc
from lfr_batch.records import FootageEntry

Row = Mapping[str, Any]
COLUMNS = ("uri", "camera_id", "start_utc", "site", "rotate_deg")


def read_manifest(path: str, time_zone: str = "UTC") -> tuple[FootageEntry, ...]:
    """The rows as entries, in the manifest's order; at least one.

    ``time_zone`` is the IANA name for times that state none. Raises ConfigError naming row and
    column.
    """
    zone = zone_of(time_zone)
    entries: dict[str, FootageEntry] = {}
    for number, row in _rows(Path(path)):
        entry = _entry(row, f"{path}, row {number}", Path(path).parent, zone)
        if entries.get(entry.uri, entry) != entry:
            raise ConfigError(f"{path}, row {number}, column uri: {entry.uri} is there twice")
        entries[entry.uri] = entry
    if not entries:
        raise ConfigError(f"the manifest {path} holds no rows: give it one per file")
    return tuple(entries.values())


def apply_manifest(
    entries: Iterable[FootageEntry], manifest: Sequence[FootageEntry]
) -> list[FootageEntry]:
    """The entries, with what the manifest says of those it names."""
    known = {row.uri: row for row in manifest}
    return [known.get(entry.uri, entry) for entry in entries]


def unmatched(entries: Iterable[FootageEntry], manifest: Sequence[FootageEntry]) -> tuple[str, ...]:
    """The uris of the manifest's rows that name none of the entries, in the manifest's order."""
    there = {entry.uri for entry in entries}
    return tuple(row.uri for row in manifest if row.uri not in there)


def _rows(path: Path) -> list[tuple[int, Row]]:
    """Rows with their number; in CSV that is the line, the header being line 1."""
    try:
        if path.suffix.lower() == ".parquet":
            return list(enumerate(_parquet_rows(path), start=1))
        return _csv_rows(path)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"the manifest {path} cannot be read: {reason}") from error
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise ConfigError(f"the manifest {path} is no CSV (UTF-8) or Parquet: {error}") from error


def _csv_rows(path: Path) -> list[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        _need_uri(path, reader.fieldnames or ())
        return [(reader.line_num, _checked(row, path, reader.line_num)) for row in reader]


def _checked(row: Row, path: Path, number: int) -> Row:
    """The csv module keeps cells beyond the header under the key None."""
    if None in row:
        raise ConfigError(
            f"{path}, row {number}: it has more cells than the header; "
            "quote a cell that holds a comma"
        )
    return row


def _parquet_rows(path: Path) -> list[Row]:
    names = pq.read_schema(path).names
    _need_uri(path, names)
    wanted = [name for name in COLUMNS if name in names]
    with pq.ParquetFile(path) as file:  # not pq.read_table: it imports pandas
        rows: list[Row] = file.read(columns=wanted).to_pylist()
    return rows


def _need_uri(path: Path, columns: Sequence[str]) -> None:
    if "uri" in columns:
        return
    named = [column for column in columns if column.strip()]
    there = f"it has {', '.join(named)}" if named else "its first line must name the columns"
    raise ConfigError(f"the manifest {path} has no column uri: {there}")


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
    )


def _absolute(uri: str, folder: Path) -> str:
    if SCHEME.match(uri):
        return as_uri(local_path(uri)) if uri.startswith("file://") else uri
    return as_uri(Path(os.path.join(folder, uri)))  # noqa: PTH118 - an absolute uri replaces it


def _text(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None


def _moment(value: object, where: str, zone: tzinfo) -> datetime | None:
    text = _text(value)
    if text is None:
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(text)
        return as_utc(moment, zone)
    except (ValueError, OverflowError) as error:
        raise ConfigError(
            f"{where}, column start_utc: {text!r} is no time like 2024-01-31T23:59:59Z"
        ) from error


def _turn(value: object, where: str) -> int:
    text = _text(value) or "0"
    try:
        turn = float(text)
    except ValueError:
        turn = -1.0
    if turn not in {0, 90, 180, 270}:
        raise ConfigError(f"{where}, column rotate_deg: {text!r} is not 0, 90, 180 or 270")
    return int(turn)
