"""Sightings as a run's rows have them, of files that tests made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.evidence.spot import Spot, spot_of
from lfr_batch.evidence.untouched import pixels_sha256
from lfr_batch.footage.catalogue import probe
from lfr_batch.records import FootageEntry

ANYWHERE = S3Config()
ROW = (
    *("uri", "kind", "bytes", "sha256", "state_id", "stream", "recording", "rotation_deg"),
    *("sample_aspect", "mirrored", "fields"),
)


def spot_in(
    uri: Path | str,
    best_s: float,
    box: tuple[float, float, float, float] = (10, 10, 50, 60),
    *,
    picture: int | None = None,
    s3: S3Config = ANYWHERE,
    rotate_deg: int = 0,
) -> Spot:
    [asset, *_] = probe(FootageEntry(str(uri), rotate_deg=rotate_deg), FootageConfig(), s3)
    footage = {name: getattr(asset, name) for name in ROW}
    sides = dict(zip(("left", "top", "right", "bottom"), box, strict=True))
    sighting: Mapping[str, Any] = {
        "best_s": best_s,
        "start_s": max(0.0, best_s - 0.5),
        "end_s": best_s + 0.5,
        "best_utc": None,
        "box": sides,
        "picture": picture,
    }
    return spot_of(sighting, footage)


def all_frames(path: Path | str) -> list[str]:
    """What every frame of a file shows, decoded from its beginning by PyAV alone."""
    with av.open(str(path)) as video:
        return [pixels_sha256(frame) for frame in video.decode(video=0)]
