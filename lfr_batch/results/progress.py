"""What of a plan is done and what is left, from its receipts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from lfr_batch.records import Segment, SegmentOutcome, SegmentStatus

RETRY: frozenset[SegmentStatus] = frozenset({"quarantined"})
"""What ``lfr resume`` tries again: a worker may have died of something that is mended by now.
A failed segment has unreadable footage and would fail again."""
SEARCHED: frozenset[str] = frozenset({"done", "failed"})
"""Receipts whose ``media_s`` was searched: a failed segment was, up to where it broke off."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    planned: int
    done: int
    failed: int
    quarantined: int
    pending: int
    media_s: float
    worker_s: float
    frames_analysed: int
    faces_detected: int
    faces_rejected: int
    sightings: int
    """Before stitching."""
    rejections: Mapping[str, int]
    errors: Mapping[str, int]
    """Segments by what went wrong, most frequent first."""
    unsearched: Mapping[str, int]
    """Segments by what of them was not looked at, most frequent first."""

    @property
    def worker_speed(self) -> float | None:
        """Media seconds per second of one worker; None before the first receipt."""
        return self.media_s / self.worker_s if self.worker_s > 0 else None


def pending(
    plan: Sequence[Segment],
    outcomes: Mapping[str, SegmentOutcome],
    retry: Collection[SegmentStatus] = RETRY,
) -> list[Segment]:
    """The segments still to be searched, in the plan's order, each with its next attempt number.

    Those without a receipt and those whose receipt has a status in ``retry``.
    """
    return [
        _next_attempt(segment, outcomes.get(segment.segment_id))
        for segment in plan
        if _is_open(outcomes.get(segment.segment_id), retry)
    ]


def summarise(plan: Sequence[Segment], outcomes: Mapping[str, SegmentOutcome]) -> RunProgress:
    """Counts over the plan's segments; receipts of other segments are left out."""
    known = [outcomes[s.segment_id] for s in plan if s.segment_id in outcomes]
    status = Counter(o.status for o in known)
    rejections: Counter[str] = Counter()
    for outcome in known:
        rejections.update(outcome.rejections)
    errors = Counter(o.error for o in known if o.error)
    unsearched = Counter(o.unsearched for o in known if o.unsearched)
    return RunProgress(
        planned=len(plan),
        done=status["done"],
        failed=status["failed"],
        quarantined=status["quarantined"],
        pending=len(plan) - len(known),
        media_s=sum(o.media_s for o in known if o.status in SEARCHED),
        worker_s=sum(o.wall_s for o in known),
        frames_analysed=sum(o.frames_analysed for o in known),
        faces_detected=sum(o.faces_detected for o in known),
        faces_rejected=sum(o.faces_rejected for o in known),
        sightings=sum(o.sightings for o in known),
        rejections=dict(rejections.most_common()),
        errors=dict(errors.most_common()),
        unsearched=dict(unsearched.most_common()),
    )


def _is_open(outcome: SegmentOutcome | None, retry: Collection[SegmentStatus]) -> bool:
    return outcome is None or outcome.status in retry


def _next_attempt(segment: Segment, outcome: SegmentOutcome | None) -> Segment:
    return replace(segment, attempt=outcome.attempt + 1) if outcome else segment
