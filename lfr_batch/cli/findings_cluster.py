"""A Ray cluster that is there already, and whom it lets in."""

from __future__ import annotations

from importlib import metadata

from lfr_batch.cli.findings import Finding, ok, problem, warning
from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import FOUND_BY_RAY, LET_IN, require_listener
from lfr_batch.engine.cluster_look import state_of
from lfr_batch.engine.cluster_state import strengths, weaknesses
from lfr_batch.errors import EngineError

TOPIC = "Ray cluster"


def cluster_finding(address: str) -> Finding:
    """Of the one that scans would join; it is not joined."""
    if address in FOUND_BY_RAY or "://" in address:
        return warning(TOPIC, f"{address} is not looked into", "Name it as host:6379 to see it.")
    try:
        require_listener(EngineConfig(address=address))
    except EngineError as error:
        return problem(TOPIC, str(error), "Start it, or use this machine alone.")
    state = state_of(address)
    own = metadata.version("ray")
    if state.ray_version is None:
        return problem(TOPIC, f"{address} does not let this process in", f"Now {LET_IN}")
    if state.ray_version != own:
        text = f"{address} has Ray {state.ray_version}, this machine {own}"
        return problem(TOPIC, text, "Install the same on both: they do not work together.")
    found = list(weaknesses(state))
    if found:
        return warning(TOPIC, strengths(state), " ".join(found))
    return ok(TOPIC, strengths(state))
