"""What a run costs as it grows, on paper: from measured costs per segment to what breaks first.

Everything grows in a straight line with the segments of a run, or is bounded by design; so a cost
per segment and a limit say at how many hours of footage the limit is reached.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HOUR_S = 3600.0
MIB = 2**20
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Costs:
    """Per segment unless the name says otherwise; memory is the driver's."""

    base_bytes: float
    """Of the driver with an empty plan."""
    plan_bytes: float
    """Held as long as the run takes."""
    waiting_bytes: float
    """Of a segment that has no receipt yet."""
    receipt_bytes: float
    """Held while the run is published, and by `lfr status`."""
    asset_bytes: float
    """Per file, held while the run is published."""
    block_bytes: float
    """Of a segment that waits in Ray."""
    ledger_bytes: float
    """On disk."""
    lake_bytes: float
    """On disk, rows of ``segments``; pictures come on top."""
    open_s: float
    """Reading plan and receipts: what `lfr resume` takes where nothing is left to do."""
    publish_s: float
    """With the measured share of segments that have a sighting."""
    submit_s: float
    """Before the first segment is worked on."""
    drive_s: float
    """The driver's own work for a segment that Ray brings back."""


@dataclass(frozen=True, slots=True)
class Archive:
    hours: float
    segment_s: float = 60.0
    file_hours: float = 1.0
    hit_share: float = 1 / 60
    """Segments with a sighting."""
    sightings_per_hit: float = 1.0
    picture_bytes: float = 15_000.0
    workers: int = 64
    worker_speed: float = 25.0
    """× real time, of one worker."""
    gallery_templates: int = 1_000_000
    template_bytes: int = 512

    @property
    def segments(self) -> int:
        return math.ceil(self.hours * HOUR_S / self.segment_s)

    @property
    def files(self) -> int:
        return math.ceil(self.hours / self.file_hours)

    @property
    def hits(self) -> int:
        return math.ceil(self.segments * self.hit_share)


@dataclass(frozen=True, slots=True)
class Design:
    """What bounds files and memory: constants of the product."""

    in_ray: int
    """Segments that it has at once."""
    ledger_block: int
    fan: int
    levels: int
    part_rows: int
    part_bytes: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One cost of a run over an archive."""

    what: str
    unit: str
    value: float
    limit: float | None
    """What is still comfortable; None where the figure is only to be known."""
    breaks_at_hours: float | None
    """Where the limit is reached; None where it never is."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a machine and a patience; the defaults are a driver with 16 GiB to itself."""

    driver_bytes: float = 16 * GIB
    resume_s: float = 600.0
    publish_s: float = HOUR_S
    ledger_files: float = 10_000.0
    folder_files: float = 1_000_000.0
    part_files: float = 100_000.0


def forecast(archive: Archive, costs: Costs, design: Design, limits: Limits) -> list[Figure]:
    """Every cost of one run over the whole archive, what breaks first at the top."""
    segments, hours = archive.segments, archive.hours
    planned = costs.base_bytes + segments * costs.plan_bytes
    running = planned + segments * costs.waiting_bytes
    publishing = planned + segments * costs.receipt_bytes + archive.files * costs.asset_bytes
    figures = [
        _memory("driver memory while it publishes", publishing, hours, costs, limits),
        _memory("driver memory while it runs", running, hours, costs, limits),
        _linear("time to publish", "s", segments * costs.publish_s, limits.publish_s, hours),
        _linear("time of a resume with nothing to do", "s", segments * costs.open_s,
                limits.resume_s, hours),
        _linear("shards in one folder", "files", archive.hits, limits.folder_files, hours),
        _linear("part files", "files", part_files(archive, design), limits.part_files, hours),
        _linear("blocks of the ledger", "files", ledger_blocks(segments, design),
                limits.ledger_files, hours),
        *_to_know(archive, costs, design),
    ]  # fmt: skip
    return sorted(figures, key=lambda figure: figure.breaks_at_hours or math.inf)


def _to_know(archive: Archive, costs: Costs, design: Design) -> list[Figure]:
    waiting = min(design.in_ray, archive.segments)
    pictures = archive.hits * archive.sightings_per_hit * archive.picture_bytes
    days = archive.hours / (archive.workers * archive.worker_speed) / 24
    return [
        Figure("driver memory for what waits in Ray", "MiB", waiting * costs.block_bytes / MIB,
               None, None),
        Figure("ledger", "MiB", archive.segments * costs.ledger_bytes / MIB, None, None),
        Figure("lake", "MiB", (archive.segments * costs.lake_bytes + pictures) / MIB, None, None),
        Figure("gallery, a copy on every node", "MiB",
               archive.gallery_templates * archive.template_bytes / MIB, None, None),
        Figure("workers that one driver keeps busy", "", busy_workers(archive, costs), None, None),
        Figure(f"days of {archive.workers} workers", "d", days, None, None),
    ]  # fmt: skip


def largest_run_hours(figures: Sequence[Figure]) -> float | None:
    """The longest run that stays within every limit; None where nothing breaks."""
    known = [f.breaks_at_hours for f in figures if f.breaks_at_hours is not None]
    return min(known, default=None)


def busy_workers(archive: Archive, costs: Costs) -> float:
    """A segment takes a worker ``segment_s / worker_speed`` and the driver ``drive_s``."""
    return archive.segment_s / archive.worker_speed / (costs.drive_s + costs.submit_s)


def ledger_blocks(receipts: int, design: Design) -> int:
    """At most: full blocks of the last level, and one block short of a merge on those below."""
    last = int(design.ledger_block * design.fan**design.levels)
    waiting = math.ceil(receipts % last / design.ledger_block)
    return receipts // last + min(waiting, design.levels * (design.fan - 1))


def part_files(archive: Archive, design: Design) -> int:
    sightings = math.ceil(archive.hits * archive.sightings_per_hit)
    by_size = math.ceil(sightings * archive.picture_bytes / design.part_bytes)
    by_rows = [archive.files, archive.segments, sightings, 5 * sightings]
    return sum(math.ceil(rows / design.part_rows) for rows in by_rows) + by_size


def _linear(what: str, unit: str, value: float, limit: float, hours: float) -> Figure:
    return Figure(what, unit, value, limit, hours * limit / value if value else None)


def _memory(what: str, value: float, hours: float, costs: Costs, limits: Limits) -> Figure:
    """The base does not grow with the archive."""
    growing = value - costs.base_bytes
    room = limits.driver_bytes - costs.base_bytes
    breaks = hours * room / growing if growing > 0 else None
    return Figure(what, "MiB", value / MIB, limits.driver_bytes / MIB, breaks)
