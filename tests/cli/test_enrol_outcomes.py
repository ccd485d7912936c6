"""`lfr gallery enrol`: what it says of each file, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from lfr_batch.cli.app import main
from tests.one_case import ACTOR, ASTRONAUT, Casework, installed_picture

STATED = ["--case", "CASE-1", "--authority", "ref 2"]


@pytest.fixture
def images(tmp_path: Path, casework: Casework, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two subjects, each with a good picture; the home has models only."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(casework.home / "models")
    monkeypatch.setenv("LFR_HOME", str(home))
    folder = tmp_path / "images"
    for subject, source in {"S1": ASTRONAUT, "S2": ACTOR}.items():
        (folder / subject).mkdir(parents=True)
        cv2.imwrite(str(folder / subject / "good.png"), installed_picture(source))
    return folder


def ended(words: list[str]) -> int:
    with pytest.raises(SystemExit) as stop:
        main(words)
    return int(stop.value.code or 0)


def enrol(images: Path, *options: str) -> int:
    return ended(["gallery", "enrol", "people", "--images", str(images), *STATED, *options])


def add(images: Path, name: str, picture: Any) -> None:
    file = images / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(picture if isinstance(picture, bytes) else encoded(picture, ".png"))


def encoded(picture: Any, ending: str) -> bytes:
    return cv2.imencode(ending, picture)[1].tobytes()


WALL = np.full((300, 300, 3), 90, np.uint8)


def twice(picture: Any) -> Any:
    half = picture[:300, 80:380]
    return np.hstack([half, half[:, ::-1]])


def test_refused_pictures_and_other_files_are_named(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All subjects have other pictures, so there is nothing to be done."""
    add(images, "S1/wall.png", WALL)
    add(images, "S1/torn.jpg", b"\xff\xd8\xff\xe0 torn")
    add(images, "S1/empty.jpg", b"")
    add(images, "S1/once more", installed_picture(ASTRONAUT))
    add(images, "notes", b"words")
    add(images, "docs/notes", b"words")
    assert enrol(images, "--exclude", "docs/*") == 0
    out = capsys.readouterr().out
    assert out.startswith("people: 2 pictures of 2 subjects enrolled, ")
    s1 = images / "S1"
    for line in (
        f"refused {s1 / 'wall.png'} (S1): no face found",
        f"refused {s1 / 'torn.jpg'} (S1): unreadable: ",
        f"refused {s1 / 'empty.jpg'} (S1): not a picture: empty file",
        f"repeated {s1 / 'once more'} (S1): the same picture: {s1 / 'good.png'}",
        "not a picture: 1 × text file (images/notes)",
        "excluded: 1 × --exclude docs/* (docs/notes)",
    ):
        assert f"  {line}" in out


@pytest.mark.parametrize(
    ("name", "content", "options", "code", "said"),
    [
        ("S3/wall.png", WALL, [], 3, "without any template: S3"),
        ("S1/two.png", "twice", [], 3, "look at {file} (S1): 2 faces of like size: at "),
        ("S1/two.png", "twice", ["--pick", "largest"], 0, "enrolled {file} (S1), picked as the "),
        ("S1/deep/a.png", "twice", [], 3, "look at {file}: subject unclear: it lies 2 folders"),
        ("S3/deep/a.png", "twice", [], 3, "without any template: S3"),
    ],
)
def test_what_is_left_to_do_is_exit_code_3(
    images: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: Any,
    options: list[str],
    code: int,
    said: str,
) -> None:
    twins = twice(installed_picture(ASTRONAUT))
    add(images, name, twins if isinstance(content, str) else content)
    assert enrol(images, *options) == code
    out = capsys.readouterr().out
    assert f"  {said.format(file=images / name)}" in out
    assert ("to decide between faces: give the place" in out) is ("like size: at" in out)


def test_every_picture_is_enrolled_or_named(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the picture's format, whatever its name."""
    content = {
        ending: encoded(installed_picture(ASTRONAUT), ending)
        for ending in (".jpg", ".webp", ".bmp", ".tiff", ".gif", ".avif", ".jp2", ".ppm")
    }
    for ending, picture in content.items():
        add(images, f"with{ending}/picture{ending}", picture)
        add(images, f"without{ending}/picture", picture)
        add(images, f"wrong{ending}/picture.dat", picture)
    enrol(images, "--json")
    (answer,) = json.loads(capsys.readouterr().out)
    of_subject = {file["subject"]: file["outcome"] for file in answer["files"]}
    assert len(of_subject) == 2 + 3 * len(content)
    for ending in content:
        outcomes = {of_subject[f"{how}{ending}"] for how in ("with", "without", "wrong")}
        assert outcomes == {"refused" if ending == ".ppm" else "enrolled"}, ending


def test_json_lists_every_file(images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add(images, "S1/two.png", twice(installed_picture(ASTRONAUT)))
    add(images, "S1/wall.png", WALL)
    add(images, "S1/Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    add(images, ".DS_Store", b"\0\0\0\1Bud1")
    assert enrol(images, "--json", "--exclude", "wall*") == 3
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["outcomes"] == {
        "enrolled": 2,
        "refused": 0,
        "look at": 1,
        "repeated": 0,
        "excluded": 1,
        "not a picture": 2,
    }
    assert answer["subjects_without_template"] == []
    files = {Path(file["file"]).name: file for file in answer["files"]}
    assert {name: (f["outcome"], f["subject"]) for name, f in files.items()} == {
        "good.png": ("enrolled", "S2"),
        "two.png": ("look at", "S1"),
        "wall.png": ("excluded", None),
        "Thumbs.db": ("not a picture", None),
        ".DS_Store": ("not a picture", None),
    }
    assert len(answer["files"]) == 6
    assert ended(["gallery", "show", "people", "--files", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == answer["files"]


def test_a_long_list_is_cut_and_says_where_the_rest_is(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(23):
        add(images, f"S1/{number}.jpg", b"")
    assert enrol(images) == 0
    out = capsys.readouterr().out
    assert out.count("not a picture: empty file") == 20
    assert "… and 3 more like these; `lfr gallery show people --files` lists all" in out
    assert ended(["gallery", "show", "people", "--files"]) == 0
    assert capsys.readouterr().out.count("not a picture: empty file") == 23


def test_nobody_enrolled_names_every_picture(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twins = twice(installed_picture(ASTRONAUT))
    for subject, picture in {"S1": WALL, "S2": twins}.items():
        (images / subject / "good.png").write_bytes(encoded(picture, ".png"))
    assert enrol(images) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"refused {images / 'S1' / 'good.png'} (S1): no face found" in captured.err
    assert f"look at {images / 'S2' / 'good.png'} (S2): 2 faces of like size: at" in captured.err
    assert "to decide between faces: give the place of the right one" in captured.err
    counted = "2 faces of like size: 1; no face found: 1"
    assert f"none of the pictures gave a template ({counted})" in captured.err


def test_an_unknown_way_to_pick_is_wrong_use(
    images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enrol(images, "--pick", "leftmost") == 2
    assert "'leftmost'" in capsys.readouterr().err
