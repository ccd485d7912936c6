"""What makes two snapshots the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from lfr_batch.gallery.records import EnrolledFace, FileOutcome, Subject

ID_DIGITS = 12


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
    digest = hashlib.sha256(_line("lfr-gallery", 1, pack_id, pack_identity))
    for face in sorted(faces, key=lambda face: (face.subject_id, face.image_id)):
        digest.update(_line("face", face.subject_id, face.image_id, face.sha256))
        digest.update(np.ascontiguousarray(face.template, "<f4").tobytes())
    for refusal in sorted((r.subject_id, PurePath(r.uri).name, r.reason) for r in refusals):
        digest.update(_line("refusal", *refusal))
    for subject_id in sorted(subjects):
        attributes = sorted(subjects[subject_id].attributes.items())
        digest.update(_line("subject", subject_id, attributes))
    return digest.hexdigest()[:ID_DIGITS]


def _line(*parts: Any) -> bytes:
    return (json.dumps(parts) + "\n").encode()
