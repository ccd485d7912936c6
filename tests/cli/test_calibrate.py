"""`lfr calibrate` and the searches after it, on pictures of real people."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

import lfr_batch as lfr
from lfr_batch.gallery.calibrated import FEWEST, FOLDER
from lfr_batch.oversight import audit
from tests.cli.here import lfr as command
from tests.evaluation.enrolled_faces import home_with_pack
from tests.one_case import AUTHORITY

STATED = ("--case", "OP-1", "--authority", "Insp. A. Example")
HERE = ("--engine", "in_process")
PEOPLE = 60


@pytest.fixture(scope="module")
def enrolled(
    tmp_path_factory: pytest.TempPathFactory, open_pack_home: Path, shared_data: Path
) -> Path:
    """With a gallery of 60 people, and pictures of others beside it. Read only."""
    place = home_with_pack(tmp_path_factory.mktemp("calibrate") / "home", open_pack_home)
    rows = list(csv.DictReader((shared_data / "faces.csv").read_text().splitlines()))
    known = [row for row in rows if row["role"] == "gallery"][:PEOPLE]
    others = [row for row in rows if row["role"] == "nonmated"][: FEWEST + 20]
    linked(place.parent / "custody", shared_data, known)
    linked(place.parent / "strangers", shared_data, others)
    linked(place.parent / "few", shared_data, others[:5])
    pictures = place.parent / "custody"
    lfr.enrol("custody", pictures, AUTHORITY, pick="largest", settings=lfr.Settings(home=place))
    return place


def linked(folder: Path, data: Path, rows: Iterable[dict[str, str]]) -> None:
    folder.mkdir()
    for row in rows:
        (folder / f"{row['subject_id']}.jpg").symlink_to(data / row["path"])


@pytest.fixture(autouse=True)
def home(enrolled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = shutil.copytree(enrolled, tmp_path / "home", symlinks=True)
    monkeypatch.setenv("LFR_HOME", str(place))
    monkeypatch.chdir(enrolled.parent)
    return place


def row_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = command(capsys, *words, "--json")
    assert code == 0, err
    [row] = json.loads(out)
    return dict(row)


def threshold(
    capsys: pytest.CaptureFixture[str], *more: str, gallery: str = "custody"
) -> tuple[dict[str, Any], str]:
    """As a search that writes nothing says it."""
    words = ("scan", "few", "--gallery", gallery, *STATED, "--purpose", "a test", "--dry-run")
    code, out, err = command(capsys, *words, *HERE, *more)
    assert code == 0, err
    [line] = [line for line in out.splitlines() if line.startswith("threshold")]
    return row_of(capsys, *words, *HERE, *more), line


def test_strangers_decide_until_it_is_taken_back_or_the_gallery_changes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, line = threshold(capsys)
    assert f"of the relative score: target FPIR 0.01 over {PEOPLE} people" in line

    given = ("calibrate", "custody", "--impostors", "strangers", *STATED, *HERE)
    found = row_of(capsys, *given)
    assert found["score_kind"] == "relative"
    assert FEWEST <= found["faces"] == found["people"] <= FEWEST + 20
    assert found["threshold"] == pytest.approx(found["threshold_before"], abs=0.08)
    assert found["expected_fpir_low"] < 0.01 < found["expected_fpir_high"]
    [note] = (home / "galleries" / "custody" / FOLDER).iterdir()
    assert not any(path.stem in note.read_text() for path in Path("strangers").iterdir())
    row, line = threshold(capsys)
    assert row["threshold"] == found["threshold"]
    assert f"over {found['faces']} searches for strangers" in line

    undone = row_of(capsys, "calibrate", "custody", "--undo", *STATED)
    assert undone["threshold_before"] == found["threshold"] != undone["threshold"]
    after, line = threshold(capsys)
    assert after["threshold"] == undone["threshold"] == before["threshold"]
    assert f"over {PEOPLE} people" in line
    assert not [*(home / "galleries" / "custody" / FOLDER).iterdir()]
    assert command(capsys, "audit", "verify")[0] == 0
    verbs = [line["verb"] for line in audit.entries(home) if line.get("gallery") == "custody"]
    assert verbs == ["enrol", "calibrate", "uncalibrate"]

    _, out, _ = command(capsys, *given)
    assert "the strangers who score most; if one of them is enrolled" in out
    assert out.count("strangers/") == 5
    more = ("gallery", "add", "custody", "--images", "few", "--pick", "largest", *STATED)
    code, _, err = command(capsys, *more)
    assert code in {0, 3}
    assert "was calibrated on strangers, and this is another snapshot" in err
    assert "people;" in threshold(capsys)[1]  # another snapshot: its own people decide


def test_what_is_not_there_is_not_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capsys, "calibrate", "custody", "--undo", *STATED)
    assert (code, "'custody' is not calibrated on strangers" in err) == (2, True)
    for words in ((), ("--undo", "--impostors", "strangers")):
        code, _, err = command(capsys, "calibrate", "custody", *words, *STATED)
        assert (code, "or --undo; not both" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--impostors", "few"), "a calibration takes 100 people: give more pictures or footage"),
        (("--impostors", "nowhere"), "nowhere"),
        (("--impostors", "strangers", "--impostors", "custody"), "score as if they were enrolled"),
        (("--impostors", "strangers", "--set", "decide.score=neither"), "decide.score"),
    ],
)
def test_what_makes_no_calibration_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, _, err = command(capsys, "calibrate", "custody", *words, *STATED, *HERE)
    assert code == 2
    assert said in err
    assert not (home / "galleries" / "custody" / FOLDER).exists()


def test_a_threshold_says_of_which_score_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert "threshold 0.450: given by the operator" in threshold(capsys, "--threshold", "0.45")[1]
    given = threshold(capsys, "--threshold", "relative:0.3")[1]
    assert "threshold 0.300 of the relative score: given by the operator" in given


@pytest.mark.parametrize(
    "text", ["half", "relative:", "similarity:0.4", "relative:x", "nan", "1.5"]
)
def test_what_is_no_threshold_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("scan", "few", "--gallery", "custody", *STATED, "--purpose", "a test", "--dry-run")
    code, _, err = command(capsys, *words, "--threshold", text)
    assert code == 2
    assert "relative:NUMBER" in err
