from __future__ import annotations

from datetime import date, timedelta

from lfr_batch.config.policy import WatchlistPolicy
from lfr_batch.live.deployment.changes import Changes
from lfr_batch.live.deployment.composition import MOST_GROUPS, Composition, composed
from lfr_batch.live.deployment.entries import WatchlistEntry, entry_of

TODAY = date(2026, 3, 12)


def made(
    *entries: WatchlistEntry, within: str | None = "7d", changes: Changes | None = None
) -> Composition:
    return composed(entries, WatchlistPolicy(reviewed_within=within), TODAY, changes)


def entry(**said: str) -> WatchlistEntry:
    return entry_of("S. Omebody", said)


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def test_counts_by_category_source_age_and_review() -> None:
    found = made(
        entry(category="wanted", source="custody", added_on=days_ago(7), reviewed_on=days_ago(7)),
        entry(category="wanted", source="partner", added_on=days_ago(8), reviewed_on=days_ago(8)),
        entry(category="court order", added_on=days_ago(365), reviewed_on=days_ago(-1)),
        entry(added_on=days_ago(366), reviewed_on="last week"),
        entry(added_on="?"),
    )
    assert found == Composition(
        entries=5,
        stated=True,
        categories={"wanted": 2, "court order": 1, "not stated": 2},
        sources={"custody": 1, "partner": 1, "not stated": 3},
        ages={
            "up to 7 days": 1,
            "up to 31 days": 1,
            "up to 1 year": 1,
            "older": 1,
            "not stated": 1,
        },
        reviewed=2,
        reviewed_within="7d",
    )
    assert "Omebody" not in found.model_dump_json()


def test_any_review_counts_where_none_is_asked_for() -> None:
    entries = (entry(reviewed_on="2001-01-01"), entry(reviewed_on=days_ago(-9)), entry())
    assert made(*entries, within=None).reviewed == 1


def test_many_categories_are_no_list_of_people() -> None:
    found = made(*(entry(category=f"c{n:03d}") for n in range(500)), entry(category="c499"))
    assert len(found.categories) == MOST_GROUPS + 1
    assert next(iter(found.categories.items())) == ("c499", 2)
    assert sum(found.categories.values()) == 501
    assert found.categories["others"] == 500 - MOST_GROUPS


def test_nothing_is_known_of_entries_that_say_nothing() -> None:
    found = made(entry(), entry())
    assert (found.entries, found.stated, found.reviewed) == (2, False, 0)
    assert found.categories == found.sources == found.ages == {"not stated": 2}


def test_changes_are_counted_without_a_name() -> None:
    changes = Changes("d-1", ("w", "1"), ("w", "2"), ("S. A",), ("S. B", "S. C"), (), ("S. D",))
    found = made(entry(), changes=changes)
    assert found.changes is not None
    told = found.changes.model_dump()
    assert told == {
        "deployment_id": "d-1", "new": 1, "gone": 2, "pictures": 0, "attributes": 1, "known": True,
    }  # fmt: skip
