"""What is known of a Ray cluster that is there already, and what follows from it. Pure.

Whoever can talk to a cluster can have it run code, as the user whose cluster it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOKEN_WAY_OUT = "start it anew with a token, RAY_AUTH_MODE=token (infra/README.md, “A token”)"


@dataclass(frozen=True, slots=True)
class ClusterState:
    """As far as it can be seen from this machine; None: it cannot be told."""

    address: str
    asks_for_token: bool | None = None
    on_network: bool | None = None
    """Whether its head is heard by other machines."""
    dashboard: str | None = None
    """Its address, where it answers and asks for no token."""
    folder: Path | None = None
    """Of its session, where that is on this machine and others can read in it."""
    ray_version: str | None = None


def weaknesses(state: ClusterState) -> Iterator[str]:
    """What lets others in: a sentence each, with the way out."""
    if state.asks_for_token is not True:
        yield f"{_who_is_asked(state)}. Way out: {TOKEN_WAY_OUT}."
        if state.on_network is not False:
            yield (
                f"The Ray cluster at {state.address} is heard by other machines, and by whoever "
                "can reach it: close its ports to all but its nodes (infra/README.md, “Closed "
                "ports”)."
            )
    if state.dashboard:
        yield (
            f"Ray's dashboard at {state.dashboard} asks for no token, and starts any job that it "
            f"is sent: {TOKEN_WAY_OUT}."
        )
    if state.folder:
        yield (
            f"Other users of this machine can read {state.folder}, where the Ray cluster at "
            f"{state.address} keeps its logs and sockets: start it anew in a folder of its own "
            "that only its owner can enter (infra/README.md)."
        )


def strengths(state: ClusterState) -> str:
    """What was found in order, and with which Ray."""
    found = [f"at {state.address}, Ray {state.ray_version or 'of unknown version'}"]
    if state.asks_for_token:
        found.append("asks for a token")
    if state.on_network is not None:
        heard = "is heard by other machines" if state.on_network else "is heard here alone"
        found.append(heard)
    return ", ".join(found)


def why_not_live(state: ClusterState) -> str | None:
    """Why faces of the public are not to be in its memory; None where they may be."""
    if state.asks_for_token:
        return None
    return (
        f"{_who_is_asked(state)}. Live mode does not run there: {TOKEN_WAY_OUT}, leave out "
        "--address and RAY_ADDRESS to use a Ray of its own, or set engine.open_cluster to true "
        "where nobody else can reach the cluster."
    )


def _who_is_asked(state: ClusterState) -> str:
    can = "whoever reaches it can run code as its user and see the faces in its workers' memory"
    if state.asks_for_token is False:
        return f"The Ray cluster at {state.address} asks for no token: {can}"
    return (
        f"It cannot be told whether the Ray cluster at {state.address} asks for a token; if not, "
        f"{can}"
    )
