"""A receipt for every segment of a run, whatever becomes of the workers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace

from lfr_batch.records import Segment, SegmentOutcome
from lfr_batch.scanning.worker import WorkerSpec, open_worker
from lfr_batch.work.attempts import (
    ATTEMPTS,
    MOST_AWAY,
    MOST_NODES,
    Runner,
    Tell,
    WorkKind,
    never,
    run_with_attempts,
    unheard,
)
from lfr_batch.work.lost import Lost, Why


def run_segments(
    run: Runner,
    spec: WorkerSpec,
    segments: Sequence[Segment],
    tell: Tell = unheard,
    stopping: Callable[[], bool] = never,
) -> Generator[SegmentOutcome]:
    """A receipt for every segment: those that never come back are quarantined. Once ``stopping``
    says so, only for those that are in hand."""
    return run_with_attempts(
        run, _SEARCHING, spec, segments, spec.together, tell, stopping=stopping
    )


def quarantined(segment: Segment, lost: Lost[Segment]) -> SegmentOutcome:
    """``segment`` as it was tried last."""
    return SegmentOutcome(
        segment_id=segment.segment_id,
        footage_id=segment.footage_id,
        start_s=segment.start_s,
        end_s=segment.end_s,
        status="quarantined",
        attempt=segment.attempt,
        error=(
            f"{segment.uri} from {segment.start_s:.1f} s: {_REASONS[lost.why]}"
            f"{f' ({lost.said})' if lost.said else ''}; {_way_out(lost.why)} tries it again."
        ),
    )


def _way_out(why: Why) -> str:
    return "`lfr resume` with more of it (--set)" if why == "limit" else "`lfr resume`"


_REASONS: Mapping[Why, str] = {
    "died": f"its worker died in each of {ATTEMPTS} attempts",
    "limit": "it is beyond the limits of a segment",
    "beside": f"its worker died in each of {ATTEMPTS} attempts",
    "node": f"its machine was lost in each of {MOST_NODES} attempts",
    "store": f"it could not be read in {MOST_AWAY} attempts, while other footage could",
}

_SEARCHING: WorkKind[WorkerSpec, Segment, SegmentOutcome] = WorkKind(
    open_worker,
    item_key=lambda segment: segment.segment_id,
    result_key=lambda outcome: outcome.segment_id,
    again=lambda segment, n: replace(segment, attempt=segment.attempt + n - 1),
    give_up=quarantined,
    is_short=lambda segment: segment.kind == "still",
)
