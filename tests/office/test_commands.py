"""`lfr review RUN` and `lfr serve` as their users run them: another process, ended by a signal."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lfr_batch.console.users import make_user
from tests.cli.here import lfr
from tests.console.made import Client
from tests.e2e.cli import LFR, surroundings
from tests.live_case import wait_for
from tests.office.made import decision, path_of
from tests.patience import PATIENCE_S


@contextmanager
def running(home: Path | str, said: Path, *words: str) -> Iterator[str]:
    """What it says, once there is an address."""
    with said.open("w") as stderr:
        process = subprocess.Popen(
            [*LFR, *words], env=surroundings(home), stdout=stderr, stderr=stderr, text=True
        )
    try:
        wait_for(lambda: "Ctrl-C ends" in said.read_text())
        yield said.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_S) in {0, 130}
    finally:
        process.kill()
        process.wait()


def test_one_run_is_reviewed_by_whoever_sits_here(home: Path, tmp_path: Path) -> None:
    with running(home, tmp_path / "said", "review", "latest", "--operator", "j.doe") as said:
        found = re.search(r"j\.doe: (http\S*)/#(\S*)", said)
        run = re.search(r"review of (\S+):", said)
        assert found
        assert run
        client = Client(found[1])
        client.login(found[2])
        assert [each["run_id"] for each in client.get("/api/runs")] == [run[1]]
        told = client.get(f"/api/runs/{run[1]}")["sightings"]
        at = path_of(run[1], told[0]["sighting_id"])
        assert client.ask("POST", f"{at}/decisions", decision()).status == 201
        client.close()


def test_a_force_is_served_every_run_by_its_users(home: Path, tmp_path: Path) -> None:
    token = make_user(home, "Anne", "reviewer")
    with running(home, tmp_path / "said", "serve", "--port", "0") as said:
        found = re.search(r"(http\S*)", said)
        assert found
        assert token not in said
        client = Client(found[1])
        client.login(token)
        assert len(client.get("/api/runs")) == 2
        client.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["review", "20260101-000000-scan-aaaa"], "20260101-000000-scan-aaaa"),
        (["serve", "--port", "0"], "lfr live-user add NAME --role reviewer"),
        (["serve", "--port", "0", "--host", "0.0.0.0"], "unencrypted"),
    ],
)
def test_what_cannot_be_served_is_refused(
    words: list[str],
    said: str,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LFR_HOME", str(home))
    code, _, told = lfr(capsys, *words)
    assert code == 2
    assert said in told
    assert "Traceback" not in told
