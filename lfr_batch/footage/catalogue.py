"""Probe footage: what a file or object is, without decoding more than its beginning."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import av

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.config.time_zones import zone_of
from lfr_batch.errors import FootageError, FootageUnreadable, StoreError, UsageError
from lfr_batch.footage import sources
from lfr_batch.footage.keyframes import from_index, from_packets
from lfr_batch.footage.pictures import picture_format, read_header
from lfr_batch.footage.places import ObjectFacts
from lfr_batch.footage.pyav import Reading, decode
from lfr_batch.footage.pyav_input import Video, check_head, open_video
from lfr_batch.footage.signatures import missing_tail
from lfr_batch.footage.start_time import from_filename, from_tags
from lfr_batch.footage.stills import MAX_BYTES, check_still
from lfr_batch.records import FootageAsset, FootageEntry, FootageKind

MOTION_JPEG_SUFFIXES = frozenset({".mjpeg", ".mjpg", ".avi", ".mov"})
JPEG_END = b"\xff\xd9"
JPEG_TAIL_BYTES = 65536


def probe(entry: FootageEntry, footage: FootageConfig, s3: S3Config) -> FootageAsset:
    """What the entry is. One that cannot be read comes back 'failed' with the reason."""
    asset = FootageAsset(
        footage_id=_footage_id(entry.uri, None),
        uri=entry.uri,
        kind="still" if _still_by_name(entry.uri) else "video",
        status="failed",
        camera_id=entry.camera_id,
        site=entry.site,
        rotation_deg=entry.rotate_deg,
    )
    try:
        facts = sources.facts(entry.uri, s3)
        asset = replace(
            asset,
            footage_id=_footage_id(entry.uri, facts),
            bytes=facts.bytes,
            sha256=facts.checksum,
        )
        head = check_head(entry.uri, s3)
        kind = kind_of(entry.uri, head)
        asset = replace(asset, kind=kind)
        found, tags = (_still if kind == "still" else _moving)(entry, head, facts, s3)
    except (FootageError, StoreError, UsageError) as error:
        return _with_start(replace(asset, error=str(error)), entry, {}, footage)
    return _with_start(replace(asset, **found), entry, tags, footage)


def kind_of(uri: str, head: bytes) -> FootageKind:
    """Still or video, by format. A run of JPEGs in one file is a video by its ending."""
    suffix = PurePosixPath(uri).suffix.lower()
    name = picture_format(head)
    return "still" if name and not (name == "jpeg" and suffix in MOTION_JPEG_SUFFIXES) else "video"


Found = tuple[dict[str, Any], dict[str, str]]
"""Fields of the asset, and the container's metadata."""


def _moving(entry: FootageEntry, head: bytes, facts: ObjectFacts, s3: S3Config) -> Found:
    with open_video(entry.uri, s3) as video:
        frame = _first_frame(video)
        rotation = (-round(frame.rotation / 90) * 90 + entry.rotate_deg) % 360
        width, height = frame.width, frame.height
        rate = video.stream.average_rate or video.stream.guessed_rate
        tail = missing_tail(head, facts.bytes)
        fields = {
            "status": "damaged" if tail else "ok",
            "error": f"{entry.uri} is truncated: {tail}" if tail else None,
            "duration_s": video.duration_s,
            "width": height if rotation % 180 else width,
            "height": width if rotation % 180 else height,
            "codec": video.stream.codec_context.name,
            "frame_rate": float(rate) if rate else None,
            "rotation_deg": rotation,
            "keyframes_ns": from_index(video),
        }
        tags = {**video.stream.metadata, **video.container.metadata}
    if not fields["keyframes_ns"] and sources.is_local(entry.uri):
        with open_video(entry.uri, s3) as fresh:
            fields["keyframes_ns"] = from_packets(fresh)
    return fields, tags


def _first_frame(video: Video) -> av.VideoFrame:
    first = next(decode(video, Reading()), None)
    if first is None:
        raise FootageUnreadable(
            f"{video.uri} holds no frame that can be decoded: it is damaged or encrypted"
        )
    return first.frame


def _still(entry: FootageEntry, head: bytes, facts: ObjectFacts, s3: S3Config) -> Found:
    data = head
    if read_header(head) is None:
        with sources.open_bytes(entry.uri, s3) as file:
            data = file.read(MAX_BYTES)
    header = check_still(entry.uri, data)
    width, height = header.upright_wh
    sideways = entry.rotate_deg % 180 != 0
    cut_off = header.format == "jpeg" and not _has_jpeg_end(entry.uri, facts, s3)
    fields = {
        "status": "damaged" if cut_off else "ok",
        "error": f"{entry.uri} is truncated: the end of the picture is missing"
        if cut_off
        else None,
        "width": height if sideways else width,
        "height": width if sideways else height,
        "codec": header.format,
    }
    return fields, {}


def _has_jpeg_end(uri: str, facts: ObjectFacts, s3: S3Config) -> bool:
    with sources.open_bytes(uri, s3) as file:
        file.seek(max(0, facts.bytes - JPEG_TAIL_BYTES))
        return JPEG_END in file.read()


def _with_start(
    asset: FootageAsset, entry: FootageEntry, tags: dict[str, str], footage: FootageConfig
) -> FootageAsset:
    """Add the wall-clock start from the first place of ``start_time_from`` that knows it."""
    known = {
        "manifest": entry.start_utc,
        "filename": from_filename(PurePosixPath(entry.uri).name, zone_of(footage.time_zone)),
        "container": from_tags(tags),
    }
    for place in footage.start_time_from:
        if known[place] is not None:
            return replace(asset, start_utc=known[place], start_source=place)
    return asset


def _still_by_name(uri: str) -> bool:
    suffix = PurePosixPath(uri).suffix.lower()
    return suffix in {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def _footage_id(uri: str, facts: ObjectFacts | None) -> str:
    identity = (uri, facts.checksum, facts.bytes) if facts else (uri, None, None)
    return hashlib.sha256(repr(identity).encode()).hexdigest()[:16]
