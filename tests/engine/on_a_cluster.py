"""A process that works on a cluster of several nodes, all on this machine, while something happens
to them, scene after scene: the test reads what it says of each, a line of JSON.

Each node has a name of its own in the environment of its workers.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import open_engine
from lfr_batch.errors import LfrError
from lfr_batch.work.lost import Lost
from tests.engine.work import GO, HELD, HOLD, NODE, open_on_node
from tests.patience import PATIENCE_S


@dataclass(slots=True)
class Scene:
    folder: Path
    cluster: Any
    nodes: dict[str, Any]
    told: list[str] = field(default_factory=list)
    handed: list[int] = field(default_factory=list)
    done: list[tuple[str, int]] = field(default_factory=list)
    lost: list[tuple[int, str, str]] = field(default_factory=list)
    over: bool = False

    def add(self, name: str) -> None:
        self.nodes[name] = self.cluster.add_node(num_cpus=1, env_vars={NODE: name})

    def kill_raylet(self, name: str) -> None:
        os.kill(self.nodes[name].all_processes["raylet"][0].process.pid, signal.SIGKILL)

    def drain(self, name: str) -> None:
        import ray
        from ray.core.generated import autoscaler_pb2

        generated: Any = autoscaler_pb2
        core: Any = ray._raylet
        reason = generated.DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION")
        gcs = core.GcsClient(address=self.cluster.address)
        deadline_ms = round((time.time() + PATIENCE_S) * 1000)
        assert gcs.drain_node(self.nodes[name].node_id, reason, "spot", deadline_ms)[0]

    def items(self) -> Iterator[int]:
        """Until it is over."""
        item = 0
        while not self.over:
            self.handed.append(item)
            yield item
            item += 1

    def has_told(self, words: str) -> bool:
        return any(words in sentence for sentence in self.told)

    def has_done(self, name: str) -> bool:
        return any(node == name for node, _ in self.done)


Steps = Iterator[Callable[[], bool]]
"""What is waited for, before the next thing happens."""


def come_and_go(scene: Scene) -> Steps:
    """One lacks something, one joins, and one is drained while it is at an item."""
    yield lambda: scene.has_told("is left out") and scene.has_done("a")
    scene.add("b")
    yield lambda: scene.has_done("b")
    (scene.folder / HOLD).touch()
    held = scene.folder / HELD
    yield lambda: held.exists() and held.read_text() != ""
    node, item = held.read_text().split()
    scene.drain(node)
    yield lambda: scene.has_told("is to go away in")
    (scene.folder / GO).touch()
    yield lambda: int(item) in {item for _, item in scene.done}
    yield from five_more(scene)


def five_more(scene: Scene) -> Steps:
    count = len(scene.done)
    yield lambda: len(scene.done) > count + 5


def killed(scene: Scene) -> Steps:
    """One, then the other as well."""
    yield lambda: scene.has_done("a") and scene.has_done("b")
    scene.kill_raylet("b")
    yield lambda: scene.has_told("went away")
    yield from five_more(scene)
    scene.kill_raylet("a")
    yield lambda: scene.has_told("No node of the cluster has room for a worker")
    scene.add("c")
    yield lambda: scene.has_done("c")


def all_bad(_: Scene) -> Steps:
    yield lambda: False


def raylet_gone(scene: Scene) -> Steps:
    yield lambda: bool(scene.done)
    scene.kill_raylet("near")
    yield lambda: False


def head_gone(scene: Scene) -> Steps:
    yield lambda: bool(scene.done)
    scene.cluster.head_node.kill_gcs_server()
    yield lambda: False


SCENES: dict[str, tuple[tuple[str, ...], Callable[[Scene], Steps]]] = {
    "come and go": (("a", "bad"), come_and_go),
    "killed": (("a", "b"), killed),
    "all bad": (("bad 1", "bad 2"), all_bad),
    "head gone": ((), head_gone),
    "raylet gone": ((), raylet_gone),
}
"""With the nodes that come for it. The last two end what is there; somebody has to be left."""


def play(scene: Scene, steps: Steps) -> None:
    config = EngineConfig(address=scene.cluster.address, cpus_per_worker=1.0, gpus_per_worker=0.0)
    reached = next(steps)

    def go_on() -> None:
        nonlocal reached
        while not scene.over and reached():
            following = next(steps, None)
            scene.over, reached = following is None, following or reached

    def hear(sentence: str) -> None:
        scene.told.append(sentence)
        go_on()

    with open_engine(config, hear) as run:
        for reply in run(open_on_node, scene.folder, scene.items()):
            if isinstance(reply, Lost):
                scene.lost.append((reply.item, reply.why, reply.said))
            else:
                scene.done.append(reply)
            go_on()


def main(folder: Path, names: list[str]) -> None:
    from ray.cluster_utils import Cluster

    head = {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes: dict[str, Any] = {"near": cluster.head_node}
    with ExitStack() as stack:
        stack.callback(end_all, nodes)
        for name in names:
            print(json.dumps(played(name, Scene(folder, cluster, nodes))))


def played(name: str, scene: Scene) -> dict[str, Any]:
    """What came of it."""
    coming, steps = SCENES[name]
    error: LfrError | None = None
    for node in coming:
        scene.add(node)
    try:
        play(scene, steps(scene))
    except LfrError as caught:
        error = caught
    held = scene.folder / HELD
    return {
        "held": held.read_text() if held.exists() else None,
        "handed": scene.handed, "done": scene.done, "lost": scene.lost, "told": scene.told,
        "error": [type(error).__name__, str(error)] if error else None,
    }  # fmt: skip


def end_all(nodes: dict[str, Any]) -> None:
    for node in nodes.values():
        node.kill_all_processes(check_alive=False, allow_graceful=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
