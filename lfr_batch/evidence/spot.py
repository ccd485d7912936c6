"""Where in which footage somebody was seen, and that footage as it is found again.

What the lake's rows say is enough to find the very frame; where it begins and how it is entered is
asked of the file itself, which has to be the one that was searched.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

import numpy as np

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageChanged, FootageGone, FootageUnreadable
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.places import ObjectState
from lfr_batch.footage.segments import stretch_of
from lfr_batch.footage.sources import source_of
from lfr_batch.footage.state_id import state_id
from lfr_batch.records import (
    FieldOrder,
    FloatArray,
    FootageAsset,
    FootageEntry,
    FootageKind,
    Segment,
    nanoseconds,
)

SINCE = "since it was searched"
WAY_OUT = "put it back as it was, or scan it anew"


@dataclass(frozen=True, slots=True)
class Spot:
    """One sighting, and the recording in which it is, as a run's rows have them. Media time."""

    uri: str
    kind: FootageKind
    best_s: float
    start_s: float
    end_s: float
    box_xyxy: tuple[float, float, float, float]
    """The face at ``best_s``, pixels of the upright picture."""
    best_utc: datetime | None
    picture: int | None
    """Number of a still's picture, from 1; None in video."""
    bytes: int | None
    sha256: str | None
    """The file's checksum when it was searched, as ``FootageAsset.sha256``."""
    state_id: str | None
    stream: int | None
    recording: int
    rotation_deg: int
    sample_aspect: float
    mirrored: bool
    fields: FieldOrder

    @property
    def best_ns(self) -> int:
        return nanoseconds(self.best_s)

    @property
    def box(self) -> FloatArray:
        """(4,)"""
        return np.array(self.box_xyxy, np.float32)


def spot_of(sighting: Mapping[str, Any], footage: Mapping[str, Any]) -> Spot:
    """From a row of ``sightings`` and the row of ``footage`` with its ``footage_id``."""
    box = sighting["box"]
    return Spot(
        uri=footage["uri"],
        kind=cast("FootageKind", footage["kind"]),
        best_s=sighting["best_s"],
        start_s=sighting["start_s"],
        end_s=sighting["end_s"],
        box_xyxy=(box["left"], box["top"], box["right"], box["bottom"]),
        best_utc=sighting["best_utc"],
        picture=sighting["picture"],
        bytes=footage["bytes"],
        sha256=footage["sha256"],
        state_id=footage["state_id"],
        stream=footage["stream"],
        recording=footage["recording"] or 1,
        rotation_deg=footage["rotation_deg"] or 0,
        sample_aspect=footage["sample_aspect"] or 1.0,
        mirrored=bool(footage["mirrored"]),
        fields=cast("FieldOrder", footage["fields"] or "progressive"),
    )


def asset_of(spot: Spot, s3: S3Config) -> FootageAsset:
    """The recording as it is found now, turned and stretched as it was when it was searched.

    A file on a disk is read to its end where its times do not show that it is the same. Raises
    FootageGone, FootageChanged, FootageUnreadable, StoreUnreachable.
    """
    now = _required_same(spot, s3)
    found = probe(FootageEntry(spot.uri), FootageConfig(), s3, unread=True)
    asset = next((each for each in found if _is_of(each, spot)), None)
    if asset is None:
        raise FootageUnreadable(f"{spot.uri} cannot be read any more: {found[0].error or WAY_OUT}")
    return replace(
        asset,
        bytes=now.bytes,
        sha256=spot.sha256,
        modified_ns=now.modified_ns,
        changed_ns=now.changed_ns,
        version_id=now.version_id,
        rotation_deg=spot.rotation_deg,
        sample_aspect=spot.sample_aspect,
        mirrored=spot.mirrored,
        fields=spot.fields,
    )


def stretch(asset: FootageAsset, start_ns: int, end_ns: int | None) -> Segment:
    """A segment that holds all of it; it begins at a keyframe before, where those are known."""
    at = bisect_right(asset.keyframes_ns, start_ns)
    begins_ns = asset.keyframes_ns[at - 1] if at else 0 if asset.keyframes_ns else start_ns
    return stretch_of(asset, max(0, begins_ns), end_ns)


def _is_of(asset: FootageAsset, spot: Spot) -> bool:
    if asset.status == "failed" or asset.kind != spot.kind:
        return False
    return asset.kind == "still" or (asset.stream, asset.recording) == (spot.stream, spot.recording)


def _required_same(spot: Spot, s3: S3Config) -> ObjectState:
    source = source_of(spot.uri, s3)
    try:
        now = source.state()
        if spot.bytes is not None and now.bytes != spot.bytes:
            raise FootageChanged(_changed(spot, now))
        if spot.sha256 is None or _shows_the_same(spot, now):
            return now
        checksum = now.checksum or source.facts().checksum
    except FootageGone as error:
        raise FootageGone(f"{spot.uri} is gone {SINCE}: {WAY_OUT}") from error
    if checksum != spot.sha256:
        raise FootageChanged(_changed(spot, now))
    return now


def _shows_the_same(spot: Spot, now: ObjectState) -> bool:
    """By its times, where these cannot be those of another state."""
    known = state_id(FootageEntry(spot.uri), now, now.changed_ns)
    return known is not None and known == spot.state_id


def _changed(spot: Spot, now: ObjectState) -> str:
    how = (
        "its size is the same, its contents are not"
        if now.bytes == spot.bytes
        else f"it had {spot.bytes} bytes and has {now.bytes}"
    )
    return f"{spot.uri} has changed {SINCE} ({how}): {WAY_OUT}"
