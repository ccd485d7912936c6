"""Another user of the machine, beside a deployment on a Ray of its own."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.engine.session_folder import TOKEN
from tests.conftest import REPOSITORY
from tests.e2e.cli import surroundings
from tests.e2e.test_live_forgetting import processes_of
from tests.e2e.test_live_memory import deployed
from tests.engine.test_cluster import LISTEN, LOOPBACK, sockets_of
from tests.live_case import wait_for
from tests.one_case import Casework
from tests.permissions import NOBODY

TOLD_TO_ALL = {"/", "/metrics", "/health", "/api/local_raylet_healthz"}
"""The console's page to log in with, counts and signs of life."""
COUNTS = b"# HELP "
"""Ray's exporter of counts about itself answers so whatever it is asked."""
WATCHED = b"astronaut"
PICTURES = (b"\xff\xd8\xff", b"\x89PNG")
NO_TOKEN = {"RAY_AUTH_MODE": "disabled"}
WRONG_TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}


def first(driver: subprocess.Popen[bytes], command: str) -> int:
    """The process of the deployment whose command is that, as soon as there is one."""

    def found() -> list[int]:
        assert driver.poll() is None
        return [each for each in processes_of(driver.pid) if command in command_of(each)]

    process: int = min(wait_for(found))
    return process


def command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode()
    except OSError:
        return ""


def listeners(processes: list[int]) -> list[tuple[str, int]]:
    ours = set(sockets_of(set(processes)))
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    places = [row[1].split(":") for row in rows if row[3] == LISTEN and row[9] in ours]
    return [(address, int(port, 16)) for address, port in places]


def told(about: dict[str, Any], home: Path, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.e2e.other_user", json.dumps(about)],
        env=surroundings(home, HOME="/nowhere", RAY_BACKEND_LOG_LEVEL="fatal", **environment),
        cwd=REPOSITORY, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def setting(process: int, name: str) -> str:
    (value,) = set(re.findall(rf"--{name}=([\d.:]+)", command_of(process).replace("_", "-")))
    return str(value)


def refused(seen: dict[str, Any]) -> set[str]:
    return {name for name, got in seen.items() if str(got).startswith("refused: ")}


@pytest.mark.long
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root can act as another user"
)
def test_another_user_learns_nothing_of_a_deployment(casework: Casework, tmp_path: Path) -> None:
    with deployed(casework.home, tmp_path, casework.footage / "walk.mp4") as driver:
        parts = [first(driver, f"ray::{each}Actor") for each in ("Router", "Analyst", "Camera")]
        wait_for(lambda: b"console" in (tmp_path / "said").read_bytes())
        own_nice = os.getpriority(os.PRIO_PROCESS, driver.pid)
        assert [os.getpriority(os.PRIO_PROCESS, each) for each in parts] == [own_nice] * 3
        raylet = first(driver, "raylet/raylet")
        session = next(path for path in files_of(raylet) if "/lfr-ray-" in path)
        folder = re.sub(r"(/lfr-ray-[^/]+).*", r"\1", session)
        everybody = processes_of(driver.pid)
        found = listeners(everybody)
        assert {address for address, _ in found} <= LOOPBACK
        about = {
            "user": NOBODY, "folder": folder, "processes": everybody, "joins": True,
            "head": setting(raylet, "gcs-address"), "ports": sorted({port for _, port in found}),
        }  # fmt: skip
        home = casework.home
        for token in (NO_TOKEN, WRONG_TOKEN):
            seen = told(about, home, **token)
            assert {name for name in seen if "http" not in name} <= refused(seen)
            for name, got in seen.items():
                if "http" in name and name not in refused(seen):
                    hold_answer(name.split()[-1], *got)
        # The owner can: what is refused above is refused, and not merely asked wrongly.
        own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": f"{folder}/{TOKEN}"}
        mine = told({**about, "user": 0, "joins": False, "processes": parts}, home, **own)
        assert not {name for name in refused(mine) if "http" not in name}
        assert mine["head"] == re.findall(r"session_[^/]+", session)[0]
        assert driver.poll() is None


def files_of(process: int) -> list[str]:
    links = Path(f"/proc/{process}/fd").iterdir()
    return [str(link.readlink()) for link in links if link.is_symlink()]


def hold_answer(path: str, status: int, body: str) -> None:
    said = base64.b64decode(body)
    open_to_all = path in TOLD_TO_ALL or said.startswith(COUNTS)
    assert open_to_all or status >= 400, (path, status, said[:200])
    assert WATCHED not in said
    assert not any(picture in said for picture in PICTURES)
