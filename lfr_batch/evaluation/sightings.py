"""Sightings of clips against what their labels say: found, missed, false, and how far off. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE_S = 1.0
"""A sighting that begins so much after its label has ended, or ends so much before it begins, is of
it all the same: footage is looked at a few times a second."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where in a clip somebody is, or was seen; ``clip`` is its number."""

    clip: int
    subject_id: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class ClipMatch:
    label: Stretch
    begin_error_s: float | None
    """How much later than its label the first sighting begins; None: it was missed."""
    end_error_s: float | None

    @property
    def is_found(self) -> bool:
        return self.begin_error_s is not None


@dataclass(frozen=True, slots=True)
class ClipFigures:
    matches: tuple[ClipMatch, ...]
    false: int
    """Sightings that no label explains."""
    media_s: float
    not_searched: int = 0
    """Segments that could not be searched, or not to their end."""

    @property
    def found(self) -> int:
        return sum(match.is_found for match in self.matches)


def compared(
    labels: Sequence[Stretch],
    sightings: Sequence[Stretch],
    media_s: float,
    not_searched: int = 0,
) -> ClipFigures:
    """Several sightings may be of one label: somebody who turns away is seen twice."""
    explained: set[int] = set()
    matches = []
    for label in labels:
        theirs = [n for n, seen in enumerate(sightings) if _is_of(seen, label)]
        explained.update(theirs)
        matches.append(_match(label, [sightings[n] for n in theirs]))
    false = len(sightings) - len(explained)
    return ClipFigures(tuple(matches), false, media_s, not_searched)


def _is_of(seen: Stretch, label: Stretch) -> bool:
    if (seen.clip, seen.subject_id) != (label.clip, label.subject_id):
        return False
    begin_s, end_s = label.begin_s - TOLERANCE_S, label.end_s + TOLERANCE_S
    return seen.begin_s <= end_s and seen.end_s >= begin_s


def _match(label: Stretch, theirs: Sequence[Stretch]) -> ClipMatch:
    if not theirs:
        return ClipMatch(label, None, None)
    begin_s, end_s = min(s.begin_s for s in theirs), max(s.end_s for s in theirs)
    return ClipMatch(label, begin_s - label.begin_s, end_s - label.end_s)
