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
) -> str:
    """12 hex digits over what was enrolled and with which pack, in any order.

    Covers images, subjects with their attributes, templates and refusals: pictures that were to
    give a template and did not, none of the other files. When, where, for which
    case and from which folder does not matter: the same enrolment keeps its id.
    """
    ordered = sorted(faces, key=lambda face: (face.subject_id, face.image_id))
    rows = ((f.subject_id, f.image_id, f.sha256, f.template) for f in ordered)
    people = ((whose, sorted(subjects[whose].attributes.items())) for whose in sorted(subjects))
    return identity_of(pack_id, pack_identity, rows, refusals, people)


def identity_of(
    pack_id: str,
    pack_identity: str,
    rows: Iterable[tuple[str, str, str, FloatArray]],
    refusals: Iterable[FileOutcome],
    subjects: Iterable[tuple[str, Attributes]],
) -> str:
    """As ``snapshot_identity``, of rows (subject, image, sha256, template) and of subjects as they
    come sorted, without all of them at once."""
    digest = hashlib.sha256(_line("lfr-gallery", 1, pack_id, pack_identity))
    for subject_id, image_id, sha256, template in rows:
        digest.update(_line("face", subject_id, image_id, sha256))
        digest.update(np.ascontiguousarray(template, "<f4").tobytes())
    for refusal in sorted((r.subject_id, PurePath(r.uri).name, r.reason) for r in refusals):
        digest.update(_line("refusal", *refusal))
    for subject_id, attributes in subjects:
        digest.update(_line("subject", subject_id, attributes))
    return digest.hexdigest()[:ID_DIGITS]


def _line(*parts: Any) -> bytes:
    return (json.dumps(parts) + "\n").encode()
