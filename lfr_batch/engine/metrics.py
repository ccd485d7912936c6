"""What Prometheus is told of a run, through Ray's own exporter: counts, no names and no faces.

A receipt is all that is counted from, in the driver. Ray puts ``ray_`` before every name, and the
node's own figures (cores, GPUs, memory) beside them. infra/monitoring has a dashboard and alerts.
"""

from __future__ import annotations

from collections import Counter as Tallied
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from lfr_batch.records import FootageAsset, Segment, SegmentOutcome
from lfr_batch.results.hold import newest_epoch
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.progress import Progress

Amounts = Iterable[tuple[float, Mapping[str, str]]]
"""By how much a count rises, and the values of its own tag, if it has one."""


class RunCount(NamedTuple):
    """A count that rises with receipts."""

    name: str
    help: str
    amounts: Callable[[SegmentOutcome], Amounts]
    tag: str | None = None


def _of(name: str) -> Callable[[SegmentOutcome], Amounts]:
    return lambda outcome: [(float(getattr(outcome, name)), {})]


def _refusals(outcome: SegmentOutcome) -> Amounts:
    return [(float(n), {"reason": reason}) for reason, n in outcome.rejections.items()]


COUNTS: tuple[RunCount, ...] = (
    RunCount(
        "lfr_segments",
        "Segments that are over: done, failed, quarantined.",
        lambda outcome: [(1.0, {"status": outcome.status})],
        "status",
    ),
    RunCount("lfr_media_seconds", "Media time searched.", _of("media_s")),
    RunCount("lfr_frames", "Frames analysed.", _of("frames_analysed")),
    RunCount("lfr_faces", "Faces detected.", _of("faces_detected")),
    RunCount("lfr_faces_refused", "Faces the quality gate refused.", _refusals, "reason"),
    RunCount("lfr_tracks", "Tracks compared with the gallery.", _of("tracks")),
    RunCount("lfr_sightings", "Sightings before stitching.", _of("sightings")),
    RunCount("lfr_decode_seconds", "Time workers spent decoding.", _of("decode_s")),
    RunCount("lfr_infer_seconds", "Time workers spent with models and gallery.", _of("infer_s")),
    RunCount("lfr_worker_seconds", "Time workers spent with segments.", _of("wall_s")),
)
BYTES = "lfr_footage_bytes"
"""Counted by file: each of its segments counts as much."""
GAUGES: Mapping[str, str] = {
    "lfr_segments_waiting": "Segments of the run that are not over.",
    "lfr_holder": "Number of the run's holder: it rises when a run is taken up again.",
}
NOTICES = "lfr_notices"
"""What the operator was told: a bucket that does not answer, a machine that is left out."""
NAMES = (*(count.name for count in COUNTS), BYTES, NOTICES, *GAUGES)


class MeasuredProgress:
    """Satisfies ``Progress``: passes on what it hears. A cluster must be joined meanwhile."""

    def __init__(self, progress: Progress, run: StoredRun) -> None:
        from ray.util.metrics import Counter, Gauge  # noqa: PLC0415

        self._progress, self._run = progress, run
        self._tags = {"run_id": run.run_id}
        self._counts = {
            count.name: Counter(count.name, count.help, ("run_id", *filter(None, [count.tag])))
            for count in COUNTS
        }
        self._bytes = Counter(BYTES, "Bytes of footage searched.", ("run_id",))
        self._notices = Counter(NOTICES, "Notices to the operator.", ("run_id",))
        self._gauges = {name: Gauge(name, text, ("run_id",)) for name, text in GAUGES.items()}
        self._waiting = 0
        self._bytes_each: dict[str, float] = {}

    def probe(self, files: int, left: int) -> None:
        self._progress.probe(files, left)

    def probed(self, assets: Sequence[FootageAsset]) -> None:
        self._progress.probed(assets)

    def start(self, plan: Sequence[Segment], todo: int) -> None:
        segments = Tallied(segment.footage_id for segment in plan)
        sizes = {segment.footage_id: segment.bytes or 0 for segment in plan}
        self._bytes_each = {which: sizes[which] / n for which, n in segments.items()}
        number = int(newest_epoch(self._run).partition("-")[0] or 0)
        self._gauges["lfr_holder"].set(number, self._tags)
        self._set_waiting(todo)
        self._progress.start(plan, todo)

    def take(self, outcome: SegmentOutcome) -> None:
        for count in COUNTS:
            for amount, own in count.amounts(outcome):
                _rise(self._counts[count.name], amount, {**self._tags, **own})
        _rise(self._bytes, self._bytes_each.get(outcome.footage_id, 0.0), self._tags)
        self._set_waiting(self._waiting - 1)
        self._progress.take(outcome)

    def tell(self, sentence: str) -> None:
        _rise(self._notices, 1.0, self._tags)
        self._progress.tell(sentence)

    def _set_waiting(self, segments: int) -> None:
        self._waiting = max(0, segments)
        self._gauges["lfr_segments_waiting"].set(self._waiting, self._tags)


def _rise(counter: object, amount: float, tags: Mapping[str, str]) -> None:
    """Ray refuses to let a counter rise by nothing."""
    if amount > 0:
        counter.inc(amount, dict(tags))  # type: ignore[attr-defined]
