"""What a picture is worth is stored with its template, in every kind of snapshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from lfr_batch.gallery import removal
from lfr_batch.gallery.new_pairs import base_faces
from lfr_batch.gallery.parquet_tables import read_faces, write_templates
from lfr_batch.gallery.quality_columns import AGE, ALWAYS, COLUMNS, TAKEN, numbers
from lfr_batch.gallery.records import EnrolledFace, Snapshot, SnapshotContent
from lfr_batch.gallery.snapshot_files import read_faces as faces_of
from lfr_batch.gallery.store import load_snapshot, publish_snapshot
from tests.faces.test_quality_components import FINE
from tests.gallery.conftest import CREATED, MakePeople, Publish
from tests.gallery.grown import grow


def measured(faces: list[EnrolledFace]) -> list[EnrolledFace]:
    return [
        replace(face, measured=replace(FINE, sharpness=5.0 + i), taken="2019-05-04", age_y=30.0 + i)
        for i, face in enumerate(faces)
    ]


def sharpness_by_uri(snapshot: Snapshot) -> dict[str, float | None]:
    table = faces_of(snapshot.parts, snapshot.places, ("uri", "sharpness"))
    return dict(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_it_is_read_back_row_by_row(people: list[EnrolledFace], tmp_path: Path) -> None:
    faces = measured(people)
    write_templates(tmp_path / "t.parquet", faces)
    table = read_faces(tmp_path / "t.parquet", COLUMNS)
    assert numbers(table["sharpness"]).tolist() == [5.0 + i for i in range(len(faces))]
    assert set(table[TAKEN].to_pylist()) == {"2019-05-04"}
    assert numbers(table[AGE])[1] == 31.0


def test_a_file_of_before_says_that_nothing_was_measured(
    people: list[EnrolledFace], tmp_path: Path
) -> None:
    write_templates(tmp_path / "t.parquet", people)
    old = pq.read_table(tmp_path / "t.parquet").drop_columns(list(COLUMNS))
    pq.write_table(old, tmp_path / "old.parquet")
    table = read_faces(tmp_path / "old.parquet", ("uri", *COLUMNS))
    assert np.isnan(numbers(table[ALWAYS])).all()
    assert set(table[TAKEN].to_pylist()) == {""}
    assert table["uri"].to_pylist() == [face.uri for face in people]


def test_faces_that_are_taken_over_keep_it(people: list[EnrolledFace], publish: Publish,
                                           tmp_path: Path) -> None:  # fmt: skip
    faces = measured(people)
    publish(faces)
    snapshot = load_snapshot(tmp_path, "custody")
    by_uri = {face.uri: face for face in faces}
    for face in base_faces(snapshot, np.arange(len(faces))):
        assert face.measured is not None
        assert face.measured.sharpness == by_uri[face.uri].measured.sharpness  # type: ignore[union-attr]
        assert (face.taken, face.age_y) == ("2019-05-04", by_uri[face.uri].age_y)


def test_a_gallery_that_grows_has_both(
    people: list[EnrolledFace], publish: Publish, make_people: MakePeople, tmp_path: Path
) -> None:
    publish(people)  # by a version that measured nothing
    new = measured(make_people({"S9": 2}))
    grow(tmp_path, new)
    found = sharpness_by_uri(load_snapshot(tmp_path, "custody"))
    assert found == {
        **{face.uri: None for face in people},
        **{face.uri: pytest.approx(5.0 + i) for i, face in enumerate(new)},
    }


def test_who_is_removed_leaves_none_of_it(
    people: list[EnrolledFace], publish: Publish, tmp_path: Path
) -> None:
    publish(measured(people))
    info = removal.publish_without(tmp_path, "custody", ["S1"], "OP-3", "Insp. C", CREATED)
    first = [path.name for path in (tmp_path / "galleries/custody/snapshots").iterdir()]
    removal.drop_snapshots(tmp_path, "custody", set(first) - {info.snapshot_id})
    removal.tidy(tmp_path, "custody")
    left = sharpness_by_uri(load_snapshot(tmp_path, "custody"))
    assert left == {
        face.uri: face.measured.sharpness  # type: ignore[union-attr]
        for face in measured(people)
        if face.subject_id != "S1"
    }
    for path in tmp_path.rglob("*.parquet"):
        assert b"/custody/S1/" not in path.read_bytes()


def test_measured_anew_it_is_another_snapshot(
    people: list[EnrolledFace], publish: Publish, make_people: MakePeople, tmp_path: Path
) -> None:
    before, now = publish(people), publish(measured(people))
    assert before.snapshot_id != now.snapshot_id
    assert publish(measured(people)).snapshot_id == now.snapshot_id
    more = measured(make_people({"S9": 2}))
    grown = grow(tmp_path, more)
    assert grown.snapshot_id == publish([*measured(people), *more]).snapshot_id


def test_only_that_children_are_accepted_makes_it_another_snapshot(
    people: list[EnrolledFace], tmp_path: Path
) -> None:
    plain = SnapshotContent("open", "f" * 64, people, (), {}, "OP-1", "Insp. A", CREATED)
    later = replace(plain, created_utc=CREATED + timedelta(days=1))
    unsaid = publish_snapshot(tmp_path, "custody", replace(plain, ages="not stated"))
    adults = publish_snapshot(tmp_path, "custody", replace(later, ages="adults"))
    accepting = publish_snapshot(tmp_path, "custody", replace(plain, accepts_children=True))
    assert adults.snapshot_id == unsaid.snapshot_id != accepting.snapshot_id
    assert publish_snapshot(tmp_path, "custody", plain).snapshot_id == unsaid.snapshot_id
    snapshot = load_snapshot(tmp_path, "custody", adults.snapshot_id)
    assert (snapshot.ages, snapshot.accepts_children) == ("adults", False)
    assert load_snapshot(tmp_path, "custody", accepting.snapshot_id).accepts_children
