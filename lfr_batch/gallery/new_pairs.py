"""What is new in a gallery, compared with all of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.gallery import quality_columns
from lfr_batch.gallery.close_pairs import (
    ClosePairs,
    Compare,
    Compared,
    PairLimits,
    find_close_pairs,
)
from lfr_batch.gallery.duplicates import find_duplicates
from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.gallery.growth import GrownRows, number_rows
from lfr_batch.gallery.records import DuplicateFinding, EnrolledFace, Snapshot
from lfr_batch.gallery.snapshot_files import read_faces, read_faces_at

COLUMNS = (
    "image_id",
    "subject_id",
    "uri",
    "sha256",
    "quality",
    "box_xyxy",
    "thumbnail_jpeg",
    "note",
)


def compare_new(
    base: Snapshot,
    rows: GrownRows,
    same_as: Rows,
    before: tuple[ClosePairs, PairLimits] | None,
    limits: PairLimits,
    compare: Compare,
) -> tuple[ClosePairs, bool]:
    """The close pairs of a snapshot to be, and whether these are all of them.

    ``same_as`` (n,): the base's row whose template a row has; -1: it is new, and compared with all.
    ``before``: the pairs of the base. Without them, or by narrower limits, only those are found
    that have something new in them.
    """
    complete = before is not None and before[1].include(limits)
    pairs, by = before if before is not None and complete else (ClosePairs(), limits)
    known = Compared(same_as, len(base.templates), pairs, by)
    numbers = number_rows(rows.subject_ids)
    return find_close_pairs(rows.templates, numbers, limits, known, compare), complete


def new_duplicates(
    base: Snapshot,
    rows: GrownRows,
    faces: Sequence[EnrolledFace],
    new: Rows,
    pairs: ClosePairs,
    limits: PairLimits,
) -> tuple[DuplicateFinding, ...]:
    """Pictures that ask for a look, of pairs with one of the rows ``new`` in them."""
    is_new = np.zeros(len(rows.sources), np.bool_)
    is_new[new] = True
    theirs = pairs.take(is_new[pairs.left] | is_new[pairs.right])
    alike = _with_same_bytes(base, rows, faces)
    involved = np.unique(np.concatenate([theirs.left, theirs.right, alike, new]))
    here = ClosePairs(
        np.searchsorted(involved, theirs.left),
        np.searchsorted(involved, theirs.right),
        theirs.scores,
    )
    found = find_duplicates(faces_at(base, rows, faces, involved), here, limits)
    ids = {(rows.subject_ids[row], rows.image_ids[row]) for row in new.tolist()}
    return tuple(each for each in found if _keys(each) & ids)


def _keys(found: DuplicateFinding) -> set[tuple[str, str]]:
    return {(found.subject_a, found.image_a), (found.subject_b, found.image_b)}


def _with_same_bytes(base: Snapshot, rows: GrownRows, faces: Sequence[EnrolledFace]) -> Rows:
    """Rows of the base whose pictures are, byte for byte, one of the new ones."""
    hashes = pa.array([face.sha256 for face in faces], pa.string())
    there = read_faces(base.parts, base.places, ("sha256",))["sha256"]
    of_base = pc.is_in(there, hashes).to_numpy()
    from_base = rows.sources < len(of_base)
    wanted = np.zeros(len(rows.sources), np.bool_)
    wanted[from_base] = of_base[rows.sources[from_base]]
    return np.flatnonzero(wanted)


def faces_at(
    base: Snapshot, rows: GrownRows, faces: Sequence[EnrolledFace], wanted: Rows
) -> list[EnrolledFace]:
    """The faces in these rows of a snapshot to be, in order."""
    sources = rows.sources[wanted]
    of_base = sources[sources < len(base.templates)]
    read = dict(zip(of_base.tolist(), base_faces(base, of_base), strict=True))
    return [
        read[source] if source in read else faces[source - len(base.templates)]
        for source in sources.tolist()
    ]


def base_faces(base: Snapshot, wanted: Rows) -> list[EnrolledFace]:
    """The faces in these rows of a snapshot, in order."""
    places = base.places[wanted]
    table = read_faces_at(base.parts, places, (*COLUMNS, *quality_columns.COLUMNS))
    order = np.argsort(np.argsort(places))
    found = table.take(pa.array(order)).to_pylist() if len(wanted) else []
    templates = base.templates[wanted]
    return [
        EnrolledFace(
            template=templates[number],
            box_xyxy=tuple(row["box_xyxy"]),
            **{name: row[name] for name in COLUMNS if name != "box_xyxy"},
            **quality_columns.said_in(row),
        )
        for number, row in enumerate(found)
    ]
