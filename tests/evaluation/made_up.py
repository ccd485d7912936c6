"""Searches whose scores a test makes up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lfr_batch.evaluation.measured import Measured
from lfr_batch.evaluation.outcomes import (
    EnrolledPicture,
    ProbeOutcome,
    ProbeScores,
    SearchedPicture,
    counted_in_bins,
)

THRESHOLD = 0.5


def mated(person: str, own: float | None, other: float = 0.1, **groups: str) -> SearchedPicture:
    """``own``: None where no face was found."""
    rank = 1 if own is not None and own > other else 2
    return _picture(person, own, rank, other, is_mated=True, groups=groups)


def stranger(person: str, top: float | None, hit: str = "p0", **groups: str) -> SearchedPicture:
    return _picture(person, None, None, top, is_mated=False, groups=groups, hit=hit)


def _picture(
    person: str,
    own: float | None,
    rank: int | None,
    other: float | None,
    *,
    is_mated: bool,
    groups: dict[str, str],
    hit: str = "p0",
) -> SearchedPicture:
    digest = f"{person} {own} {other}"
    if (own if is_mated else other) is None:
        return SearchedPicture(
            person, is_mated, ProbeOutcome(0, "no face", "no face found"), groups, digest
        )
    others = np.array([other], np.float64)
    over = int(np.sum(others >= THRESHOLD))
    scores = ProbeScores(own, rank, other, hit, counted_in_bins(others), over)
    outcome = ProbeOutcome(0, "compared", scores=scores, threshold=THRESHOLD)
    return SearchedPicture(person, is_mated, outcome, groups, digest)


def measured(
    searched: Sequence[SearchedPicture],
    enrolled: Sequence[EnrolledPicture] = (),
    columns: tuple[str, ...] = (),
) -> Measured:
    known = {each.person for each in searched if each.is_mated}
    there = tuple(enrolled) or tuple(EnrolledPicture(person, True) for person in sorted(known))
    return Measured(
        enrolled=there,
        searched=tuple(searched),
        threshold=THRESHOLD,
        target_fpir=0.01,
        subjects=len({each.person for each in there if each.is_enrolled}),
        templates=len(there),
        columns=columns,
        groups_of={each.person: each.groups for each in there},
    )
