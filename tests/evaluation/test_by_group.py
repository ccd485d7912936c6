from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import pytest

from lfr_batch.evaluation.by_group import by_group
from lfr_batch.evaluation.figures import EvaluationFigures, Figure
from lfr_batch.evaluation.groups import ONE_PERSON
from lfr_batch.evaluation.outcomes import EnrolledPicture, SearchedPicture
from tests.evaluation.made_up import mated, measured, stranger


def strangers(group: str, people: int, wrong: int) -> list[SearchedPicture]:
    return [
        stranger(f"{group}{n}", 0.6 if n < wrong else 0.2, hit="pA", sex=group)
        for n in range(people)
    ]


def made(*searched: Sequence[SearchedPicture]) -> EvaluationFigures:
    known = [mated(f"p{group}", 0.9, sex=group) for group in "AB"]
    enrolled = [EnrolledPicture(f"p{g}", True, groups={"sex": g}) for g in "AB"]
    return EvaluationFigures(by_group(measured([*known, *chain(*searched)], enrolled, ("sex",))))


def of(figures: EvaluationFigures, name: str) -> dict[str | None, Figure]:
    return {f.group_value: f for f in figures.many(name, "sex")}


def test_rates_of_each_group_by_hand() -> None:
    found = of(made(strangers("A", 60, 12), strangers("B", 50, 1)), "fpir")
    assert (found["A"].found, found["A"].among, found["A"].people) == (12, 60, 60)
    assert found["B"].value == pytest.approx(0.02)


def test_a_difference_has_a_ratio_a_test_and_a_threshold_from_which_it_vanishes() -> None:
    figures = made(strangers("A", 60, 20), strangers("B", 60, 1))
    [p], [ratio] = figures.many("fpir_p", "sex"), figures.many("fpir_ratio", "sex")
    assert p.value is not None
    assert p.value < 0.01
    assert p.detail == "A against B"
    assert ratio.value == pytest.approx((20.5 / 61) / (1.5 / 61))
    [vanishes] = figures.many("fpir_vanishes_from", "sex")
    assert vanishes.value is not None
    assert 0.6 < vanishes.value < 0.63


def test_what_may_be_chance_is_no_difference() -> None:
    figures = made(strangers("A", 60, 3), strangers("B", 60, 2))
    [p] = figures.many("fpir_p", "sex")
    assert p.value is not None
    assert p.value > 0.5
    assert figures.many("fpir_vanishes_from", "sex") == ()


def test_a_group_of_too_few_is_named_and_has_no_number_nor_the_one_from_which_it_follows() -> None:
    figures = made(strangers("A", 60, 3), strangers("B", 40, 2), strangers("C", 5, 5))
    found = of(figures, "fpir")
    assert found["A"].value is not None
    for group in ("B", "C"):
        hidden = found[group]
        numbers = (hidden.value, hidden.low, hidden.high, hidden.found, hidden.among, hidden.people)
        assert numbers == (None,) * 6
        assert str(hidden.detail).startswith("too few to say")
    assert figures.many("fpir_p", "sex") == ()


def test_groups_of_one_or_two_people_have_no_share_of_mistakes() -> None:
    found = of(made(strangers("A", 60, 3)), "named_by_mistake")
    assert {group: figure.value for group, figure in found.items()} == {"A": None, ONE_PERSON: None}


def test_what_is_said_of_one_person_alone_is_written_nowhere() -> None:
    """Also of somebody enrolled; what two people share is named, and has no number."""
    single = [stranger("s", 0.6, sex="Ann Example"), stranger("t", 0.2, sex="Bea Example")]
    pair = [stranger("u", 0.2, sex="C"), stranger("v", 0.2, sex="C")]
    figures = made(strangers("A", 60, 3), single, pair)
    assert "Example" not in str(figures.all)
    found = of(figures, "fpir")
    assert set(found) == {"A", "C", ONE_PERSON}
    assert len(figures.many("fpir", "sex")) == 3
    assert (found[ONE_PERSON].value, found["C"].value) == (None, None)
    assert ONE_PERSON in of(figures, "named_by_mistake")
