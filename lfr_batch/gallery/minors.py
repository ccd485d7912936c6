"""Subjects who are, or were in their picture, under 18: who, and what that costs. Pure.

Faces of children are confused far more often than those of adults, and grow out of their pictures.
What the figures were measured with stands in docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.gallery.attributes import said_of
from lfr_batch.gallery.known_columns import AGE, BIRTH, TAKEN, age_in
from lfr_batch.gallery.records import AgesSaid, FileOutcome, Listing

ADULT_Y, REFUSED_BELOW_Y = 18.0, 6.0
MEASURED_AT = 0.426
"""The score at which the figures were measured: the open pack's for an FMR of 1 in 10,000."""
FMR_BY_AGE: tuple[tuple[str, float], ...] = (
    ("0–1", 0.53),
    ("2–3", 0.22),
    ("4–5", 0.05),
    ("6–8", 0.012),
)
"""Share of pairs of different children of like age that reach it, by years."""
FPIR_OF_100_UNDER_6, ITS_TARGET = 0.96, 0.01
FOUND_AS_ADULTS = 0.21
"""Share of adults whom a picture from their youth finds."""

NAMED = 5
"""Subjects of unknown age, of whom it is said who they are."""

ORDER: tuple[AgesSaid, ...] = get_args(AgesSaid)


@dataclass(frozen=True, slots=True)
class Minors:
    subjects: int
    stated: int
    """Subjects of whom an age or a date of birth is said."""
    under_18: tuple[tuple[str, float], ...]
    """Subject and age, youngest first."""
    unstated: tuple[str, ...] = ()
    """The first ``NAMED`` subjects of whom neither is said."""

    @property
    def under_6(self) -> int:
        return sum(age < REFUSED_BELOW_Y for _, age in self.under_18)


def minors_of(table: pa.Table, enrolled: Sequence[str], on: date) -> Minors:
    """Of ``subjects.parquet``, those of ``enrolled``: the templates' subjects. Who has several
    pictures counts with the youngest age in them; a date of birth counts on the day of the picture,
    or on ``on`` where that is not said."""
    table = table.filter(pc.is_in(table["subject_id"], pa.array(enrolled, pa.large_string())))
    of_row: dict[int, dict[str, str]] = {}
    for row, name, value in said_of(table, (AGE, *BIRTH, *TAKEN)):
        of_row.setdefault(row, {})[name] = value
    ages = {row: age for row, said in of_row.items() if (age := age_in(said, on)) is not None}
    young = sorted((age, row) for row, age in ages.items() if age < ADULT_Y)
    names = table["subject_id"].take(pa.array([row for _, row in young], pa.int64())).to_pylist()
    under_18 = tuple(zip(names, (age for age, _ in young), strict=True))
    return Minors(len(table), len(ages), under_18, _without(table["subject_id"], ages))


def _without(subject_ids: pa.ChunkedArray, rows: Iterable[int]) -> tuple[str, ...]:
    """The first who are in none of the rows."""
    is_unsaid = np.ones(len(subject_ids), np.bool_)
    is_unsaid[[*rows]] = False
    return tuple(subject_ids.take(pa.array(np.flatnonzero(is_unsaid)[:NAMED])).to_pylist())


def ages_of_listing(listing: Listing, on: date) -> Minors:
    """As ``minors_of``, of who is to be enrolled."""
    ages = {
        whose: age
        for whose, subject in listing.subjects.items()
        if (age := age_in(subject.attributes, on)) is not None
    }
    young = sorted((pair for pair in ages.items() if pair[1] < ADULT_Y), key=lambda pair: pair[1])
    return Minors(len(listing.subjects), len(ages), tuple(young))


def without_children(listing: Listing) -> Listing:
    """Its pictures of children under 6 refused, as far as their age is said; of whom no other
    picture is left, nothing else is kept."""
    young = [image for image in listing.images if _is_child(image.age_y)]
    if not young:
        return listing
    refused = [FileOutcome(i.subject_id, i.uri, _why(i.age_y or 0.0)) for i in young]
    left = tuple(image for image in listing.images if not _is_child(image.age_y))
    gone = {image.subject_id for image in young} - {image.subject_id for image in left}
    return Listing(
        images=left,
        not_enrolled=(*listing.not_enrolled, *refused),
        subjects={whose: each for whose, each in listing.subjects.items() if whose not in gone},
        without_row=listing.without_row,
    )


def _is_child(age_y: float | None) -> bool:
    return age_y is not None and age_y < REFUSED_BELOW_Y


def _why(age_y: float) -> str:
    return f"a child under {REFUSED_BELOW_Y:.0f}: {int(age_y)} years; --accept-children enrols it"


def worst_of(each: Iterable[AgesSaid]) -> AgesSaid:
    """Of a gallery's parts. Where nothing was asked of one, nothing is known of the whole, unless
    somebody in another is said to be under 18."""
    said = {*each}
    unasked: set[AgesSaid] = {"not stated"} if "" in said and len(said) > 1 else set()
    return max(said | unasked, key=ORDER.index, default="")


def said_again(before: AgesSaid, now: AgesSaid) -> AgesSaid:
    """Of the same pictures of the same people: the last answer stays where none is given."""
    return before if before and now in ("", "not stated") else now


def said_of_minors(minors: Minors, ages: str = "") -> str:
    """A sentence where somebody is under 18, with figures; else '', or that ages are not stated."""
    if minors.under_18:
        who = _counted(len(minors.under_18), minors.subjects)
        return f"{who} under 18, the youngest {_years(minors.under_18[0][1])}: {figures()}"
    if ages == "minors":
        return f"somebody in it is under 18, as was said when it was enrolled: {figures()}"
    return ""


def figures() -> str:
    by_age = ", ".join(f"{share:.1%} at {age}".replace(".0%", "%") for age, share in FMR_BY_AGE)
    return (
        f"children are confused far more often. Of pairs of different children {by_age} years "
        f"reach {MEASURED_AT:g}, the threshold for 1 in 10,000 pairs of adults; a gallery of 100 "
        f"under 6 brings up somebody in {FPIR_OF_100_UNDER_6:.0%} of searches at a target of "
        f"{ITS_TARGET:.0%}, and a picture from childhood finds the adult in {FOUND_AS_ADULTS:.0%}."
    )


def said_of_ages(ages: str, minors: Minors) -> str:
    """Where nothing says how old somebody is; else ''."""
    if ages != "not stated" or minors.stated == minors.subjects:
        return ""
    return (
        f"ages not stated of {_unstated(minors)}: a column 'age' or 'birth_date' of --subjects "
        "says them, or --adults that nobody is under 18"
    )


def said_of_earlier(gallery: str, minors: Minors) -> str:
    """Where ages are known of those who were added, and not of ``minors``, who were there before;
    else ''."""
    if minors.stated == minors.subjects:
        return ""
    return (
        f"ages not stated of {_unstated(minors)} from before; what is said of ages here counts for "
        "those who were added: give a --subjects table with a column 'age' or 'birth_date' of the "
        f"others, or, if nobody is under 18, enrol all pictures with `lfr gallery enrol {gallery} "
        "--images DIR --adults`"
    )


def _unstated(minors: Minors) -> str:
    """'7 of 9 subjects (S1, S2, S3, S4, S5, …)'"""
    unsaid = minors.subjects - minors.stated
    who = ", ".join([*minors.unstated, "…"] if unsaid > len(minors.unstated) else minors.unstated)
    of = "subject" if minors.subjects == 1 else "subjects"
    return f"{unsaid} of {minors.subjects} {of}" + (f" ({who})" if minors.unstated else "")


def row_of_minors(minors: Minors, ages: str, *, accepts_children: bool) -> Mapping[str, object]:
    """For JSON."""
    return {
        "ages": ages,
        "accepts_children": accepts_children,
        "ages_stated": minors.stated,
        "under_18": len(minors.under_18),
        "under_6": minors.under_6,
        "youngest_y": round(minors.under_18[0][1], 1) if minors.under_18 else None,
        "warning": said_of_minors(minors, ages) or None,
    }


def _counted(number: int, of: int) -> str:
    return f"{number} of {of} {'subject is' if of == 1 else 'subjects ' + _are(number)}"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _years(age: float) -> str:
    return str(int(age)) if age >= 1.0 else "under 1"


def named(who: Sequence[tuple[str, float]], most: int) -> str:
    first = [f"{name} ({_years(age)})" for name, age in who[:most]]
    return ", ".join([*first, f"and {len(who) - most} more"] if len(who) > most else first)
