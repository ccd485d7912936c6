"""A Ray cluster that is started here: nobody else can look into it or talk to it."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import urllib3

from lfr_batch.cli.findings_ray import nodes_finding, running_nodes
from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import connected
from lfr_batch.engine.own_cluster import listening, own_token
from lfr_batch.engine.session_folder import RAYS, TOKEN
from lfr_batch.errors import EngineError
from tests.live_case import wait_for
from tests.permissions import NOBODY

LISTEN = "0A"
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
"""127.0.0.1, the same in IPv6, and ::1, as the kernel writes them."""
SERVERS = 5
"""GCS, raylet (twice), its agents, at least."""


def session() -> Path:
    """Ray's own folder of the cluster that this process is connected to."""
    from ray._private import worker

    node: Any = worker._global_node
    return Path(node.get_session_dir_path())


def processes_of(ancestor: int) -> set[int]:
    """It and all that it has started, directly or not."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(entry.parts[2])] = int(entry.read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    new = {ancestor}
    while new:
        found |= new
        new = {child for child, parent in parents.items() if parent in new} - found
    return found


def sockets_of(processes: set[int]) -> Iterator[str]:
    """Inodes."""
    for process in processes:
        for link in Path(f"/proc/{process}/fd").glob("*"):
            with suppress(OSError):
                yield from re.findall(r"socket:\[(\d+)\]", str(link.readlink()))


def listening_addresses() -> list[tuple[str, int]]:
    """Where the cluster's processes listen: address, as the kernel writes it, and port."""
    ours = set(sockets_of(processes_of(os.getpid())))
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    places = [row[1].split(":") for row in rows if row[3] == LISTEN and row[9] in ours]
    return [(address, int(port, 16)) for address, port in places]


def own_address() -> str | None:
    """This machine's, as others see it; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(asked.getsockname()[0])


def test_its_folder_is_its_owners_alone(ray_cluster: None) -> None:
    rays = session().parent
    private = rays.parent
    assert rays.name == RAYS
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert private.stat().st_uid == os.geteuid()
    assert not (private / TOKEN).stat().st_mode & 0o077


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_another_user_can_neither_look_into_it_nor_put_a_link_there(
    ray_cluster: None, tmp_path: Path
) -> None:
    logs, token = session() / "logs", session().parents[1] / TOKEN
    attacks = (
        f"ls {logs}",
        f"cat {token}",
        f"ln -s {tmp_path}/target {logs}/worker.out",
        f"mv {session()} {session()}.old",
        f"mv {token.parent} {token.parent}.old",
    )
    for attack in attacks:
        command = ["sh", "-c", attack]
        done = subprocess.run(command, user=NOBODY, group=NOBODY, extra_groups=[],
                              capture_output=True, check=False)  # fmt: skip
        assert done.returncode != 0, attack
        assert b"denied" in done.stderr or b"not permitted" in done.stderr, attack
    assert logs.is_dir()
    assert not (logs / "worker.out").is_symlink()


def test_it_listens_on_this_machine_alone(ray_cluster: None) -> None:
    found = wait_for(lambda: len(places := listening_addresses()) >= SERVERS and places)
    assert {address for address, _ in found} <= LOOPBACK


def test_the_doctor_sees_it_and_finds_it_closed(ray_cluster: None) -> None:
    (node,) = (node for node in running_nodes() if node.folder == session().parent)
    assert node.address == "127.0.0.1"
    assert node.process in processes_of(os.getpid())
    assert nodes_finding([node]).state == "ok"


def test_it_answers_nobody_without_its_token(ray_cluster: None) -> None:
    (said,) = wait_for(lambda: list(session().glob("runtime_env_agent_port_*")))
    url = f"http://127.0.0.1:{said.read_text()}/get_or_create_runtime_env"
    http = urllib3.PoolManager(retries=urllib3.Retry(20, backoff_factor=0.1))
    assert http.request("POST", url).status == 401
    wrong = {"Authorization": f"Bearer {'0' * 64}"}
    assert http.request("POST", url, headers=wrong).status in {401, 403}
    right = {"Authorization": f"Bearer {(session().parents[1] / TOKEN).read_text()}"}
    assert http.request("GET", url, headers=right).status == 405  # it would take a POST


@pytest.mark.parametrize(("loopback", "expected"), [(True, True), (False, False)])
def test_it_listens_on_the_network_where_it_is_told_to(
    loopback: bool, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray._private import services

    asked: Any = services  # without types
    if own_address() is None:
        pytest.skip("this machine has no address but its own loopback")
    monkeypatch.setattr("ray._private.worker._global_node", None)
    before = dict(os.environ)
    with listening(loopback):
        assert (asked.get_node_ip_address() == "127.0.0.1") is expected
    assert dict(os.environ) == before


def test_other_clusters_keep_their_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "of a cluster on the network")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    before = dict(os.environ)
    with own_token(tmp_path / TOKEN):
        assert os.environ["RAY_AUTH_TOKEN_PATH"] == str(tmp_path / TOKEN)
        assert not {"RAY_AUTH_TOKEN", "RAY_AUTH_MODE"} & set(os.environ)
    assert dict(os.environ) == before


def test_where_its_folder_would_be_open_it_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))  # too long
    refused = pytest.raises(EngineError, match="set RAY_TMPDIR to a folder with a short path")
    with refused, connected(EngineConfig()):
        pass
