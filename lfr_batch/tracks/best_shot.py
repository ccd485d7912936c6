"""Best shots: the few looks of a track that make its template. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

from lfr_batch.records import FloatArray

STRANGE = 0.2
"""A shot that scores no more than this against the first says nothing about the same face, ..."""
ALIKE = 0.6
"""... and from here on it counts fully (docs/performance.md)."""
OTHERS_AT_MOST = 2.0
LEAST_QUALITY = 1e-3
QUALITY_STEP = 0.02
"""Shots of nearly equal quality are equal: which is taken must not hang on a detector's noise."""
FURTHER_SHOTS = 4
"""Of a sighting, besides its evidence picture."""


class GradedLook(Protocol):
    """A moment of a face, and how good it is."""

    @property
    def pts_ns(self) -> int: ...

    @property
    def quality(self) -> float: ...


LookT = TypeVar("LookT", bound=GradedLook)


def keep_best(
    shots: tuple[LookT, ...], shot: LookT, limit: int, spacing_ns: int
) -> tuple[LookT, ...]:
    """The best ``limit`` shots, best first, no two closer in time than ``spacing_ns``.

    Shots of nearly the same moment show the same pose and blur: of such neighbours the best stays,
    and of equals the first.
    """
    rivals = [s for s in shots if abs(s.pts_ns - shot.pts_ns) < spacing_ns]
    if any(_grade(rival) >= _grade(shot) for rival in rivals):
        return shots
    kept = [s for s in shots if s not in rivals]
    return tuple(sorted([*kept, shot], key=lambda s: (-_grade(s), s.pts_ns))[:limit])


def further_looks(
    best: GradedLook, others: Iterable[LookT], limit: int, spacing_ns: int
) -> tuple[LookT, ...]:
    """What is shown beside ``best``: by ``keep_best``, and none too close in time to that one."""
    kept: tuple[LookT, ...] = ()
    for look in others:
        if abs(look.pts_ns - best.pts_ns) >= spacing_ns:
            kept = keep_best(kept, look, limit, spacing_ns)
    return kept


def _grade(shot: GradedLook) -> int:
    return round(shot.quality / QUALITY_STEP)


def split_by_identity(templates: FloatArray, split_score: float) -> list[list[int]]:
    """Groups of row numbers that may be one person; rows are (n, d) L2-normalised, best first.

    A track that slipped from one face to another must not blend two people into one template.
    Each row joins the first group whose leader it scores at least ``split_score`` with.
    """
    groups: list[list[int]] = []
    for row, template in enumerate(templates):
        for group in groups:
            if float(templates[group[0]] @ template) >= split_score:
                group.append(row)
                break
        else:
            groups.append([row])
    return groups


def blend(templates: FloatArray, qualities: Sequence[float]) -> FloatArray:
    """(d,) L2-normalised template of one person's shots; the first leads, see ``shot_weights``."""
    return fuse(templates, shot_weights(templates, qualities))


def shot_weights(templates: FloatArray, qualities: Sequence[float]) -> FloatArray:
    """(n,) how much each shot counts: by its quality, and by how far it agrees with the first.

    A profile says little of a face that was seen from the front, and averaged with it, it takes
    score away: .33 instead of .45 has been seen. All others together count at most twice as much as
    the first.
    """
    agreement = np.clip((templates @ templates[0] - STRANGE) / (ALIKE - STRANGE), 0.0, 1.0)
    weights = (np.asarray(qualities, np.float32) + LEAST_QUALITY) * agreement
    weights[0] = qualities[0] + LEAST_QUALITY
    others = float(weights[1:].sum())
    weights[1:] *= min(1.0, OTHERS_AT_MOST * float(weights[0]) / others) if others else 1.0
    return np.asarray(weights, np.float32)


def fuse(templates: FloatArray, weights: Sequence[float] | FloatArray) -> FloatArray:
    """(d,) L2-normalised weighted mean of (n, d) templates of one person."""
    mean = np.average(templates, axis=0, weights=weights)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)
