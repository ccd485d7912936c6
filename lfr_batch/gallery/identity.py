"""What makes two snapshots the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from lfr_batch.gallery.records import EnrolledFace, FileOutcome, Subject
from lfr_batch.records import FloatArray

ID_DIGITS = 12
Attributes = Sequence[tuple[str, str]]
"""Of a subject, sorted by name."""


def snapshot_identity(
    pack_id: str,
    pack_identity: str,
    faces: Sequence[EnrolledFace],
    refusals: Iterable[FileOutcome],
    subjects: Mapping[str, Subject],
    said: tuple[str, ...] = (),
) -> str:
    """12 hex digits over what was enrolled and with which pack, in any order.

    Covers images, subjects with their attributes, templates and refusals: pictures that were to
    give a template and did not, none of the other files. When, where, for which
    case and from which folder does not matter: the same enrolment keeps its id.
    """
    ordered = sorted(faces, key=lambda face: (face.subject_id, face.image_id))
    rows = (
        (
            f.subject_id,
            f.image_id,
            picture_key(f.sha256, is_measured=f.measured is not None),
            f.template,
        )
        for f in ordered
    )
    people = ((whose, sorted(subjects[whose].attributes.items())) for whose in sorted(subjects))
    return identity_of(pack_id, pack_identity, rows, refusals, people, said)


def identity_of(
    pack_id: str,
    pack_identity: str,
    rows: Iterable[tuple[str, str, str, FloatArray]],
    refusals: Iterable[FileOutcome],
    subjects: Iterable[tuple[str, Attributes]],
    said: tuple[str, ...] = (),
) -> str:
    """As ``snapshot_identity``, of rows (subject, image, ``picture_key``, template) and of subjects
    as they come sorted, without all of them at once."""
    digest = hashlib.sha256(_line("lfr-gallery", 1, pack_id, pack_identity))
    for subject_id, image_id, sha256, template in rows:
        digest.update(_line("face", subject_id, image_id, sha256))
        digest.update(np.ascontiguousarray(template, "<f4").tobytes())
    for refusal in sorted((r.subject_id, PurePath(r.uri).name, r.reason) for r in refusals):
        digest.update(_line("refusal", *refusal))
    for subject_id, attributes in subjects:
        digest.update(_line("subject", subject_id, attributes))
    if said:
        digest.update(_line("said", *said))
    return digest.hexdigest()[:ID_DIGITS]


def said_by_operator(*, accepts_children: bool) -> tuple[str, ...]:
    """What the operator's word adds to the identity. What is answered about ages does not: the same
    enrolment at a terminal and where nobody is asked is one snapshot."""
    return ("children accepted",) if accepts_children else ()


def picture_key(sha256: str, *, is_measured: bool) -> str:
    """What a picture adds to the identity. Whether its quality was measured counts: a gallery of
    before that, enrolled again, is another snapshot, which has it."""
    return f"{sha256} measured" if is_measured else sha256


def _line(*parts: Any) -> bytes:
    return (json.dumps(parts) + "\n").encode()
