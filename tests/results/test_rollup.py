from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfr_batch.records import AssetStatus, SegmentOutcome, SegmentStatus
from lfr_batch.results.progress import summarise
from lfr_batch.results.rollup import footage_row, run_totals, segment_row, wall_clock

from .synthetic import archive

MADE = archive()
GATE = MADE.assets[0]
Receipt = tuple[SegmentStatus, str | None]


WHOLE = MADE.outcomes["f-gate-0000"]
OF_STATUS: dict[SegmentStatus, SegmentOutcome] = {
    "done": WHOLE,
    "failed": replace(WHOLE, status="failed", media_s=0.0, frames_decoded=0),
    "quarantined": replace(WHOLE, status="quarantined", media_s=0.0, frames_decoded=0),
}


def rolled(asset_status: AssetStatus, receipts: list[Receipt]) -> dict[str, Any]:
    rows = [
        segment_row(MADE.segments[0], replace(OF_STATUS[status], error=error))
        for status, error in receipts
    ]
    asset = replace(GATE, status=asset_status, error=None if asset_status == "ok" else "probe")
    return footage_row(asset, rows, 1)


@pytest.mark.parametrize(
    ("asset_status", "receipts", "status", "error"),
    [
        ("ok", [("done", None), ("done", None)], "ok", None),
        ("ok", [("done", None), ("done", "tail missing")], "damaged", "tail missing"),
        ("ok", [("done", None), ("failed", "bad")], "damaged", "bad"),
        ("ok", [("quarantined", "killed"), ("failed", "bad")], "failed", "killed; bad"),
        ("ok", [("failed", "bad"), ("failed", "bad")], "failed", "bad"),
        ("damaged", [("done", None)], "damaged", "probe"),
        ("failed", [], "failed", "probe"),
        ("ok", [], "failed", "no part of it was planned to be searched"),
        (
            "ok",
            [("failed", text) for text in "abcde"],
            "failed",
            "a; b; c; and 2 more",
        ),
    ],
)
def test_what_its_segments_say_of_a_file(
    asset_status: AssetStatus, receipts: list[Receipt], status: str, error: str | None
) -> None:
    row = rolled(asset_status, receipts)
    assert (row["status"], row["error"]) == (status, error)
    assert row["searched_s"] == 60.0 * sum(s == "done" for s, _ in receipts)


@pytest.mark.parametrize("asset_status", ["ok", "damaged"])
@pytest.mark.parametrize("others", [[], ["failed"], ["quarantined", "failed"]])
def test_a_file_of_which_something_was_seen_is_damaged_and_its_time_counts(
    asset_status: AssetStatus, others: list[SegmentStatus]
) -> None:
    partly = replace(WHOLE, status="failed", error="cut off", media_s=21.5, frames_decoded=537)
    outcomes = [partly, *(OF_STATUS[status] for status in others)]
    rows = [segment_row(MADE.segments[0], outcome) for outcome in outcomes]
    row = footage_row(replace(GATE, status=asset_status), rows, 0)
    assert (row["status"], row["searched_s"]) == ("damaged", 21.5)
    assert row["segments_failed"] == len(rows)
    assert run_totals([row], rows, 0)["media_s"] == 21.5
    progress = summarise(MADE.segments[:1], {partly.segment_id: partly})
    assert progress.media_s == 21.5


@pytest.mark.parametrize(
    ("missing", "lost_s", "share"),
    [(0.45, 0.0, 0.45), (0.0, 0.0, None), (0.1, 20.0, 0.25), (0.5, 20.0, 0.5)],
)
def test_of_a_truncated_file_the_missing_share_is_told_as_far_as_it_is_known(
    missing: float, lost_s: float, share: float | None
) -> None:
    asset = replace(
        GATE, status="damaged", error="cut off", unsearched_share=missing, duration_s=58.0
    )
    outcome = replace(WHOLE, media_s=60.0, unsearched_s=lost_s)
    row = footage_row(asset, [segment_row(MADE.segments[0], outcome)], 0)
    assert row["status"] == "damaged"
    assert row["unsearched_share"] == (None if share is None else pytest.approx(share))
    assert (row["searched_s"], row["duration_s"]) == (60.0, 60.0)


def test_of_two_sentences_the_longer_stays_where_it_begins_with_the_shorter() -> None:
    asset = replace(GATE, kind="still", status="damaged", error="a.jpg is truncated: the end")
    said = "a.jpg is truncated: the end, and nothing can be decoded"
    failed = replace(OF_STATUS["failed"], error=said)
    assert footage_row(asset, [segment_row(MADE.segments[0], failed)], 0)["error"] == said


def test_a_segment_that_was_never_tried_adds_nothing() -> None:
    row = footage_row(GATE, [segment_row(MADE.segments[0], None)], 0)
    assert (row["status"], row["searched_s"]) == ("failed", 0.0)


def test_wall_clock_is_media_time_after_the_start() -> None:
    assert GATE.start_utc is not None
    moved = wall_clock(GATE.start_utc, 90_000_001_999)
    assert moved is not None
    assert (moved - GATE.start_utc).total_seconds() == 90.000001
    assert wall_clock(None, 5) is None
