"""Alerts and reviews as bytes and as JSON. Pure."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from lfr_batch.live.records import Alert, Review

_ALERT, _REVIEW = TypeAdapter(Alert), TypeAdapter(Review)
_PICTURES = ("best_shot_jpeg", "gallery_jpeg")
_LEFT_OUT = {*_PICTURES, "kept"}
"""What is encoded is being kept."""
_LENGTH = 4


def encode_alert(alert: Alert) -> bytes:
    """The length of each piece, then the pieces: all but the pictures as JSON, both pictures."""
    plain = _ALERT.dump_python(alert, mode="json", exclude=_LEFT_OUT)
    pieces = (json.dumps(plain).encode(), alert.best_shot_jpeg, alert.gallery_jpeg)
    return b"".join(len(piece).to_bytes(_LENGTH, "big") + piece for piece in pieces)


def decode_alert(data: bytes) -> Alert:
    """Raises ValueError for anything that ``encode_alert`` does not write."""
    plain, *pictures = _pieces(data)
    return _ALERT.validate_python({**_object(plain), **dict(zip(_PICTURES, pictures, strict=True))})


def encode_review(review: Review) -> bytes:
    return _REVIEW.dump_json(review)


def decode_review(data: bytes) -> Review:
    """Raises ValueError."""
    return _REVIEW.validate_json(data)


def message(record: Alert | Review) -> dict[str, Any]:
    """Plain values for those outside, without pictures; what is not finite is null."""
    if isinstance(record, Alert):
        text = _ALERT.dump_json(record, exclude=_LEFT_OUT)
        return {"kind": "alert", "id": record.alert_id, **json.loads(text)}
    return {"kind": "review", "id": record.review_id, **json.loads(_REVIEW.dump_json(record))}


def _pieces(data: bytes) -> list[bytes]:
    pieces = []
    while data:
        end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
        pieces.append(data[_LENGTH:end])
        data = data[end:]
    return pieces


def _object(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("an alert is an object")  # noqa: TRY004 - of the bytes, not of a type
    return found
