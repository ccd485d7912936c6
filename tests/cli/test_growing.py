"""`lfr gallery add` and `sync` on real faces."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import pytest

from lfr_batch.cli.app import main
from lfr_batch.gallery.store import list_snapshots, load_snapshot, read_outcomes, read_subjects
from tests.gallery.grown import contents
from tests.one_case import ACTOR, ASTRONAUT, GROUP, Casework, installed_picture

STATED = ["--case", "CASE-1", "--authority", "ref 2"]


@pytest.fixture
def home(tmp_path: Path, casework: Casework, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(casework.home / "models")
    monkeypatch.setenv("LFR_HOME", str(home))
    return home


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with two subjects."""
    folder = tmp_path / "images"
    put(folder, "S1/good.png", installed_picture(ASTRONAUT))
    put(folder, "S2/good.png", installed_picture(ACTOR))
    return folder


def put(folder: Path, name: str, picture: Any) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


def ended(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(["gallery", *words])
    return int(stop.value.code or 0)


def enrol(images: Path, name: str = "people", *options: str) -> int:
    return ended("enrol", name, "--images", str(images), *STATED, *options)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    capsys.readouterr()
    assert ended(*words, "--json") in {0, 3}
    return json.loads(capsys.readouterr().out)[0]


def counts(row: Any) -> tuple[int, ...]:
    return tuple(row[what] for what in ("added", "changed", "removed", "unchanged"))


def mirrored(source: tuple[str, str]) -> Any:
    return installed_picture(source)[:, ::-1]


def test_added_to_it_is_as_enrolled_in_one_go(
    home: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "subjects.csv"
    table.write_text("subject,sex\nS1,F\nS2,M\n")
    assert enrol(images, "people", "--subjects", str(table)) == 0
    more = tmp_path / "more"
    put(more, "S1/mirrored.png", mirrored(ASTRONAUT))
    put(more, "S1/the same.png", installed_picture(ASTRONAUT))
    put(more, "S3/group.png", installed_picture(GROUP))
    put(more, "S4/actor.png", mirrored(ACTOR))
    said_anew = tmp_path / "more.csv"
    said_anew.write_text("subject,sex,age\nS1,F,31\nS4,M,60\n")
    row = said(
        capsys, "add", "people", "--images", str(more), "--subjects", str(said_anew), *STATED
    )
    assert counts(row) == (2, 0, 0, 2)
    assert row["subjects_changed"] == 3, "S1 has an age, S3 and S4 are new"
    assert {(each["a"], each["b"]) for each in row["look_alikes"]} >= {("S2", "S4")}
    assert row["subjects_without_template"] == ["S3"]
    assert {file["outcome"] for file in row["files"]} == {"enrolled", "repeated", "look at"}

    everything = tmp_path / "everything"
    shutil.copytree(images, everything)
    shutil.copytree(more, everything, dirs_exist_ok=True)
    both = tmp_path / "both.csv"
    both.write_text("subject,sex,age\nS1,F,31\nS2,M,\nS4,M,60\n")
    assert enrol(everything, "at-once", "--subjects", str(both)) == 3
    grown, at_once = load_snapshot(home, "people"), load_snapshot(home, "at-once")
    assert grown.snapshot_id == at_once.snapshot_id == row["snapshot"]
    one, other = contents(grown), contents(at_once)
    for each in (one, other):
        del each["outcomes"]  # their folders differ
        for template in each["rows"]:
            del template["uri"]
    assert one == other


def test_nothing_new_is_the_same_snapshot(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(images)
    before = load_snapshot(home, "people").snapshot_id

    def refuse(*_: Any) -> Any:
        raise AssertionError("a picture that is known was looked at")

    monkeypatch.setattr("lfr_batch.enrolment.intake.enrol_picture", refuse)
    for verb in ("add", "sync"):
        row = said(capsys, verb, "people", "--images", str(images), *STATED)
        assert (counts(row), row["snapshot"]) == ((0, 0, 0, 2), before)


def test_synced_it_is_what_the_source_says(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(images, "S3/mirrored.png", mirrored(ASTRONAUT))
    put(images, "S3/actor.png", mirrored(ACTOR))
    enrol(images)
    (images / "S1" / "good.png").rename(images / "S1" / "another name.png")
    put(images, "S2/good.png", installed_picture(ACTOR)[4:])
    (images / "S3" / "actor.png").unlink()
    put(images, "S9/new.png", mirrored(ACTOR)[4:])
    row = said(capsys, "sync", "people", "--images", str(images), *STATED)
    assert counts(row) == (1, 2, 1, 1)
    enrol(images, "at-once")
    one, other = (contents(load_snapshot(home, name)) for name in ("people", "at-once"))
    assert one == other
    files = read_outcomes(load_snapshot(home, "people"))
    assert {Path(file.uri).name for file in files} == {
        "another name.png",
        "good.png",
        "mirrored.png",
        "new.png",
    }


def test_a_dry_run_says_what_would_change_and_writes_nothing(
    home: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(images, "S3/mirrored.png", mirrored(ASTRONAUT))
    table = tmp_path / "subjects.csv"
    table.write_text("subject,sex\nS1,F\nS2,M\nS7,M\n")
    enrol(images, "people", "--subjects", str(table))
    (images / "S1" / "good.png").rename(images / "S1" / "another name.png")
    put(images, "S2/good.png", installed_picture(ACTOR)[4:])
    shutil.rmtree(images / "S3")
    put(images, "S9/new.png", mirrored(ACTOR)[4:])
    before = everything(home)
    row = said(capsys, "sync", "people", "--images", str(images), *STATED, "--dry-run")
    expected = {
        "to_look_at": 2,
        "new": 1,
        "other_bytes": 1,
        "renamed": 1,
        "unchanged": 0,
        "removed": 1,
        "subjects_new": ["S9"],
        "subjects_changed": [],
        "subjects_gone": ["S3", "S7"],
        "bytes": sum((images / name).stat().st_size for name in ("S2/good.png", "S9/new.png")),
        "asks": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert 0 < row["expected_bytes"] < 1_000_000
    row = said(capsys, "add", "people", "--images", str(images), *STATED, "--dry-run")
    assert (row["to_look_at"], row["removed"], row["subjects_gone"]) == (2, 0, [])
    assert ended("sync", "people", "--images", str(images), *STATED, "--dry-run") == 0
    out = capsys.readouterr().out
    assert "pictures   2 pictures to be looked at, 1 of them in place of one that has" in out
    assert "subjects   1 new, 2 gone; of 0 others something else is said\n" in out
    assert "2 subjects leave the gallery, with all that was said of them" in out
    assert out.endswith("Nothing was written.\n")
    assert everything(home) == before
    capsys.readouterr()
    assert ended("sync", "people", "--images", str(images), *STATED, "--json") == 0
    told = capsys.readouterr()
    assert "2 subjects leave the gallery" in told.err
    assert "in --subjects: S3, S7.\n" in told.err
    assert json.loads(told.out)[0]["subjects_gone"] == ["S3", "S7"]
    assert {*read_subjects(load_snapshot(home, "people"))} == {"S1", "S2", "S9"}


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    paths = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}


def test_most_of_a_gallery_goes_only_when_it_is_meant(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(images, "S3/mirrored.png", mirrored(ASTRONAUT))
    enrol(images)
    before = load_snapshot(home, "people").snapshot_id
    for subject in ("S1", "S2"):
        shutil.rmtree(images / subject)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert ended("sync", "people", "--images", str(images), *STATED) == 2
    assert "2 of the 3 pictures" in capsys.readouterr().err
    assert load_snapshot(home, "people").snapshot_id == before
    empty = images / "empty"
    empty.mkdir()
    assert ended("sync", "people", "--images", str(empty), "--yes", *STATED) == 2
    assert load_snapshot(home, "people").snapshot_id == before
    row = said(capsys, "sync", "people", "--images", str(images), "--yes", *STATED)
    assert counts(row) == (0, 0, 2, 1)
    assert {*read_subjects(load_snapshot(home, "people"))} == {"S3", "empty"}
    assert len(list_snapshots(home, "people")) == 2


@pytest.mark.parametrize(
    ("options", "said_so"),
    [
        (["--set", "enrol.min_face_px=60"], "enrol.min_face_px"),
        (["--pick", "largest"], "pick"),
        (["--case", ""], "--case must be stated"),
    ],
)
def test_what_would_not_belong_together_is_refused(
    home: Path,
    images: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said_so: str,
) -> None:
    enrol(images)
    assert ended("add", "people", "--images", str(images), *STATED, *options) != 0
    assert said_so in capsys.readouterr().err
    assert len(list_snapshots(home, "people")) == 1


def test_a_box_given_anew_is_looked_at(
    home: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which of two faces is meant is another question each time."""
    actor = installed_picture(ACTOR)
    both = cv2.hconcat([actor, actor[:, ::-1].copy()])
    put(images, "S5/both.png", both)
    enrol(images)
    assert "S5" not in set(load_snapshot(home, "people").subject_ids)
    width, height = actor.shape[1], actor.shape[0]
    table = tmp_path / "subjects.csv"
    found = []
    for left in (0, width):
        table.write_text(
            f'subject,file,box\nS5,both.png,"{left},0,{left + width},{height}"\n'
            "S1,S1/good.png,\nS2,S2/good.png,\n"
        )
        words = ["sync", "people", "--images", str(images), "--subjects", str(table), *STATED]
        found.append(counts(said(capsys, *words)))
        enrol(images, "at-once", "--subjects", str(table))
        one, other = (contents(load_snapshot(home, name)) for name in ("people", "at-once"))
        assert one == other
    assert found == [(1, 0, 0, 2), (0, 1, 0, 2)]


def test_a_picture_that_cannot_be_read_is_not_removed(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lfr_batch.errors import FootageUnreadable

    enrol(images)

    def unread(uri: str, _: Any) -> bytes:
        raise FootageUnreadable(f"{uri} cannot be read (Input/output error): check the disk")

    monkeypatch.setattr("lfr_batch.enrolment.growing.read_picture", unread)
    assert ended("sync", "people", "--images", str(images), *STATED) == 2
    assert "2 of the gallery's pictures cannot be read" in capsys.readouterr().err
