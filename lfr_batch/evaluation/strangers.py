"""From outcomes to the best score of each stranger. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from lfr_batch.evaluation.outcomes import ClipOutcome, EvaluatedOutcome, deciding
from lfr_batch.records import FloatArray

SUSPECT_BY = 0.15
"""A stranger who scores so far above the threshold of before is perhaps enrolled."""
SUSPECT_SPREADS = 6.0
"""Or so many times farther above the median than one in ten lies below it."""


@dataclass(frozen=True, slots=True)
class BestScore:
    """Of a face in a picture, or of somebody followed in a clip, with whomever scores best."""

    file: int
    """Number of the file it is of."""
    score: float


def best_scores(outcomes: Iterable[EvaluatedOutcome]) -> list[BestScore]:
    """In the order of their files."""
    found = [BestScore(each.number, score) for each in outcomes for score in _scores_of(each)]
    return sorted(found, key=lambda each: (each.file, each.score))


def _scores_of(outcome: EvaluatedOutcome) -> list[float]:
    if isinstance(outcome, ClipOutcome):
        return [deciding(sighting.candidates[0]) for sighting in outcome.sightings]
    scores = outcome.scores
    return [] if scores is None or scores.other is None else [scores.other]


def values_of(found: Sequence[BestScore]) -> FloatArray:
    return np.array([each.score for each in found], np.float32)


def people_in(uris: Sequence[str], found: Sequence[BestScore], are_stills: Sequence[bool]) -> int:
    """How many people they are, at most: pictures in one folder of several are of one person, where
    there are several folders; of clips everybody who was followed counts."""
    stills = {each.file for each in found if are_stills[each.file]}
    folders = {str(PurePosixPath(uris[number]).parent) for number in stills}
    followed = sum(not are_stills[each.file] for each in found)
    return followed + (len(folders) if len(folders) > 1 else len(stills))


def suspects_among(found: Sequence[BestScore], threshold: float | None) -> tuple[BestScore, ...]:
    """Who is perhaps enrolled, the likeliest first; ``threshold``: of before; None: none was.

    Either is suspect: to score far above a threshold that strangers hardly reach, or far above
    most others, by their own spread below the median, which no enrolled person has a part in.
    """
    if not found:
        return ()
    low, middle = np.quantile(values_of(found), [0.1, 0.5])
    limit = float(middle + SUSPECT_SPREADS * (middle - low))
    if threshold is not None:
        limit = min(limit, threshold + SUSPECT_BY)
    high = [each for each in found if each.score >= limit]
    return tuple(sorted(high, key=lambda each: -each.score))
