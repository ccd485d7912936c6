"""Figures of searches for a board, in strata: of all, by kind of use, by harm, by group. Pure.

What is of too few is hidden (``hidden``) in whichever stratum it is; a stratum of too few searches,
or a group of too few people, is hidden whole. Groups of too few people stand together, so that none
of their names tells of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from lfr_batch.casework.examination import RESULTS
from lfr_batch.evaluation.groups import NOT_STATED
from lfr_batch.front.governance.hidden import Addends, Cell, hidden_cells
from lfr_batch.front.governance.known import AlertFact, BoardFacts, SightingFact
from lfr_batch.proportion import Proportion, proportion

ALL, KIND = "all", "kind of use"
OF_FEW = "groups of too few people"
COUNTS: Mapping[str, str] = {
    "searches": "Searches",
    "with_result": "Searches with a result",
    "without_result": "Searches without a result",
    "people": "People proposed",
    "sightings": "Sightings",
    "not_reviewed": "Not yet reviewed",
    "rejected_before": "Rejected in an earlier search of the case",
    "under_review": "Under review",
    "decided": "Decided",
    "confirmed": "Confirmed",
    "eliminated": "Eliminated",
    "undecided": "Nobody could tell",
    "examined_twice": "Examined by two",
    "agreed": "The two agreed",
    "disagreed": "The two disagreed",
    **{f"outcome_{name}": f"Outcome: {words}" for name, words in RESULTS.items()},
    "outcome_none": "Outcome: not noted",
}
"""In the order in which they are shown."""
NOT_DECIDED = ("not_reviewed", "rejected_before", "under_review")
_SUMS: Mapping[str, tuple[str, ...]] = {
    "searches": ("with_result", "without_result"),
    "sightings": (*NOT_DECIDED, "decided"),
    "examined_twice": ("agreed", "disagreed"),
}
_OF_DECIDED = (
    ("confirmed", "eliminated", "undecided"),
    (*(f"outcome_{name}" for name in RESULTS), "outcome_none"),
)
SHARES: Mapping[str, str] = {
    "with_result": "searches",
    "decided": "sightings",
    "confirmed": "decided",
    "eliminated": "decided",
    "disagreed": "examined_twice",
}
"""Of what each is a share."""
ALERTS: Mapping[str, str] = {
    "deployments": "Live deployments",
    "alerts": "Alerts",
    "match": "True, by an officer's decision",
    "no_match": "False",
    "cannot_tell": "Officers could not tell",
    "undecided_alerts": "Not decided",
}
CaseKinds = Mapping[str, tuple[str, str]]
"""Kind of use and category of harm, by case; a case that is not there has not stated them."""
Place = tuple[str, str]
"""A dimension, and a value of it."""


@dataclass(frozen=True, slots=True)
class BoardCell:
    """``count`` None: hidden. ``of``: its share, where both numbers are shown."""

    name: str
    count: int | None
    of: Proportion | None = None


@dataclass(frozen=True, slots=True)
class Stratum:
    dimension: str
    value: str
    cells: tuple[BoardCell, ...]
    median_h: float | None = None
    """From a run's end to the decision; None: of too few, or of none."""
    longest_h: float | None = None


@dataclass(frozen=True, slots=True)
class BoardFigures:
    strata: tuple[Stratum, ...]
    """That of all is the first."""
    alerts: tuple[BoardCell, ...]
    not_finished: int | None
    fewest: int
    left_out: tuple[str, ...] = ()
    """Dimensions of one value, or of too few in each."""


@dataclass(slots=True)
class _Tally:
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    people: set[str] = field(default_factory=set)
    after_h: list[float] = field(default_factory=list)

    def add(self, fact: SightingFact) -> None:
        self.people.add(fact.subject_id)
        self.counts["people"] = len(self.people)
        for name in _names(fact):
            self.counts[name] += 1
        if fact.decided_after_s is not None:
            self.after_h.append(fact.decided_after_s / 3600)


def _names(fact: SightingFact) -> Iterable[str]:
    """The counts that it is in."""
    yield "sightings"
    if fact.examined > 1:
        yield from ("examined_twice", "disagreed" if fact.settled.disagreed else "agreed")
    if not fact.settled.is_over:
        unseen = "rejected_before" if fact.rejected_before else "not_reviewed"
        yield "under_review" if fact.examined else unseen
        return
    yield from ("decided", fact.settled.course, f"outcome_{fact.outcome or 'none'}")


def board_figures(
    facts: BoardFacts,
    kinds: CaseKinds,
    fewest: int,
    case_kind: str | None = None,
    groups: Sequence[str] = (),
) -> BoardFigures:
    """``case_kind``: of cases of that kind of use alone. ``groups``: columns of the galleries'
    tables. ``fewest``: people or searches of which a count is printed."""

    def of(which: int) -> Callable[[str], str]:
        return lambda case: kinds.get(case, (NOT_STATED, NOT_STATED))[which]

    would_tell = _would_tell(facts, of(0), case_kind, fewest)
    facts = _only(facts, lambda case: case_kind in (None, of(0)(case)))
    strata: dict[Place, _Tally] = {(ALL, ""): _tally(facts)}
    dimensions = {
        KIND: _by_case(facts, KIND, of(0)),
        "harm": _by_case(facts, "harm", of(1)),
        **{column: _by_group(facts, column, fewest) for column in groups},
    }
    told = {name: theirs for name, theirs in dimensions.items() if _tells(theirs, fewest)}
    for theirs in told.values():
        strata |= theirs
    counts = _counts(strata)
    few = _of_few(strata, fewest) | would_tell
    hidden = hidden_cells(counts, list(_sums(strata)), fewest, few)
    shown: dict[Cell, int | None] = {
        cell: None if cell in hidden else n for cell, n in counts.items()
    }
    return BoardFigures(
        tuple(_stratum(place, tally, shown, fewest) for place, tally in strata.items()),
        _alerts(facts, fewest),
        _few(len(facts.not_finished), fewest),
        fewest,
        tuple(name for name in dimensions if name not in told),
    )


def _would_tell(
    facts: BoardFacts, kind_of: Callable[[str], str], case_kind: str | None, fewest: int
) -> frozenset[Cell]:
    """Counts of all cases of that kind which the report of every kind hides: printed beside it,
    they would give away what it hides of others."""
    if case_kind is None:
        return frozenset()
    by_kind = _by_case(facts, KIND, kind_of)
    strata = {(ALL, ""): _tally(facts), **by_kind}
    hidden = hidden_cells(_counts(strata), list(_sums(strata)), fewest, _of_few(strata, fewest))
    return frozenset((ALL, "", name) for name in COUNTS if (KIND, case_kind, name) in hidden)


def _counts(strata: Mapping[Place, _Tally]) -> dict[Cell, int]:
    return {
        (*place, name): n for place, tally in strata.items() for name, n in tally.counts.items()
    }


def _tells(strata: Mapping[Place, _Tally], fewest: int) -> bool:
    """Whether there is something to be compared: of one stratum that would be the whole again."""
    enough = (_unit(place, tally) >= fewest for place, tally in strata.items())
    return len(strata) > 1 and any(enough)


def _only(facts: BoardFacts, has: Callable[[str], bool]) -> BoardFacts:
    return BoardFacts(
        tuple(each for each in facts.searches if has(each.case_ref)),
        tuple(filter(has, facts.not_finished)),
        tuple(each for each in facts.sightings if has(each.case_ref)),
        tuple(each for each in facts.alerts if has(each.case_ref)),
        tuple(filter(has, facts.deployments)),
    )


def _tally(facts: BoardFacts) -> _Tally:
    tally = _Tally()
    for search in facts.searches:
        tally.counts["searches"] += 1
        tally.counts["with_result" if search.sightings else "without_result"] += 1
    for sighting in facts.sightings:
        tally.add(sighting)
    return tally


def _by_case(facts: BoardFacts, dimension: str, of: Callable[[str], str]) -> dict[Place, _Tally]:
    values = sorted({of(search.case_ref) for search in facts.searches}, key=_last_not_stated)

    def has(value: str) -> Callable[[str], bool]:
        return lambda case: of(case) == value

    return {(dimension, value): _tally(_only(facts, has(value))) for value in values}


def _by_group(facts: BoardFacts, column: str, fewest: int) -> dict[Place, _Tally]:
    """Of sightings; searches are of no group."""
    people, found = defaultdict[str, set[str]](set), defaultdict[str, _Tally](_Tally)
    for sighting in facts.sightings:
        people[_value(sighting, column)].add(sighting.subject_id)
    for sighting in facts.sightings:
        value = _value(sighting, column)
        few = value != NOT_STATED and len(people[value]) < fewest
        found[OF_FEW if few else value].add(sighting)
    return {(column, value): found[value] for value in sorted(found, key=_last_not_stated)}


def _value(sighting: SightingFact, column: str) -> str:
    return sighting.attributes.get(column) or NOT_STATED


def _last_not_stated(value: str) -> tuple[bool, bool, str]:
    return value == NOT_STATED, value == OF_FEW, value


def _sums(strata: Mapping[Place, _Tally]) -> Iterable[Addends]:
    for place in strata:
        for whole, parts in (*_SUMS.items(), *(("decided", each) for each in _OF_DECIDED)):
            yield Addends((*place, whole), tuple((*place, part) for part in parts))
    for dimension in {dimension for dimension, _ in strata} - {ALL}:
        theirs = [place for place in strata if place[0] == dimension]
        for name in _adding_up(dimension):
            yield Addends((ALL, "", name), tuple((*place, name) for place in theirs))


def _adding_up(dimension: str) -> Iterable[str]:
    """Counts of a dimension's strata that are together those of all. One person may be in several
    cases, and people of a group are not searched for by themselves."""
    by_case = dimension in {KIND, "harm"}
    left_out = {"people"} if by_case else {"searches", "with_result", "without_result"}
    return (name for name in COUNTS if name not in left_out)


def _of_few(strata: Mapping[Place, _Tally], fewest: int) -> frozenset[Cell]:
    """All of a stratum of too few."""
    few = [place for place, tally in strata.items() if _unit(place, tally) < fewest]
    return frozenset((*place, name) for place in few for name in COUNTS)


def _unit(place: Place, tally: _Tally) -> int:
    is_case = place[0] in {ALL, KIND, "harm"}
    return tally.counts["searches" if is_case else "people"]


def _stratum(place: Place, tally: _Tally, shown: Mapping[Cell, int | None], fewest: int) -> Stratum:
    is_group = place[0] not in {ALL, KIND, "harm"}
    names = [name for name in COUNTS if not (is_group and "search" in COUNTS[name].lower())]
    cells = tuple(_cell(name, {each: shown[*place, each] for each in COUNTS}) for name in names)
    tells = shown[*place, "decided"] is not None and len(tally.after_h) >= fewest
    times = (median(tally.after_h), max(tally.after_h)) if tells else (None, None)
    return Stratum(*place, cells, *times)


def _cell(name: str, shown: Mapping[str, int | None]) -> BoardCell:
    count, among = shown[name], shown.get(SHARES.get(name, ""))
    if count is None or among is None:
        return BoardCell(name, count)
    return BoardCell(name, count, proportion(count, among))


def _alerts(facts: BoardFacts, fewest: int) -> tuple[BoardCell, ...]:
    counts: dict[str, int] = {"deployments": len(facts.deployments), "alerts": len(facts.alerts)}
    verdicts = ("match", "no_match", "cannot_tell", "undecided_alerts")
    counts |= {name: sum(_verdict(a) == name for a in facts.alerts) for name in verdicts}
    cells: dict[Cell, int] = {
        (name,): count for name, count in counts.items() if name != "deployments"
    }
    total = Addends(("alerts",), tuple((name,) for name in verdicts))
    hidden = hidden_cells(cells, [total], fewest)  # deployments are announced, and published
    return tuple(BoardCell(name, None if (name,) in hidden else counts[name]) for name in ALERTS)


def _verdict(alert: AlertFact) -> str:
    return alert.verdict or "undecided_alerts"


def _few(count: int, fewest: int) -> int | None:
    return None if 0 < count < fewest else count


def as_rows(figures: BoardFigures) -> Iterable[tuple[Any, ...]]:
    """Of the CSV: dimension, value, figure, count, among, share, low, high, and whether it is
    hidden."""
    for stratum in figures.strata:
        for cell in stratum.cells:
            yield _row(stratum.dimension, stratum.value, cell)
        for name, hours in (("median_h", stratum.median_h), ("longest_h", stratum.longest_h)):
            value = None if hours is None else round(hours, 2)
            yield (stratum.dimension, stratum.value, name, value, *[None] * 4, value is None)
    for cell in figures.alerts:
        yield _row("live", "", cell)
    yield _row(ALL, "", BoardCell("searches_not_finished", figures.not_finished))


def _row(dimension: str, value: str, cell: BoardCell) -> tuple[Any, ...]:
    of = cell.of
    share = (of.among, *(round(n, 4) for n in (of.share, of.low, of.high))) if of else [None] * 4
    return (dimension, value, cell.name, cell.count, *share, cell.count is None)
