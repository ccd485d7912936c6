"""What became of each picture and clip: numbers, and nobody's template. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lfr_batch.gallery.records import Box
from lfr_batch.records import Candidate, Segment, Sighting

ProbeState = Literal["compared", "no face", "refused", "undecided", "unreadable"]
"""'refused': by the quality gate. 'undecided': two faces are of like size, and the label does not
say whose it is."""
NOT_ACQUIRED: frozenset[ProbeState] = frozenset({"no face", "refused", "unreadable"})

BINS, LOWEST, HIGHEST = 400, -1.0, 1.0
BIN_WIDTH = (HIGHEST - LOWEST) / BINS
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ProbeItem:
    """A picture, or a segment of a clip."""

    number: int
    """Of the picture among those searched, or of the clip among clips."""
    segment: Segment
    subject_id: str | None = None
    """Of a picture, where its subject is enrolled."""
    box_xyxy: Box | None = None


@dataclass(frozen=True, slots=True)
class ProbeScores:
    """What a picture scores against the gallery. Ranks are from 1."""

    own: float | None
    """Against its own subject; None where that is not enrolled."""
    own_rank: int | None
    other: float | None
    """The best against anybody else; None in a gallery of its own subject alone."""
    other_subject: str | None
    others: Counts
    """(BINS,) how many other subjects score within each class."""
    others_over: int
    """Of these, how many reach the threshold."""


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """A picture that was searched."""

    number: int
    state: ProbeState
    reason: str = ""
    """Why it was not compared: a phrase, without particulars."""
    scores: ProbeScores | None = None
    threshold: float | None = None
    """That applied."""
    stricter_by: float = 0.0
    """By how much that is higher than the threshold of the run."""


@dataclass(frozen=True, slots=True)
class ClipOutcome:
    """A segment of a clip that was scanned: sightings without their pictures."""

    number: int
    segment_id: str
    sightings: tuple[Sighting, ...] = ()
    media_s: float = 0.0
    error: str = ""


EvaluatedOutcome = ProbeOutcome | ClipOutcome


@dataclass(frozen=True, slots=True)
class SearchedPicture:
    """A picture's outcome together with what the labels say of it."""

    person: str
    """Subject, which is not kept beyond the counting."""
    is_mated: bool
    outcome: ProbeOutcome
    groups: dict[str, str] = field(default_factory=dict)
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class EnrolledPicture:
    person: str
    is_enrolled: bool
    reason: str = ""
    groups: dict[str, str] = field(default_factory=dict)


def deciding(candidate: Candidate) -> float:
    """The score of a candidate that the threshold is held against."""
    relative = candidate.relative_score
    return candidate.score if relative is None else relative


def scores_of(
    candidates: tuple[Candidate, ...], subject_id: str | None, threshold: float
) -> ProbeScores:
    """``candidates``: everybody in the gallery, best first; ``subject_id``: of the picture, where
    its subject is enrolled."""
    own = next((c for c in candidates if c.subject_id == subject_id), None)
    others = [c for c in candidates if c.subject_id != subject_id]
    values = np.array([deciding(c) for c in others], np.float64)
    return ProbeScores(
        own=deciding(own) if own else None,
        own_rank=own.rank if own else None,
        other=deciding(others[0]) if others else None,
        other_subject=others[0].subject_id if others else None,
        others=counted_in_bins(values),
        others_over=int(np.count_nonzero(values >= threshold)),
    )


def counted_in_bins(values: NDArray[Any]) -> Counts:
    """(BINS,) of scores; what lies beyond either end is in the last class there."""
    at = np.floor((np.asarray(values, np.float64) - LOWEST) / BIN_WIDTH).astype(np.int64)
    counts = np.bincount(np.clip(at, 0, BINS - 1), minlength=BINS)
    return counts.astype(np.int64)
