"""The figures of groups, both sides: who is taken for another, who is missed, who is refused. Pure.

A group of too few people is named and nothing is said of it (``groups.hidden_of``), figure by
figure; one of a single person is not named either, since its name may be theirs. What is tested is
the largest difference of those that are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lfr_batch.evaluation import measured as m
from lfr_batch.evaluation.differences import (
    Largest,
    Units,
    holm,
    largest,
    p_value,
    units_of,
    vanishes_from,
)
from lfr_batch.evaluation.figures import Figure, of_rate, too_few
from lfr_batch.evaluation.groups import ONE_PERSON, group_of, hidden_of, of_one_person, sizes_of
from lfr_batch.evaluation.intervals import Floats, rate_of
from lfr_batch.evaluation.measured import Measured
from lfr_batch.evaluation.outcomes import EnrolledPicture, SearchedPicture

STEPS, HIGHER = 25, 0.3
"""Thresholds that are looked at above the product's own, and how far they go."""
DEALT_AT_STEPS = 400
Picture = SearchedPicture | EnrolledPicture


@dataclass(frozen=True, slots=True)
class Sided:
    """What is counted of groups: the pictures, and in how many of them it was so."""

    figure: str
    pictures: tuple[Picture, ...]
    hits: Floats
    at: Callable[[float], Floats] | None = None
    """``hits`` at another threshold; None where none matters."""


@dataclass(frozen=True, slots=True)
class ComparedGroups:
    column: str
    figure: str
    shown: tuple[str, ...]
    units: Units
    found: Largest
    side: Sided


def sides(measured: Measured) -> tuple[Sided, ...]:
    threshold, judged = measured.threshold, measured.judged
    failed = np.array([not each.is_enrolled for each in measured.enrolled], np.float64)
    return (
        Sided(
            "fpir",
            measured.unknown,
            m.false_alarms(measured, threshold),
            lambda at: m.false_alarms(measured, at),
        ),
        Sided(
            "fnir",
            measured.mated,
            m.missed(measured, threshold),
            lambda at: m.missed(measured, at),
        ),
        Sided("fte", measured.enrolled, failed),
        Sided("fta", judged, m.not_acquired(judged)),
        Sided("gate_refusal", judged, m.refused(judged)),
    )


def by_group(measured: Measured) -> Iterator[Figure]:
    """Rates of each group of each column, then what they differ by."""
    tested: list[ComparedGroups] = []
    for column in measured.columns:
        alone = _of_one_person(measured, column)
        for side in sides(measured):
            values = [group_of(column, each.groups) for each in side.pictures]
            yield from _unnamed(_rates(side, column, values, measured.threshold), alone)
            found = _compare(side, column, values)
            tested += [found] if found else []
        yield from _unnamed(_named_by_mistake(measured, column), alone)
    corrected = holm([each.found.p for each in tested])
    for each, p in zip(tested, corrected, strict=True):
        yield from _differences(each, p, measured.threshold)


def _of_one_person(measured: Measured, column: str) -> frozenset[str]:
    pictures: list[Picture] = [*measured.enrolled, *measured.searched]
    values = [group_of(column, each.groups) for each in pictures]
    return of_one_person(values, [each.person for each in pictures])


def _unnamed(figures: Iterable[Figure], alone: AbstractSet[str]) -> Iterator[Figure]:
    """Those of single people become one; they have no numbers, being of too few."""
    has_single = False
    for each in figures:
        if each.group_value not in alone:
            yield each
        elif not has_single:
            has_single = True
            yield replace(each, group_value=ONE_PERSON)


def _shown(side: Sided, values: Sequence[str]) -> tuple[list[str], frozenset[str]]:
    """Names of the groups, and which of them are hidden."""
    sizes = sizes_of(values, [each.person for each in side.pictures])
    return [size.value for size in sizes], hidden_of(sizes)


def _rates(side: Sided, column: str, values: Sequence[str], threshold: float) -> Iterator[Figure]:
    names, hidden = _shown(side, values)
    needs = {"threshold": threshold} if side.at else {}
    people = m.people_of(side.pictures)
    of = np.array(values)
    for name in names:
        if name in hidden:
            yield too_few(side.figure, column, name, **needs)
        else:
            theirs = of == name
            rate = rate_of(side.hits[theirs], people[theirs])
            yield of_rate(side.figure, rate, group_column=column, group_value=name, **needs)


def _compare(side: Sided, column: str, values: Sequence[str]) -> ComparedGroups | None:
    names, hidden = _shown(side, values)
    shown = tuple(name for name in names if name not in hidden)
    if len(shown) < 2:
        return None
    units = _units(side, values, shown, side.hits)
    return ComparedGroups(column, side.figure, shown, units, largest(units, len(shown)), side)


def _units(side: Sided, values: Sequence[str], shown: Sequence[str], hits: Floats) -> Units:
    number_of = {name: number for number, name in enumerate(shown)}
    kept = np.array([value in number_of for value in values])
    group = np.array([number_of.get(value, -1) for value in values], np.int64)
    people = m.people_of(side.pictures)
    return units_of(group[kept], people[kept], hits[kept])


def _differences(each: ComparedGroups, p: float, threshold: float) -> Iterator[Figure]:
    found = each.found
    who = f"{each.shown[found.highest]} against {each.shown[found.lowest]}"
    common: dict[str, Any] = {"group_column": each.column, "detail": who}
    common |= {"threshold": threshold} if each.side.at else {}
    yield Figure(f"{each.figure}_ratio", found.ratio, found.ratio_low, found.ratio_high, **common)
    ends = found.difference, found.difference_low, found.difference_high
    yield Figure(f"{each.figure}_difference", *ends, **common)
    tested = f"permutation of people's groups; Holm's correction; p {found.p:.4f} before it"
    yield Figure(f"{each.figure}_p", p, method=tested, **common)
    if each.side.at and p < 0.05:
        yield _vanishing(each, threshold)


def _vanishing(each: ComparedGroups, threshold: float) -> Figure:
    """From which threshold on the groups do not differ any more than chance has it."""
    at = each.side.at
    assert at is not None
    values = [group_of(each.column, picture.groups) for picture in each.side.pictures]
    steps = [float(step) for step in np.linspace(threshold, threshold + HIGHER, STEPS)]
    p_of = [
        p_value(_units(each.side, values, each.shown, at(step)), len(each.shown), DEALT_AT_STEPS)
        for step in steps
    ]
    found = vanishes_from(steps, p_of)
    said = "no threshold that was looked at" if found is None else None
    name = f"{each.figure}_vanishes_from"
    return Figure(name, found, threshold=threshold, group_column=each.column, detail=said)


def _named_by_mistake(measured: Measured, column: str) -> Iterator[Figure]:
    """Of searches by people who are not enrolled, how many bring up somebody of each group first;
    a group's share of the gallery is what chance would give it."""
    of = _galleried(measured, column)
    sizes = sizes_of(list(of.values()), list(of))
    hidden = hidden_of(sizes)
    hits = _hit_groups(measured, of)
    unknown = m.people_of(measured.unknown)
    for size in sizes:
        common = {"group_column": column, "group_value": size.value}
        if size.value in hidden:
            yield too_few("named_by_mistake", column, size.value, threshold=measured.threshold)
            continue
        rate = rate_of(hits == size.value, unknown)
        share = f"{size.people} of {len(of)} people of the gallery"
        yield of_rate(
            "named_by_mistake", rate, threshold=measured.threshold, detail=share, **common
        )


def _galleried(measured: Measured, column: str) -> dict[str, str]:
    groups: Mapping[str, Mapping[str, str]] = measured.groups_of
    return {who: group_of(column, groups.get(who, {})) for who in sorted(measured.in_gallery)}


def _hit_groups(measured: Measured, of: Mapping[str, str]) -> np.ndarray:
    """Of each search the group of whom it brings up first; '' where it brings up nobody."""
    named = []
    hits = m.false_alarms(measured, measured.threshold)
    for picture, is_hit in zip(measured.unknown, hits, strict=True):
        scores = picture.outcome.scores
        whom = scores.other_subject if scores and is_hit else None
        named.append(of.get(whom or "", ""))
    return np.array(named, dtype=object)
