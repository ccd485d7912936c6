from __future__ import annotations

import pytest

from lfr_batch.evaluation.all_figures import all_figures
from lfr_batch.evaluation.comparing import mcnemar, paired, side_by_side
from lfr_batch.evaluation.figures import EvaluationFigures
from lfr_batch.evaluation.outcomes import SearchedPicture
from tests.evaluation.made_up import mated, measured, stranger


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (0, 2000, 0.0)],
)
def test_mcnemar_exactly(one: int, other: int, p: float) -> None:
    assert mcnemar(one, other) == mcnemar(other, one) == pytest.approx(p, abs=1e-12)


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
