"""Which columns tell groups apart, and which groups are too small to say anything of. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from lfr_batch.config.sheets import column_key
from lfr_batch.errors import UsageError
from lfr_batch.gallery.known_columns import BIRTH, REVIEW_BY, TAKEN

FEWEST_PEOPLE, FEWEST_SEARCHES = 10, 30
"""Of a group: below that a rate would be about some people, and not about the group."""
MOST_VALUES = 20
FEWEST_PEOPLE_A_VALUE = 2
"""On average, of a column that tells groups apart, and not people."""
NOT_STATED = "not stated"
ONE_PERSON = "of one person"
"""In place of what a table says of one person alone."""
_NAMES = ("name", "full_name", "first_name", "given_name", "forename", "middle_name", "surname")
_OTHER_NAMES = ("last_name", "family_name", "maiden_name", "alias", "nickname")
_DAYS = (*BIRTH, *TAKEN, REVIEW_BY, "dob", "birthday")
_PLACES = ("address", "street", "postcode", "zip", "phone", "telephone", "mobile", "email")
_RECORDS = ("id", "person_id", "national_id", "passport", "case", "case_ref", "notes", "remarks")
IDENTIFYING = frozenset(
    column_key(name) for name in (*_NAMES, *_OTHER_NAMES, *_DAYS, *_PLACES, *_RECORDS)
)
"""Columns that say who somebody is, and are groups only for who asks for them."""
AGE_BANDS = (6, 13, 18, 30, 45, 60)


@dataclass(frozen=True, slots=True)
class GroupColumns:
    used: tuple[str, ...]
    left_out: Mapping[str, str]
    """Columns that are no groups, and why."""


@dataclass(frozen=True, slots=True)
class GroupSize:
    value: str
    people: int
    searches: int

    @property
    def is_too_few(self) -> bool:
        return self.people < FEWEST_PEOPLE or self.searches < FEWEST_SEARCHES


def chosen_columns(
    rows: Sequence[Mapping[str, str]],
    people: Sequence[str],
    columns: Sequence[str],
    wanted: Sequence[str] = (),
) -> GroupColumns:
    """Columns with 2 to 20 values that say of nobody who it is; ages become bands. ``people``: of
    each row; ``wanted``: those columns alone, whatever they say. Raises UsageError for one that is
    not there."""
    _require_there(columns, wanted)
    used, left_out = list[str](), dict[str, str]()
    asked = {column_key(each) for each in wanted}
    for column in columns:
        if asked and column_key(column) not in asked:
            continue
        whose = people_by_value([group_of(column, row) for row in rows], people)
        why = _no_groups(whose) or ("" if asked else _tells_people(column, whose))
        if why:
            left_out[column] = why
        else:
            used.append(column)
    return GroupColumns(tuple(used), left_out)


def _no_groups(whose: Mapping[str, AbstractSet[str]]) -> str:
    """Why the values of a column are none; '' where they may be."""
    values = whose.keys() - {NOT_STATED}
    if len(values) > MOST_VALUES:
        return f"it has more than {MOST_VALUES} values"
    return "it has one value" if len(values) < 2 else ""


def _tells_people(column: str, whose: Mapping[str, AbstractSet[str]]) -> str:
    """Why a column tells people apart, and not groups; '' where it does not."""
    if column_key(column) in IDENTIFYING:
        return f"it says who somebody is (--group {column!r} takes it all the same)"
    stated = [theirs for value, theirs in whose.items() if value != NOT_STATED]
    people = len(set[str]().union(*stated))
    if people < FEWEST_PEOPLE_A_VALUE * len(stated):
        return (
            f"it has {len(stated)} values for {people} people, which would tell people apart "
            f"(--group {column!r} takes it all the same)"
        )
    return ""


def people_by_value(values: Sequence[str], people: Sequence[str]) -> dict[str, set[str]]:
    """``values`` and ``people``: of the same rows."""
    whose: defaultdict[str, set[str]] = defaultdict(set)
    for value, person in zip(values, people, strict=True):
        whose[value].add(person)
    return dict(whose)


def of_one_person(values: Sequence[str], people: Sequence[str]) -> frozenset[str]:
    """What is said of one person alone, and is therefore written nowhere."""
    whose = people_by_value(values, people)
    return frozenset(v for v, theirs in whose.items() if len(theirs) == 1 and v != NOT_STATED)


def _require_there(columns: Sequence[str], wanted: Sequence[str]) -> None:
    there = {column_key(column) for column in columns}
    for name in wanted:
        if column_key(name) not in there:
            raise UsageError(
                f"There is no column {name!r} by which to tell groups apart (there is: "
                f"{', '.join(columns) or 'none'}); mend --group, or add the column to the labels."
            )


def group_of(column: str, row: Mapping[str, str]) -> str:
    cell = row.get(column, "")
    if not cell:
        return NOT_STATED
    return age_band(cell) if column_key(column) in {"age", "agelabel"} else cell


def age_band(cell: str) -> str:
    """Bands of ages in years, as 18-29; what is no number is left as it is."""
    try:
        age = float(cell)
    except ValueError:
        return cell
    below = 0
    for end in AGE_BANDS:
        if age < end:
            return f"{below}-{end - 1}"
        below = end
    return f"{below} and older"


def sizes_of(values: Sequence[str], people: Sequence[str]) -> list[GroupSize]:
    """Of the group and the person of each search, by name; who is not stated last."""
    whose, searches = people_by_value(values, people), Counter(values)
    names = sorted(whose, key=lambda value: (value == NOT_STATED, value))
    return [GroupSize(name, len(whose[name]), searches[name]) for name in names]


def hidden_of(sizes: Iterable[GroupSize]) -> frozenset[str]:
    """Groups of which nothing is said: those of too few and, since they could be told from all and
    the others, the next smallest, until those that are hidden are together not too few."""
    hidden: list[GroupSize] = []
    ordered = sorted(sizes, key=lambda each: (not each.is_too_few, each.searches, each.people))
    for each in ordered:
        people, searches = sum(g.people for g in hidden), sum(g.searches for g in hidden)
        would_tell = bool(hidden) and GroupSize("", people, searches).is_too_few
        if each.is_too_few or would_tell:
            hidden.append(each)
    return frozenset(each.value for each in hidden)
