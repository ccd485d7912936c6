"""`lfr review` as its user runs it: another process, decided on over HTTP, ended by a signal."""

from __future__ import annotations

import re
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from lfr_batch.cli.live.console import NOBODY_DECIDES, console_of
from lfr_batch.cli.live.review import Over
from lfr_batch.config.live import ConsoleConfig
from lfr_batch.config.load import dump_config
from lfr_batch.console.serve import require_address
from lfr_batch.console.users import make_user
from lfr_batch.live.records import Role
from tests.console.made import Client
from tests.e2e.cli import LFR, lfr, surroundings
from tests.live.made import DEPLOYMENT, a_config, a_record, an_alert, opened
from tests.live.receiver import eventually
from tests.live_case import wait_for
from tests.patience import PATIENCE_S


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """With a deployment that has ended, of two alerts."""
    routed = opened(tmp_path, record=a_record(datetime.now(UTC)))
    for number in range(2):
        routed.raise_alert(an_alert(number))
    assert eventually(lambda: routed.sink_states()[0].waiting == 0)
    routed.close()
    config = dump_config(a_config(console={"port": 0}))
    (tmp_path / "live.yaml").write_text(yaml.safe_dump(config))
    return tmp_path


def test_reviewers_decide_until_a_signal_ends_it(home: Path) -> None:
    words = ["review", DEPLOYMENT, "--config", str(home / "live.yaml"), "--operator", "j.doe"]
    with (home / "said").open("w") as stderr:
        process = subprocess.Popen(
            [*LFR, *words], env=surroundings(home), stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    try:
        found = wait_for(lambda: re.search(r"reviewer: (http.*)/#(.*)\n", said(home)))
        client = Client(found[1])
        client.login(found[2])
        newest, oldest = client.get("/api/alerts")
        decision = {"verdict": "match", "reason": "spoke to the person", "outcome": "engaged"}
        answer = client.ask("POST", f"/api/alerts/{oldest['alert_id']}/reviews", decision)
        assert answer.status < 300, answer.data
        wait_for(lambda: "1 alert is undecided" in said(home))
        refused = lfr(home, *words)
        assert refused.returncode == 2
        assert "is still running, or somebody delivers or decides for it" in refused.stderr
        decision = {"verdict": "no_match", "reason": "somebody else"}
        client.ask("POST", f"/api/alerts/{newest['alert_id']}/reviews", decision)
        wait_for(lambda: "every alert is decided; Ctrl-C ends" in said(home))
        client.close()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (0, "2 decisions were made; every alert is decided\n")
    assert "2 alerts are undecided" in said(home)
    reviews = lfr(home, "sql", "SELECT verdict, outcome FROM reviews ORDER BY verdict",
                  "--format", "csv")  # fmt: skip
    assert "match,engaged" in reviews.stdout
    assert "no_match," in reviews.stdout


def said(home: Path) -> str:
    return (home / "said").read_text()


@pytest.mark.parametrize(
    ("roles", "warned"),
    [((), False), (("auditor", "operator"), True), (("auditor", "reviewer"), False)],
)
def test_that_nobody_may_decide_is_said(
    roles: tuple[Role, ...], warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for role in roles:
        make_user(tmp_path, role, role)
    router, config = opened(tmp_path), ConsoleConfig(port=0)
    require_address(config)
    with console_of(tmp_path, a_record(), Over(router), config) as url:
        assert url.startswith("http://127.0.0.1:")
    router.close()
    assert (NOBODY_DECIDES in capsys.readouterr().err) is warned
