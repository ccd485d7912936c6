from __future__ import annotations

from dataclasses import replace

import pytest

from lfr_batch.records import SegmentStatus
from lfr_batch.results.progress import pending, summarise

from .synthetic import archive, outcome


@pytest.mark.parametrize(
    ("retry", "expected"),
    [
        (frozenset[SegmentStatus]({"quarantined"}), ["f-yard-0060", "f-phone-0000"]),
        (
            frozenset[SegmentStatus]({"quarantined", "failed"}),
            ["f-yard-0060", "f-yard-0120", "f-phone-0000"],
        ),
        (frozenset[SegmentStatus](), ["f-phone-0000"]),
    ],
)
def test_what_is_left_to_do(retry: frozenset[SegmentStatus], expected: list[str]) -> None:
    made = archive()
    del made.outcomes["f-phone-0000"]
    left = pending(made.segments, made.outcomes, retry)
    assert [s.segment_id for s in left] == expected
    assert [s.attempt for s in left] == [1 if "phone" in i else 2 for i in expected]


def test_by_default_the_quarantined_are_tried_again_and_the_damaged_are_not() -> None:
    made = archive()
    assert [s.segment_id for s in pending(made.segments, made.outcomes)] == ["f-yard-0060"]


def test_nothing_is_done_at_first() -> None:
    plan = archive().segments
    assert pending(plan, {}) == list(plan)
    progress = summarise(plan, {})
    assert (progress.planned, progress.pending, progress.done) == (8, 8, 0)
    assert progress.worker_speed is None


def test_counts_add_up_and_strangers_do_not_count() -> None:
    made = archive()
    stranger = outcome(replace(made.segments[0], segment_id="of another plan"), ())
    del made.outcomes["f-phone-0000"]
    progress = summarise(made.segments, {**made.outcomes, "of another plan": stranger})
    assert (progress.done, progress.failed, progress.quarantined, progress.pending) == (5, 1, 1, 1)
    assert progress.media_s == 240.0 + 0.0
    assert progress.sightings == 4
    assert progress.rejections == {"small": 42, "blurred": 21}
    assert progress.errors == {"its worker was killed twice": 1, "cut off after 121.4 s": 1}
    assert progress.worker_speed == pytest.approx(240 / (7 * 2.6))
