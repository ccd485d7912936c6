"""What the commands say and how they end, with everything in one process."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.cli.app import main
from lfr_batch.models.devices import cuda_is_usable
from tests.e2e import here
from tests.e2e.cli import WHO, lfr, rows
from tests.e2e.here import sql
from tests.one_case import ASTRONAUT, GROUP, Casework, installed_picture

HERE = ("--engine", "in_process")
AWS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_MAX_ATTEMPTS": "1"}


def test_a_scan_from_footage_to_sql_and_report(casework: Casework, tmp_path: Path) -> None:
    results = tmp_path / "results"
    damaged, still = tmp_path / "cut.mp4", casework.footage / "portrait.jpg"
    damaged.write_bytes((casework.footage / "walk.mp4").read_bytes()[:20_000])
    empty = casework.footage / "empty.mp4"
    done = lfr(
        casework.home, "scan", casework.played, empty, still, damaged, "--gallery", "people",
        *WHO, *HERE, "--out", results, "--json",
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    (run,) = rows(done)
    assert run["status"] == "complete_with_failures"
    assert "cut.mp4" in done.stderr
    assert "threshold 0.317: target FPIR 0.01 over 2 people" in done.stderr

    found = sql(casework.home, "SELECT uri, subject_id, score FROM sightings "
                "JOIN footage USING (run_id, footage_id) ORDER BY uri", results)  # fmt: skip
    assert [(Path(row["uri"]).name, row["subject_id"]) for row in found] == [
        ("portrait.jpg", "astronaut"),
        ("passing.mp4", "astronaut"),
    ]
    status = {
        Path(row["uri"]).name: row["status"]
        for row in sql(casework.home, "SELECT uri, status FROM footage", results)
    }
    assert status == {
        "cut.mp4": "failed",
        "empty.mp4": "ok",
        "passing.mp4": "ok",
        "portrait.jpg": "ok",
    }
    (recorded,) = sql(casework.home, "SELECT * FROM runs", results)
    assert recorded["case_ref"] == "CASE-1"
    assert recorded["authority"] == "Insp. Test, ref 1"
    assert recorded["purpose"] == "testing"
    assert recorded["exit_code"] == 3

    page = tmp_path / "report.html"
    made = here.lfr(casework.home, "report", run["run_id"], "--results", results, "--out", page)
    assert made.returncode == 0, made.stderr
    assert page.read_text().count("data:image/jpeg;base64,") >= 3

    shown = here.lfr(casework.home, "status", run["run_id"], "--out", results, "--json")
    (state,) = rows(shown)
    assert (state["status"], state["footage_failed"]) == ("complete_with_failures", 1)
    assert any("cut.mp4" in reason for reason in state["errors"])
    assert [(Path(f["uri"]).name, f["status"]) for f in state["not_whole"]] == [
        ("cut.mp4", "failed")
    ]
    assert (run["footage"], run["footage_failed"], run["footage_partly"]) == (4, 1, 0)
    assert rows(here.lfr(casework.home, "runs", "--out", results, "--json"))[0]["sightings"] == 2


def test_a_search_ranks_every_face_of_a_still(casework: Casework, tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    group, portrait = installed_picture(GROUP), installed_picture(ASTRONAUT)
    beside = cv2.resize(portrait[:300, 100:400], (886, 886))
    cv2.imwrite(str(still), np.hstack([group, beside]))
    done = here.lfr(
        casework.home, "search", still, "--gallery", "people", *WHO, "--top", "2",
        "--threshold", "0", "--out", tmp_path / "results", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = rows(done)
    assert len({row["face"] for row in found}) >= 5
    best = max(found, key=lambda row: row["score"])
    assert (best["subject_id"], best["rank"]) == ("astronaut", 1)
    assert best["score"] > 0.7
    strangers = [row for row in found if row["face"] != best["face"]]
    assert max(row["score"] for row in strangers) < 0.363
    (run,) = sql(casework.home, "SELECT * FROM runs", tmp_path / "results")
    assert (run["threshold"], run["threshold_source"]) == (0.0, "override")


@pytest.mark.parametrize(("said", "most"), [([], 10), (["--set", "decide.top_k=1"], 1)])
def test_a_search_keeps_ten_candidates_unless_told(
    casework: Casework, tmp_path: Path, said: list[str], most: int
) -> None:
    still, out = tmp_path / "still.png", tmp_path / "results"
    cv2.imwrite(str(still), installed_picture(ASTRONAUT))
    done = here.lfr(
        casework.home, "search", still, "--gallery", "people", *WHO, "--threshold", "-1",
        "--out", out, *said,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = sql(casework.home, "SELECT * FROM runs", out)
    config = json.loads(run["config"])
    assert (config["decide"]["top_k"], config["engine"]["kind"]) == (most, "in_process")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--gallery", "people"], 2, "--case and --authority and --purpose must be stated"),
        (["--gallery", "people", *WHO[:4], "--purpose", " "], 2, "--purpose must be stated"),
        (["--gallery", "nobody", *WHO], 2, "nobody"),
        ([*WHO], 2, "--gallery"),
        (["--gallery", "people", *WHO, "--set", "detect.long_sidepx=9"], 2, "detect.long_side_px"),
        (["--gallery", "people", *WHO, "--set", "footage.sample_fps=-1"], 2, "footage.sample_fps"),
        (["--gallery", "people", *WHO, "--pack", "buffalo_l"], 2, "buffalo_l"),
        (["--gallery", "people", *WHO, "--config", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["--gallery", "people", *WHO, "--threshold", "2"], 2, "threshold"),
        (["--gallery", "people", *WHO, "/no/such/file.mp4"], 2, "/no/such/file.mp4"),
        (
            [
                "--gallery",
                "people",
                *WHO,
                "s3://bucket/a",
                "--set",
                "s3.endpoint_url=http://127.0.0.1:9",
            ],
            1,
            "127.0.0.1:9",
        ),
    ],
)
def test_refusals_are_one_sentence_and_leave_nothing(
    casework: Casework,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.setenv("LFR_HOME", str(casework.home))
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    named = any(a.startswith(("/", "s3://")) for a in arguments)
    footage = [] if named else [str(casework.footage / "empty.mp4")]
    results = tmp_path / "results"
    with pytest.raises(SystemExit) as stop:
        main(["scan", *footage, *arguments, *HERE, "--out", str(results)])
    said = capsys.readouterr()
    assert stop.value.code == code, said.err
    assert words in said.err
    assert said.err.rstrip().splitlines()[-1].startswith("lfr: ")
    assert said.out == ""
    assert not results.exists()


@pytest.mark.skipif(cuda_is_usable(), reason="this machine has a GPU")
@pytest.mark.parametrize("allowed", [False, True])
def test_without_the_gpu_that_was_asked_for_only_if_allowed(
    casework: Casework, tmp_path: Path, allowed: bool
) -> None:
    done = here.lfr(
        casework.home, "scan", casework.footage / "portrait.jpg", "--gallery", "people", *WHO,
        *HERE, "--set", "inference.device=cuda", *(["--allow-cpu"] if allowed else []),
        "--out", tmp_path / "results", "--json",
    )  # fmt: skip
    if allowed:
        assert done.returncode == 0, done.stderr
        assert rows(done)[0]["sightings"] == 1
    else:
        assert done.returncode == 1
        assert "give --allow-cpu" in done.stderr


def test_a_changed_model_file_is_refused(casework: Casework, tmp_path: Path) -> None:
    home = tmp_path / "home"
    pack = home / "models" / "open"
    pack.mkdir(parents=True)
    for file in (casework.home / "models" / "open").iterdir():
        (pack / file.name).write_bytes(file.read_bytes())
    (home / "galleries").symlink_to(casework.home / "galleries")
    with (pack / "sface.onnx").open("r+b") as model:
        model.seek(1000)
        model.write(b"changed")
    done = here.lfr(home, "scan", casework.footage, "--gallery", "people", *WHO, *HERE)
    assert done.returncode == 1
    assert "sface.onnx" in done.stderr
    assert "lfr models fetch open" in done.stderr
    assert not (home / "results").exists()


def test_a_gallery_is_shown(casework: Casework) -> None:
    done = here.lfr(casework.home, "gallery", "show", "people")
    assert done.returncode == 0
    assert "astronaut" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["scan", "--nonsense"], "No such option: --nonsense"),
        (["status"], "RUN"),
        (["gallery", "enrol", "people"], "--images"),
        (["resume", "no-such-run"], "no-such-run"),
        (["sql", "SELECT nothing"], "nothing"),
        (["sql", "DROP VIEW runs"], "DROP"),
        (["sql", "SELECT 1", "--format", "xml"], "xml"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    with pytest.raises(SystemExit) as stop:
        main(words)
    captured = capsys.readouterr()
    assert stop.value.code == 2, captured.err
    assert captured.err.startswith("lfr: ")
    assert said in captured.err
    assert captured.out == ""


def test_help_names_every_command() -> None:
    done = here.lfr(Path("unused"), "--help")
    for command in ("scan", "search", "resume", "runs", "status", "sql", "report", "doctor"):
        assert command in done.stdout
