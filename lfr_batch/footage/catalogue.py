"""Probe footage: what a file or object is, without decoding more than its beginning."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.config.time_zones import zone_of
from lfr_batch.errors import FootageError, StoreError, UsageError
from lfr_batch.footage import sources
from lfr_batch.footage.fields import as_asked
from lfr_batch.footage.moving import Probed, probe_moving
from lfr_batch.footage.pictures import picture_format, read_header
from lfr_batch.footage.places import ObjectFacts
from lfr_batch.footage.pyav_input import check_head
from lfr_batch.footage.start_time import NOTHING, ToldTime, from_filename, from_tags
from lfr_batch.footage.stills import MAX_BYTES, check_still
from lfr_batch.footage.watched import undisturbed
from lfr_batch.records import FootageAsset, FootageEntry, FootageKind

MOTION_JPEG_SUFFIXES = frozenset({".mjpeg", ".mjpg", ".avi", ".mov"})
JPEG_END = b"\xff\xd9"
JPEG_TAIL_BYTES = 65536


def probe(entry: FootageEntry, footage: FootageConfig, s3: S3Config) -> tuple[FootageAsset, ...]:
    """What the entry is: an asset for each stream of each recording in it, or one for a still.

    An entry that cannot be read comes back as one asset, 'failed' with the reason.
    """
    blank = FootageAsset(
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
        blank = replace(
            blank,
            footage_id=_footage_id(entry.uri, facts),
            bytes=facts.bytes,
            sha256=facts.checksum,
            content_id=facts.content_id,
            modified_ns=facts.state.modified_ns,
            changed_ns=facts.changed_ns,
            version_id=facts.state.version_id,
        )
        with undisturbed(entry.uri, facts.state, facts.checksum, s3):
            head = check_head(entry.uri, s3)
            kind = kind_of(entry.uri, head)
            blank = replace(blank, kind=kind)
            found = (_still if kind == "still" else probe_moving)(entry, head, facts, s3)
    except (FootageError, StoreError, UsageError) as error:
        return (_with_start(replace(blank, error=str(error)), entry, Probed({}), footage),)
    return tuple(
        _with_start(_asset(blank, each, facts, footage, is_first=n == 0), entry, each, footage)
        for n, each in enumerate(found)
    )


def _asset(
    blank: FootageAsset,
    probed: Probed,
    facts: ObjectFacts,
    footage: FootageConfig,
    *,
    is_first: bool,
) -> FootageAsset:
    asset = replace(blank, **probed.fields)
    if asset.kind == "video":
        asset = replace(asset, fields=as_asked(asset.fields, footage.deinterlace))
    if is_first:
        return asset
    return replace(asset, footage_id=_footage_id(asset.uri, facts, (asset.recording, asset.stream)))


def kind_of(uri: str, head: bytes) -> FootageKind:
    """Still or video, by format. A run of JPEGs in one file is a video by its ending."""
    suffix = PurePosixPath(uri).suffix.lower()
    name = picture_format(head)
    return "still" if name and not (name == "jpeg" and suffix in MOTION_JPEG_SUFFIXES) else "video"


def _still(entry: FootageEntry, head: bytes, facts: ObjectFacts, s3: S3Config) -> list[Probed]:
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
    return [Probed(fields)]


def _has_jpeg_end(uri: str, facts: ObjectFacts, s3: S3Config) -> bool:
    with sources.open_bytes(uri, s3) as file:
        file.seek(max(0, facts.bytes - JPEG_TAIL_BYTES))
        return JPEG_END in file.read()


def _with_start(
    asset: FootageAsset, entry: FootageEntry, probed: Probed, footage: FootageConfig
) -> FootageAsset:
    """Add the wall-clock start from the first place of ``start_time_from`` that knows it.

    A container tells when it begins: its pictures may begin later. Manifest and file name tell it
    of a file's first recording only. What is doubtful in a place that was asked becomes a note.
    """
    known = {"container": ToldTime(_begun(from_tags(probed.tags), probed.starts_after_s))}
    if asset.recording == 1:
        known["manifest"] = ToldTime(entry.start_utc)
        known["filename"] = from_filename(entry.uri, zone_of(footage.time_zone))
    for place in footage.start_time_from:
        told = known.get(place, NOTHING)
        asset = replace(asset, notes="; ".join(filter(None, (asset.notes, told.doubt))) or None)
        if told.utc is not None:
            return replace(asset, start_utc=told.utc, start_source=place)
    return replace(asset, start_source="none")


def _begun(moment: datetime | None, later_s: float) -> datetime | None:
    return moment + timedelta(seconds=later_s) if moment else None


def _still_by_name(uri: str) -> bool:
    suffix = PurePosixPath(uri).suffix.lower()
    return suffix in {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def _footage_id(
    uri: str, facts: ObjectFacts | None, which: tuple[int, int | None] | None = None
) -> str:
    """``which``: recording and stream, of those that are not the file's first."""
    identity = (uri, facts.checksum, facts.bytes) if facts else (uri, None, None)
    whole = identity if which is None else (*identity, *which)
    return hashlib.sha256(repr(whole).encode()).hexdigest()[:16]
