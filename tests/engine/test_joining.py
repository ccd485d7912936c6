"""A cluster that is there and does not let this process in: one sentence, with what helps."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server

import pytest
from ray.exceptions import AuthenticationError

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import connected
from lfr_batch.errors import EngineError


@pytest.fixture
def somebody() -> Iterator[str]:
    """An address at which somebody answers."""
    with closing(create_server(("127.0.0.1", 0))) as listening:
        host, port = listening.getsockname()
        yield f"{host}:{port}"


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (ConnectionError("Failed to connect to Ray cluster at x:1"), "Failed to connect"),
        (RuntimeError("Version mismatch: it was started with:\n Ray: 2"), "Version mismatch"),
        (AuthenticationError("no authentication token was found"), "no authentication token"),
    ],
)
def test_it_is_not_let_in(
    monkeypatch: pytest.MonkeyPatch, somebody: str, raised: Exception, reason: str
) -> None:
    import ray

    def refuse(**_: object) -> None:
        raise raised

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refuse)
    asked = EngineConfig(address=somebody)
    says = rf"at {somebody} cannot be joined, though somebody answers \({reason}.*RAY_AUTH_TOKEN"
    with pytest.raises(EngineError, match=says), connected(asked):
        pass


def test_without_a_token_where_one_is_wanted(somebody: str, tmp_path: Path) -> None:
    """By Ray itself, in a process that has no home with a token in it."""
    joining = (
        "from lfr_batch.config.schema import EngineConfig\n"
        "from lfr_batch.engine.cluster import connected\n"
        f"with connected(EngineConfig(address={somebody!r})): pass\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "RAY_AUTH_MODE": "token"}
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_ADDRESS"):
        environment.pop(name, None)
    command = [sys.executable, "-c", joining]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    says = r"EngineError: The Ray cluster at .* cannot be joined.*token.*~/\.ray/auth_token"
    assert re.search(says, done.stderr), done.stderr
