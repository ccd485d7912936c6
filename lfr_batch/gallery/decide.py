"""From a ranking to what is proposed to an officer. The system proposes; a person decides. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lfr_batch.gallery.ranking import RankedSubject
from lfr_batch.records import Candidate

CandidateList = tuple[tuple[Candidate, ...], float | None]
"""Candidates of a probe, best first, and the margin of the best over the next subject."""


def decide(
    ranked: Sequence[RankedSubject], threshold: float, top_k: int, level: float | None = None
) -> CandidateList:
    """The candidates of a probe, and the margin of the best over the next subject.

    A score equal to the threshold reaches it. If even the best subject stays below, nobody is
    proposed: no candidates, no margin. Otherwise the first ``top_k`` subjects are kept, each with
    a flag that says whether it reaches the threshold itself. The margin is None in a gallery of
    one subject.

    With a ``level`` (see ``gallery.relative``) the threshold is one of relative scores: what
    remains of a score when the level is taken off.
    """
    off = level or 0.0
    if not ranked or ranked[0].score - off < threshold:
        return (), None
    candidates = tuple(
        Candidate(
            rank=rank,
            subject_id=s.subject_id,
            image_id=s.image_id,
            score=s.score,
            above_threshold=s.score - off >= threshold,
            relative_score=None if level is None else s.score - level,
        )
        for rank, s in enumerate(ranked[:top_k], start=1)
    )
    return candidates, ranked[0].score - ranked[1].score if len(ranked) > 1 else None
