"""Lines of the log in words, whoever wrote them and however they name people, cases and runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lfr_batch.oversight.shown import ShownLine, WantedLines, shown

LINES: list[dict[str, Any]] = [
    {"event": "run.begun", "run_id": "run-1", "case_ref": "OP-1", "by": "ann", "purpose": "find"},
    {"event": "deployment.begun", "deployment_id": "live-1", "case_ref": "OP-2", "by": "bob"},
    {"event": "alert.viewed", "deployment_id": "live-1", "name": "cleo", "alert_id": "a1"},
    {
        "event": "results.opened", "what": "sql", "by": "Ann", "cases": "every case",
        "run_ids": [], "runs": 0, "why": None, "detail": "FROM sightings",
    },
    {
        "event": "results.opened", "what": "report", "by": "dan", "cases": ["OP-1"],
        "run_ids": ["run-1"], "runs": 1, "why": "briefing", "detail": "4 sightings, to /r.html",
    },
    {
        "event": "results.opened", "what": "export", "by": "eve", "cases": ["OP-3"],
        "run_ids": ["run-7"], "runs": 300, "purpose": "disclosure", "why": None, "detail": "x",
    },
    {
        "event": "forget.intended",
        "intention": {"id": "f1", "operator": "fay", "case_ref": "OP-1", "purpose": "over"},
    },
    {"event": "something.new", "case_ref": "OP-9", "by": "gil", "reason": "because"},
]  # fmt: skip
ALL = list(
    shown(
        {"n": n, "at": f"2026-11-{n:02d}T10:00:00+00:00", **line} for n, line in enumerate(LINES, 1)
    )
)


def numbers(wanted: WantedLines) -> list[int]:
    return [line.n for line in ALL if wanted.has(line)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (WantedLines(), [1, 2, 3, 4, 5, 6, 7, 8]),
        (WantedLines(case_ref="OP-1"), [1, 4, 5, 7]),
        (WantedLines(case_ref="OP-2"), [2, 3, 4]),
        (WantedLines(run="run-1"), [1, 4, 5, 6]),
        (WantedLines(run="live"), [2, 3, 4, 6]),
        (WantedLines(by="ann"), [1, 4]),
        (WantedLines(since=datetime(2026, 11, 5, 10, tzinfo=UTC)), [5, 6, 7, 8]),
        (WantedLines(openings=True), [3, 4, 5, 6]),
        (WantedLines(case_ref="OP-1", openings=True, by="dan"), [5]),
    ],
)
def test_what_may_be_about_it_is_found(wanted: WantedLines, found: list[int]) -> None:
    assert numbers(wanted) == found


def told(line: ShownLine) -> tuple[object, ...]:
    return line.who, line.what, line.cases, line.run_ids, line.why


def test_each_says_who_did_what_and_why() -> None:
    assert [told(line) for line in ALL] == [
        ("ann", "began a run", ("OP-1",), ("run-1",), "find"),
        ("bob", "began a deployment", ("OP-2",), ("live-1",), None),
        ("cleo", "looked at an alert", ("OP-2",), ("live-1",), None),
        ("Ann", "asked the results", (), (), None),
        ("dan", "made a report", ("OP-1",), ("run-1",), "briefing"),
        ("eve", "exported results", ("OP-3",), ("run-7",), "disclosure"),
        ("fay", "asked for something to be forgotten", ("OP-1",), (), "over"),
        ("gil", "something.new", ("OP-9",), (), "because"),
    ]
    assert [line.row["cases"] for line in ALL[3:5]] == ["every case", ["OP-1"]]


def test_a_line_whose_time_was_altered_is_not_hidden_by_a_day() -> None:
    (line,) = shown([{"n": 1, "at": "soon", "event": "run.begun"}])
    assert WantedLines(since=datetime(2026, 1, 1, tzinfo=UTC)).has(line)


def test_which_sighting_or_alert_it_was_is_told() -> None:
    lines = (
        {"n": 1, "event": "sighting.decided", "sighting_id": "5e0c"},
        {"n": 2, "event": "alert.viewed", "alert_id": "a1"},
        {"n": 3, "event": "results.opened", "what": "evidence", "detail": "to /p.zip"},
    )
    assert [(line.what, line.detail) for line in shown(lines)] == [
        ("decided about a sighting", "5e0c"),
        ("looked at an alert", "a1"),
        ("opened results for an evidence pack", "to /p.zip"),
    ]
