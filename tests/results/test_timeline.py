from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.results.timeline import timeline

FOOTAGE = {"kind": "video", "duration_s": 200.0}


def span(start_s: float, end_s: float, **more: object) -> dict[str, Any]:
    known = {
        "status": "done",
        "error": None,
        "unsearched": None,
        "media_s": 0.0,
        "subject_id": "S1",
        "score": 0.5,
    }
    return {"start_s": start_s, "end_s": end_s, **known, **more}


def test_bars_lie_where_things_happened() -> None:
    found = timeline(
        FOOTAGE,
        [span(0, 100), span(100, 200, status="failed", error="bad")],
        [span(50, 60)],
    )
    assert found is not None
    assert [(b.x, b.width, b.kind, b.title) for b in found.bars] == [
        (0, 50, "done", "searched"),
        (50, 50, "lost", "bad"),
        (25, 5, "sighting", "S1 0.50"),
    ]


@pytest.mark.parametrize(
    ("segment", "bars"),
    [
        ({"status": "done"}, [(0, 50, "done", "searched")]),
        ({"status": "done", "unsearched": "too fast"}, [(0, 50, "partly", "too fast")]),
        ({"status": "done", "error": "torn"}, [(0, 50, "partly", "torn")]),
        (
            {"status": "failed", "error": "cut", "media_s": 40.0},
            [(0, 20, "done", "searched"), (20, 30, "lost", "cut")],
        ),
        (
            {"status": "failed", "error": "cut", "media_s": 100.0},
            [(0, 50, "done", "searched"), (50, 0.6, "lost", "cut")],
        ),
        ({"status": "quarantined", "error": "died"}, [(0, 50, "lost", "died")]),
        ({"status": "pending"}, [(0, 50, "lost", "never searched")]),
    ],
)
def test_what_of_a_segment_was_searched(
    segment: dict[str, Any], bars: list[tuple[float, float, str, str]]
) -> None:
    found = timeline(FOOTAGE, [span(0, 100, **segment)], [])
    assert found is not None
    assert [(b.x, b.width, b.kind, b.title) for b in found.bars] == bars


def test_a_still_has_no_time_line() -> None:
    assert timeline({"kind": "still", "duration_s": None}, [span(0, 0)], []) is None
    assert timeline({"kind": "video", "duration_s": None}, [], []) is None


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(sorted)))
def test_bars_stay_inside_and_can_be_seen(spans: list[list[float]]) -> None:
    found = timeline(FOOTAGE, [], [span(start, end) for start, end in spans])
    assert found is not None
    for bar in found.bars:
        assert bar.width >= 0.6
        assert 0 <= bar.x <= bar.x + bar.width <= 100.001
