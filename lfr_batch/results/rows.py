"""Records to rows of a Parquet part and back. Nothing is rounded on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from lfr_batch.records import Candidate, FootageAsset, Segment, SegmentOutcome, Sighting

Record = TypeVar("Record", FootageAsset, Segment, SegmentOutcome, Sighting, Candidate)
Row = Mapping[str, Any]


def row_of(record: FootageAsset | Segment | SegmentOutcome | Sighting) -> dict[str, Any]:
    row = asdict(record)
    if isinstance(record, SegmentOutcome):
        row["rejections"] = sorted(record.rejections.items())
    return row


def asset_of(row: Row) -> FootageAsset:
    return _record(FootageAsset, {**row, "keyframes_ns": tuple(row["keyframes_ns"] or ())})


def segment_of(row: Row) -> Segment:
    return _record(Segment, row)


def outcome_of(row: Row) -> SegmentOutcome:
    return _record(SegmentOutcome, {**row, "rejections": dict(row["rejections"] or ())})


def sighting_of(row: Row) -> Sighting:
    boxes = ("first_box_xyxy", "last_box_xyxy", "box_xyxy", "landmarks_xy")
    candidates = tuple(_record(Candidate, c) for c in row["candidates"])
    tuples = {name: tuple(row[name]) for name in boxes}
    return _record(Sighting, {**row, **tuples, "candidates": candidates})


def _record(kind: type[Record], row: Row) -> Record:
    """Columns the record does not know, of a newer program, are left out."""
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in row.items() if name in known})
