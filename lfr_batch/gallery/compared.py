"""Which enrolled pictures have been compared: ``compared/<snapshot_id>.pairs`` beside CURRENT.

It saves the next enrolment from comparing the same templates again. A file that is missing or
damaged costs time and nothing else: everything is compared anew. It is NumPy's archive of the pairs
and their limits, behind its own sha256.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lfr_batch.gallery.close_pairs import ClosePairs, Compared, PairLimits
from lfr_batch.gallery.records import EnrolledFace
from lfr_batch.gallery.templates import AnyTemplates
from lfr_batch.storage.files import write_whole
from lfr_batch.storage.folders import make_own_folder, sweep

FOLDER = "compared"
ROWS_AT_ONCE = 65_536
DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class ComparedSnapshot:
    """A snapshot whose templates have all been compared with each other."""

    subject_ids: Sequence[str]
    image_ids: Sequence[str]
    templates: AnyTemplates
    pairs: ClosePairs
    limits: PairLimits

    def of(self, faces: Sequence[EnrolledFace]) -> Compared:
        """What is known of ``faces``: of those whose templates are, bit for bit, as they were.

        Nothing of templates of another length, which another model made.
        """
        if any(len(face.template) != self.templates.shape[1] for face in faces[:1]):
            return Compared(
                np.full(len(faces), -1, np.int64), len(self.templates), self.pairs, self.limits
            )
        keys = zip(self.subject_ids, self.image_ids, strict=True)
        row_of = {key: row for row, key in enumerate(keys)}
        rows = np.array([row_of.get((f.subject_id, f.image_id), -1) for f in faces], np.int64)
        for start in range(0, len(faces), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            there = np.flatnonzero(part >= 0)
            if len(there):
                now = np.stack([faces[start + row].template for row in there.tolist()])
                same = (now == self.templates[part[there]]).all(axis=1)
                part[there[~same]] = -1
        return Compared(rows, len(self.templates), self.pairs, self.limits)


def write_pairs(snapshot: Path, pairs: ClosePairs, limits: PairLimits) -> None:
    """Keep them for the snapshot in that folder. Call it under the gallery's lock. Raises OSError.

    Pairs that were kept before with limits that include these stay.
    """
    before = read_pairs(snapshot)
    if before is not None and before[1].include(limits):
        return
    archive = io.BytesIO()
    np.savez_compressed(
        archive,
        left=pairs.left,
        right=pairs.right,
        scores=pairs.scores,
        limits=np.array([limits.duplicate_score, limits.same_picture_score]),
    )
    path = _path(snapshot)
    make_own_folder(path.parent)
    sweep(path.parent)
    with write_whole(path) as file:
        file.write(hashlib.sha256(archive.getbuffer()).digest())
        file.write(archive.getbuffer())


def read_pairs(snapshot: Path) -> tuple[ClosePairs, PairLimits] | None:
    """What was kept for it; None if nothing was, or it cannot be read any more."""
    try:
        data = _path(snapshot).read_bytes()
    except OSError:
        return None
    digest, archive = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
    if hashlib.sha256(archive).digest() != digest:
        return None
    with np.load(io.BytesIO(archive)) as kept:
        limits = PairLimits(*kept["limits"].tolist())
        return ClosePairs(kept["left"], kept["right"], kept["scores"]), limits


def _path(snapshot: Path) -> Path:
    return snapshot.parents[1] / FOLDER / f"{snapshot.name}.pairs"
