"""Which pictures a gallery has already, and what becomes of its rows with new ones. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.gallery.arrow_strings import ArrowStrings
from lfr_batch.gallery.exact_scores import Rows
from lfr_batch.gallery.records import (
    EnrolledFace,
    EnrolmentImage,
    FileOutcome,
    Subject,
    image_id_of,
)

BY_ITS_BOX = "by its box"
"""How the note of a face begins that was chosen so, see ``gallery.chosen_face``."""

MOST_RENAMED = 10_000
"""Rows that get another uri, and are written anew for it. More are a folder that moved: their uris
stay as they are, as where a moved folder is enrolled again."""


@dataclass(frozen=True, slots=True)
class BaseColumns:
    """Of a snapshot, in the order of its rows."""

    subject_ids: Sequence[str]
    image_ids: Sequence[str]
    uris: pa.ChunkedArray
    notes: pa.ChunkedArray

    def __len__(self) -> int:
        return len(self.subject_ids)

    def key(self, row: int) -> tuple[str, str]:
        return self.subject_ids[row], self.image_ids[row]

    def file(self, row: int) -> tuple[str, str]:
        return self.subject_ids[row], self.uris[row].as_py()


@dataclass(frozen=True, slots=True)
class Reused:
    """What a gallery has of the pictures it is given."""

    known: Mapping[int, tuple[str, ...]]
    """Its rows, each with the uris under which the same picture of the subject was given."""
    unknown: tuple[EnrolmentImage, ...]


def find_known(base: BaseColumns, pictures: Iterable[tuple[EnrolmentImage, str | None]]) -> Reused:
    """``pictures`` with the sha256 of their bytes; None where they could not be read.

    A picture with a box, or whose face was chosen by one, is not known: it is looked at again.
    """
    each = list(pictures)
    ids = [image_id_of(image.subject_id, sha256 or "") for image, sha256 in each]
    rows = _rows_of(base.image_ids, ids)
    known: dict[int, list[str]] = {}
    unknown: list[EnrolmentImage] = []
    for (image, sha256), row in zip(each, rows, strict=True):
        if sha256 is None or row is None or not _is_as_it_was(base, row, image):
            unknown.append(image)
        else:
            known.setdefault(row, []).append(image.uri)
    return Reused({row: tuple(uris) for row, uris in known.items()}, tuple(unknown))


def _is_as_it_was(base: BaseColumns, row: int, image: EnrolmentImage) -> bool:
    by_box = image.box_xyxy is not None or base.notes[row].as_py().startswith(BY_ITS_BOX)
    return base.subject_ids[row] == image.subject_id and not by_box


def _rows_of(column: Sequence[str], wanted: list[str]) -> list[int | None]:
    there = column.array if isinstance(column, ArrowStrings) else pa.array(list(column))
    found: list[int | None] = pc.index_in(
        pa.array(wanted, pa.large_string()), there.cast(pa.large_string())
    ).to_pylist()
    return found


@dataclass(frozen=True, slots=True)
class Settling:
    """What becomes of a gallery's rows, and of the new faces."""

    kept: Rows
    """Rows that stay as they are, sorted."""
    renamed: Mapping[int, str]
    """Rows whose picture has another uri now."""
    faces: tuple[EnrolledFace, ...]
    """New ones, and those that take the place of a row of the same subject and image."""
    repeated: tuple[FileOutcome, ...]
    removed: tuple[int, ...]
    """Rows whose picture, and file, are gone."""
    added: int
    changed: int


def settle_rows(
    base: BaseColumns, reused: Reused, examined: Sequence[EnrolledFace], *, is_all: bool
) -> Settling:
    """``examined``: the faces of what was unknown. ``is_all``: rows whose picture was not given go.

    Of the same picture under several uris the first by its uri is enrolled, the others are
    repeated: as if all of them had been enrolled in one go.
    """
    faces, repeated = _once(examined)
    row_of = _replaced(base, faces)
    renamed: dict[int, str] = {}
    for row, given in reused.known.items():
        if row in row_of.values():
            continue
        uri = base.file(row)[1]
        uris = sorted({*given} if is_all else {*given, uri})
        if uris[0] != uri:
            renamed[row] = uris[0]
        repeated += [_repeated(base.subject_ids[row], each, uris[0]) for each in uris[1:]]
    if len(renamed) > MOST_RENAMED:
        renamed = {}
    gone = np.zeros(len(base), np.bool_)
    if is_all:
        gone[:] = True
        gone[list(reused.known)] = False
    gone[list(row_of.values())] = False
    leaves = gone.copy()
    leaves[[*renamed, *row_of.values()]] = True
    files = {base.file(row): row for row in np.flatnonzero(gone).tolist()}
    other_bytes = {
        files[face.subject_id, face.uri] for face in faces if (face.subject_id, face.uri) in files
    }
    changed = len(renamed) + len(row_of) + len(other_bytes)
    return Settling(
        kept=np.flatnonzero(~leaves),
        renamed=renamed,
        faces=tuple(faces),
        repeated=tuple(repeated),
        removed=tuple(row for row in files.values() if row not in other_bytes),
        added=len(faces) - len(row_of) - len(other_bytes),
        changed=changed,
    )


def _once(examined: Sequence[EnrolledFace]) -> tuple[list[EnrolledFace], list[FileOutcome]]:
    first: dict[tuple[str, str], EnrolledFace] = {}
    repeated: list[FileOutcome] = []
    for face in sorted(examined, key=lambda face: (face.subject_id, face.uri)):
        kept = first.setdefault((face.subject_id, face.image_id), face)
        if kept is not face:
            repeated.append(_repeated(face.subject_id, face.uri, kept.uri))
    return list(first.values()), repeated


def _repeated(subject_id: str, uri: str, kept: str) -> FileOutcome:
    return FileOutcome(subject_id, uri, f"the same picture: {kept}", "repeated")


def _replaced(base: BaseColumns, faces: Sequence[EnrolledFace]) -> dict[tuple[str, str], int]:
    """Rows of the base that are of a face's subject and image."""
    rows = _rows_of(base.image_ids, [face.image_id for face in faces])
    keys = [(face.subject_id, face.image_id) for face in faces]
    return {
        key: row
        for key, row in zip(keys, rows, strict=True)
        if row is not None and base.key(row) == key
    }


def renamed_faces(faces: Iterable[EnrolledFace], uris: Sequence[str]) -> list[EnrolledFace]:
    return [replace(face, uri=uri) for face, uri in zip(faces, uris, strict=True)]


def outcomes_after(
    before: Iterable[FileOutcome], listed: Iterable[str], now: Iterable[FileOutcome]
) -> list[FileOutcome]:
    """What became of the files of ``before``, but of those that are ``listed`` again, and ``now``;
    sorted as an enrolment has them."""
    anew = frozenset(listed)
    stays = [outcome for outcome in before if outcome.uri not in anew]
    return sorted({*stays, *now}, key=lambda file: (file.subject_id, file.uri, file.reason))


def subjects_with(
    given: Mapping[str, Subject], before: Mapping[str, Subject]
) -> dict[str, Subject]:
    """The subjects that are new, or of whom something is said anew: it takes the place of what was
    said before, column by column."""
    with_both = {
        subject_id: Subject(
            subject_id, {**_attributes(before.get(subject_id)), **subject.attributes}
        )
        for subject_id, subject in given.items()
    }
    return {
        subject_id: subject
        for subject_id, subject in with_both.items()
        if before.get(subject_id) != subject
    }


def _attributes(subject: Subject | None) -> Mapping[str, str]:
    return {} if subject is None else subject.attributes
