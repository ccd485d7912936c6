"""Entries whose day of review is past, and children on a watchlist, before a deployment begins."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lfr_batch.config.policy import WatchlistPolicy
from lfr_batch.errors import UsageError
from lfr_batch.live.deployment.entries import entry_of, find_faults
from lfr_batch.live.deployment.listed import require_allowed, said_of
from tests.live.deployment.test_entries import TODAY, WHOLE
from tests.live.deployment.test_listed import ALL_WELL, PEOPLE, SAID, enrolled, looked

RULES = WatchlistPolicy()


@pytest.mark.parametrize(
    ("day", "overdue"),
    [("2026-03-11", True), ("2026-03-12", False), ("2027-01-01", False), ("", False)],
)
def test_a_review_is_overdue_the_day_after(day: str, overdue: bool) -> None:
    entry = entry_of("S1", {**WHOLE, "Review by": day})
    found = find_faults([entry], RULES, TODAY)
    assert [(each.kind, each.what) for each in found] == (
        [("not_reviewed", "review_by is past")] if overdue else []
    )


def test_of_several_rows_the_earliest_day_counts() -> None:
    entry = entry_of("S1", {"review_by": "2026-09-01; 2026-03-01"})
    assert entry.review_by == date(2026, 3, 1)


def test_it_follows_the_rule_for_entries_that_are_not_reviewed(tmp_path: Path) -> None:
    enrolled(tmp_path, PEOPLE, {**ALL_WELL, "S3": {**SAID, "review_by": "2026-01-31"}})
    listed = looked(tmp_path)
    assert "review_by is past: 1 of 3 entries (S3)" in list(said_of(listed))
    require_allowed(listed, RULES)
    with pytest.raises(UsageError, match="review_by is past: 1 of 3 entries"):
        require_allowed(listed, WatchlistPolicy(refuse=("not_reviewed",)))


def test_children_on_it_are_said_first(tmp_path: Path) -> None:
    enrolled(tmp_path, PEOPLE, {**ALL_WELL, "S2": {**SAID, "born": "2012-05-04"}})
    first = next(iter(said_of(looked(tmp_path))))
    assert first.startswith("gallery list: 1 of 3 subjects is under 18, the youngest 13: children")
    enrolled(tmp_path, PEOPLE, ALL_WELL)
    assert looked(tmp_path).warning is None
