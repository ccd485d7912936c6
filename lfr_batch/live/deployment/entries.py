"""Entries of a watchlist: what is said of each, and what it lacks by the rules of the house. Pure.

An entry is somebody who can be recognised: a subject with a template.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import get_args

from lfr_batch.config.policy import (
    EntryFault,
    EntryField,
    WatchlistPolicy,
    period_in_words,
    period_of,
)
from lfr_batch.config.sheets import column_key
from lfr_batch.gallery.known_columns import REVIEW_BY, review_by_in
from lfr_batch.visible import plain_line

FIELDS: tuple[EntryField, ...] = get_args(EntryField)
NAMED = 5
"""First names of a list that are said."""
_LONGEST_NAME = 30
_TO_COME = timedelta(days=1)
"""A day may be a day ahead: its writer's clock is not in UTC."""


@dataclass(frozen=True, slots=True)
class WatchlistEntry:
    subject_id: str
    said: Mapping[EntryField, str]
    """Without what is empty."""
    review_by: date | None = None
    """The day by which it is to be looked at again, where the table says one."""

    def day(self, field: EntryField, today: date) -> date | None:
        """None where it says none, no ISO date, or one that is yet to come."""
        try:
            found = date.fromisoformat(self.said.get(field, ""))
        except ValueError:
            return None
        return found if found <= today + _TO_COME else None


@dataclass(frozen=True, slots=True)
class FaultyEntries:
    """Entries with one thing in common that is not as it should be."""

    kind: EntryFault
    what: str
    who: tuple[str, ...]


def entry_of(subject_id: str, attributes: Mapping[str, str]) -> WatchlistEntry:
    """``attributes``: all columns of the table it was enrolled with, by their own names."""
    keys = {column_key(name): plain_line(value) for name, value in attributes.items()}
    told = {field: keys.get(column_key(field), "") for field in FIELDS}
    said = {field: value for field, value in told.items() if value}
    return WatchlistEntry(subject_id, said, review_by_in(attributes))


def find_faults(
    entries: Sequence[WatchlistEntry], rules: WatchlistPolicy, today: date
) -> tuple[FaultyEntries, ...]:
    """What is missing, of a wrong category, old or not reviewed on the day of the start."""
    found = (
        *_missing(entries, rules.required),
        *_wrong_category(entries, rules.categories),
        *_too_old(entries, rules.max_age, today, "added_on"),
        *_too_old(entries, rules.reviewed_within, today, "reviewed_on"),
        _overdue(entries, today),
    )
    return tuple(each for each in found if each.who)


def says_nothing(entries: Iterable[WatchlistEntry]) -> bool:
    """Whether the table had none of the columns, or nothing in them."""
    return not any(entry.said for entry in entries)


def first_names(names: Sequence[str]) -> str:
    shown = [name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…" for name in names]
    more = len(names) - NAMED
    return ", ".join(shown[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _missing(
    entries: Sequence[WatchlistEntry], required: Iterable[EntryField]
) -> Iterator[FaultyEntries]:
    for field in required:
        yield _those("missing", f"without {field}", (e for e in entries if field not in e.said))


def _wrong_category(
    entries: Sequence[WatchlistEntry], categories: Iterable[str] | None
) -> Iterator[FaultyEntries]:
    if categories is None:
        return
    allowed = {plain_line(each).casefold() for each in categories}
    wrong = (e for e in entries if not allowed.issuperset(_categories(e)))
    yield _those("category", "of a category that the policy does not name", wrong)


def _categories(entry: WatchlistEntry) -> list[str]:
    """Several where its rows in the table differ."""
    return [each.strip().casefold() for each in entry.said.get("category", "").split(";")]


def _too_old(
    entries: Sequence[WatchlistEntry], period: str | None, today: date, field: EntryField
) -> Iterator[FaultyEntries]:
    if period is None:
        return
    kind: EntryFault = "old" if field == "added_on" else "not_reviewed"
    days = [(entry, entry.day(field, today)) for entry in entries]
    what = f"{field} is more than {period_in_words(period)} before the start"
    late = (e for e, day in days if day is not None and today - day > period_of(period))
    yield _those(kind, what, late)
    yield _those(
        kind, f"{field} states no day that has come", (e for e, day in days if day is None)
    )


def _overdue(entries: Iterable[WatchlistEntry], today: date) -> FaultyEntries:
    late = (e for e in entries if e.review_by is not None and e.review_by < today)
    return _those("not_reviewed", f"{REVIEW_BY} is past", late)


def _those(kind: EntryFault, what: str, entries: Iterable[WatchlistEntry]) -> FaultyEntries:
    return FaultyEntries(kind, what, tuple(entry.subject_id for entry in entries))
