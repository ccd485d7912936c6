"""Ray on this machine: where its sessions are to be, and whose folders others can change."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.cli.findings import Finding, ok, problem, warning
from lfr_batch.engine.session_folder import USUAL_BASE, WAY_OUT, base_folder, is_open, trouble_with

PROCESSES = Path("/proc")
RAYLET = "raylet"
"""The one process that every node of a cluster has."""
_BELONGS = "a folder of its own that only its owner can enter (infra/README.md says how)"


@dataclass(frozen=True, slots=True)
class Node:
    """A Ray node that runs on this machine, by whomever it was started."""

    process: int
    owner: str
    address: str
    """On which it listens."""
    folder: Path
    """Ray's "temp dir", in which the session's folder is."""


def ray_findings() -> list[Finding]:
    base = base_folder()
    return [
        base_finding(base),
        usual_folder_finding({base / "ray", USUAL_BASE / "ray"}),
        nodes_finding(running_nodes()),
    ]


def base_finding(base: Path) -> Finding:
    """Of the folder in which `lfr` makes a private one for each Ray that it starts."""
    trouble = trouble_with(base)
    if trouble is None:
        return ok("Ray's sessions", f"each in a private folder in {base}")
    return problem("Ray's sessions", trouble, f"To mend it, {WAY_OUT}.")


def usual_folder_finding(folders: Iterable[Path]) -> Finding:
    """Of those that Ray takes where nobody tells it another: `lfr` does not use them."""
    found = [folder for folder in sorted(folders) if _is_open(folder)]
    names = " and ".join(map(str, found))
    if not found:
        return ok("Ray's usual folder", "none that other users can change")
    return warning(
        "Ray's usual folder",
        f"{names} can be changed by other users, who can put links in place of logs there; Ray "
        "that is started without `lfr` uses it",
        f"Remove {names} when no such Ray runs, and give every cluster {_BELONGS}.",
    )


def running_nodes() -> list[Node]:
    """By process number; those of which the system tells this user."""
    found = (_node(path) for path in PROCESSES.glob("[0-9]*"))
    return sorted((node for node in found if node), key=lambda node: node.process)


def nodes_finding(nodes: Iterable[Node]) -> Finding:
    told = [_told(node) for node in nodes]
    text = "; ".join(text for text, _ in told) or "none runs"
    if not any(bad for _, bad in told):
        return ok("Ray that runs", text)
    return warning(
        "Ray that runs",
        text,
        f"End it and start it anew in {_BELONGS}: whoever joins a cluster in an open one can have "
        "files overwritten.",
    )


def _told(node: Node) -> tuple[str, bool]:
    open_ = _is_open(node.folder)
    what = "can be changed by other users" if open_ else "closed to other users"
    whose = f"process {node.process} of {node.owner} at {node.address}"
    return f"{whose}, its folder {node.folder} {what}", open_


def _is_open(folder: Path) -> bool:
    """A folder that is not there, or that this user may not see, is none to warn of."""
    try:
        return is_open(folder)
    except OSError:
        return False


def _node(process: Path) -> Node | None:
    with suppress(OSError):
        if (process / "comm").read_text().strip() == RAYLET:
            said = dict(_settings((process / "cmdline").read_bytes()))
            owner = _name(process.stat().st_uid)
            folder = Path(said.get("temp_dir", USUAL_BASE / "ray"))
            return Node(int(process.name), owner, said.get("node_ip_address", "?"), folder)
    return None


def _settings(command: bytes) -> Iterator[tuple[str, str]]:
    for word in command.split(b"\0"):
        name, equals, value = os.fsdecode(word).partition("=")
        if equals and name.startswith("--"):
            yield name.removeprefix("--"), value


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
