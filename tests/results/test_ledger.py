from __future__ import annotations

from dataclasses import replace

from lfr_batch.results.ledger import append_outcomes, read_outcomes
from lfr_batch.results.store import Store

from .crash import crash_report
from .synthetic import archive


def test_receipts_come_back_whole(store: Store) -> None:
    outcomes = archive().outcomes
    append_outcomes(store, "R", list(outcomes.values())[:3])
    append_outcomes(store, "R", [])
    append_outcomes(store, "R", list(outcomes.values())[3:])
    assert read_outcomes(store, "R") == outcomes
    assert read_outcomes(store, "another") == {}
    assert len(store.list("_state/run_id=R/ledger")) == 2


def test_the_latest_attempt_wins_whatever_the_order(disk: Store) -> None:
    first = archive().outcomes["f-gate-0000"]
    second = replace(first, attempt=2, status="quarantined")
    third = replace(first, attempt=3, wall_s=9.0)
    for block in ([third], [first, second]):
        append_outcomes(disk, "R", block)
    assert read_outcomes(disk, "R") == {first.segment_id: third}
    append_outcomes(disk, "R", [replace(third, wall_s=8.0)])
    assert read_outcomes(disk, "R")[first.segment_id].wall_s == 8.0


def test_a_kill_at_any_step_of_an_append_leaves_the_old_ledger_or_the_new() -> None:
    steps = crash_report("ledger")
    assert len(steps) == 2
    assert {step["killed"] for step in steps[:-1]} == {True}
    assert {step["after_kill"] for step in steps} == {3, 8}
    assert {step["after_retry"] for step in steps} == {8}
