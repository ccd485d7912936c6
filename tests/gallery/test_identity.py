"""A snapshot's id is of what was enrolled, not of when, where or in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lfr_batch.gallery.identity import ID_DIGITS, snapshot_identity
from lfr_batch.gallery.records import EnrolledFace, FileOutcome, Subject


def face(subject: str, number: int) -> EnrolledFace:
    template = np.zeros(4, np.float32)
    template[number] = 1
    image = f"{subject}-{number}"
    return EnrolledFace(image, subject, f"/a/{image}.jpg", f"{number:064x}", template, 0.5,
                        (0.0, 0.0, 9.0, 9.0), b"thumbnail")  # fmt: skip


FACES = [face("S1", 0), face("S1", 1), face("S2", 2)]
REFUSALS = [FileOutcome("S2", "/a/dark.jpg", "no face")]
SUBJECTS = {"S1": Subject("S1", {"name": "A", "born": "1990"}), "S2": Subject("S2")}


def identity(
    faces: list[EnrolledFace] = FACES,
    refusals: list[FileOutcome] = REFUSALS,
    subjects: dict[str, Subject] = SUBJECTS,
    pack: tuple[str, str] = ("open", "1"),
) -> str:
    return snapshot_identity(*pack, faces, refusals, subjects)


def test_it_is_twelve_digits() -> None:
    assert len(identity()) == ID_DIGITS
    int(identity(), 16)


@pytest.mark.parametrize(
    "again",
    [
        lambda: identity(FACES[::-1]),
        lambda: identity([replace(each, uri="/b/x.jpg", quality=0.9) for each in FACES]),
        lambda: identity(refusals=[replace(REFUSALS[0], uri="/elsewhere/dark.jpg")]),
        lambda: identity(subjects=dict(reversed(SUBJECTS.items()))),
        lambda: identity(subjects={**SUBJECTS, "S1": Subject("S1", {"born": "1990", "name": "A"})}),
    ],
    ids=["order", "folder", "folder of a refusal", "order of subjects", "order of columns"],
)
def test_the_same_enrolment_keeps_its_id(again: Callable[[], str]) -> None:
    assert again() == identity()


@pytest.mark.parametrize(
    "other",
    [
        lambda: identity(FACES[:2]),
        lambda: identity([replace(FACES[0], sha256="f" * 64), *FACES[1:]]),
        lambda: identity([replace(FACES[0], template=FACES[1].template), *FACES[1:]]),
        lambda: identity([replace(FACES[0], subject_id="S2"), *FACES[1:]]),
        lambda: identity(refusals=[]),
        lambda: identity(refusals=[replace(REFUSALS[0], reason="too dark")]),
        lambda: identity(subjects={"S1": SUBJECTS["S1"]}),
        lambda: identity(subjects={**SUBJECTS, "S2": Subject("S2", {"name": "B"})}),
        lambda: identity(pack=("open", "2")),
        lambda: identity(pack=("other", "1")),
    ],
    ids=["face", "picture", "template", "whose", "refusal", "reason", "subject", "column",
         "model", "pack"],
)  # fmt: skip
def test_another_enrolment_has_another(other: Callable[[], str]) -> None:
    assert other() != identity()
