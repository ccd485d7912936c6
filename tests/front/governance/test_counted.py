"""Groups, kinds and alerts of invented facts, counted."""

from __future__ import annotations

from lfr_batch.casework.examination import SettledSighting
from lfr_batch.front.governance.counted import OF_FEW, Stratum, board_figures
from lfr_batch.front.governance.known import AlertFact, BoardFacts, SearchFact, SightingFact

CONFIRMED, OPEN = SettledSighting("confirmed", "s"), SettledSighting("first")


def sighting(n: int, region: str | None, *, confirmed: bool) -> SightingFact:
    settled, after_s = (CONFIRMED, 3600.0 * (n + 1)) if confirmed else (OPEN, None)
    attributes = {"region": region} if region else {}
    return SightingFact("OP-1", f"S{n}", attributes, 2 if confirmed else 0, settled, after_s, None)


SIGHTINGS = (
    *(sighting(n, "north", confirmed=n < 8) for n in range(20)),
    *(sighting(n, "south", confirmed=n < 36) for n in range(30, 50)),
    *(sighting(n, "the islands", confirmed=True) for n in range(60, 62)),
    *(sighting(n, "the lake", confirmed=True) for n in range(70, 74)),
    *(sighting(n, None, confirmed=False) for n in range(80, 90)),
)
SEARCHES = tuple(SearchFact(f"r{n}", "OP-1" if n < 20 else "OP-2", n % 2) for n in range(40))
ALERTS = tuple(AlertFact("OP-1", verdict, None) for verdict in ["match"] * 9 + [None] * 2)
FACTS = BoardFacts(SEARCHES, ("OP-1",), SIGHTINGS, ALERTS, ("OP-1",))
KINDS = {"OP-1": ("missing person", "other")}


def counts(stratum: Stratum) -> dict[str, int | None]:
    return {cell.name: cell.count for cell in stratum.cells}


def test_groups_of_too_few_stand_together_without_their_names() -> None:
    figures = board_figures(FACTS, KINDS, 5, groups=["region"])
    found = {s.value: counts(s) for s in figures.strata if s.dimension == "region"}
    assert list(found) == ["north", "south", OF_FEW, "not stated"]
    assert {value: each["sightings"] for value, each in found.items()} == {
        "north": 20, "south": 20, OF_FEW: 6, "not stated": 10,
    }  # fmt: skip
    assert {value: each["confirmed"] for value, each in found.items()} == {
        "north": 8, "south": 6, OF_FEW: 6, "not stated": 0,
    }  # fmt: skip
    assert "searches" not in found["north"]


def test_kinds_of_use_with_those_that_state_none() -> None:
    figures = board_figures(FACTS, KINDS, 5)
    kinds = {s.value: counts(s) for s in figures.strata if s.dimension == "kind of use"}
    assert {value: each["searches"] for value, each in kinds.items()} == {
        "missing person": 20, "not stated": 20,
    }  # fmt: skip
    whole = figures.strata[0]
    assert (whole.median_h, whole.longest_h) == (32.5, 74.0)
    assert figures.not_finished is None
    assert board_figures(FACTS, KINDS, 1).not_finished == 1


def test_a_report_of_one_kind_tells_nothing_that_that_of_all_hides() -> None:
    numbers = {"A": 20, "B": 7, "C": 2}
    searches = tuple(
        SearchFact(f"{k}{n}", k, 1) for k, many in numbers.items() for n in range(many)
    )
    facts, kinds = BoardFacts(searches, (), (), (), ()), {k: (f"kind {k}", "other") for k in "ABC"}
    whole = board_figures(facts, kinds, 5)
    of_all = counts(whole.strata[0])["searches"]
    assert of_all == sum(numbers.values())
    printed = [
        counts(board_figures(facts, kinds, 5, f"kind {k}").strata[0])["searches"] for k in "ABC"
    ]
    assert printed == [
        counts(each)["searches"] for each in whole.strata if each.dimension == "kind of use"
    ]
    assert printed == [20, None, None]


def test_alerts_stand_apart_and_few_are_hidden_with_what_would_tell_them() -> None:
    figures = board_figures(FACTS, KINDS, 5)
    assert {cell.name: cell.count for cell in figures.alerts} == {
        "deployments": 1, "alerts": 11, "match": None, "no_match": 0, "cannot_tell": 0,
        "undecided_alerts": None,
    }  # fmt: skip
