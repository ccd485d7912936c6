"""What a scan and a search say of what they were given, and what they refuse without a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lfr_batch.results.lock import lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.cli.here import lfr
from tests.e2e.cli import WHO
from tests.one_case import Casework

HERE = ("--gallery", "people", *WHO, "--engine", "in_process")


@pytest.fixture
def archive(casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a recorder exports it, results beside it."""
    monkeypatch.setenv("LFR_HOME", str(casework.home))
    monkeypatch.setenv("LFR_RESULTS", str(tmp_path / "results"))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    folder = tmp_path / "export"
    folder.mkdir()
    shutil.copy(casework.footage / "empty.mp4", folder / "01-02-2024 10-00-00.mp4")
    shutil.copy(casework.footage / "empty.mp4", folder / "2024-02-01 11-00-00 PM.mp4")
    (folder / "player.exe").write_bytes(b"MZ")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    return folder


def test_what_was_found_is_said_and_counted(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = archive.parent / "m.csv"
    rows = "".join(f"export/none{n:02d}.mp4;7\n" for n in range(23))
    manifest.write_text(f"URI;Camera\nexport/01-02-2024 10-00-00.mp4;7\n{rows}")
    code, out, err = lfr(capsys, "scan", str(archive), "--manifest", str(manifest), *HERE, "--json")
    assert code == 0, err
    (summary,) = json.loads(out)
    assert (summary["footage"], summary["footage_failed"], summary["errors"]) == (2, 0, [])
    counted = ("left_out", "manifest_rows_unmatched", "footage_without_row")
    assert [summary[name] for name in counted] == [2, 23, 1]
    assert "Camera (did you mean camera_id?)" in err
    assert f"left out of {archive}: 2 files that are no footage (Thumbs.db, player.exe)" in err
    assert "rows of the manifest that match none of the footage: 23\n" in err
    assert err.count("/export/none") == 20
    assert "  … and 3 more\n" in err
    assert "files without a row in the manifest: 1\n" in err
    assert "which tells 01-02-2024 10-00-00: it may be 2 January 2024 or 1 February 2024" in err
    code, out, err = lfr(
        capsys,
        "sql",
        "SELECT start_utc, start_source FROM footage ORDER BY uri",
        "--format",
        "json",
    )
    assert [row["start_source"] for row in json.loads(out)] == ["none", "filename"]
    assert json.loads(out)[1]["start_utc"].startswith("2024-02-01T23:00:00")


def test_what_could_not_be_seen_stays_with_the_run(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest, bare = archive.parent / "m.csv", archive.parent / "bare"
    manifest.write_text("uri\nexport/none.mp4\n")
    bare.mkdir()
    words = ["scan", str(archive), str(bare), "--manifest", str(manifest), *HERE, "--json"]
    code, out, err = lfr(capsys, *words)
    assert code == 3, err
    (summary,) = json.loads(out)
    gap, run_id = f"{bare} holds no footage", summary["run_id"]
    assert (summary["status"], summary["gaps"]) == ("complete_with_failures", [gap])
    assert f"this one will not count as complete): 1\n  {gap}\n" in err
    _, out, _ = lfr(capsys, "status", run_id)
    counted = ("2 × file that is no footage", "1 × row of the manifest that matches no footage")
    assert all(part in out for part in (gap, *counted, f"{archive}/none.mp4"))
    _, out, _ = lfr(capsys, "status", run_id, "--json")
    (row,) = json.loads(out)
    assert (row["gaps"], row["unmatched_rows"]) == ([gap], [f"{archive}/none.mp4"])
    _, out, _ = lfr(capsys, "runs")
    assert "1 not seen" in out
    _, out, _ = lfr(capsys, "sql", "--ask", "not_searched", "--format", "json")
    assert [(row["status"], row["error"]) for row in json.loads(out)] == [("not seen", gap)]
    _, out, _ = lfr(capsys, "sql", "SELECT gaps, left_out FROM runs", "--format", "json")
    (row,) = json.loads(out)
    assert row["gaps"] == [gap]
    assert row["left_out"]["file that is no footage"] == 2
    report = archive.parent / "report.html"
    lfr(capsys, "report", run_id, "--out", str(report))
    html = report.read_text()
    assert all(part in html for part in (f"<li>{gap}</li>", *counted, f"<li>{archive}/none.mp4"))
    code, out, _ = lfr(capsys, "resume", run_id, "--json")
    assert (code, json.loads(out)[0]["gaps"]) == (3, [gap])


def test_a_search_looks_at_stills_and_names_videos(
    casework: Casework, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = lfr(capsys, "search", str(archive), *HERE)
    assert (code, out) == (2, "")
    assert "is a video, and `lfr search` looks at stills: scan it with `lfr scan` (1 more" in err
    assert json.loads(lfr(capsys, "runs", "--json")[1]) == [], (
        "it was refused before there was a run"
    )
    video = archive / "01-02-2024 10-00-00.mp4"
    portrait = casework.footage / "portrait.jpg"
    code, out, err = lfr(capsys, "search", str(portrait), str(video), *HERE, "--json")
    assert code == 3
    assert json.loads(out)[0]["subject_id"] == "astronaut"
    assert f"failed: {video} is a video" in err
    assert f"{video}: not searched\n" in err
    assert "\n1 still compared in " in err
    assert err.endswith("; 1 file not searched\n")


def test_a_still_that_cannot_be_decoded_was_not_searched(
    archive: Path, casework: Casework, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = archive / "cut.jpg"
    cut.write_bytes((casework.footage / "portrait.jpg").read_bytes()[:3000])
    code, out, err = lfr(capsys, "search", str(cut), *HERE, "--json")
    assert (code, json.loads(out)) == (3, [])
    assert "no face found" not in err
    assert f"{cut}: not searched\n" in err
    assert f"failed: {cut} is truncated: the end of the picture is missing, and " in err
    assert err.count("copy it again from its source") == 1
    assert "\n0 stills compared in " in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["http://host/x.mp4"], 2, "footage lies on disk or in s3://"),
        (["--manifest", "{folder}/http.csv"], 2, "http://host/x.mp4 cannot be read"),
        (["{folder}/none.mp4"], 2, "does not exist"),
        (["{folder}", "--engine", "ray", "--address", "127.0.0.1:9"], 1, "cannot be joined"),
        (["{folder}", "--engine", "ray", "--address", "ray://127.0.0.1:9"], 1, "cannot be joined"),
        (["{folder}", "--engine", "ray", "--address", "nonsense"], 1, "is not like host:6379"),
        (["{folder}", "--out", "ftp://host/x"], 1, "is no place for results"),
        (["{folder}", "--out", "{folder}/player.exe/x"], 1, "choose another results root"),
    ],
)
def test_what_is_refused_leaves_no_run(
    archive: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    says: str,
) -> None:
    # Other tests' cluster may be joined in this process, and would do for any address.
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    (archive / "http.csv").write_text("uri\nhttp://host/x.mp4\n")
    given = [word.format(folder=archive) for word in words]
    ended, out, err = lfr(capsys, "scan", *HERE, *given)
    assert (ended, out) == (code, "")
    assert says in err
    assert not (archive.parent / "results").exists()
    assert lfr(capsys, "runs", "--json")[1].strip() == "[]"


def test_a_scan_that_is_given_its_id_may_be_asked_for_again(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a scheduler does that never heard of the first one's end."""
    asked = ("scan", str(archive), *HERE, "--run-id", "nightly-7", "--json")
    code, out, err = lfr(capsys, *asked)
    assert code == 0, err
    code, _, err = lfr(capsys, *asked)
    assert (code, "Run nightly-7 was asked for before: it goes on" in err) == (0, True)
    (summary,) = json.loads(out)
    assert summary["run_id"] == "nightly-7"
    code, out, _ = lfr(capsys, "runs", "--json")
    assert [row["run_id"] for row in json.loads(out)] == ["nightly-7"]
    code, _, err = lfr(capsys, *asked, "--case", "OP-9", "--threshold", "0.5")
    assert code == 2
    assert "Run nightly-7 was asked for with another case and configuration: give this" in err
    code, _, err = lfr(capsys, *asked, "--run-id", "../7")
    assert (code, "cannot name a run" in err) == (2, True)


def test_only_what_is_worked_on_can_be_cancelled(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lfr(capsys, "scan", str(archive), *HERE, "--run-id", "r1")[0] == 0
    code, _, err = lfr(capsys, "cancel", "r1")
    assert code == 2
    assert "Nobody works on run r1: there is nothing to cancel" in err
    with lock_run(StoredRun(open_store(archive.parent / "results"), "r1")):
        code, _, err = lfr(capsys, "cancel", "r1", "--operator", "ae")
    assert (code, "was asked to end" in err) == (0, True)
    assert lfr(capsys, "cancel", "r2")[0] == 2
