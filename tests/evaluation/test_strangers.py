"""Best scores of strangers: whose they are, how many people, and who is none."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.evaluation.outcomes import ProbeOutcome, scores_of
from lfr_batch.evaluation.strangers import BestScore, best_scores, people_in, suspects_among
from lfr_batch.records import Candidate

STRANGERS = [BestScore(n, float(s)) for n, s in enumerate(np.linspace(0.18, 0.33, 120))]


def compared(number: int, *scores: float) -> ProbeOutcome:
    candidates = tuple(
        Candidate(rank, f"S{rank}", f"i{rank}", score + 0.1, False, score)
        for rank, score in enumerate(scores, start=1)
    )
    return ProbeOutcome(number, "compared", scores=scores_of(candidates, None, 0.3))


def test_the_best_score_that_decides_is_taken_of_what_was_compared() -> None:
    outcomes = [compared(2, 0.25, 0.2), ProbeOutcome(1, "no face"), compared(0, 0.31)]
    assert best_scores(outcomes) == [BestScore(0, 0.31), BestScore(2, 0.25)]


@pytest.mark.parametrize(
    ("uris", "stills", "people"),
    [
        (("/a/1.jpg", "/a/2.jpg", "/a/3.jpg"), (True, True, True), 3),
        (("/a/x/1.jpg", "/a/x/2.jpg", "/a/y/1.jpg"), (True, True, True), 2),
        (("/a/1.mp4", "/a/1.mp4", "/a/2.jpg"), (False, False, True), 3),
    ],
)
def test_people_are_counted_by_folder_file_or_track(
    uris: tuple[str, ...], stills: tuple[bool, ...], people: int
) -> None:
    found = [BestScore(number, 0.2) for number in range(len(uris))]
    assert people_in(uris, found, stills) == people


@pytest.mark.parametrize("threshold", [0.34, None])
def test_who_scores_far_above_the_others_is_perhaps_enrolled(threshold: float | None) -> None:
    enrolled = [BestScore(200, 0.68), BestScore(201, 0.72)]
    assert suspects_among(STRANGERS, threshold) == ()
    assert suspects_among([*STRANGERS, *enrolled], threshold) == (enrolled[1], enrolled[0])


def test_a_known_threshold_tells_sooner() -> None:
    alike = BestScore(200, 0.52)
    assert suspects_among([*STRANGERS, alike], 0.34) == (alike,)
    assert suspects_among([*STRANGERS, alike], None) == ()
    assert suspects_among([], 0.34) == ()
