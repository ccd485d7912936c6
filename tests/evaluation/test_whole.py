from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lfr_batch.evaluation.figures import EvaluationFigures, Figure, as_rows, of_rows
from lfr_batch.evaluation.outcomes import EnrolledPicture, counted_in_bins
from lfr_batch.evaluation.whole import whole
from tests.evaluation.made_up import mated, measured, stranger

STRANGERS = [stranger(f"s{n}", 0.2) for n in range(38)]


def figures(*more: object) -> EvaluationFigures:
    known = [
        mated("a", 0.9),
        mated("a", 0.8),
        mated("b", 0.7, other=0.75),  # somebody else comes first, above the threshold
        mated("c", 0.4),  # below it
        mated("d", None),  # no face
        mated("e", 0.45, other=0.47),
    ]
    enrolled = [EnrolledPicture(person, True) for person in "abcde"]
    enrolled += [EnrolledPicture("x", False, "no face found")]
    lost = [mated("x", 0.9)]  # not in the gallery: neither found nor missed
    probes = [*known, *lost, stranger("t", 0.6), stranger("u", None), *STRANGERS]
    return EvaluationFigures(whole(measured(probes, enrolled)))


def one(found: EvaluationFigures, name: str) -> Figure:
    figure = found.one(name)
    assert figure is not None
    return figure


@pytest.mark.parametrize(
    ("name", "found", "among", "people"),
    [
        ("fpir", 1, 40, 40),
        ("fnir", 4, 6, 5),
        ("fnir_any_rank", 3, 6, 5),
        ("misidentified", 1, 6, 5),
        ("fnir_with_fte", 4, 7, 6),
        ("fte", 1, 6, 6),
        ("fte_people", 1, 6, 6),
        ("fta", 2, 47, 46),
        ("gate_refusal", 0, 47, 46),
        ("fnmr", 2, 5, 4),
        ("fmr", 2, 44, 43),
    ],
)
def test_counted_by_hand(name: str, found: int, among: int, people: int) -> None:
    figure = one(figures(), name)
    assert (figure.found, figure.among, figure.people) == (found, among, people)
    assert figure.value == pytest.approx(found / among)
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= found / among <= figure.high


def test_of_no_match_of_different_people_the_interval_is_that_of_so_many_people() -> None:
    made = EvaluationFigures(whole(measured([mated("a", 0.9), mated("b", 0.9), *STRANGERS])))
    fmr = one(made, "fmr")
    assert (fmr.found, fmr.low, fmr.people) == (0, 0.0, 40)
    assert fmr.high == pytest.approx(0.0881, abs=1e-4)


@pytest.mark.parametrize("own", [0.9, None])
def test_where_nobody_could_be_compared_with_others_there_is_no_fmr(own: float | None) -> None:
    """A gallery of one person, and forty strangers without a face."""
    alone = mated("a", own)
    if alone.outcome.scores:
        scores = replace(alone.outcome.scores, other=None, others=counted_in_bins(np.array([])))
        alone = replace(alone, outcome=replace(alone.outcome, scores=scores))
    made = EvaluationFigures(
        whole(measured([alone, *(stranger(f"s{n}", None) for n in range(40))]))
    )
    fmr = one(made, "fmr")
    assert (fmr.value, fmr.found, fmr.among, fmr.low, fmr.high) == (None, 0, 0, None, None)
    assert {f.threshold for f in made.many("det")} == {None}


def test_what_cannot_be_measured_has_no_value_and_says_why() -> None:
    made = figures()
    at = {f.point: f for f in made.many("fnir_at_fpir")}
    assert at[0.1].value is not None
    assert [at[level].value for level in (0.01, 0.003, 0.0003)] == [None] * 3
    assert at[0.01].detail == (
        "300 searches by people who are not enrolled are needed, and there are 40"
    )


def test_why_pictures_were_not_compared_is_counted() -> None:
    reasons = {f.detail: f.found for f in figures().many("fta_reason")}
    assert reasons == {"no face found": 2}


def test_the_curves_end_where_the_counts_are() -> None:
    made = figures()
    ranks = {f.point: f.value for f in made.many("cmc")}
    assert ranks[1.0] == pytest.approx(3 / 6)
    assert ranks[2.0] == pytest.approx(5 / 6)
    assert made.many("det")[-1].point == pytest.approx(1.0)
    assert sum(f.value or 0 for f in made.many("impostor")) == pytest.approx(1.0)


def test_rows_are_the_figures() -> None:
    made = figures()
    assert of_rows(as_rows(made.all)).all == made.all


def test_a_picture_that_has_to_score_higher_does() -> None:
    """0.6 reaches the threshold of the run, and not that of a picture which asks for 0.2 more."""
    probes = [stranger("t", 0.6), stranger("u", 0.8), *STRANGERS]
    strict = [replace(p, outcome=replace(p.outcome, stricter_by=0.2)) for p in probes]
    known = [mated("a", 0.65), mated("b", 0.75)]
    asked = [replace(p, outcome=replace(p.outcome, stricter_by=0.2)) for p in known]
    made = EvaluationFigures(whole(measured([*asked, *strict])))
    assert (one(made, "fpir").found, one(made, "fnir").found) == (1, 1)
