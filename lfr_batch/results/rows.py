"""Records to rows of a Parquet part and back. Nothing is rounded on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from sys import intern
from typing import Any, TypeVar, get_args

from lfr_batch.records import (
    Candidate,
    FootageAsset,
    FootageEntry,
    FurtherShot,
    Segment,
    SegmentOutcome,
    Sighting,
)

Stored = FootageEntry | FootageAsset | Segment | SegmentOutcome | Sighting | Candidate | FurtherShot
Record = TypeVar("Record", bound=Stored)
Row = Mapping[str, Any]

_NAMES: Mapping[type, frozenset[str]] = {
    kind: frozenset(field.name for field in fields(kind)) for kind in get_args(Stored)
}


def row_of(
    record: FootageEntry | FootageAsset | Segment | SegmentOutcome | Sighting,
) -> dict[str, Any]:
    row = _fields_of(record)
    if isinstance(record, SegmentOutcome):
        row["rejections"] = sorted(record.rejections.items())
    elif isinstance(record, Sighting):
        row["candidates"] = [_fields_of(candidate) for candidate in record.candidates]
        row["further"] = [_fields_of(shot) for shot in record.further]
    return row


def entry_of(row: Row) -> FootageEntry:
    return _record(FootageEntry, row)


def asset_of(row: Row) -> FootageAsset:
    lists = {name: tuple(row.get(name) or ()) for name in ("keyframes_ns", "entry_bytes")}
    return _record(FootageAsset, {**row, **lists})


def segment_of(row: Row) -> Segment:
    return _record(Segment, row)


def outcome_of(row: Row) -> SegmentOutcome:
    rejections = {intern(reason): faces for reason, faces in row["rejections"] or ()}
    known = {**row, "rejections": rejections, "epoch": row.get("epoch") or ""}
    return _record(SegmentOutcome, known)


def sighting_of(row: Row) -> Sighting:
    boxes = ("first_box_xyxy", "last_box_xyxy", "box_xyxy", "landmarks_xy")
    candidates = tuple(_record(Candidate, c) for c in row["candidates"])
    tuples = {name: tuple(row[name]) for name in boxes}
    further = tuple(map(_further_of, row.get("further") or ()))
    return _record(Sighting, {**row, **tuples, "candidates": candidates, "further": further})


def _further_of(row: Row) -> FurtherShot:
    return _record(FurtherShot, {**row, "box_xyxy": tuple(row["box_xyxy"])})


def _fields_of(record: Stored) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _NAMES[type(record)]}


def _record(kind: type[Record], row: Row) -> Record:
    """Columns the record does not know, of a newer program, are left out.

    Plan and receipts name the same files and segments over and over: each text is kept once.
    """
    known = _NAMES[kind]
    return kind(**{name: _kept_once(value) for name, value in row.items() if name in known})


def _kept_once(value: Any) -> Any:
    return intern(value) if isinstance(value, str) else value
