from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfr_batch.records import AssetStatus, SegmentStatus
from lfr_batch.results.rollup import footage_row, segment_row, wall_clock

from .synthetic import archive

MADE = archive()
GATE = MADE.assets[0]
Receipt = tuple[SegmentStatus, str | None]


def rolled(asset_status: AssetStatus, receipts: list[Receipt]) -> dict[str, Any]:
    outcome = MADE.outcomes["f-gate-0000"]
    rows = [
        segment_row(MADE.segments[0], replace(outcome, status=status, error=error))
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


def test_wall_clock_is_media_time_after_the_start() -> None:
    assert GATE.start_utc is not None
    moved = wall_clock(GATE.start_utc, 90_000_001_999)
    assert moved is not None
    assert (moved - GATE.start_utc).total_seconds() == 90.000001
    assert wall_clock(None, 5) is None
