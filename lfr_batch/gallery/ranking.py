"""From images to people: a subject scores what its best image scores. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lfr_batch.records import FloatArray


@dataclass(frozen=True, slots=True)
class RankedSubject:
    subject_id: str
    image_id: str
    """The subject's image that scores best."""
    score: float


def rank_subjects(
    scores: FloatArray,
    rows: NDArray[np.int64],
    subject_ids: Sequence[str],
    image_ids: Sequence[str],
) -> tuple[RankedSubject, ...]:
    """Distinct subjects of one probe's hits, best first; equal scores by subject, then image id.

    ``scores`` (k,) and ``rows`` (k,) are the hits; ``subject_ids`` and ``image_ids`` are those
    of the whole gallery, addressed by row.
    """
    hits = sorted(
        (-score, subject_ids[row], image_ids[row])
        for score, row in zip(scores.tolist(), rows.tolist(), strict=True)
    )
    best: dict[str, RankedSubject] = {}
    for negative, subject_id, image_id in hits:
        best.setdefault(subject_id, RankedSubject(subject_id, image_id, -negative))
    return tuple(best.values())
