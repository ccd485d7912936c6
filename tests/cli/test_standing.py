"""`lfr scan --new-only`, `--watch` and `--dry-run`, and what is said where a command is stopped."""

from __future__ import annotations

import json
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.cli.durations import clock, footage_time, seconds_of, size
from lfr_batch.errors import UsageError
from lfr_batch.front import verbs
from lfr_batch.front.standing import Tick
from tests.cli.here import lfr
from tests.e2e.cli import WHO
from tests.one_case import Casework

HERE = ("--gallery", "people", *WHO, "--engine", "in_process")


@pytest.fixture
def archive(casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(casework.home))
    monkeypatch.setenv("LFR_RESULTS", str(tmp_path / "results"))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    folder = tmp_path / "export"
    folder.mkdir()
    for name in ("empty.mp4", "portrait.jpg"):
        shutil.copy(casework.footage / name, folder / name)
    shutil.copy(casework.played / "passing.mp4", folder / "passing.mp4")
    (folder / "cut.mp4").write_bytes((casework.played / "passing.mp4").read_bytes()[:3000])
    return folder


def wait_until_old(folder: Path) -> None:
    """Younger changes might not show in times: files are then known by their bytes alone."""
    newest = max(path.stat().st_ctime for path in folder.iterdir())
    while time.time() - newest <= 2.1:
        time.sleep(0.05)


def everything(*folders: Path) -> dict[Path, tuple[int, int]]:
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(
    casework: Casework, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = archive.parent / "m.csv"
    manifest.write_text("uri,camera_id\nexport/passing.mp4,7\nexport/none.mp4,8\n")
    before = everything(archive.parent, casework.home)
    words = ["scan", str(archive), "--manifest", str(manifest), *HERE, "--dry-run"]
    code, out, err = lfr(capsys, *words)
    assert code == 0, err
    assert "files      4 files found, 4 to be searched\n" in out
    assert "manifest   about 1 of 4 files; 1 of its rows match none\n" in out
    length = "by what the files say of their length, 1 of which cannot be read"
    assert f"footage    7 s of video ({length}), 1 still; " in out
    assert "; without 1 still\n" in out
    assert "no run with these settings has been measured here" in out
    assert "threshold  threshold 0.317: target FPIR 0.01 over 2 people" in out
    assert out.endswith("Nothing was written.\n")
    assert f"  {archive}/none.mp4" in err
    (row,) = json.loads(lfr(capsys, *words, "--json")[1])
    assert (row["files"], row["to_search"], row["searched_before"]) == (4, 4, None)
    assert (row["media_s"], row["stills"], row["unreadable"]) == (7.0, 1, 1)
    assert (row["expected_s"], row["measured_runs"], row["manifest_rows_unmatched"]) == (None, 0, 1)
    assert everything(archive.parent, casework.home) == before


def test_what_was_searched_is_left_out_and_it_is_said_what_that_was(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wait_until_old(archive)
    words = ["scan", str(archive), *HERE, "--new-only"]
    code, out, err = lfr(capsys, *words)
    assert code == 3, err
    assert "complete with failures, 2 sightings" in out
    code, out, _ = lfr(capsys, *words, "--dry-run", "--json")
    (row,) = json.loads(out)
    ((run_id, count),) = row["searched_before"].items()
    assert (code, count, row["to_search"], row["measured_runs"]) == (0, 3, 1, 1)
    code, out, err = lfr(capsys, *words)  # what is faulty is tried once more
    assert (code, "3 files were searched before and left out: 3 in run " in err) == (3, True)
    assert "1 file, 0 s of footage" not in err
    code, out, _ = lfr(capsys, *words, "--json")
    (row,) = json.loads(out)
    assert (code, row["run_id"], sum(row["searched_before"].values())) == (0, None, 4)
    (job,) = [each for each in json.loads(lfr(capsys, "runs", "--json")[1]) if "ticks" in each]
    assert (job["kind"], job["status"]) == ("standing", "asked for")
    assert (job["ticks"], job["runs"]) == (3, 2)
    assert job["run_id"] in lfr(capsys, "runs")[1]
    assert "searched_before  4\n" in lfr(capsys, "status", job["run_id"])[1]
    second = next(iter(row["searched_before"]))
    assert run_id in {second, *row["searched_before"]}
    code, _, err = lfr(capsys, "status", "standing-0000")
    assert (code, "there is no standing job standing-0000" in err) == (2, True)


def test_a_watch_tells_each_tick_in_a_line_and_ends_in_order(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_until_old(archive)
    looks = verbs.watch

    def twice(*given: Any, **named: Any) -> Iterator[Tick]:
        ticks = looks(*given, **{**named, "every_s": 0.001})
        yield next(ticks)
        yield next(ticks)
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs, "watch", twice)
    (archive / "cut.mp4").unlink()
    still = ("--set", "job.still_s=0", "--json")
    code, out, err = lfr(capsys, "scan", str(archive), *HERE, "--watch", "--every", "9s", *still)
    first, second = map(json.loads, out.splitlines())
    assert (first["sightings"], first["sightings_new"], second["run_id"]) == (2, 2, None)
    assert (code, second["searched_before"]) == (130, {first["run_id"]: 3})
    assert err.splitlines()[-1].startswith("lfr: Stopped watching; no run is left unfinished.")


@pytest.mark.parametrize("verb", ["scan", "search"])
def test_the_command_that_goes_on_is_said_in_full(
    casework: Casework,
    archive: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    """It is taken from what is said, as a shell would take it."""
    settings = archive.parent / "my settings.yaml"
    settings.write_text("engine: {kind: in_process}\n")
    root = archive.parent / "it's here"
    words = [verb, str(archive / "portrait.jpg"), *HERE, "--config", str(settings)]
    words += ["--out", str(root), "--set", "s3.region=eu-west-2", "--set", "engine.drain_s=3"]

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("lfr_batch.front.runs.prepare_run", stop)
        code, _, err = lfr(capsys, *words)
    assert (code, root.exists()) == (130, False)
    assert err.endswith("lfr: Stopped before there was a run: nothing was recorded.\n")
    with monkeypatch.context() as patch:
        patch.setattr("lfr_batch.front.runs.execute_held", stop)
        code, _, err = lfr(capsys, *words)
        said, _, command = err.splitlines()[-1].partition(" To go on: ")
        program, *again = shlex.split(command)
        assert (code, said, program) == (130, "lfr: Stopped; what is done is kept.", "lfr")
        places = ["--out", str(root), "--config", str(settings), "--set", "s3.region=eu-west-2"]
        assert again[2:] == places
        *_, resumed = lfr(capsys, *again, "--set", "engine.drain_s=4", "--engine", "in_process")
        assert resumed.splitlines()[-1].endswith("--set=engine.drain_s=4 --engine=in_process")
    code, out, err = lfr(capsys, *again)
    assert code == 0, err
    assert "complete, 1 sighting" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--every", "5m"], "give --watch, too"),
        (["--watch", "--every", "soon"], "--every soon is no time: write it like 30s, 5m or 1h"),
        (["--watch", "--every", "0"], "--every 0 is no time"),
        (["--watch", "--run-id", "mine"], "have ids of their own: no --run-id"),
        (["--new-only", "--run-id", "mine"], "have ids of their own: no --run-id"),
    ],
)
def test_what_makes_no_sense_is_refused(
    archive: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    code, out, err = lfr(capsys, "scan", str(archive), *HERE, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert not (archive.parent / "results").exists()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("5m", 300), ("1.5h", 5400), ("1 d", 86400)]
)
def test_times_are_read_as_they_are_written(text: str, seconds: float) -> None:
    assert seconds_of(text, "--every") == seconds


@pytest.mark.parametrize("text", ["", "m", "-5m", "5 weeks", "0s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        seconds_of(text, "--every")


def test_amounts_are_told_as_people_read_them() -> None:
    assert [clock(s) for s in (4.4, 65, 3723)] == ["0:04", "1:05", "1:02:03"]
    assert [footage_time(s) for s in (42, 1020, 12240)] == ["42 s", "17 min", "3.4 hours"]
    assert [size(n) for n in (7, 6_300, 3_100_000_000)] == ["7 bytes", "6.3 kB", "3.1 GB"]
