"""Scores relative to how a probe scores with the people it is not. Pure.

Some faces score high with everybody: of a group that the embedder tells apart less well, blurred,
or simply common. How high, the probe's own ranking says: from each of its scores, half the mean of
those of ranks 2 to 51 is taken. It is a cohort normalisation in the manner of adaptive S-norm
(Matějka et al., "Analysis of Score Normalization in Multilingual Speaker Recognition", Interspeech
2017), with the gallery as the cohort and half its weight; docs/performance.md says what it brings.
The order of candidates is the same; only the threshold is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from lfr_batch.gallery.ranking import RankedSubject
from lfr_batch.records import Candidate

ScoreKind = Literal["cosine", "relative"]
"""Which score a threshold is for."""

COHORT_RANKS = range(2, 52)
"""Of the subjects whose scores tell how a probe scores with others."""
RANKS = COHORT_RANKS.stop - 1
"""Subjects that have to be ranked."""
LEAST_SUBJECTS = RANKS + 1
"""With fewer in the gallery there is no relative score: the cohort would hold all of them, and one
who belongs there."""
SHARE = 0.5
"""Of the cohort's mean that is taken off; the whole of it gains less (docs/performance.md)."""


def level_of(ranked: Sequence[RankedSubject]) -> float:
    """What is taken off each score of a probe; ``ranked`` are at least ``RANKS`` subjects."""
    cohort = [subject.score for subject in ranked[COHORT_RANKS.start - 1 : RANKS]]
    return SHARE * float(np.mean(cohort))


def score_needed(candidate: Candidate, threshold: float) -> float:
    """The cosine that reaches ``threshold``, with whoever the candidate was found for."""
    if candidate.relative_score is None:
        return threshold
    return threshold + candidate.score - candidate.relative_score
