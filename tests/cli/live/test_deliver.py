from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from lfr_batch.cli.live.status import summary
from lfr_batch.config.load import dump_config
from lfr_batch.live.alerts import router
from lfr_batch.live.alerts.sinks import delivery
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.deployment.run import Ended
from lfr_batch.live.deployment.watchlist_receipt import Receipt
from lfr_batch.oversight import audit
from tests.cli.here import lfr
from tests.live.made import DEPLOYMENT, STARTED, a_config, a_record, an_alert, figures, opened
from tests.live.receiver import eventually, receiving


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a deployment that has ended while its webhook was down."""
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.setenv("HOOK_SECRET", "not for everybody")
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    monkeypatch.setattr(router, "FLUSH_S", 0.3)
    monkeypatch.setattr(delivery, "LONGEST_WAIT_S", 0.05)
    down = {"webhook": {"url": "http://127.0.0.1:9/down", "secret_env": "HOOK_SECRET"}}
    routed = opened(tmp_path, record=a_record(datetime.now(UTC)), alerts=down)
    routed.raise_alert(an_alert())
    assert eventually(lambda: routed.sink_states()[1].waiting == 0)
    routed.close()
    (tmp_path / "live.yaml").write_text(yaml.safe_dump(dump_config(a_config(alerts=down))))
    return tmp_path


def test_it_is_tried_and_says_what_still_waits_and_why(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["deliver", DEPLOYMENT, "--config", str(home / "live.yaml"), "--operator", "j.doe"]
    code, out, err = lfr(capsys, *asked, "--wait-s", "0.2")
    assert code == 1
    assert out.splitlines() == [
        "webhook: 0 delivered, 1 still waiting (the webhook does not answer (NewConnectionError))",
        "parquet: 0 delivered, nothing waits",
    ]
    assert "alerts and reviews that wait: 1 for webhook; trying for 0.2 s" in err
    with receiving() as receiver:
        there = ["--set", f"alerts.webhook.url={receiver.url}"]
        code, out, err = lfr(capsys, *asked, *there)
        assert (code, receiver.taken) == (0, ["alert:a0000"])
        assert out.splitlines()[0] == "webhook: 1 delivered, nothing waits"
        code, out, err = lfr(capsys, *asked, *there)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "parquet: 0 delivered, nothing waits",
        "webhook: 0 delivered, nothing waits",
    ]
    assert len(receiver.taken) == 1
    assert {line["by"] for line in audit.entries(home)} == {"j.doe"}
    assert "S000" not in json.dumps(list(audit.entries(home)))


def test_a_damaged_file_is_named_and_nobody_is_told_to_try_again(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (router_folder(home, DEPLOYMENT) / "alerts" / "a0000").write_bytes(b"damaged")
    asked = ["deliver", DEPLOYMENT, "--config", str(home / "live.yaml"), "--wait-s", "0.2"]
    code, out, _ = lfr(capsys, *asked)
    assert code == 0
    assert "1 sealed file cannot be delivered: cannot be read: alerts/a0000" in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["20260101-000000-live-0000", "--config", "live.yaml"], 2, "There is no deployment"),
        ([DEPLOYMENT, "--config", "nowhere.yaml"], 2, "nowhere.yaml cannot be read"),
        ([DEPLOYMENT, "--config", "live.yaml", "--set", "alerts.webhook=null"], 2, "webhook of"),
        ([DEPLOYMENT], 2, "--config"),
        ([DEPLOYMENT, "--config", "live.yaml", "--wait-s", "-1"], 2, "--wait-s"),
    ],
)
def test_what_is_refused_is_one_sentence(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    says: str,
) -> None:
    monkeypatch.chdir(home)
    ended, out, err = lfr(capsys, "deliver", *words)
    assert (ended, out) == (code, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_deployment_that_ends_names_the_command() -> None:
    receipt = Receipt(DEPLOYMENT, "watchlist", "s-1", "it was stopped", "j.doe", STARTED, ())
    ended = Ended(figures(undelivered={"webhook": 3}), receipt, "complete_with_failures")
    said = list(summary(ended))
    assert "webhook has not taken 3 alerts and reviews; they are kept, sealed" in said
    assert f"`lfr deliver {DEPLOYMENT} --config FILE` delivers them later" in said
    quiet = list(summary(Ended(figures(), receipt, "complete")))
    assert not any("lfr deliver" in line for line in quiet)
