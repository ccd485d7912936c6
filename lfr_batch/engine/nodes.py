"""The nodes of the cluster that is joined, as Ray tells of them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from math import inf
from typing import Any

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.pool_events import ClusterNode
from lfr_batch.work.workers import on_gpus

NO_TYPE = "node_"
"""How Ray's types of nodes begin where nobody configured any (``autoscaler/_private/util.py``)."""


def look(engine: EngineConfig) -> tuple[ClusterNode, ...]:
    """Those that are alive. Waits for as long as the cluster's head does not answer."""
    import ray  # noqa: PLC0415

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    leaving = _leaving()
    return tuple(
        ClusterNode(
            each["NodeID"],
            each["NodeManagerHostname"] or each["NodeManagerAddress"],
            room_on(each, engine),
            leaving.get(each["NodeID"]),
        )
        for each in nodes
        if each["Alive"]
    )


def room_on(node: Mapping[str, Any], engine: EngineConfig) -> int:
    """How many workers fit on one of ``ray.nodes()`` when it has nothing else to do; none where it
    lacks one of ``engine.labels``."""
    labels, there = node.get("Labels") or {}, node["Resources"]
    if any(labels.get(name) != value for name, value in engine.labels.items()):
        return 0
    room = int(there.get("CPU", 0.0) / (engine.cpus_per_worker or 1.0))
    gpus = engine.gpus_per_worker
    return min(room, on_gpus(int(there.get("GPU", 0.0)), gpus)) if gpus else room


def has_autoscaler() -> bool:
    """Whether something adds nodes where they are wanted: it has types of nodes to add."""
    with suppress(Exception):  # of Ray's own, an older one among them: then there is none
        return any(not name.startswith(NO_TYPE) for name in _types())
    return False


def _types() -> list[str]:
    """As Ray's autoscaler calls the nodes it sees; a second one of Ray's says it elsewhere."""
    import ray  # noqa: PLC0415
    from ray.autoscaler.v2.sdk import get_cluster_status  # noqa: PLC0415
    from ray.autoscaler.v2.utils import is_autoscaler_v2  # noqa: PLC0415
    from ray.experimental.internal_kv import _internal_kv_get  # noqa: PLC0415

    if is_autoscaler_v2():
        status = get_cluster_status(ray.get_runtime_context().gcs_address)
        return [each.ray_node_type_name for each in [*status.active_nodes, *status.idle_nodes]]
    said = json.loads(_internal_kv_get("__autoscaling_status") or b"{}")
    return [*((said.get("autoscaler_report") or {}).get("node_type_mapping") or {}).values()]


def ask_for(workers: int, engine: EngineConfig) -> None:
    """Of a cluster that adds nodes by itself: room for so many workers, until that is said anew."""
    from ray.autoscaler.sdk import request_resources  # noqa: PLC0415

    wanted = {"CPU": engine.cpus_per_worker or 1.0}
    if engine.gpus_per_worker:
        wanted["GPU"] = engine.gpus_per_worker
    labels = [dict(engine.labels)] * workers if engine.labels and workers else None
    request_resources(bundles=[wanted] * workers, bundle_label_selectors=labels)


def _leaving() -> Mapping[str, float]:
    """Nodes that are to go away, and when, by this process's steady clock."""
    from ray._private.state import state  # noqa: PLC0415

    with suppress(Exception):  # of a Ray that does not say it
        steady_s = time.monotonic() - time.time()
        deadlines = state.get_draining_nodes().items()
        return {node: ms / 1000 + steady_s if ms else inf for node, ms in deadlines}
    return {}
