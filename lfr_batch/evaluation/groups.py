"""Which columns tell groups apart, and which groups are too small to say anything of. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lfr_batch.config.sheets import column_key
from lfr_batch.errors import UsageError

FEWEST_PEOPLE, FEWEST_SEARCHES = 10, 30
"""Of a group: below that a rate would be about some people, and not about the group."""
MOST_VALUES = 20
NOT_STATED = "not stated"
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
    rows: Sequence[Mapping[str, str]], columns: Sequence[str], wanted: Sequence[str] = ()
) -> GroupColumns:
    """Columns with 2 to 20 values; ages become bands. ``wanted``: those alone. Raises UsageError
    for one that is not there."""
    _require_there(columns, wanted)
    used, left_out = list[str](), dict[str, str]()
    for column in columns:
        values = {group_of(column, row) for row in rows} - {NOT_STATED}
        if wanted and column_key(column) not in {column_key(each) for each in wanted}:
            continue
        if len(values) > MOST_VALUES:
            left_out[column] = f"it has more than {MOST_VALUES} values"
        elif len(values) < 2:
            left_out[column] = "it has one value"
        else:
            used.append(column)
    return GroupColumns(tuple(used), left_out)


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
    whose: defaultdict[str, set[str]] = defaultdict(set)
    searches: defaultdict[str, int] = defaultdict(int)
    for value, person in zip(values, people, strict=True):
        whose[value].add(person)
        searches[value] += 1
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
