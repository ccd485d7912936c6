"""A process that becomes another user and tries what that one can do to a deployment's processes.

    python -m tests.e2e.other_user '{"user": …, "folder": …, "processes": […], "head": …,
                                     "ports": […]}'

What it needs is imported before it becomes that user, who may not read this Python's files. It
prints what it got, as JSON: name of the try → what was seen, or the kind of refusal.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray import _raylet

ASK_S = 3.0
PATHS = (
    "/", "/metrics", "/health", "/api/jobs/", "/api/version", "/logs", "/get_or_create_runtime_env",
    "/api/alerts", "/api/health", "/events", "/api/local_raylet_healthz",
)  # fmt: skip


def memory_of(place: Path) -> int:
    """How many bytes of its first mapping can be read."""
    begin, end = place.joinpath("maps").read_text().split()[0].split("-")
    with place.joinpath("mem").open("rb", buffering=0) as memory:
        memory.seek(int(begin, 16))
        return len(memory.read(min(4096, int(end, 16) - int(begin, 16))))


OF_A_PROCESS: dict[str, Callable[[Path], Any]] = {
    "environ": lambda place: place.joinpath("environ").read_bytes()[:1].hex(),
    "fd": lambda place: len(list(place.joinpath("fd").iterdir())),
    "maps": lambda place: len(place.joinpath("maps").read_text()),
    "mem": memory_of,
}


def tries(about: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    folder = Path(about["folder"])
    yield "folder", lambda: len(list(folder.iterdir()))
    yield "token", lambda: len((folder / "token").read_text())
    for process in about["processes"]:
        place = Path(f"/proc/{process}")
        for name, look in OF_A_PROCESS.items():
            yield f"{name} {process}", partial(look, place)
    yield "head", lambda: told_by_head(about["head"])
    if about["joins"]:
        yield "join", lambda: joined(about["head"])
    for port in about["ports"]:
        for path in PATHS:
            yield f"http {port} {path}", partial(answer, port, path)


def told_by_head(address: str) -> str:
    core: Any = _raylet
    head = core.GcsClient(address=address)
    return str(head.internal_kv_get(b"session_name", b"session", ASK_S).decode())


def joined(address: str) -> str:
    ray.init(address=address, log_to_driver=False)
    return "joined"


def answer(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ASK_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, base64.b64encode(response.read(1 << 20)).decode()
    finally:
        connection.close()


def outcome(attempt: Callable[[], Any]) -> Any:
    try:
        return attempt()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is no success
        return f"refused: {type(error).__name__}"


def become(user: int) -> None:
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    become(asked["user"])
    seen = {name: outcome(attempt) for name, attempt in tries(asked)}
    sys.stdout.write("\n" + json.dumps(seen) + "\n")
