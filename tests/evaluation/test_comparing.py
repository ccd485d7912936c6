from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from lfr_batch.evaluation.all_figures import all_figures
from lfr_batch.evaluation.comparing import paired, side_by_side, swapped
from lfr_batch.evaluation.figures import EvaluationFigures
from lfr_batch.evaluation.outcomes import SearchedPicture
from tests.evaluation.made_up import mated, measured, stranger


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (0, 2000, 0.0)],
)
def test_where_each_has_one_picture_it_is_the_exact_test_of_mcnemar(
    one: int, other: int, p: float
) -> None:
    nets = np.array([1.0] * one + [-1.0] * other + [0.0] * 7)
    assert swapped(nets) == swapped(-nets) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize("nets", [[10.0], [3.0, 2.0, -1.0, 0.0, 2.0], [4.0, -4.0], [1.0, 2.0, 4.0]])
def test_it_is_as_if_each_persons_sign_were_tossed_for(nets: list[float]) -> None:
    sums = [abs(np.dot(signs, nets)) for signs in product((-1, 1), repeat=len(nets))]
    assert swapped(np.array(nets)) == pytest.approx(np.mean(np.array(sums) >= abs(sum(nets))))


def test_twenty_pictures_of_one_person_are_one_trial() -> None:
    """Ten pictures of each of two people go wrong in one evaluation alone: McNemar's test of
    pictures would say p = 0.000002."""
    [of_mated, _] = paired(of_two(0.4), of_two(0.8))
    assert (of_mated.pictures, of_mated.people, of_mated.only_own) == (20, 2, 20)
    assert of_mated.p == 0.5
    assert (of_mated.low, of_mated.high) == pytest.approx((-0.6838, 1.0), abs=1e-4)


def of_two(own: float) -> EvaluationFigures:
    """Two people with ten pictures each, and as many strangers."""
    known = [
        replace(mated(person, own), sha256=f"{person}{n}") for person in "ab" for n in range(10)
    ]
    unknown = [replace(stranger(f"s{n}", 0.2), sha256=f"s{n}") for n in range(20)]
    return EvaluationFigures(all_figures(measured([*known, *unknown])))


def test_that_nothing_changed_is_known_of_so_many_people_only() -> None:
    _, of_strangers = paired(figures(8), figures(2))
    assert of_strangers.difference == 0.0
    assert (of_strangers.low, of_strangers.high) == pytest.approx((-0.0881, 0.0881), abs=1e-4)


def figures(lost: int) -> EvaluationFigures:
    """Of 40 people who are searched once the first ``lost`` are missed."""
    known = [mated(f"p{n}", 0.4 if n < lost else 0.8) for n in range(40)]
    pictures = [*known, *(stranger(f"s{n}", 0.2) for n in range(40))]
    return EvaluationFigures(all_figures(measured([_named(each) for each in pictures])))


def _named(picture: SearchedPicture) -> SearchedPicture:
    """The same picture whatever it scores."""
    return SearchedPicture(
        picture.person, picture.is_mated, picture.outcome, picture.groups, picture.person
    )


def test_side_by_side_says_whether_intervals_have_something_in_common() -> None:
    by_name = {s.figure: s for s in side_by_side(figures(20), figures(2)) if s.at is None}
    assert by_name["fnir"].difference == pytest.approx(18 / 40)
    assert by_name["fnir"].are_apart
    assert not by_name["fpir"].are_apart


def test_of_the_same_pictures_each_is_compared_with_itself() -> None:
    of_mated, of_strangers = paired(figures(8), figures(2))
    assert (of_mated.pictures, of_mated.only_own, of_mated.only_other) == (40, 6, 0)
    assert of_mated.difference == pytest.approx(6 / 40)
    assert of_mated.low > 0
    assert of_mated.p == pytest.approx(2 / 2**6)
    assert (of_strangers.only_own, of_strangers.p) == (0, 1.0)


def test_without_a_common_picture_nothing_is_paired() -> None:
    other = [mated(f"q{n}", 0.8) for n in range(40)] + [stranger(f"t{n}", 0.2) for n in range(40)]
    strangers = EvaluationFigures(all_figures(measured(other)))
    assert list(paired(figures(2), strangers)) == []
