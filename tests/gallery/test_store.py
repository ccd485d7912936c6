from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

import lfr_batch
from lfr_batch.errors import (
    GalleryEmpty,
    GalleryMismatch,
    GalleryNotFound,
    StoreError,
    UsageError,
)
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.records import FileOutcome, SnapshotInfo, Subject
from lfr_batch.gallery.store import (
    list_galleries,
    list_snapshots,
    load_snapshot,
    read_outcomes,
    read_subjects,
    read_subjects_of,
    read_thumbnails,
    require_pack,
    verify_snapshot,
)
from tests.gallery.published import FILES, everything_below

PUBLISHER = str(Path(__file__).with_name("publisher.py"))
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(lfr_batch.__file__).parents[1])}


def run_publisher(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, PUBLISHER, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=ENVIRONMENT,
    )
    return done.stdout.splitlines()


def test_what_was_published_is_what_is_loaded(tmp_path: Path, people: Any, publish: Any) -> None:
    not_enrolled = (
        FileOutcome("S4", "/custody/S4/a.jpg", "no face"),
        FileOutcome("S4", "/custody/S4/b.jpg", "2 faces of like size", "look at"),
        FileOutcome("", "/custody/Thumbs.db", "text file", "not a picture"),
    )
    people[0] = replace(people[0], note="1 other face")
    subjects = {"S1": Subject("S1", {"sex": "F", "age": "31"}), "S4": Subject("S4")}
    info = publish(people[::-1], not_enrolled=not_enrolled, subjects=subjects)
    assert (info.templates, info.subjects, info.refused) == (6, 3, 2)
    assert (info.pack_id, info.case_ref, info.authority) == ("open", "OP-1", "Insp. A")
    snapshot = load_snapshot(tmp_path, "custody")
    assert snapshot.snapshot_id == info.snapshot_id
    assert snapshot.created_utc == info.created_utc
    assert tuple(snapshot.subject_ids) == ("S1", "S1", "S1", "S2", "S2", "S3")
    ordered = sorted(people, key=lambda face: (face.subject_id, face.image_id))
    assert tuple(snapshot.image_ids) == tuple(face.image_id for face in ordered)
    assert np.array_equal(snapshot.templates, np.stack([face.template for face in ordered]))
    enrolled = [FileOutcome(f.subject_id, f.uri, f.note, "enrolled") for f in people]
    by_uri = sorted([*enrolled, *not_enrolled], key=lambda file: file.uri)
    assert read_outcomes(snapshot) == by_uri
    assert read_subjects(snapshot) == {
        **subjects,
        "S2": Subject("S2"),
        "S3": Subject("S3"),
    }
    face = people[2]
    assert read_thumbnails(snapshot, [face.image_id, "unknown"]) == {
        face.image_id: face.thumbnail_jpeg
    }


@pytest.mark.parametrize("asked", [(), ("S1",), ("S00042", "S05000", "nobody"), ("S1", "S4")])
def test_the_subjects_asked_for_alone(
    tmp_path: Path, people: Any, publish: Any, asked: tuple[str, ...]
) -> None:
    subjects = {f"S{n:05d}": Subject(f"S{n:05d}", {"n": str(n)}) for n in range(10_000)}
    publish(people, subjects={**subjects, "S1": Subject("S1", {"sex": "F", "age": "31"})})
    snapshot = load_snapshot(tmp_path, "custody")
    everybody = read_subjects(snapshot)
    assert read_subjects_of(snapshot, asked) == {
        subject_id: everybody[subject_id] for subject_id in asked if subject_id in everybody
    }


def test_the_parquet_files_open_elsewhere(people: Any, publish: Any) -> None:
    path = publish(people).path
    query = (
        f"SELECT subject_id, count(*), min(len(template)) FROM '{path}/templates.parquet' "
        "GROUP BY 1 ORDER BY 1"
    )
    assert duckdb.connect().execute(query).fetchall() == [
        ("S1", 3, 128),
        ("S2", 2, 128),
        ("S3", 1, 128),
    ]


def test_the_same_enrolment_twice_changes_nothing(
    tmp_path: Path, people: Any, publish: Any
) -> None:
    first = publish(people)
    before = everything_below(tmp_path)
    again = publish(people[::-1], case_ref="OP-2")
    assert again == first, "the snapshot keeps the case of its first enrolment"
    assert everything_below(tmp_path) == before


def test_the_same_enrolment_later_confirms_the_snapshot(
    tmp_path: Path, people: Any, publish: Any
) -> None:
    first = publish(people)
    assert first.enrolled_utc == first.created_utc
    kept = everything_below(first.path)
    later = first.created_utc + timedelta(hours=30)
    again = publish(people, created_utc=later, case_ref="OP-2")
    assert again == replace(first, enrolled_utc=later)
    assert everything_below(first.path) == kept
    assert publish(people) == again, "a clock that was put back makes it no older"
    snapshot = load_snapshot(tmp_path, "custody")
    assert (snapshot.created_utc, snapshot.enrolled_utc) == (first.created_utc, later)
    other = publish(people[1:])
    assert other.enrolled_utc == other.created_utc
    assert load_snapshot(tmp_path, "custody", first.snapshot_id).enrolled_utc == later
    assert publish(people, created_utc=later).enrolled_utc == later
    assert list_galleries(tmp_path)[0].enrolled_utc == later


@pytest.mark.parametrize("text", ["", "{}", '{"enrolled_utc": "yesterday"}', "\x00"])
def test_a_confirmation_that_cannot_be_read_makes_nothing_younger(
    tmp_path: Path, people: Any, publish: Any, text: str
) -> None:
    later = publish(people).created_utc + timedelta(hours=30)
    publish(people, created_utc=later)
    (noted,) = (tmp_path / "galleries" / "custody" / "confirmed").iterdir()
    noted.write_text(text)
    snapshot = load_snapshot(tmp_path, "custody")
    assert snapshot.enrolled_utc == snapshot.created_utc
    assert publish(people, created_utc=later).enrolled_utc == later


@pytest.mark.parametrize("change", ["face", "template", "subject", "attribute", "refusal", "pack"])
def test_another_enrolment_is_another_snapshot(
    tmp_path: Path, people: Any, publish: Any, make_face: Any, change: str
) -> None:
    old = publish(people)
    kept = everything_below(old.path)
    changes: dict[str, Callable[[], SnapshotInfo]] = {
        "face": lambda: publish(people[1:]),
        "template": lambda: publish([replace(people[0], template=people[1].template), *people[1:]]),
        "subject": lambda: publish([replace(people[0], subject_id="S9"), *people[1:]]),
        "attribute": lambda: publish(people, subjects={"S1": Subject("S1", {"sex": "F"})}),
        "refusal": lambda: publish(people, not_enrolled=(FileOutcome("S1", "/b.jpg", "no face"),)),
        "pack": lambda: publish(people, pack_identity="e" * 64),
    }
    changed = changes[change]()
    assert changed.snapshot_id != old.snapshot_id
    assert load_snapshot(tmp_path, "custody").snapshot_id == changed.snapshot_id
    assert everything_below(old.path) == kept
    assert load_snapshot(tmp_path, "custody", old.snapshot_id).subject_ids
    assert {i.snapshot_id for i in list_snapshots(tmp_path, "custody")} == {
        old.snapshot_id,
        changed.snapshot_id,
    }


def test_files_beside_the_pictures_make_no_other_snapshot(people: Any, publish: Any) -> None:
    beside = (
        FileOutcome("", "/custody/Thumbs.db", "file of Windows or Office", "not a picture"),
        FileOutcome("", "/custody/x.jpg", "--exclude x*", "excluded"),
        FileOutcome("S1", "/custody/y.jpg", "the same picture: /custody/z.jpg", "repeated"),
    )
    assert publish(people, not_enrolled=beside).snapshot_id == publish(people).snapshot_id


def test_a_picture_to_look_at_makes_another_snapshot(people: Any, publish: Any) -> None:
    open_one = (
        FileOutcome("S1", "/b.jpg", "2 faces of like size: at 1,2,3,4 and 5,6,7,8", "look at"),
    )
    assert publish(people, not_enrolled=open_one).snapshot_id != publish(people).snapshot_id


def test_outcomes_as_the_first_version_wrote_them(people: Any, publish: Any) -> None:
    """0.1.0 knew refused pictures only, and no notes."""
    snapshot_info = publish(people, not_enrolled=(FileOutcome("S1", "/b.jpg", "no face found"),))
    for name, newer in (("refusals.parquet", "outcome"), ("templates.parquet", "note")):
        path = snapshot_info.path / name
        table = pq.read_table(path)
        pq.write_table(table.drop_columns([newer]), path)
    snapshot = load_snapshot(snapshot_info.path.parents[3], "custody", verify=False)
    outcomes = {(o.uri, o.outcome, o.reason) for o in read_outcomes(snapshot)}
    assert outcomes == {
        ("/b.jpg", "refused", "no face found"),
        *((face.uri, "enrolled", "") for face in people),
    }


def test_a_moved_folder_of_pictures_is_the_same_enrolment(people: Any, publish: Any) -> None:
    moved = [replace(face, uri=face.uri.replace("/custody", "/archive")) for face in people]
    assert publish(moved).snapshot_id == publish(people).snapshot_id


def test_nothing_enrolled(tmp_path: Path, publish: Any) -> None:
    refusals = tuple(FileOutcome("S", f"/{n}", "no face" if n else "too small") for n in range(3))
    beside = FileOutcome("", "/notes.txt", "text file", "not a picture")
    with pytest.raises(GalleryEmpty, match=r"none of the pictures .*no face: 2; too small: 1"):
        publish([], not_enrolled=(*refusals, beside))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a b", "-x", "x" * 65, "é", "a\n"])
def test_names_that_are_no_file_names(tmp_path: Path, people: Any, publish: Any, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a gallery"):
        publish(people, name=name)
    with pytest.raises(UsageError, match="cannot name a gallery"):
        load_snapshot(tmp_path, name)


def test_unknown_gallery(tmp_path: Path, people: Any, publish: Any) -> None:
    with pytest.raises(GalleryNotFound, match=r"no gallery 'custody'.*none yet"):
        load_snapshot(tmp_path, "custody")
    publish(people, name="wanted")
    publish(people, name="missing")
    with pytest.raises(GalleryNotFound, match=r"no gallery 'custody'.*there are: missing, wanted"):
        load_snapshot(tmp_path, "custody")


@pytest.mark.parametrize("snapshot_id", ["0123456789ab", "../..", "x"])
def test_unknown_snapshot(tmp_path: Path, people: Any, publish: Any, snapshot_id: str) -> None:
    there = publish(people).snapshot_id
    with pytest.raises(GalleryNotFound, match=f"there are: {there}"):
        load_snapshot(tmp_path, "custody", snapshot_id)


def test_a_pack_must_match(tmp_path: Path, people: Any, publish: Any) -> None:
    publish(people)
    snapshot = load_snapshot(tmp_path, "custody")
    require_pack(snapshot, "f" * 64, "open")
    with pytest.raises(GalleryMismatch, match=r"with model pack 'open',.*again with 'other'"):
        require_pack(snapshot, "0" * 64, "other")
    with pytest.raises(GalleryMismatch, match="another version of 'open'"):
        require_pack(snapshot, "0" * 64, "open")


@pytest.mark.parametrize("template", [np.ones(128, np.float32), np.full(128, np.nan, np.float32)])
def test_templates_of_wrong_length(publish: Any, people: Any, template: Any) -> None:
    with pytest.raises(ValueError, match=people[0].uri):
        publish([replace(people[0], template=template), *people[1:]])


def test_one_image_id_twice(publish: Any, people: Any) -> None:
    with pytest.raises(ValueError, match="image id twice"):
        publish([*people, people[0]])


def test_killed_at_any_point_the_old_snapshot_stays(tmp_path: Path) -> None:
    (old,) = run_publisher("race", str(tmp_path / "home"), "1")
    lines = [line.split() for line in run_publisher("kill", str(tmp_path / "home"))]
    homes, statuses, currents = zip(*lines, strict=True)
    new = currents[-1]
    assert len(lines) > 10, "every change of the file system is a place to die"
    assert statuses == ("-9",) * (len(lines) - 1) + ("0",)
    flip = currents.index(new)
    assert currents == (old,) * flip + (new,) * (len(lines) - flip)
    assert 1 < len(lines) - flip < 4, "the pointer moves in one of the last steps"
    for home in map(Path, homes):
        for info in list_snapshots(home, "custody"):
            verify_snapshot(home, "custody", info.snapshot_id)


def test_the_next_publisher_sweeps_what_a_killed_one_left(
    tmp_path: Path, people: Any, publish: Any
) -> None:
    info = publish(people)
    left = info.path.with_name(".tmp-0123456789ab")
    left.mkdir()
    (left / "templates.parquet").write_bytes(b"half a file")
    (tmp_path / "galleries" / "custody" / ".tmp-CURRENT").write_text("0123")
    assert list_snapshots(tmp_path, "custody") == [info]
    publish(people[1:])
    assert not list(tmp_path.rglob(".tmp-*"))


def test_concurrent_publishers(tmp_path: Path) -> None:
    """Two different enrolments and the same one twice, all at once, over and over."""
    seeds = [("1", "2", "1"), ("2", "3", "2"), ("1", "2", "1")]
    running = [
        subprocess.Popen(
            [sys.executable, PUBLISHER, "race", str(tmp_path), *some],
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        for some in seeds
    ]
    printed = [process.communicate()[0].split() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert printed[0] == printed[2]
    infos = list_snapshots(tmp_path, "custody")
    assert len(infos) == 3
    for info in infos:
        verify_snapshot(tmp_path, "custody", info.snapshot_id)
    snapshot = load_snapshot(tmp_path, "custody")
    ((candidates, _),) = open_matcher(snapshot).match(snapshot.templates[:1], 0.9, 1)
    assert candidates[0].image_id == snapshot.image_ids[0]


def test_a_full_disk_changes_nothing(tmp_path: Path) -> None:
    run_publisher("race", str(tmp_path), "1")
    before = everything_below(tmp_path)
    (sentence,) = run_publisher("full", str(tmp_path))
    assert sentence.startswith("the disk holding ")
    assert everything_below(tmp_path) == before


def test_a_home_that_cannot_be_written(tmp_path: Path, people: Any, publish: Any) -> None:
    (tmp_path / "galleries").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"cannot use .*galleries/custody: "):
        publish(people)


def test_what_is_written_is_its_owners_alone(tmp_path: Path, people: Any, publish: Any) -> None:
    before = os.umask(0)
    try:
        publish(people)
    finally:
        os.umask(before)
    made = {p: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*")}
    assert {mode for path, mode in made.items() if path.is_dir()} == {0o700}
    files = {path.name: mode for path, mode in made.items() if path.is_file()}
    assert files == dict.fromkeys((*FILES, "manifest.json", "CURRENT", ".lock"), 0o600)
