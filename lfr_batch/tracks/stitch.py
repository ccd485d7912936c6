"""Stitching: sightings that are pieces of one become one. Pure.

A person who stays in view across a segment border, or is lost for a moment, leaves several pieces.
Two pieces are one sighting when they follow each other closely, the face stands where it stood,
and they agree on a candidate. Pieces that disagree stay apart: an officer sees both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lfr_batch.config.schema import TrackConfig
from lfr_batch.records import Candidate, FurtherShot, Sighting, nanoseconds
from lfr_batch.tracks.association import affinity
from lfr_batch.tracks.best_shot import FURTHER_SHOTS, further_looks


def stitch(pieces: Iterable[Sighting], limits: TrackConfig, top_k: int) -> tuple[Sighting, ...]:
    """The sightings of one asset, in order of time; ``pieces`` may come in any order."""
    whole: list[Sighting] = []
    for piece in sorted(pieces, key=lambda s: (s.start_ns, s.sighting_id)):
        before = _continued_by(piece, whole, limits)
        if before is None:
            whole.append(piece)
        else:
            whole[before] = join(whole[before], piece, limits, top_k)
    return tuple(whole)


def _continued_by(piece: Sighting, whole: list[Sighting], limits: TrackConfig) -> int | None:
    possible = [i for i, earlier in enumerate(whole) if _continues(earlier, piece, limits)]
    return max(possible, key=lambda i: whole[i].end_ns, default=None)


def _continues(earlier: Sighting, later: Sighting, limits: TrackConfig) -> bool:
    gap_ns = later.start_ns - earlier.end_ns
    if not 0 < gap_ns <= nanoseconds(limits.stitch_gap_s):
        return False
    if not _proposed(earlier) & _proposed(later):
        return False
    boxes = (earlier.last_box_xyxy, later.first_box_xyxy)
    last, first = (np.array([box], np.float32) for box in boxes)
    return bool(affinity(last, first, limits)[0, 0] > 0)


def _proposed(sighting: Sighting) -> set[str]:
    return {c.subject_id for c in sighting.candidates if c.above_threshold}


def join(earlier: Sighting, later: Sighting, limits: TrackConfig, top_k: int) -> Sighting:
    """One sighting of two pieces: the better piece's picture, each subject's better score, and the
    best few of all other shots."""
    better = max(earlier, later, key=lambda s: (s.score, -s.start_ns))
    weaker = later if better is earlier else earlier
    return replace(
        better,
        sighting_id=earlier.sighting_id,
        segment_id=earlier.segment_id,
        start_ns=earlier.start_ns,
        end_ns=max(earlier.end_ns, later.end_ns),
        first_box_xyxy=earlier.first_box_xyxy,
        last_box_xyxy=later.last_box_xyxy,
        frames=earlier.frames + later.frames,
        pieces=earlier.pieces + later.pieces,
        margin=_margin(better, (earlier, later)),
        candidates=_merge(earlier.candidates, later.candidates, top_k),
        further=_further(better, weaker, limits),
    )


def _further(better: Sighting, weaker: Sighting, limits: TrackConfig) -> tuple[FurtherShot, ...]:
    """The weaker piece's evidence picture is one of them, as it is."""
    best = FurtherShot(better.best_ns, better.quality, better.box_xyxy, better.jpeg)
    other = FurtherShot(weaker.best_ns, weaker.quality, weaker.box_xyxy, weaker.jpeg)
    others = (*better.further, other, *weaker.further)
    return further_looks(best, others, FURTHER_SHOTS, nanoseconds(limits.shot_spacing_s))


def _margin(better: Sighting, pieces: tuple[Sighting, ...]) -> float | None:
    """The better piece's score less the best that any piece gave to anybody else."""
    others = [
        piece.score - piece.margin if piece.subject_id == better.subject_id else piece.score
        for piece in pieces
        if piece.margin is not None
    ]
    return better.score - max(others) if others else None


def _merge(a: tuple[Candidate, ...], b: tuple[Candidate, ...], top_k: int) -> tuple[Candidate, ...]:
    best: dict[str, Candidate] = {}
    for candidate in (*a, *b):
        known = best.get(candidate.subject_id)
        if known is None or candidate.score > known.score:
            best[candidate.subject_id] = candidate
    ranked = sorted(best.values(), key=lambda c: (-c.score, c.subject_id))[:top_k]
    return tuple(replace(c, rank=rank) for rank, c in enumerate(ranked, start=1))
