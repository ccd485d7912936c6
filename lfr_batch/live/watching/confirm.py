"""When the shots of a live track are an alert. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfr_batch.gallery.decide import CandidateList
from lfr_batch.records import Candidate, Shot, Track


@dataclass(frozen=True, slots=True)
class ProposedPerson:
    """The person that a track is proposed to show."""

    candidates: tuple[Candidate, ...]
    margin: float | None

    @property
    def best(self) -> Candidate:
        return self.candidates[0]


def fresh_shots(track: Track, compared_ns: frozenset[int]) -> tuple[Shot, ...]:
    """The best shots that were never compared; a shot is known by its moment."""
    return tuple(shot for shot in track.shots if shot.pts_ns not in compared_ns)


def confirmed(
    fused: CandidateList, of_shots: Sequence[CandidateList], confirm_shots: int
) -> ProposedPerson | None:
    """The track's person, if its template and at least ``confirm_shots`` shots each name them.

    One shot that looks like somebody is chance more often than several that agree.
    """
    candidates, margin = fused
    if not candidates:
        return None
    subject = candidates[0].subject_id
    agreeing = sum(names(found, subject) for found in of_shots)
    return ProposedPerson(candidates, margin) if agreeing >= confirm_shots else None


def names(found: CandidateList, subject_id: str) -> bool:
    candidates, _ = found
    return bool(candidates) and candidates[0].subject_id == subject_id
