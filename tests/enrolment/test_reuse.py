"""Which pictures are known, and what becomes of a gallery's rows."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from lfr_batch.enrolment import reuse
from lfr_batch.enrolment.made_with import differing
from lfr_batch.enrolment.reuse import (
    BaseColumns,
    Reused,
    find_known,
    outcomes_after,
    settle_rows,
    subjects_with,
)
from lfr_batch.gallery.records import EnrolledFace, EnrolmentImage, FileOutcome, Subject
from tests.gallery.conftest import people_of

ROWS = sorted(people_of({"S1": 2, "S2": 1}), key=lambda face: (face.subject_id, face.image_id))
ONE, TWO, THREE = ROWS
NEW = people_of({"S4": 1})[0]


def columns(rows: list[EnrolledFace], notes: tuple[str, ...] = ("", "", "")) -> BaseColumns:
    return BaseColumns(
        [face.subject_id for face in rows],
        [face.image_id for face in rows],
        pa.chunked_array([[face.uri for face in rows]]),
        pa.chunked_array([[*notes]]),
    )


def image(face: EnrolledFace, **changed: Any) -> EnrolmentImage:
    return replace(EnrolmentImage(face.subject_id, face.uri), **changed)


OTHER = hashlib.sha256(b"other bytes").hexdigest()


@pytest.mark.parametrize(
    ("picture", "sha256", "notes", "row"),
    [
        (image(ONE), ONE.sha256, ("", "", ""), 0),
        (image(ONE, uri="/elsewhere.jpg"), ONE.sha256, ("", "", ""), 0),
        (image(ONE), OTHER, ("", "", ""), None),
        (image(ONE), None, ("", "", ""), None),
        (image(ONE, subject_id="S2"), ONE.sha256, ("", "", ""), None),
        (image(ONE, box_xyxy=(0.0, 0.0, 9.0, 9.0)), ONE.sha256, ("", "", ""), None),
        (image(ONE), ONE.sha256, ("by its box; 1 other face", "", ""), None),
        (image(ONE), ONE.sha256, ("1 other face: 20% of its size", "", ""), 0),
    ],
)
def test_known_are_the_same_bytes_of_the_same_subject_without_a_box(
    picture: EnrolmentImage, sha256: str | None, notes: tuple[str, ...], row: int | None
) -> None:
    found = find_known(columns(ROWS, notes), [(picture, sha256)])
    known = {} if row is None else {row: (picture.uri,)}
    assert found == Reused(known, () if row is not None else (picture,))


@pytest.mark.parametrize(
    ("known", "examined", "is_all", "said"),
    [
        ({}, [NEW], False, {"kept": [0, 1, 2], "counts": (1, 0, 0)}),
        ({0: (ONE.uri,)}, [NEW], True, {"kept": [0], "counts": (1, 0, 2)}),
        ({0: ("/zzz",)}, [], False, {"kept": [0, 1, 2], "counts": (0, 0, 0), "repeated": ["/zzz"]}),
        ({0: ("/zzz",)}, [], True, {"kept": [], "renamed": {0: "/zzz"}, "counts": (0, 1, 2)}),
        (
            {0: ("/aaa",)},
            [],
            False,
            {"kept": [1, 2], "renamed": {0: "/aaa"}, "counts": (0, 1, 0), "repeated": [ONE.uri]},
        ),
        ({}, [replace(ONE, quality=0.5)], False, {"kept": [1, 2], "counts": (0, 1, 0)}),
        (
            {1: (TWO.uri,), 2: (THREE.uri,)},
            [replace(NEW, subject_id="S1", uri=ONE.uri)],
            True,
            {"kept": [1, 2], "counts": (0, 1, 0)},
        ),
        (
            {},
            [NEW, replace(NEW, uri="/zzz")],
            False,
            {"kept": [0, 1, 2], "counts": (1, 0, 0), "repeated": ["/zzz"]},
        ),
    ],
    ids=[
        "new",
        "gone",
        "again",
        "moved",
        "a first name",
        "looked at again",
        "other bytes",
        "twice",
    ],
)
def test_what_becomes_of_the_rows(
    known: dict[int, tuple[str, ...]],
    examined: list[EnrolledFace],
    is_all: bool,
    said: dict[str, Any],
) -> None:
    settled = settle_rows(columns(ROWS), Reused(known, ()), examined, is_all=is_all)
    assert settled.kept.tolist() == said["kept"]
    assert settled.renamed == said.get("renamed", {})
    assert (settled.added, settled.changed, len(settled.removed)) == said["counts"]
    assert [outcome.uri for outcome in settled.repeated] == said.get("repeated", [])


def test_a_folder_that_moved_changes_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = {row: (f"/moved/{row}",) for row in range(3)}
    settled = settle_rows(columns(ROWS), Reused(moved, ()), (), is_all=True)
    assert (settled.changed, len(settled.renamed)) == (3, 3)
    monkeypatch.setattr(reuse, "MOST_RENAMED", 2)
    settled = settle_rows(columns(ROWS), Reused(moved, ()), (), is_all=True)
    assert (settled.changed, settled.kept.tolist()) == (0, [0, 1, 2])


def test_what_is_listed_again_has_the_outcome_of_now() -> None:
    before = [FileOutcome("S1", "/a", "no face found"), FileOutcome("S1", "/b", "no face found")]
    now = [FileOutcome("S1", "/c", "no face found")]
    assert outcomes_after(before, ["/b"], now) == [before[0], now[0]]


def test_what_is_said_anew_takes_the_place_column_by_column() -> None:
    before = {"S1": Subject("S1", {"sex": "F", "age": "30"}), "S2": Subject("S2", {"sex": "M"})}
    given = {"S1": Subject("S1", {"age": "31"}), "S2": Subject("S2"), "S3": Subject("S3")}
    assert subjects_with(given, before) == {
        "S1": Subject("S1", {"sex": "F", "age": "31"}),
        "S3": Subject("S3"),
    }


@pytest.mark.parametrize(
    ("before", "now", "names"),
    [
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 2}', []),
        ('{"a": 1, "b": 2}', '{"a": 1, "b": 3, "c": 4}', ["b", "c"]),
        ("", '{"a": 1}', ["a"]),
    ],
)
def test_which_settings_differ(before: str, now: str, names: list[str]) -> None:
    assert differing(before, now) == names
