from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.results.marking import mark_lake
from lfr_batch.results.run_state import NO_LAKE, NO_RUNS, create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.ticks import StandingJob, TickRow, record_tick
from tests.cli.here import lfr
from tests.gallery.conftest import people_of, publish_in
from tests.holding import append_outcomes, publish_run, record_run
from tests.results.synthetic import (
    FINISHED,
    LEFT_RUN_ID,
    RUN_ID,
    STARTED,
    archive,
    request,
    searched_run,
)

TOO_DARK = "archive/phone.mov: its night is too dark to look at"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its run has searched one file only partly. Read only."""
    place = tmp_path_factory.mktemp("partly") / "results"
    store, made = open_store(place), archive()
    gate, _, phone, still, _ = made.assets
    assets = (gate, replace(phone, unsearched=TOO_DARK, unsearched_share=0.25), still)
    kept = {asset.footage_id for asset in assets}
    plan = tuple(s for s in made.segments if s.footage_id in kept)
    outcomes = {s.segment_id: made.outcomes[s.segment_id] for s in plan}
    sightings = tuple(s for s in made.sightings if s.footage_id in kept)
    asked = request()
    create_run(store, asked, assets, plan)
    append_outcomes(store, RUN_ID, list(outcomes.values()))
    publish_run(store, asked, assets, plan, outcomes, sightings, "complete_partly", at=FINISHED)
    return place


@pytest.fixture(autouse=True)
def home(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    shutil.copytree(results, tmp_path / "results")
    return tmp_path


def test_a_partly_searched_run_is_finished_and_told_apart_from_a_failed_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = lfr(capsys, "status", RUN_ID, "--json")
    (row,) = json.loads(out)
    expected = {
        "status": "complete_partly",
        "finished": True,
        "files": 3,
        "footage": 3,
        "footage_partly": 1,
        "footage_damaged": 0,
        "footage_failed": 0,
        "computed_on": "OpenVINO bf16 (embedder.onnx f32), decoded by processors",
        "errors": {},
        "unsearched": {TOO_DARK: 1},
    }
    assert {name: row[name] for name in expected} == expected
    assert row["not_whole"] == [
        {
            "uri": "archive/phone.mov",
            "status": "partly",
            "unsearched_share": 0.25,
            "error": TOO_DARK,
            "part": "",
        }
    ]


def test_the_same_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = lfr(capsys, "status", RUN_ID)
    lines = {line.split(maxsplit=1)[0]: line for line in out.splitlines()}
    assert lines["status"].endswith(
        "complete_partly (finished; some content was not looked at, by design or limit)"
    )
    assert lines["footage_partly"].split() == ["footage_partly", "1"]
    assert lines["partly"].split(maxsplit=3)[1:] == ["25.0", "%", f"not looked at  {TOO_DARK}"]


def test_an_interrupted_run_says_how_to_go_on(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(home / "results")
    left, _ = searched_run(store, LEFT_RUN_ID)
    record_run(store, left, "running", at=STARTED)
    last = lfr(capsys, "status", LEFT_RUN_ID)[1].splitlines()[-1]
    assert last == f"`lfr resume {LEFT_RUN_ID}` finishes it"
    assert "lfr resume" not in lfr(capsys, "status", RUN_ID)[1]
    record_run(store, left, "failed", at=FINISHED, error="the disk is full")
    last = lfr(capsys, "status", LEFT_RUN_ID)[1].splitlines()[-1]
    assert last == f"once what it failed of is mended, `lfr resume {LEFT_RUN_ID}` finishes it"


def test_of_a_deployment_no_footage_is_counted(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live_id = "20260206-080000-live-0001"
    store, asked = open_store(home / "results"), request(live_id, kind="live")
    create_run(store, asked, (), ())
    record_run(store, asked, "complete_with_failures")
    _, out, _ = lfr(capsys, "status", live_id)
    assert "complete_with_failures\n" in out
    assert out.splitlines()[-1] == f"a deployment: its figures are in `lfr report {live_id}`"
    assert {line.split()[0] for line in out.splitlines()} == {
        "run_id", "kind", "status", "finished", "error", "case_ref", "authorisation_id", "gallery",
        "threshold", "score_kind", "computed_on", "a",
    }  # fmt: skip


def test_runs_say_what_was_not_searched_whole(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = lfr(capsys, "runs")
    assert "1 partly" in out.splitlines()[1]
    (row,) = json.loads(lfr(capsys, "runs", "--json")[1])
    counts = [row[f"footage_{status}"] for status in ("partly", "damaged", "failed")]
    assert counts == [1, 0, 0]
    assert row["computed_on"] == "OpenVINO bf16 (embedder.onnx f32), decoded by processors"


def test_a_ready_question_and_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = lfr(
        capsys, "sql", "--ask", "best", "--param", "top=1", "--format", "csv",
    )  # fmt: skip
    (row,) = csv.DictReader(io.StringIO(out))
    assert (code, row["run_id"], row["subject_id"]) == (0, RUN_ID, "S029")
    assert err == f"of run {RUN_ID}, case OP-LANTERN 12/26; key: run_id, sighting_id\n"


def test_a_question_is_asked_of_a_run_a_case_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    said = f"of run {RUN_ID}, case OP-LANTERN 12/26; key: run_id, sighting_id\n"
    case = ("--case", "OP-LANTERN 12/26")
    for words in (("--run", "latest"), ("--run", RUN_ID[:9]), case, ("--all",), (*case, "--all")):
        assert lfr(capsys, "sql", "-q", "best", *words)[::2] == (0, said)
    sql = "SELECT DISTINCT run_id, $case_ref AS c FROM sightings WHERE run_id = $run_id"
    out = lfr(capsys, "sql", sql, "--run", "latest", *case, "--format", "json")[1]
    assert json.loads(out) == [{"run_id": RUN_ID, "c": "OP-LANTERN 12/26"}]


def test_ones_own_questions_lie_in_the_home(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "queries").mkdir()
    (home / "queries" / "mine.sql").write_text("-- How many.\nSELECT count(*) AS n FROM sightings")
    assert lfr(capsys, "sql", "-q", "mine", "--format", "json") == (0, '[{"n": 3}]\n', "")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("-- Mine.\n-- More.\nSELECT\n  nothing\nFROM sightings", ", line 4: Binder Error: "),
        ("-- Mine.\n\nSELEC 1", ", line 3: Parser Error: "),
        ("SELECT 1;\nSELECT *\nFROM nowhere", ", line 3: Catalog Error: "),
        ("-- Mine.\nSELECT 1,\n case_ref::INT\nFROM runs", ": Conversion Error: "),
        ("-- Mine.\nDROP VIEW runs", ": DROP is refused: "),
    ],
)
def test_what_is_wrong_in_ones_own_question_is_told_with_file_and_line(
    home: Path, capsys: pytest.CaptureFixture[str], sql: str, told: str
) -> None:
    mine = home / "queries" / "mine.sql"
    mine.parent.mkdir()
    mine.write_text(sql)
    code, out, err = lfr(capsys, "sql", "-q", "mine")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"lfr: {mine}")
    assert told in err


def test_which_run_is_the_latest_is_said_of_every_question(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT count(*) AS n FROM sightings WHERE run_id = $run_id"
    (home / "queries").mkdir()
    (home / "queries" / "mine.sql").write_text(f"-- Mine.\n-- Key: n.\n{sql}")
    latest = ("--run", "latest", "--json")
    assert lfr(capsys, "sql", sql, *latest) == (0, '[{"n": 3}]\n', f"of run {RUN_ID}\n")
    told = f"of run {RUN_ID}; key: n\n"
    assert lfr(capsys, "sql", "-q", "mine", *latest) == (0, '[{"n": 3}]\n', told)


def test_json_is_an_array_like_that_of_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    sql = "SELECT run_id, started_at FROM runs"
    _, out, _ = lfr(capsys, "sql", sql, "--json")
    assert json.loads(out) == [{"run_id": RUN_ID, "started_at": "2026-01-31T10:45:02Z"}]
    assert lfr(capsys, "sql", sql, "--format", "json")[1] == out
    code, _, err = lfr(capsys, "sql", sql, "--json", "--format", "csv")
    assert (code, "Ask for one format: --json, or --format csv." in err) == (2, True)


def test_what_is_piped_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = lfr(capsys, "sql", "SELECT repeat('x', 99) AS x, 3e-7 AS n FROM range(1200)")
    assert out.count("x" * 99) == 1200
    assert out.count("  3e-07\n") == 1200
    assert out.endswith("(1200 rows)\n")


@pytest.mark.parametrize("said", ["latest", RUN_ID[:13]])
def test_a_run_may_be_named_by_its_beginning_or_as_the_latest(
    home: Path, capsys: pytest.CaptureFixture[str], said: str
) -> None:
    assert json.loads(lfr(capsys, "status", said, "--json")[1])[0]["run_id"] == RUN_ID
    assert [row["run_id"] for row in json.loads(lfr(capsys, "runs", said, "--json")[1])] == [RUN_ID]
    out = str(home / "report.html")
    assert lfr(capsys, "report", said, "--out", out)[:2] == (0, f"{out}\n")
    code, _, err = lfr(capsys, "cancel", said)
    assert (code, f"Nobody works on run {RUN_ID}" in err) == (2, True)
    code, _, err = lfr(capsys, "resume", said)
    assert (code, f"Run {RUN_ID} was started with version" in err) == (2, True)


def test_runs_of_one_case(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(json.loads(lfr(capsys, "runs", "--case", "OP-LANTERN 12/26", "--json")[1])) == 1
    code, out, err = lfr(capsys, "runs", "--case", "OP-1", "--json")
    assert (code, out) == (0, "[]\n")
    assert "has 1 run, and none is meant; `lfr runs` lists them" in err


def test_a_standing_job_may_be_named_by_its_beginning(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, row = open_store(home / "results"), TickRow(at=STARTED, files=0)
    for name in ("standing-a1b2", "standing-a1c3"):
        record_tick(store, a_job(name), row)
    (shown,) = json.loads(lfr(capsys, "status", "standing-a1b", "--json")[1])
    assert shown["run_id"] == "standing-a1b2"
    listed = json.loads(lfr(capsys, "runs", "standing-a1b", "--json")[1])
    assert [each["run_id"] for each in listed] == ["standing-a1b2"]
    code, _, err = lfr(capsys, "status", "standing-a1")
    assert code == 2
    assert "2 standing jobs begin with standing-a1: standing-a1b2, standing-a1c3; give more" in err
    for verb in ("resume", "cancel", "report"):
        code, _, err = lfr(capsys, verb, "standing-a1b")
        assert (code, "standing-a1b is a standing job, which is no run" in err) == (2, True)


def a_job(name: str) -> StandingJob:
    stated = {"case_ref": "OP-1", "authority": "ref", "purpose": "p", "operator": "o"}
    where = {"inputs": ("/a",), "manifest": None, "gallery": "people"}
    return StandingJob(job=name, watches=False, began_at=STARTED, **where, **stated)


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("S902", "S902 was a candidate in 1 run, and in nothing that this asks for\n"),
        ("S1", "S1 is enrolled (gallery custody) and was never a candidate in these results\n"),
        ("S02", "nobody called S02 is enrolled in "),
        ("S029", None),
    ],
)
def test_an_empty_answer_about_a_person_says_why(
    home: Path, capsys: pytest.CaptureFixture[str], subject: str, told: str | None
) -> None:
    publish_in(home, people_of({"S1": 1}))
    asked = ("sql", "-q", "timeline", "--param", f"subject_id={subject}", "--format", "json")
    code, out, err = lfr(capsys, *asked)
    assert code == 0
    assert (json.loads(out) == []) == (told is not None)
    assert (told or "") in err
    assert told or "candidate" not in err


def test_values_for_ones_own_question(capsys: pytest.CaptureFixture[str]) -> None:
    sql = "SELECT count(*) AS n FROM sightings WHERE run_id = $RUN AND score > $least::DOUBLE"
    words = ("--param", f"RUN={RUN_ID}", "--param", "least=0.5", "--format", "json")
    assert json.loads(lfr(capsys, "sql", sql, *words)[1]) == [{"n": 2}]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["SELECT * FROM sightings WHERE run_id = $RUN"], "$RUN has no value: give --param RUN="),
        (["SELECT 1", "--ask", "best"], "Ask one thing"),
        (["--ask", "nothing"], "there is no ready query 'nothing'; there are best"),
        (["--ask", "best", "--param", "run=x"], "the question best has no parameter 'run'"),
        (["--ask", "best", "--param", "run_id=x"], "there is no run x; `lfr runs` lists them"),
        (["-q", "best", "--run", "x"], "there is no run x; `lfr runs` lists them"),
        (["-q", "best", "--run", "x", "--all"], "Ask for one run or for all"),
        (["-q", "best", "--case", "x", "--param", "case_ref=y"], "Say it once: --case"),
        (["SELECT 1", "--param", "x"], "x has no value: write x=VALUE"),
        (["--ask", "best", "--param", "top=abc"], "top is a whole number from 1, not 'abc'"),
        (["FROM 'other.parquet'"], "only the views of the results are read here"),
        (["--ask", "together", "--param", "minutes=-1"], "minutes is a number from 0, not '-1'"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    code, out, err = lfr(capsys, "sql", *words)
    assert (code, out) == (2, "")
    assert err.startswith("lfr: ")
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["runs", "--json"], "[]\n"),
        (["sql", "SELECT count(*) AS n FROM sightings", "--format", "json"], '[{"n": 0}]\n'),
    ],
)
def test_a_root_without_runs_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], out: str
) -> None:
    """A wrong results root would read as "nobody"."""
    assert lfr(capsys, *words)[2] == ""
    empty = open_store(tmp_path / "empty")
    mark_lake(empty)
    for root, said in ((str(tmp_path / "mistyped"), NO_LAKE), (empty.uri, NO_RUNS)):
        assert lfr(capsys, *words, "--out", root) == (0, out, f"{root}: {said}\n")
        code, _, err = lfr(capsys, "status", RUN_ID, "--out", root)
        assert (code, said in err, root in err) == (2, True, True)


def test_the_help_names_the_ready_questions(capsys: pytest.CaptureFixture[Any]) -> None:
    _, out, _ = lfr(capsys, "sql", "--help")
    assert "not_searched" in " ".join(out.split())
