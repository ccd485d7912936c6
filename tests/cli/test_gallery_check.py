"""`lfr gallery check`, and what an enrolment says of quality and ages, on real faces."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from lfr_batch.gallery.store import list_galleries, load_snapshot
from lfr_batch.records import ByteArray
from tests.cli.here import lfr
from tests.one_case import ASTRONAUT, GROUP, Casework, installed_picture

STATED = ("--case", "CASE-1", "--authority", "ref 2")


def astronaut() -> ByteArray:
    return installed_picture(ASTRONAUT)


def one_of_the_group(number: int = 0) -> ByteArray:
    """Somebody who looks into the camera, twice as large."""
    cut = installed_picture(GROUP)[(slice(148, 528), slice(168, 532))[number == 1]]
    columns = (slice(412, 624), slice(12, 218))[number]
    return np.asarray(cv2.resize(cut[:, columns], None, fx=2, fy=2), np.uint8)


@pytest.fixture
def home(tmp_path: Path, casework: Casework, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(casework.home / "models")
    monkeypatch.setenv("LFR_HOME", str(home))
    return home


def put(folder: Path, name: str, picture: Any) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two people with two pictures each."""
    folder = tmp_path / "images"
    for name, picture in (("S1", astronaut()), ("S2", one_of_the_group())):
        put(folder, f"{name}/good.png", picture)
        put(folder, f"{name}/mirrored.png", picture[:, ::-1])
    return folder


def enrol(capsys: pytest.CaptureFixture[str], images: Path, *more: str, name: str = "g") -> str:
    code, out, _ = lfr(capsys, "gallery", "enrol", name, "--images", str(images), *STATED, *more)
    assert code == 0, out
    return out


def checked(
    capsys: pytest.CaptureFixture[str], *more: str, name: str = "g"
) -> tuple[int, dict[str, Any]]:
    code, out, said = lfr(capsys, "gallery", "check", name, "--json", *more)
    assert code in {0, 3}, said
    return code, json.loads(out)[0]


def test_nothing_asks_for_a_look(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "quality: none of 4 pictures is worth a second look" in enrol(capsys, images, "--adults")
    code, out, _ = lfr(capsys, "gallery", "check", "g")
    assert code == 0
    assert "  nothing asks for a look\n" in out
    assert "compared with 4 pictures, the gallery's own other subjects, 1 each, at" in out
    assert "fits its subject worst:" in out
    code, found = checked(capsys)
    assert (code, found["worth_a_look"], found["false_candidates"]) == (0, 0, 0)
    assert found["children"]["ages"] == "adults"
    assert "eyes open, mouth closed, expression" in found["never_measured"]


def test_a_picture_worth_a_second_look_is_named_with_its_components(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(images, "S1/glaring.png", np.asarray(np.clip(astronaut() * 2.5, 0, 255), np.uint8))
    put(images, "S1/soft.png", cv2.GaussianBlur(astronaut(), (0, 0), 1.6))
    said = enrol(capsys, images)
    assert "quality: 2 of 6 pictures worth a second look (" in said
    assert "`lfr gallery check g` names them" in said
    code, found = checked(capsys)
    assert code == 3
    worth = {Path(each["file"]).name: each for each in found["worth"]}
    assert set(worth) == {"glaring.png", "soft.png"}
    assert "over-exposed" in worth["glaring.png"]["worth_a_look_for"]
    assert worth["soft.png"]["worth_a_look_for"] == ["soft"]
    glaring = worth["glaring.png"]["quality"]["over_exposure"]
    assert glaring["score"] < 20
    assert glaring["raw"] > 0.1
    assert (
        worth["soft.png"]["quality"]["sharpness"]["score"] is None
    )  # the standard's needs a model


def test_a_picture_of_somebody_else_fits_that_subject(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(images, "S1/strays.png", one_of_the_group()[3:, 3:])
    enrol(capsys, images, "--adults")
    code, found = checked(capsys)
    assert code == 3
    first = found["worth"][0]
    assert Path(first["file"]).name == "strays.png"
    assert {"other", "misfit", "rival"} <= {*first["faults"]}
    assert first["other_subject"] == "S2"
    assert first["fits_other"] > 0.9 > first["fits_own"]
    assert found["worst_fits"][0]["image"] == first["image"]
    _, out, _ = lfr(capsys, "gallery", "check", "g")
    assert "replace 1 picture: S1/strays.png" in out
    assert "fits another subject better" in out


def test_strangers_are_looked_at_and_kept_nowhere(
    home: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enrol(capsys, images, "--adults")
    strangers = tmp_path / "strangers"
    for i in range(3):  # the same face under three names: people whom S1's pictures bring up
        shifted = astronaut()[i:, i:]
        put(strangers, f"T{i}/picture.png", shifted)
    code, _, said = lfr(capsys, "gallery", "check", "g", "--cohort", str(strangers))
    assert code == 2
    assert "--case" in said or "case" in said
    before = {str(path) for path in home.rglob("*")}
    code, found = checked(capsys, "--cohort", str(strangers), *STATED)
    assert code == 3
    assert {str(path) for path in home.rglob("*")} == before
    assert (found["cohort_people"], found["cohort_pictures"]) == (3, 3)
    lambs = [each for each in found["worth"] if "lamb" in each["faults"]]
    assert {each["subject"] for each in lambs} == {"S1"}
    assert all(each["brings_up"] == 3 for each in lambs)
    assert {each["subject"] for each in lambs[0]["whom"]} == {"T0", "T1", "T2"}


def test_another_gallery_is_a_cohort(
    home: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enrol(capsys, images, "--adults")
    others = put(tmp_path / "others", "G1/group.png", one_of_the_group(1))
    enrol(capsys, others, "--adults", name="others")
    code, found = checked(capsys, "--cohort", "others")
    assert (code, found["cohort"], found["cohort_people"]) == (0, "the people of gallery others", 1)
    code, _, said = lfr(capsys, "gallery", "check", "g", "--cohort", "nowhere")
    assert code != 0
    assert "nowhere is no gallery and no folder of pictures; give one of the two." in said


def test_ages_reviews_and_old_pictures(
    home: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "subjects.csv"
    rows = [
        "subject,file,age,taken,review_by,category,source",
        "S1,S1/good.png,12,2001-05-04,2020-01-01,wanted,custody",
        "S1,S1/mirrored.png,40,,,,",
        "S2,S2/good.png,4,,2999-01-01,missing,family",
        "S2,S2/mirrored.png,30,,,,",
    ]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    code, out, _ = lfr(
        capsys, "gallery", "enrol", "g", "--images", str(images), "--subjects", str(table), *STATED
    )
    assert code == 0
    assert "a child under 6: 4 years; --accept-children enrols it" in out
    assert "2 of 2 subjects are under 18, the youngest 4: children are confused" in out
    assert len(load_snapshot(home, "g").templates) == 3
    code, found = checked(capsys)
    assert code == 3
    assert found["review_overdue"] == [{"subject": "S1", "review_by": "2020-01-01"}]
    assert found["categories"] == {"missing": 1, "wanted": 1}
    assert found["children"]["under_18"] == 2
    assert [Path(each["file"]).name for each in found["worth"] if "old" in each["faults"]] == [
        "good.png"
    ]
    _, out, _ = lfr(capsys, "gallery", "check", "g", "--older-than", "100")
    assert "review overdue of 1 subject: S1 (2020-01-01)" in out
    assert "years ago" not in out


def test_a_watchlist_of_before_says_that_it_was_not_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    casework: Casework,
) -> None:  # fmt: skip
    from lfr_batch.models.store import load_pack
    from tests.gallery.conftest import people_of, publish_in

    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(casework.home / "models")
    monkeypatch.setenv("LFR_HOME", str(home))
    identity = load_pack(home, "open").manifest.identity
    publish_in(home, people_of({"S1": 2, "S2": 1}), "old", pack_identity=identity)
    assert [info.ages for info in list_galleries(home)] == [""]
    code, out, _ = lfr(capsys, "gallery", "check", "old")
    assert code == 0
    assert "3 not measured when they were enrolled; enrol them anew" in out
    shutil.rmtree(home / "galleries")


def test_on_a_terminal_it_is_asked_how_old_people_are(
    home: Path, images: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(question: str, **_: Any) -> str:
        asked.append(question)
        return "15"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", answer)
    out = enrol(capsys, images)
    assert len(asked) == 1
    assert "somebody in it is under 18, as was said when it was enrolled: children are" in out
    assert load_snapshot(home, "g").ages == "minors"
    enrol(capsys, images, "--adults")
    assert len(asked) == 1
    _, out, said = lfr(capsys, "gallery", "show", "g")
    assert "under 18" not in out + said
