"""A receipt for every segment of a run, whatever becomes of the workers."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from lfr_batch.records import Segment, SegmentOutcome
from lfr_batch.scanning.worker import WorkerSpec, open_worker
from lfr_batch.work.attempts import ATTEMPTS, Runner, WorkKind, run_with_attempts


def run_segments(
    run: Runner, spec: WorkerSpec, segments: Sequence[Segment]
) -> Generator[SegmentOutcome]:
    """A receipt for every segment: those that never come back are quarantined."""
    return run_with_attempts(run, _SEARCHING, spec, segments, spec.together)


def quarantined(segment: Segment) -> SegmentOutcome:
    return SegmentOutcome(
        segment_id=segment.segment_id,
        footage_id=segment.footage_id,
        start_s=segment.start_s,
        end_s=segment.end_s,
        status="quarantined",
        attempt=segment.attempt + ATTEMPTS - 1,
        error=(
            f"{segment.uri} from {segment.start_s:.1f} s: its worker died in each of "
            f"{ATTEMPTS} attempts; `lfr resume` tries it again."
        ),
    )


_SEARCHING: WorkKind[WorkerSpec, Segment, SegmentOutcome] = WorkKind(
    open_worker,
    item_key=lambda segment: segment.segment_id,
    result_key=lambda outcome: outcome.segment_id,
    again=lambda segment, n: replace(segment, attempt=segment.attempt + n - 1),
    give_up=quarantined,
    is_short=lambda segment: segment.kind == "still",
)
