from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.oversight import audit
from tests.cli.here import lfr
from tests.live.made import DEPLOYMENT, a_record, an_alert, opened
from tests.live.receiver import eventually

LONG_AGO = datetime.now(UTC) - timedelta(days=60)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a deployment whose time has been over for long."""
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    router = opened(tmp_path, record=a_record(LONG_AGO))
    router.raise_alert(an_alert())
    assert eventually(lambda: router.sink_states()[0].waiting == 0)
    router.close()
    return tmp_path


def test_a_sweep_is_tried_done_recorded_and_verified(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = lfr(capsys, "retention", "sweep", "--dry-run", "--json")
    (due,) = json.loads(out)
    assert (code, due["deployment_id"], due["state"], due["alerts"]) == (0, DEPLOYMENT, "due", 1)
    code, out, _ = lfr(capsys, "retention", "sweep", "--operator", "j.doe")
    assert code == 0
    assert DEPLOYMENT in out
    assert "deleted" in out
    assert {line["by"] for line in audit.entries(home)} == {"j.doe"}
    assert lfr(capsys, "retention", "sweep")[:2] == (0, "nothing is due\n")
    code, out, _ = lfr(capsys, "audit", "verify")
    assert code == 0
    assert "2 lines are as they were written" in out
    noted = out.split()[-1]
    assert lfr(capsys, "audit", "verify", "--noted", noted)[0] == 0
    assert lfr(capsys, "audit", "verify", "--noted", "0" * 64)[0] == 1


def test_an_altered_log_is_told_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lfr(capsys, "retention", "sweep", "--operator", "j.doe")
    path = audit.audit_log(home)
    path.write_text(path.read_text().replace("j.doe", "k.doe", 1))
    code, out, err = lfr(capsys, "audit", "verify")
    assert (code, out) == (1, "")
    assert "was altered: line 1 is not as it was written" in err
    assert err.count("\n") == 1


def test_what_cannot_be_swept_is_told_and_ends_with_1(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "live" / DEPLOYMENT / "deployment.json").write_text("{}")
    code, _, err = lfr(capsys, "retention", "sweep")
    assert code == 1
    assert f"{DEPLOYMENT} is not swept" in err
    code, _, err = lfr(capsys, "retention", "sweep", "--out", "gs://bucket")
    assert code == 1
    assert "s3://bucket/prefix" in err


def test_nothing_was_recorded_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    code, out, _ = lfr(capsys, "audit", "verify")
    assert code == 0
    assert "nothing was recorded yet" in out


def test_a_sweep_destroys_watchlists_that_were_left_behind(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = home / "live" / DEPLOYMENT / "watchlist" / "galleries"
    left.mkdir(parents=True)
    (left / "templates").write_bytes(b"somebody")
    lfr(capsys, "retention", "sweep", "--dry-run")
    assert left.exists()
    code, _, err = lfr(capsys, "retention", "sweep")
    assert code == 0
    assert f"deployment {DEPLOYMENT} left behind is destroyed" in err
    assert not left.parent.exists()
    assert "watchlist.destroyed" in {line["event"] for line in audit.entries(home)}
