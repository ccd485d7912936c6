"""What keeps others from talking to a Ray cluster that is started here.

Where Ray listens it asks for a token, and runs what a caller with the token sends it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ON_THE_NETWORK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Without it Ray takes 127.0.0.1 for this machine's address, and all of its processes listen there
alone (``ray/_private/services.py:get_node_ip_address``). An address that is given does not do: Ray
resolves 127.0.0.1 into the one that other machines see."""


@contextmanager
def listening(loopback: bool) -> Iterator[None]:
    """Ray that is started within is reached from this machine alone, or over the network."""
    from ray._private import ray_constants  # noqa: PLC0415

    before = ray_constants.ENABLE_RAY_CLUSTER  # read when Ray was imported
    ray_constants.ENABLE_RAY_CLUSTER = not loopback
    try:
        with _environment({ON_THE_NETWORK: "0" if loopback else "1"}):
            yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


@contextmanager
def own_token(path: Path) -> Iterator[None]:
    """A cluster that is started and ended within asks for the token in ``path`` and no other.

    Ray's usual one is in the home, where it is for all clusters and others may be able to read it.
    """
    from ray import _raylet  # noqa: PLC0415

    core: Any = _raylet  # compiled, without types
    tokens = core.AuthenticationTokenLoader.instance()
    # Ray turns authentication on by itself where RAY_AUTH_MODE does not say otherwise.
    own = {"RAY_AUTH_MODE": None, "RAY_AUTH_TOKEN": None, "RAY_AUTH_TOKEN_PATH": str(path)}
    with _environment(own):
        tokens.reset_cache()
        try:
            yield
        finally:
            tokens.reset_cache()


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Variables of this process, and of those it starts meanwhile; None takes one away."""
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
