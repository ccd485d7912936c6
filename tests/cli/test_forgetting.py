"""`lfr gallery diff`, `remove`, `prune` and `delete`: what they say, ask and refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.cli.app import main
from lfr_batch.gallery.calibrated import Strangers, keep_strangers
from lfr_batch.gallery.records import Subject
from lfr_batch.gallery.store import list_galleries, list_snapshots, load_snapshot
from lfr_batch.oversight import audit
from tests.e2e.cli import WHO
from tests.gallery.conftest import people_of, publish_in
from tests.gallery.grown import grow


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    publish_in(
        tmp_path, people_of({"S1": 2, "S2": 1}), subjects={"S1": Subject("S1", {"sex": "F"})}
    )
    grow(tmp_path, people_of({"S3": 2}))
    changed = {"S1": Subject("S1", {"sex": "M", "age": "31"})}
    grow(tmp_path, without=["S2"], subjects=changed)
    return tmp_path


def lfr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["gallery", *words])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def ids(home: Path) -> list[str]:
    """The newest first."""
    infos = {info.snapshot_id: info for info in list_snapshots(home, "custody")}
    newest = load_snapshot(home, "custody").snapshot_id
    return [newest, *(each for each in infos if each != newest)]


def test_what_changed_between_two_snapshots(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    oldest = next(i for i in list_snapshots(home, "custody") if i.templates == 3).snapshot_id
    code, out, _ = lfr(capsys, "diff", "custody", oldest[:8], "--json")
    assert code == 0
    assert json.loads(out) == [
        {
            "subject": "S1",
            "change": "changed",
            "pictures_added": 0,
            "pictures_removed": 0,
            "attributes": {"age": [None, "31"], "sex": ["F", "M"]},
        },
        {
            "subject": "S2",
            "change": "removed",
            "pictures_added": 0,
            "pictures_removed": 1,
            "attributes": {},
        },
        {
            "subject": "S3",
            "change": "added",
            "pictures_added": 2,
            "pictures_removed": 0,
            "attributes": {},
        },
    ]
    _, out, _ = lfr(capsys, "diff", "custody", oldest)
    assert "sex: F → M" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Which snapshot is to be compared with the current one? The gallery 'custody' has "),
        (["zz"], "No snapshot begins with 'zz': give one that is there, or more of its id; "),
        (["", "zz"], "Which snapshot is to be compared"),
    ],
)
def test_where_no_snapshot_is_meant_those_that_are_there_are_named(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    code, out, err = lfr(capsys, "diff", "custody", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"lfr: {said}")
    assert all(f"{each} (made 2" in err for each in ids(home))


@pytest.mark.parametrize(
    ("words", "options", "said"),
    [
        (["remove", "custody", "S3"], [], "--case and --authority and --purpose must be stated"),
        (["remove", "custody", "S3"], WHO, "give --yes, or --dry-run"),
        (["prune", "custody"], WHO, "give --yes, or --dry-run"),
        (["delete", "custody"], WHO, "give --yes, or --dry-run"),
        (["remove", "custody", "S4"], [*WHO, "--yes"], "has nobody called 'S4'"),
        (["delete", "nobody"], [*WHO, "--yes"], "There is no gallery 'nobody'"),
    ],
)
def test_what_is_not_said_is_not_done(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    options: Any,
    said: str,
) -> None:
    before = ids(home)
    code, _, err = lfr(capsys, *words, *options)
    assert code != 0
    assert said in err
    assert ids(home) == before
    assert list(audit.entries(home)) == []


@pytest.mark.parametrize(
    "words", [["remove", "custody", "S3"], ["prune", "custody"], ["delete", "custody"]]
)
def test_a_dry_run_only_shows(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    before = ids(home)
    code, out, _ = lfr(capsys, *words, *WHO, "--dry-run", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {row["snapshot"] for row in rows} <= {*before}
    assert len(rows) >= 2
    assert ids(home) == before
    assert list(audit.entries(home)) == []


def test_a_subject_that_is_removed_is_in_no_snapshot(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = lfr(capsys, "remove", "custody", "S3", *WHO, "--yes", "--json")
    (row,) = json.loads(out)
    assert (code, row["verb"], row["subjects"], len(row["snapshots_gone"])) == (
        0,
        "remove",
        ["S3"],
        2,
    )
    for info in list_snapshots(home, "custody"):
        assert "S3" not in set(load_snapshot(home, "custody", info.snapshot_id).subject_ids)
    assert Path(row["receipt"]).is_file()


def test_pruned_says_what_stays_and_why(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest, *older = ids(home)
    code, out, _ = lfr(capsys, "prune", "custody", *WHO, "--yes", "--keep", "0")
    assert code == 0
    assert "it is the current one" in out
    assert "2 snapshots and " in out
    assert ids(home) == [newest]
    code, _, err = lfr(capsys, "diff", "custody", older[0])
    assert (code, "No snapshot begins with" in err) == (2, True)


def test_a_gallery_is_deleted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = lfr(capsys, "delete", "custody", *WHO, "--yes")
    assert (code, "custody is gone" in out) == (0, True)
    assert list_galleries(home) == []


def calibrated(home: Path) -> None:
    snapshot = load_snapshot(home, "custody")
    points = ((0.5, 0.2), (0.1, 0.3))
    said = {"case_ref": "OP-1", "authority": "A", "calibrated_utc": datetime.now(UTC)}
    found = Strangers(
        score="cosine", probes=100, people=100, points=points,
        pack_identity=snapshot.pack_identity, **said,
    )  # fmt: skip
    keep_strangers(snapshot.path, found)


@pytest.mark.parametrize(
    "words", [["gallery", "remove", "custody", "S3"], ["forget", "subject", "S3"]]
)
def test_a_calibration_that_goes_with_somebody_is_said(
    home: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    calibrated(home)
    with pytest.raises(SystemExit) as stop:
        main([*words, *WHO, "--yes"])
    err = capsys.readouterr().err
    assert not stop.value.code, err
    assert "Gallery 'custody' was calibrated on strangers, and this is another snapshot" in err
    assert not list((home / "galleries" / "custody").glob("calibrated/*"))


def test_of_a_calibration_that_stays_nothing_is_said(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """S2 is in earlier snapshots alone."""
    calibrated(home)
    code, out, err = lfr(capsys, "remove", "custody", "S2", *WHO, "--yes", "--json")
    assert (code, json.loads(out)[0]["calibration_lost"]) == (0, False)
    assert "calibrated" not in err
    assert list((home / "galleries" / "custody").glob("calibrated/*"))
