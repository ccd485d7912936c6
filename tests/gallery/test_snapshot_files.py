from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lfr_batch.errors import GalleryDamaged, GalleryError
from lfr_batch.gallery import parquet_tables as tables
from lfr_batch.gallery import snapshot_files
from lfr_batch.gallery.arrow_strings import ArrowStrings
from lfr_batch.gallery.manifest import FORMAT_VERSION, Manifest, to_json
from lfr_batch.gallery.records import EnrolledFace, FileOutcome, Subject
from lfr_batch.gallery.snapshot_files import (
    IDS,
    INDEX,
    MANIFEST,
    REFUSALS,
    SUBJECTS,
    TEMPLATES,
    dimension_of,
    files_of,
    ids_of,
    map_templates,
    parts_of,
    read_columns,
    read_faces,
    read_faces_at,
    read_manifest,
    read_outcomes,
    stacked_templates,
    verify_files,
    write_snapshot,
)
from tests.gallery.conftest import CREATED, DIMENSION
from tests.gallery.published import everything_below

ID = "0123456789ab"
REFUSED = (FileOutcome("S4", "/custody/S4/a.jpg", "no face"),)
SUBJECT = Subject("S1", {"sex": "F"})


def written(folder: Path, faces: Sequence[EnrolledFace]) -> Path:
    manifest = Manifest(
        name="custody",
        snapshot_id=ID,
        pack_id="open",
        pack_identity="f" * 64,
        dimension=DIMENSION,
        templates=len(faces),
        subjects=len({face.subject_id for face in faces}),
        refused=len(REFUSED),
        created_utc=CREATED,
        case_ref="OP-1",
        authority="Insp. A",
        files={},
    )
    folder.mkdir(parents=True)
    write_snapshot(folder, manifest, faces, REFUSED, [SUBJECT])
    return folder


@pytest.fixture
def folder(tmp_path: Path, people: Any) -> Path:
    return written(tmp_path / ID, people)


def test_row_for_row_what_was_written_is_read(folder: Path, people: Any) -> None:
    manifest = read_manifest(folder)
    assert set(manifest.files) == {TEMPLATES, SUBJECTS, REFUSALS, INDEX, IDS}
    verify_files(files_of(folder, manifest))
    of_before = manifest.model_copy(
        update={"files": {name: e for name, e in manifest.files.items() if name != IDS}}
    )
    for each in (manifest, of_before):
        subjects, images = ids_of(folder, each)
        assert tuple(subjects) == tuple(face.subject_id for face in people)
        assert tuple(images) == tuple(face.image_id for face in people)
    templates = map_templates(folder, manifest)
    assert np.array_equal(templates, np.stack([face.template for face in people]))
    assert dict(read_columns(folder / SUBJECTS, ("subject_id",))) == {"subject_id": ("S1",)}
    wanted = people[2]
    columns = ("image_id", "thumbnail_jpeg", "note")
    parts = parts_of(folder, manifest)
    one = read_faces_at(parts, np.array([2]), columns).to_pylist()
    assert one == [dict(zip(columns, (wanted.image_id, wanted.thumbnail_jpeg, ""), strict=True))]
    every = read_faces(parts, np.arange(len(people)), ("sha256",))
    assert every["sha256"].to_pylist() == [face.sha256 for face in people]
    assert tuple(read_outcomes(folder)) == REFUSED


def test_the_same_content_is_the_same_bytes(folder: Path, tmp_path: Path, people: Any) -> None:
    again = written(tmp_path / "again" / ID, people)
    assert everything_below(again) == everything_below(folder)


@pytest.mark.parametrize(
    ("length", "said"), [(0.5, r"has length 0\.5"), (float("nan"), "has length nan")]
)
def test_a_template_that_is_not_of_unit_length_is_refused(
    people: Any, length: float, said: str
) -> None:
    """By the name of its picture, wherever it stands."""
    wrong = replace(people[4], template=people[4].template / np.float32(1 / length))
    with pytest.raises(ValueError, match=f"template of {wrong.uri} {said}"):
        list(stacked_templates([*people[:4], wrong, *people[5:]]))


def test_templates_are_stacked_in_blocks(people: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_files, "ROWS_AT_ONCE", 4)
    blocks = list(stacked_templates(people))
    assert [block.shape for block in blocks] == [(4, DIMENSION), (2, DIMENSION)]
    assert np.array_equal(np.concatenate(blocks), np.stack([face.template for face in people]))


def test_templates_have_one_dimension(
    people: Any, make_face: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dimension_of(people) == DIMENSION
    monkeypatch.setattr(snapshot_files, "ROWS_AT_ONCE", len(people))
    short = make_face("S9", "short", np.ones(64, np.float32))
    with pytest.raises(ValueError, match=rf"have \[64, {DIMENSION}\] numbers"):
        dimension_of([*people, short])


def test_ids_are_mapped_and_not_held(tmp_path: Path) -> None:
    ids = ArrowStrings(pa.chunked_array([[f"{number:016x}" for number in range(100_000)]]))
    tables.write_mappable(tmp_path / IDS, {"subject_id": ids, "image_id": ids})
    before = pa.total_allocated_bytes()
    subjects, images = tables.map_strings(tmp_path / IDS, ("subject_id", "image_id"))
    assert pa.total_allocated_bytes() - before < 100_000
    assert (subjects[99_999], images[7], len(images)) == (f"{99_999:016x}", f"{7:016x}", 100_000)


@pytest.mark.parametrize("file", [TEMPLATES, SUBJECTS, REFUSALS, INDEX, IDS])
@pytest.mark.parametrize("same_size", [True, False])
def test_an_altered_file_is_named(folder: Path, file: str, same_size: bool) -> None:
    path, manifest = folder / file, read_manifest(folder)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if same_size else content[:-1])
    with pytest.raises(GalleryDamaged, match=f"{file} is not the file that was written"):
        verify_files(files_of(folder, manifest))


def _manifest_of_another(folder: Path) -> str:
    return to_json(read_manifest(folder).model_copy(update={"snapshot_id": "ba9876543210"}))


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (lambda _: "{", GalleryDamaged, "is damaged"),
        (lambda _: "[]", GalleryDamaged, "not a JSON object"),
        (
            lambda _: f'{{"format_version": {FORMAT_VERSION + 1}}}',
            GalleryError,
            "written by a newer version",
        ),
        (_manifest_of_another, GalleryDamaged, "is that of snapshot ba9876543210"),
    ],
    ids=["cut off", "another thing", "newer", "another's"],
)
def test_a_manifest_that_cannot_be_used_says_why(
    folder: Path, text: Callable[[Path], str], kind: type[GalleryError], said: str
) -> None:
    (folder / MANIFEST).write_text(text(folder))
    with pytest.raises(GalleryError, match=said) as caught:
        read_manifest(folder)
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("file", "read"),
    [
        (MANIFEST, read_manifest),
        (IDS, lambda folder: ids_of(folder, read_manifest(folder))),
        (
            TEMPLATES,
            lambda folder: read_faces(parts_of(folder, read_manifest(folder)), None, ("uri",)),
        ),
        (SUBJECTS, lambda folder: read_columns(folder / SUBJECTS, ("subject_id",))),
        (REFUSALS, read_outcomes),
        (INDEX, lambda folder: map_templates(folder, read_manifest(folder))),
        (INDEX, lambda folder: verify_files(files_of(folder, read_manifest(folder)))),
    ],
)
def test_a_file_that_is_gone_is_damage_with_a_way_out(
    folder: Path, file: str, read: Callable[[Path], object]
) -> None:
    (folder / file).unlink()
    said = f"{file} cannot be read.*; enrol the gallery again or restore it from a copy"
    with pytest.raises(GalleryDamaged, match=said):
        read(folder)
