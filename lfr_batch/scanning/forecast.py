"""How long a search will take and what it will leave on the disk, by what runs have taken. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from lfr_batch.records import FootageAsset
from lfr_batch.results.rate import Rate

SIGHTING_BYTES = 60_000
"""Its evidence picture, twice while a run is published, and its rows."""
SEGMENT_BYTES = 1_500
"""Its receipt, in the ledger and as a row."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected of some footage; None where there is nothing to tell it by."""

    media_s: float
    """How much there is, seconds."""
    workers: int
    """That would search it; 0: as many as a cluster has room for."""
    rate: Rate | None
    """Measured by earlier runs."""

    @property
    def worker_s(self) -> float | None:
        """Of all workers together."""
        return self.media_s / self.rate.media_s if self.rate else None

    @property
    def wall_s(self) -> float | None:
        worker_s = self.worker_s
        return worker_s / self.workers if worker_s is not None and self.workers else None

    @property
    def bytes(self) -> int | None:
        """Of results, at most while the run is published."""
        if self.rate is None:
            return None
        each_s = self.rate.sightings * SIGHTING_BYTES + self.rate.segments * SEGMENT_BYTES
        return round(self.media_s * each_s)


@dataclass(frozen=True, slots=True)
class Lengths:
    """How much footage there is."""

    bytes: int
    """Of all files."""
    films: int
    """Files that are no pictures by their names."""
    looked_into: int
    """Of these, files that said how long they are; the others count by their size, alike."""
    media_s: float
    """Of all streams together, seconds."""
    stills: int
    """By their names, and those found among the films."""
    unreadable: int
    """Of the files that were looked into."""

    @property
    def is_estimated(self) -> bool:
        return self.looked_into < self.films


def lengths(
    sizes: Mapping[str, int], films: Collection[str], probed: Iterable[FootageAsset]
) -> Lengths:
    """``sizes``: bytes of every file by its uri. ``films``: those that are no pictures by their
    names. ``probed``: what some of these hold."""
    assets = list(probed)
    seen = {asset.uri for asset in assets}
    stills = {asset.uri for asset in assets if asset.kind == "still" and asset.status != "failed"}
    told_s = sum(asset.duration_s or 0.0 for asset in assets if asset.kind == "video")
    seen_bytes = sum(sizes[uri] for uri in seen)
    rest_bytes = sum(sizes[uri] for uri in films) - seen_bytes
    rest_s = told_s / seen_bytes * rest_bytes if seen_bytes else 0.0
    return Lengths(
        bytes=sum(sizes.values()),
        films=len(films),
        looked_into=len(seen),
        media_s=told_s + rest_s,
        stills=len(sizes) - len(films) + len(stills),
        unreadable=len({asset.uri for asset in assets if asset.status == "failed"}),
    )


def forecast(media_s: float, rate: Rate | None, workers: int) -> Forecast:
    """Starting and planning take longer than nothing, and are not in it."""
    return Forecast(media_s, workers, rate)
