"""`lfr live` as its user runs it: another process, which is stopped, killed, and refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_facts import OPENED
from tests.cli import here
from tests.deploying import own_home
from tests.e2e.cli import LFR, lfr, surroundings
from tests.live.full_disk import filled, small_disk
from tests.live_case import FOR_EVER_H, wait_for
from tests.one_case import Casework
from tests.patience import PATIENCE_S

HOUR = timedelta(hours=1)
ShownRuns = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def van(casework: Casework, tmp_path: Path) -> Path:
    """A folder with a home and a deployment that may begin now and goes on for an hour."""
    own_home(casework, tmp_path)
    now = datetime.now(UTC)
    content = {
        "deployment": {
            "name": "van",
            "place": "A test street",
            "starts_at": now - HOUR,
            "ends_at": now + HOUR,
            "case": "CASE-1",
            "authorising_officer": "Supt. Test",
            "authority": "ref 1",
            "purpose": "testing",
        },
        "watchlist": {"gallery": "people", "max_age_h": FOR_EVER_H},
        "cameras": [
            {"name": "north", "source": str(casework.played / "passing.mp4"), "loop": True}
        ],
        "console": {"port": 0},
        "engine": {"kind": "in_process"},
    }
    (tmp_path / "live.yaml").write_text(yaml.safe_dump(content))
    return tmp_path


@contextmanager
def running(
    van: Path, *more: str, program: Sequence[str] = LFR
) -> Iterator[subprocess.Popen[bytes]]:
    """Once it has raised an alert."""
    with (van / "said").open("wb") as stderr, (van / "answered").open("wb") as stdout:
        command = [*program, "live", "--rehearse", "--config", str(van / "live.yaml"), *more]
        process = subprocess.Popen(
            command, env=surroundings(van / "home"), stdout=stdout, stderr=stderr
        )
    said = van / "said"
    try:
        wait_for(lambda: process.poll() is not None or ALERTED.search(said.read_text()))
        assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.wait()
        print(said.read_text())


ALERTED = re.compile(r" [1-9]\d* alerts? \(")


def watchlists(van: Path) -> list[Path]:
    return list((van / "home" / "live").glob("*/watchlist"))


@pytest.fixture
def shown_runs(
    van: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> ShownRuns:
    def shown(*words: str) -> list[dict[str, Any]]:
        monkeypatch.setenv("LFR_HOME", str(van / "home"))
        capsys.readouterr()
        code, out, err = here.lfr(capsys, "runs", "--json", *words)
        assert code == 0, err
        return list(json.loads(out))

    return shown


def test_a_signal_ends_it_in_order(van: Path, shown_runs: ShownRuns) -> None:
    """As SIGTERM does, by which the one with a full disk is ended."""
    with running(van) as process:
        assert len(watchlists(van)) == 1
        ids = [path.parent.name for path in watchlists(van)]
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0, (van / "said").read_text()
    answered, said = (van / "answered").read_text(), (van / "said").read_text()
    assert f"{ids[0]} is over: it was stopped" in answered
    assert "faces seen" in answered
    assert "console: http://127.0.0.1:" in said
    assert "astronaut" not in said + answered
    assert "watchlist people: its entries say nothing of source, category, reason" in said
    assert said.index("its entries say nothing") < said.index("console: http")
    assert watchlists(van) == []
    (run,) = shown_runs()
    assert (run["run_id"], run["status"], run["sightings"]) == (ids[0], "complete", 1)


def test_what_a_killed_one_leaves_is_destroyed_by_the_next_start(
    van: Path, shown_runs: ShownRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(van) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (left,) = watchlists(van)
    (run,) = shown_runs()
    assert run["status"] == "interrupted"
    code, _, told = here.lfr(capsys, "report", run["run_id"], "--out", str(van / "report.html"))
    assert code == 0, told
    page = (van / "report.html").read_text()
    assert "This deployment was cut off" in page
    assert "<dt>Faces seen</dt><dd>at least " in page
    assert ",interrupted,A test street," in (van / "report.csv").read_text()

    code, _, told = here.lfr(capsys, "live", "--config", str(van / "live.yaml"),
                             "--set", "deployment.ends_at=2020-01-01T00:00:00Z",
                             "--set", "deployment.starts_at=2019-01-01T00:00:00Z")  # fmt: skip
    assert code == 2
    assert f"deployment {run['run_id']} left behind is destroyed" in told
    assert watchlists(van) == []
    receipt = json.loads((left.parent / "watchlist-receipt.json").read_text())
    assert (receipt["verified_gone"], receipt["why"]) == (True, "its process had died")
    events = [line["event"] for line in audit.entries(van / "home")]
    assert events == ["deployment.begun", "watchlist.copied", OPENED, "watchlist.destroyed"]


REFUSED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("--set", "deployment.authority=' '"), "deployment.authority must be stated"),
    (("--set", "deployment.case=null"), "deployment.case: it says nothing, and there is"),
    (("--set", "deployment.authority="), "there is no deployment without it; conf/"),
    (("--set", "watchlist.max_age_h=1.0", "--rehearse"), "Watchlist 'people' expired"),
    (("--set", "cameras.0.source=rtsp://h/1", "--rehearse"), "A rehearsal plays files alone"),
    ((), "Camera north is a file, and a deployment looks at a street"),
    (("--rehearse", "--out", "ftp://nowhere/x"), "is no place for results"),
    (("--engine", "threads"), "engine.kind is 'threads', but should be"),
)


def test_what_is_refused_is_one_sentence(
    van: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LFR_HOME", str(van / "home"))
    for given, says in REFUSED:
        code, out, told = here.lfr(capsys, "live", "--config", str(van / "live.yaml"), *given)
        assert (code, out) == (2, "")
        (line,) = told.splitlines()
        assert line.startswith("lfr: ")
        assert says in line


def test_the_policy_of_the_home_refuses_a_watchlist(
    van: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LFR_HOME", str(van / "home"))
    command = ("live", "--rehearse", "--config", str(van / "live.yaml"))
    for text, says in (
        ("watchlist: {refuse: [not_reviewed]}", "lfr: The policy refuses this watchlist: its ent"),
        ("watchlist: {refuse: [unreviewed]}", "policy.yaml: watchlist.refuse.0"),
    ):
        (van / "home" / "policy.yaml").write_text(text)
        code, out, told = here.lfr(capsys, *command)
        (line,) = told.splitlines()
        assert (code, out) == (2, "")
        assert says in line
    assert watchlists(van) == []


def test_an_address_that_is_taken_is_refused_before_anything_is_started(
    van: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shown_runs: ShownRuns,
) -> None:
    monkeypatch.setenv("LFR_HOME", str(van / "home"))
    command = ("live", "--rehearse", "--config", str(van / "live.yaml"), "--set")

    def refused(*more: str) -> str:
        code, _, told = here.lfr(capsys, *command, *more)
        assert code == 2
        return told

    assert "would send faces over the network unencrypted" in refused("console.host=192.0.2.1")
    told = refused("console.host=192.0.2.1", "--set", "console.certificate=console.pem")
    assert told.startswith("lfr: The console's address 192.0.2.1 port 0 cannot be had")
    assert "console.certificate console.pem" in refused("console.certificate=console.pem")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = refused(f"console.port={taken.getsockname()[1]}")
    assert "is taken by another program; set console.port" in told
    assert len(told.splitlines()) == 1
    done = lfr(van / "home", *command, "engine.address=127.0.0.1:9", "--engine", "ray")
    assert done.returncode == 1
    assert "The Ray cluster at 127.0.0.1:9 cannot be joined" in done.stderr
    assert watchlists(van) == []
    assert shown_runs() == []


def test_the_job_does_the_same(van: Path) -> None:
    repository = Path(__file__).resolve().parents[3]
    command = [LFR[0], str(repository / "jobs" / "run_live.py"), "--config", "nowhere.yaml"]
    environment = surroundings(van / "home", PATH=os.environ["PATH"])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "lfr: The configuration nowhere.yaml cannot be read (No such file or directory); give a "
        "YAML file that can, as conf/live.yaml is.\n"
    )


JOINED = """
from lfr_batch.cli.app import main
from lfr_batch.engine.live import part_actors, processes, supervise

processes.RAY_ITSELF = frozenset()
supervise.LOST_S = 5.0
part_actors.END_S = 1.0
main()
"""
"""As on a cluster that somebody else has started, whose processes nobody knows; and impatient."""


def ray_itself(process: int, name: str) -> int:
    """Of the cluster that a process has started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    (found,) = (c for c in children if Path(f"/proc/{c}/comm").read_text() == f"{name}\n")
    return int(found)


@pytest.mark.parametrize(
    ("program", "name"),
    [
        (LFR, "gcs_server"),
        pytest.param((sys.executable, "-c", JOINED), "raylet", marks=pytest.mark.long),
    ],
)
def test_one_whose_ray_is_lost_ends_by_itself_as_failed(
    program: Sequence[str], name: str, van: Path, shown_runs: ShownRuns
) -> None:
    with running(van, "--engine", "ray", program=program) as process:
        os.kill(ray_itself(process.pid, name), signal.SIGKILL)
        assert process.wait(PATIENCE_S) == 1
    last = (van / "said").read_text().splitlines()[-1]
    assert last.startswith("lfr: Ray was lost, and without it no part of the deployment can be")
    assert ("its alert router did not answer" in last.lower()) is (name == "raylet")
    assert watchlists(van) == []
    (run,) = shown_runs()
    assert (run["status"], run["sightings"]) == ("failed", 1)
    receipt = next((van / "home" / "live").glob("*/watchlist-receipt.json"))
    assert json.loads(receipt.read_text())["verified_gone"]


def test_what_a_full_disk_could_not_keep_is_shown_counted_and_said(
    van: Path, shown_runs: ShownRuns, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(van / "disk", "4m") as disk:
        shutil.move(van / "home", disk / "home")
        (van / "home").symlink_to(disk / "home")
        results = ("--out", str(van / "results"))
        with running(van, "--set", "watch.cool_down_s=0.0", *results) as process:
            (left,) = watchlists(van)
            with filled(disk):
                wait_for(lambda: "1 alerts not kept: the disk" in (van / "said").read_text())
                process.send_signal(signal.SIGTERM)
                assert process.wait(PATIENCE_S) == 3, (van / "said").read_text()
        answered = (van / "answered").read_text()
        said = re.search(
            r"(\d+) alerts? that (was|were) shown (is|are) lost, since the disk", answered
        )
        assert said
        assert "nothing was changed" not in answered + (van / "said").read_text()
        assert watchlists(van) == []
        (run,) = shown_runs(*results)
        assert (run["status"], run["sightings"]) == ("complete_with_failures", 1)
        run_id = left.parent.name
        code, out, told = here.lfr(capsys, "deliver", run_id, "--config", str(van / "live.yaml"))
        assert code == 0, told
        assert "nothing waits of what was kept" in out
        assert f"{said[0]} had no room to keep them. Nothing can deliver them." in out
