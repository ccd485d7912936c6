"""Alerts and reviews as bytes and as JSON. Pure."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from lfr_batch.live.records import Alert, Review

_ALERT, _REVIEW = TypeAdapter(Alert), TypeAdapter(Review)
_PICTURES = ("best_shot_jpeg", "gallery_jpeg")
_FURTHER = ("scene_jpeg", "further_shots_jpeg", "further_gallery")
_LEFT_OUT = {*_PICTURES, *_FURTHER, "kept"}
"""What is encoded is being kept."""
_HAS_SCENE, _IMAGE_IDS = "has_scene", "further_image_ids"
"""What is said of the further pictures beside them; alerts of before have none, and say nothing."""
_LENGTH = 4


def encode_alert(alert: Alert) -> bytes:
    """The length of each piece, then the piece: all but the pictures as JSON, both pictures, the
    scene, further shots, further pictures of the watchlist."""
    plain = _ALERT.dump_python(alert, mode="json", exclude=_LEFT_OUT)
    ids = [picture.image_id for picture in alert.further_gallery]
    plain |= {_HAS_SCENE: alert.scene_jpeg is not None, _IMAGE_IDS: ids}
    pieces = (
        json.dumps(plain).encode(),
        alert.best_shot_jpeg,
        alert.gallery_jpeg,
        *([] if alert.scene_jpeg is None else [alert.scene_jpeg]),
        *alert.further_shots_jpeg,
        *(picture.jpeg for picture in alert.further_gallery),
    )
    return b"".join(len(piece).to_bytes(_LENGTH, "big") + piece for piece in pieces)


def decode_alert(data: bytes) -> Alert:
    """Raises ValueError for anything that ``encode_alert`` does not write, or wrote before there
    were further pictures."""
    head, *pieces = _pieces(data)
    plain = _object(head)
    has_scene, ids = plain.pop(_HAS_SCENE, False), plain.pop(_IMAGE_IDS, [])
    pictures, further = pieces[: len(_PICTURES)], pieces[len(_PICTURES) :]
    found = {**plain, **dict(zip(_PICTURES, pictures, strict=True))}
    return _ALERT.validate_python({**found, **_further(further, has_scene, ids)})


def _further(pieces: list[bytes], has_scene: Any, image_ids: Any) -> dict[str, Any]:
    if not isinstance(image_ids, list) or (has_scene and not pieces):
        raise ValueError("an alert does not say which pictures it has")
    scene, rest = (pieces[0], pieces[1:]) if has_scene else (None, pieces)
    shots = len(rest) - len(image_ids)
    if shots < 0:
        raise ValueError("an alert lacks pictures that it names")
    known = zip(image_ids, rest[shots:], strict=True)
    gallery = [{"image_id": image_id, "jpeg": jpeg} for image_id, jpeg in known]
    return dict(zip(_FURTHER, (scene, rest[:shots], gallery), strict=True))


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
        if len(data) < max(end, _LENGTH):
            raise ValueError("an alert ends in the middle of a piece")
        pieces.append(data[_LENGTH:end])
        data = data[end:]
    return pieces


def _object(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("an alert is an object")  # noqa: TRY004 - of the bytes, not of a type
    return found
