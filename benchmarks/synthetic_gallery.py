"""Galleries of any size from random directions: no pictures, no people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import overload

import numpy as np

from lfr_batch.gallery.manifest import Manifest
from lfr_batch.gallery.records import EnrolledFace, Subject
from lfr_batch.gallery.snapshot_files import write_snapshot
from lfr_batch.records import FloatArray
from lfr_batch.storage.files import write_text
from lfr_batch.storage.folders import new_directory

DIMENSION = 128
IMAGES_OF_FIVE = (0, 1, 2, 3, 4, 4, 4)
"""Of five subjects four have one image and one has three."""
BLOCK = 4096


class SyntheticFaces(Sequence[EnrolledFace]):
    """``n`` faces, made when they are asked for; row i is the same face whenever it is asked."""

    def __init__(self, n: int) -> None:
        self._n = n

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, at: int) -> EnrolledFace: ...
    @overload
    def __getitem__(self, at: slice) -> list[EnrolledFace]: ...
    def __getitem__(self, at: int | slice) -> EnrolledFace | list[EnrolledFace]:
        if isinstance(at, slice):
            return list(self._faces(*at.indices(self._n)[:2]))
        return next(self._faces(at, at + 1))

    def __iter__(self) -> Iterator[EnrolledFace]:
        return self._faces(0, self._n)

    def _faces(self, start: int, end: int) -> Iterator[EnrolledFace]:
        for first in range(start - start % BLOCK, end, BLOCK):
            templates = unit_rows(BLOCK, first)
            for row in range(max(first, start), min(first + BLOCK, end)):
                yield face(row, templates[row - first])


def unit_rows(n: int, seed: int) -> FloatArray:
    """(n, 128), L2-normalised."""
    rows = np.random.default_rng(seed).standard_normal((n, DIMENSION), dtype=np.float32)
    scaled: FloatArray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def face(row: int, template: FloatArray) -> EnrolledFace:
    subject_id = subject_of(row)
    return EnrolledFace(
        image_id=f"{row:016x}",
        subject_id=subject_id,
        uri=f"/synthetic/{subject_id}/{row}.jpg",
        sha256=f"{row:064x}",
        template=template,
        quality=1.0,
        box_xyxy=(0.0, 0.0, 112.0, 112.0),
        thumbnail_jpeg=b"",
    )


def subject_of(row: int) -> str:
    return f"S{5 * (row // 7) + IMAGES_OF_FIVE[row % 7]:09d}"


def subject_ids(n: int) -> Iterator[str]:
    """Of ``n`` faces, each once."""
    return (subject_of(row) for row in range(n) if row % 7 < 5)


def write_gallery(
    home: Path,
    name: str,
    n: int,
    pack_id: str,
    pack_identity: str,
    people: Sequence[EnrolledFace] = (),
    made_with: str = "",
) -> Path:
    """A gallery of ``n`` templates through the product's own writers; its snapshot's folder.

    ``people`` are enrolled besides, one image each: their ids must sort before those made here.
    """
    faces = [*people, *SyntheticFaces(n)] if people else SyntheticFaces(n)
    snapshot_id = f"{len(faces):012x}"
    folder = home / "galleries" / name
    manifest = Manifest(
        name=name,
        snapshot_id=snapshot_id,
        pack_id=pack_id,
        pack_identity=pack_identity,
        dimension=DIMENSION,
        templates=len(faces),
        subjects=sum(1 for _ in _everybody(people, n)),
        refused=0,
        created_utc=datetime(2026, 1, 1, tzinfo=UTC),
        case_ref="benchmark",
        authority="benchmark",
        files={},
        made_with=made_with,
    )
    final = folder / "snapshots" / snapshot_id
    with new_directory(final) as building:
        write_snapshot(building, manifest, faces, (), map(Subject, _everybody(people, n)))
    write_text(folder / "CURRENT", f"{snapshot_id}\n")
    return final


def _everybody(people: Sequence[EnrolledFace], n: int) -> Iterator[str]:
    return chain((face.subject_id for face in people), subject_ids(n))
