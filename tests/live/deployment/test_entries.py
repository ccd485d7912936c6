"""What is said of entries of a watchlist, and what the rules of the house find fault with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lfr_batch.config.policy import EntryFault, EntryField, WatchlistPolicy
from lfr_batch.gallery.subjects_csv import attributes_of, read_table
from lfr_batch.live.deployment.entries import (
    FIELDS,
    WatchlistEntry,
    entry_of,
    find_faults,
    first_names,
    says_nothing,
)

TODAY = date(2026, 3, 12)
WHOLE = {
    "source": "custody images",
    "category": "wanted",
    "reason": "warrant 7/26",
    "added_on": "2026-03-01",
    "reviewed_by": "Insp. B",
    "reviewed_on": "2026-03-11",
}


def entry(whose: str = "S1", **said: str) -> WatchlistEntry:
    return entry_of(whose, {**WHOLE, **said})


def faults(*entries: WatchlistEntry, **rules: object) -> dict[EntryFault, list[str]]:
    """Kind → who, in order."""
    found: dict[EntryFault, list[str]] = {}
    for each in find_faults(entries, WatchlistPolicy.model_validate(rules), TODAY):
        found.setdefault(each.kind, []).extend(each.who)
    return found


def test_columns_of_the_table_are_what_is_said(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "subject;file;Source;CATEGORY;reason;Added-On;reviewed by;Reviewed_On;born\n"
        "S1;a.jpg;custody;wanted;warrant;2026-03-01;Insp. B;2026-03-11;1990\n"
        "S1;b.jpg;custody;missing;warrant;2026-03-01;;2026-03-11;1990\n"
        "S2;c.jpg;;;;;;;\n"
    )
    told = attributes_of(read_table(tmp_path / "list.csv").rows)
    assert entry_of("S1", told["S1"]).said == {
        "source": "custody",
        "category": "wanted; missing",
        "reason": "warrant",
        "added_on": "2026-03-01",
        "reviewed_by": "Insp. B",
        "reviewed_on": "2026-03-11",
    }
    assert entry_of("S2", told.get("S2", {})).said == {}
    assert entry_of("S3", {"source": " \u200b"}).said == {}, "what nobody can see says nothing"


def test_one_that_says_all_of_it_has_no_fault() -> None:
    assert tuple(WHOLE) == FIELDS
    assert faults(entry(), required=FIELDS, categories=("Wanted",)) == {}


@pytest.mark.parametrize("field", FIELDS)
def test_what_is_required_is_missing_where_it_is_not_said(field: EntryField) -> None:
    lacking = entry("S2", **{field: "  "})
    rules = WatchlistPolicy(required=(field,), max_age=None, reviewed_within=None)
    found = find_faults([entry(), lacking], rules, TODAY)
    assert [(each.kind, each.what, each.who) for each in found] == [
        ("missing", f"without {field}", ("S2",))
    ]
    assert faults(lacking, required=(), max_age=None, reviewed_within=None) == {}


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ("wanted", True),
        ("WANTED", True),
        ("Missing  person", True),
        ("wanted; missing person", True),
        ("wanted; witness", False),
        ("witness", False),
        ("", False),
    ],
)
def test_a_category_that_there_may_not_be(said: str, allowed: bool) -> None:
    rules = {"required": (), "categories": ("Wanted", "missing person")}
    found = faults(entry(category=said), **rules)
    assert found == ({} if allowed else {"category": ["S1"]})


@pytest.mark.parametrize(
    ("day", "old"),
    [
        ("2026-03-12", False),
        ("2026-03-13", False),  # its writer's clock is ahead of UTC
        ("2026-03-14", True),  # it has not come
        ("2026-02-10", False),  # 30 days before
        ("2026-02-09", True),
        ("20260310", False),
        ("12/03/2026", True),
        ("2026-02-30", True),
        ("2026-03-01; 2026-03-02", True),
        ("", True),
    ],
)
def test_what_is_old_or_of_no_known_age(day: str, old: bool) -> None:
    found = faults(entry(added_on=day), required=(), max_age="30d")
    assert found == ({"old": ["S1"]} if old else {})
    found = faults(entry(reviewed_on=day), required=(), max_age=None, reviewed_within="30d")
    assert found == ({"not_reviewed": ["S1"]} if old else {})


def test_a_period_of_hours_is_the_day_of_the_start() -> None:
    yesterday, today = entry(reviewed_on="2026-03-11"), entry("S2", reviewed_on="2026-03-12")
    assert faults(yesterday, today, reviewed_within="12h") == {"not_reviewed": ["S1"]}


def test_whether_anybody_says_anything() -> None:
    bare = entry_of("S1", {"name": "somebody", "born": "1990"})
    assert says_nothing([bare])
    assert says_nothing([])
    assert not says_nothing([bare, entry("S2")])


def test_lists_of_names_are_short() -> None:
    assert first_names(["A"]) == "A"
    assert first_names([f"S{n}" for n in range(5)]) == "S0, S1, S2, S3, S4"
    said = first_names(["x" * 4000] * 10_000)
    assert said.endswith("… and 9995 more")
    assert len(said) < 200
