"""What was measured, as arrays: searches of people who are enrolled, and of people who are not.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lfr_batch.evaluation.curves import NOBODY, Searches
from lfr_batch.evaluation.intervals import Floats, Ints
from lfr_batch.evaluation.outcomes import (
    NOT_ACQUIRED,
    EnrolledPicture,
    SearchedPicture,
)
from lfr_batch.evaluation.sightings import ClipFigures


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that figures are made of; names in it stay in memory."""

    enrolled: tuple[EnrolledPicture, ...]
    searched: tuple[SearchedPicture, ...]
    threshold: float
    target_fpir: float | None
    subjects: int
    """In the gallery."""
    templates: int
    columns: tuple[str, ...] = ()
    """That tell groups apart."""
    groups_of: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of each enrolled subject: its group in each column."""
    repeated: int = 0
    """Pictures whose very bytes were there already, and were left out."""
    clips: ClipFigures | None = None

    @property
    def in_gallery(self) -> frozenset[str]:
        return frozenset(each.person for each in self.enrolled if each.is_enrolled)

    @property
    def judged(self) -> tuple[SearchedPicture, ...]:
        """Without those whose face could not be told from another."""
        return tuple(s for s in self.searched if s.outcome.state != "undecided")

    @property
    def mated(self) -> tuple[SearchedPicture, ...]:
        """Of people who are in the gallery."""
        there = self.in_gallery
        return tuple(s for s in self.judged if s.is_mated and s.person in there)

    @property
    def unknown(self) -> tuple[SearchedPicture, ...]:
        return tuple(s for s in self.judged if not s.is_mated)


def first_scores(pictures: Sequence[SearchedPicture]) -> Floats:
    """(n,) what the own subject scores where it comes first; else ``NOBODY``. Less by as much as
    the picture has to score higher than others have."""
    return np.array([_first(each) for each in pictures], np.float64)


def top_scores(pictures: Sequence[SearchedPicture]) -> Floats:
    """(n,) the best score against anybody else, less as in ``first_scores``."""
    return np.array([_top(each) for each in pictures], np.float64)


def own_scores(pictures: Sequence[SearchedPicture]) -> Floats:
    """(n,) of those that could be compared."""
    scores = (each.outcome.scores for each in pictures)
    return np.array([s.own for s in scores if s and s.own is not None], np.float64)


def _first(picture: SearchedPicture) -> float:
    scores = picture.outcome.scores
    if scores is None or scores.own is None or scores.own_rank != 1:
        return NOBODY
    return scores.own - picture.outcome.stricter_by


def _top(picture: SearchedPicture) -> float:
    scores = picture.outcome.scores
    if scores is None or scores.other is None:
        return NOBODY
    return scores.other - picture.outcome.stricter_by


def ranks(pictures: Sequence[SearchedPicture]) -> Ints:
    """(n,) of the own subject, from 1; 0 where it could not be compared."""
    found = (each.outcome.scores for each in pictures)
    return np.array([s.own_rank or 0 if s else 0 for s in found], np.int64)


def numbers(people: Iterable[str]) -> Ints:
    """(n,) a number for each person, in the order in which they come."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(person, len(known)) for person in people], np.int64)


def people_of(pictures: Iterable[SearchedPicture | EnrolledPicture]) -> Ints:
    return numbers(each.person for each in pictures)


def searches_mated(measured: Measured) -> Searches:
    return Searches(first_scores(measured.mated), people_of(measured.mated))


def searches_unknown(measured: Measured) -> Searches:
    return Searches(top_scores(measured.unknown), people_of(measured.unknown))


def not_acquired(pictures: Sequence[SearchedPicture]) -> Floats:
    return np.array([each.outcome.state in NOT_ACQUIRED for each in pictures], np.float64)


def refused(pictures: Sequence[SearchedPicture]) -> Floats:
    """By the quality gate."""
    return np.array([each.outcome.state == "refused" for each in pictures], np.float64)


def missed(measured: Measured, threshold: float) -> Floats:
    return np.asarray(first_scores(measured.mated) < threshold, np.float64)


def false_alarms(measured: Measured, threshold: float) -> Floats:
    return np.asarray(top_scores(measured.unknown) >= threshold, np.float64)
