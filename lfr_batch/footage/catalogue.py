"""Probe footage: what a file or object is, without decoding more than its beginning."""

from __future__ import annotations

import hashlib
import logging
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.config.time_zones import zone_of
from lfr_batch.errors import FootageChanged, FootageError, StoreAway, StoreError, UsageError
from lfr_batch.footage.albums import open_album
from lfr_batch.footage.fields import as_asked
from lfr_batch.footage.moving import Probed, probe_moving
from lfr_batch.footage.pictures import picture_format
from lfr_batch.footage.places import ObjectFacts, Source
from lfr_batch.footage.pyav_input import check_head
from lfr_batch.footage.sources import source_of
from lfr_batch.footage.start_time import (
    NOTHING,
    ToldTime,
    from_filename,
    from_tags,
    not_in_the_future,
)
from lfr_batch.footage.state_id import state_id
from lfr_batch.footage.stills import check_still, left_out, read_still, truncated
from lfr_batch.footage.watched import undisturbed
from lfr_batch.records import FootageAsset, FootageEntry, FootageKind
from lfr_batch.unexpected import trace, unexpected

logger = logging.getLogger(__name__)

MOTION_JPEG_SUFFIXES = frozenset({".mjpeg", ".mjpg", ".avi", ".mov"})
STILL_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".gif", ".webp", ".bmp"}
    | {".tif", ".tiff", ".jp2", ".heic", ".heif", ".avif"}
)
"""What a file that cannot be read is taken for; of all others the contents decide."""
MOST_FRAMES = 50
"""A GIF or APNG of more is a film: followed, with its times; of fewer, pictures one by one."""


def probe(
    entry: FootageEntry, footage: FootageConfig, s3: S3Config, *, unread: bool = False
) -> tuple[FootageAsset, ...]:
    """What the entry is: an asset for each stream of each recording in it, or one for a still.

    ``unread``: no more is read than tells that; its bytes have no name then (``content_id``).

    An entry that cannot be read comes back as one asset, 'failed' with the reason. Raises StoreAway
    where that may be known later.
    """
    blank = _blank(entry)
    try:
        source = source_of(entry.uri, s3)
        facts = _unread(source) if unread else source.facts()
        blank = replace(
            blank,
            footage_id=_footage_id(entry.uri, facts),
            bytes=facts.bytes,
            sha256=facts.checksum,
            content_id=facts.content_id,
            modified_ns=facts.state.modified_ns,
            changed_ns=facts.changed_ns,
            version_id=facts.state.version_id,
            state_id=state_id(entry, facts.state, facts.changed_ns),
        )
        looked_into = source.as_of(facts.state)
        with undisturbed(source, facts.state, facts.checksum), ExitStack() as after:
            after.callback(looked_into.let_go)
            head = check_head(looked_into)
            kind = kind_of(looked_into, head)
            blank = replace(blank, kind=kind)
            if kind == "still":
                found = [_still(entry, looked_into)]
            else:
                found = probe_moving(entry, looked_into, head, facts)
    except StoreAway:
        raise
    except (FootageError, StoreError, UsageError) as error:
        failed = replace(blank, error=str(error), retryable=error.retryable)
        if error.retryable or isinstance(error, FootageChanged):
            failed = replace(failed, state_id=None)
        return (_with_start(failed, entry, Probed({}), footage),)
    except Exception as error:  # noqa: BLE001 - one file's surprise must not end the run
        logger.warning("%s: %s", entry.uri, trace(error))
        what = f"{entry.uri}: {unexpected(error)}"
        return (_with_start(replace(blank, error=what), entry, Probed({}), footage),)
    return tuple(
        _with_start(_asset(blank, each, facts, footage, is_first=n == 0), entry, each, footage)
        for n, each in enumerate(found)
    )


def _unread(source: Source) -> ObjectFacts:
    state = source.state()
    return ObjectFacts(state, state.checksum or "", None)


def unprobed(entry: FootageEntry, footage: FootageConfig, error: str) -> FootageAsset:
    """Of an entry whose probing came to no end."""
    return _with_start(replace(_blank(entry), error=error), entry, Probed({}), footage)


def _blank(entry: FootageEntry) -> FootageAsset:
    return FootageAsset(
        footage_id=_footage_id(entry.uri, None),
        uri=entry.uri,
        kind="still" if still_by_name(entry.uri) else "video",
        status="failed",
        camera_id=entry.camera_id,
        site=entry.site,
        rotation_deg=entry.rotate_deg,
        aspect=entry.aspect,
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


def kind_of(source: Source, head: bytes) -> FootageKind:
    """Still or video, by format. A run of JPEGs in one file is a video by its ending."""
    suffix = PurePosixPath(source.uri).suffix.lower()
    name = picture_format(head)
    if name is None or (name == "jpeg" and suffix in MOTION_JPEG_SUFFIXES):
        return "video"
    if name in {"gif", "apng"} and _frames(source) > MOST_FRAMES:
        return "video"
    return "still"


def _frames(source: Source) -> int:
    album = open_album(read_still(source))
    return len(album.pages) if album else 0


def _still(entry: FootageEntry, source: Source) -> Probed:
    album = check_still(entry.uri, read_still(source))
    width, height = album.pages[0].size_wh
    sideways = entry.rotate_deg % 180 != 0
    error = truncated(entry.uri, album)
    unsearched, share = left_out(entry.uri, album)
    fields = {
        "status": "damaged" if error else "partly" if unsearched else "ok",
        "error": error,
        "width": height if sideways else width,
        "height": width if sideways else height,
        "codec": album.format,
        "pictures": len(album.pages),
        "unsearched": unsearched,
        "unsearched_share": share,
    }
    return Probed(fields)


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
        told = from_filename(entry.uri, zone_of(footage.time_zone))
        known["filename"] = not_in_the_future(told, datetime.now(UTC))
    for place in footage.start_time_from:
        told = known.get(place, NOTHING)
        asset = replace(asset, notes="; ".join(filter(None, (asset.notes, told.doubt))) or None)
        if told.utc is not None:
            return replace(asset, start_utc=told.utc, start_source=place)
    return replace(asset, start_source="none")


def _begun(moment: datetime | None, later_s: float) -> datetime | None:
    return moment + timedelta(seconds=later_s) if moment else None


def still_by_name(uri: str) -> bool:
    """Whether its ending is a picture's."""
    suffix = PurePosixPath(uri).suffix.lower()
    return suffix in STILL_SUFFIXES


def _footage_id(
    uri: str, facts: ObjectFacts | None, which: tuple[int, int | None] | None = None
) -> str:
    """``which``: recording and stream, of those that are not the file's first."""
    identity = (uri, facts.checksum, facts.bytes) if facts else (uri, None, None)
    whole = identity if which is None else (*identity, *which)
    return hashlib.sha256(repr(whole).encode()).hexdigest()[:16]
