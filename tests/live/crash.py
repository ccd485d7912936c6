"""Kills a process with SIGKILL before each change of names on the disk, and looks at what is left.

Run as ``python -m tests.live.crash raise|sweep|sweep_some DIRECTORY``: one JSON object a line.
``python -m tests.live.crash for_ever DIRECTORY`` raises alerts and prints each id when it has.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.alerts import router
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results.store import open_store
from tests.live.made import DEPLOYMENT, a_record, a_review, an_alert, opened
from tests.results.crash import NEVER, REPOSITORY, die_before, in_child

OVER = datetime.now(UTC) + timedelta(days=40)


def crash_report(scenario: str) -> list[dict[str, Any]]:
    """One entry for each step at which the process was killed, and one in which it was not."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "tests.live.crash", scenario, directory]
        done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def killed_while_raising(home: Path, after: int) -> list[str]:
    """What a process had acknowledged that was killed after ``after`` alerts, in the midst."""
    command = [sys.executable, "-m", "tests.live.crash", "for_ever", str(home)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines(keepends=True)
    return told + [line.strip() for line in rest if line.endswith("\n")]


@dataclass(frozen=True)
class Scenario:
    prepare: Callable[[Path], object]
    act: Callable[[Path], object]
    look: Callable[[Path], object]


def kill_everywhere(directory: Path, scenario: Scenario) -> Iterator[dict[str, Any]]:
    """Always in the same place, whose path is in the files."""
    home, prepared = directory / "home", directory / "prepared"
    home.mkdir()
    in_child(partial(scenario.prepare, home))
    home.rename(prepared)
    for step in range(NEVER):
        shutil.copytree(prepared, home)
        killed, _ = in_child(partial(act_until, step, scenario.act, home))
        acknowledged = sum(1 for _ in home.glob("acknowledged-*"))
        _, after_kill = in_child(partial(scenario.look, home))
        _, after_retry = in_child(partial(act_and_look, scenario, home))
        yield {
            "killed": killed,
            "acknowledged": acknowledged,
            "after_kill": after_kill,
            "after_retry": after_retry,
        }
        shutil.rmtree(home)
        if not killed:
            return


def act_until(step: int, act: Callable[[Path], object], home: Path) -> None:
    die_before(step)
    act(home)


def act_and_look(scenario: Scenario, home: Path) -> object:
    scenario.act(home)
    return scenario.look(home)


def raise_three(home: Path) -> None:
    """Without sinks, so that the steps are the same each time."""
    router.open_sinks = lambda setting: {}  # type: ignore[attr-defined]
    routed = opened(home)
    for number in range(3):
        if routed.raise_alert(an_alert(number)):
            (home / f"acknowledged-{number}").touch()
    routed.close()


def look_at_alerts(home: Path) -> dict[str, int]:
    router.open_sinks = lambda setting: {}  # type: ignore[attr-defined]
    routed = opened(home)
    alerts = routed.alerts()
    hidden = [p for p in router_folder(home, DEPLOYMENT).rglob(".*") if p.is_file()]
    routed.close()
    return {"alerts": len(alerts), "halves": len(hidden)}


def prepare_sweep(home: Path, keep_h: float = 744.0) -> None:
    """Two alerts, one of them reviewed, delivered everywhere."""
    lines = {"json_lines": str(home / "feed.jsonl")}
    routed = opened(home, record=a_record(keep_h=keep_h), alerts=lines)
    for number in range(2):
        routed.raise_alert(an_alert(number))
    routed.review(a_review("a0000"))
    while any(state.waiting for state in routed.sink_states()):
        routed.events(0, 0.05)
    routed.close()


def sweep_it(home: Path) -> None:
    order = Sweep(home, (open_store(home / "results"),), OVER, "test")
    assert all(swept.state == "deleted" for swept in sweep(order))


def look_at_files(home: Path) -> dict[str, Any]:
    """Half of a list of views holds nothing about anybody."""
    files = sorted(str(p.relative_to(home)) for p in home.rglob("*") if p.is_file())
    files = [name for name in files if not name.startswith("results/.tmp-views.sql")]
    deleted = [line["alert_id"] for line in audit.entries(home) if "alert_id" in line]
    done = [line["alerts"] for line in audit.entries(home) if "alerts" in line]
    chain = verify(home)
    return {"files": files, "deleted": deleted, "done": done, "lines": chain.entries}


def raise_for_ever(home: Path) -> None:
    routed = opened(home)
    for number in count():
        if routed.raise_alert(an_alert(number, best_shot_jpeg=os.urandom(20_000))):
            print(f"a{number:04d}", flush=True)


SCENARIOS = {
    "raise": Scenario(lambda home: None, raise_three, look_at_alerts),
    "sweep": Scenario(prepare_sweep, sweep_it, look_at_files),
    "sweep_some": Scenario(partial(prepare_sweep, keep_h=1e5), sweep_it, look_at_files),
}

if __name__ == "__main__":
    if sys.argv[1] == "for_ever":
        raise_for_ever(Path(sys.argv[2]))
    for found in kill_everywhere(Path(sys.argv[2]), SCENARIOS[sys.argv[1]]):
        print(json.dumps(found), flush=True)
