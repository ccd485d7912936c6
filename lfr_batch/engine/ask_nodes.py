"""What a run will be computed with on a cluster that is there already: its nodes are asked.

The driver may be on a head without a GPU, or with another processor than the workers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.cluster import usual_node
from lfr_batch.errors import EngineError, LfrError, NotAsPlanned
from lfr_batch.homes.at_hand import Home
from lfr_batch.models.kinds import Agreed, NodeAnswer, agree
from lfr_batch.models.settled import Settled
from lfr_batch.recognition.settle import Work, settle_here
from lfr_batch.software import software
from lfr_batch.work.machine import may_use_gpu
from lfr_batch.work.workers import on_gpus, sized

ANSWER_S = 120.0
"""For a node to answer: it may have to load its packages and compare the models."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """What a node says of itself."""

    software: str
    settled: Settled | LfrError


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a node will not work on it."""

    host: str
    error: LfrError

    @property
    def sentence(self) -> str:
        return f"{self.host} will not take part: {self.error}"


def settle_on_nodes(home: Home, config: Config, work: Work) -> Agreed:
    """One kind of the nodes that could have a worker and answer; the cluster is joined.

    A node of another kind, with another lfr_batch, or without what is needed is left out and named,
    as long as another can work. Nodes that come later obey or refuse. Raises what ``settle_here``
    raises on a node where none can, EngineError where none fits or answers.
    """
    import ray  # noqa: PLC0415

    sizes = sized(config.engine, usual_node(may_use_gpu(config.inference)))
    config = config.model_copy(update={"engine": sizes})
    nodes = _fitting(sizes)
    questions = {_asked(node, home, config, work): node for node in nodes}
    # All of them, but no node that is busy with others' work keeps this one waiting for ever.
    ready, _ = ray.wait(list(questions), num_returns=len(questions), timeout=ANSWER_S)
    if not ready:
        raise EngineError(
            f"No node of the cluster answered within {ANSWER_S:.0f} s what it computes with: see "
            "`ray status`, and try again when there is room."
        )
    replies = [_heard(question, questions[question], sizes) for question in ready]
    silent = [questions[question] for question in questions if question not in set(ready)]
    return _agreed(replies, silent)


def _agreed(replies: Sequence[NodeAnswer | _Refusal], silent: Sequence[dict[str, Any]]) -> Agreed:
    refusals = [reply for reply in replies if isinstance(reply, _Refusal)]
    answers = [reply for reply in replies if isinstance(reply, NodeAnswer)]
    if not answers:
        raise refusals[0].error
    agreed = agree(answers)
    told = (*(refusal.sentence for refusal in refusals), *_of_silent(silent))
    return replace(agreed, said=(*agreed.said, *told))


def _of_silent(silent: Sequence[dict[str, Any]]) -> Iterator[str]:
    for node in silent:
        yield (
            f"{host_of(node)} did not say within {ANSWER_S:.0f} s what it computes with: it takes "
            "part if it can do what the others do."
        )


def _answer(home: Home, config: Config, work: Work) -> _Reply:
    """Errors are given back, not raised: Ray would wrap them."""
    try:
        return _Reply(software(), settle_here(home, config, work))
    except LfrError as error:
        return _Reply(software(), error)


def _heard(question: Any, node: dict[str, Any], sizes: EngineConfig) -> NodeAnswer | _Refusal:
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    host = host_of(node)
    try:
        reply = ray.get(question)
    except RayError as error:
        lost = EngineError(
            f"A node of the cluster cannot say what it computes with ({type(error).__name__}): "
            "see `ray status`, and install lfr-batch on all nodes."
        )
        return _Refusal(host, lost)
    has = reply.software if isinstance(reply, _Reply) else "of another version"
    if has != software():
        return _Refusal(host, NotAsPlanned(_other_software(host, has)))
    if isinstance(reply.settled, LfrError):
        return _Refusal(host, reply.settled)
    return NodeAnswer(host, _room(node, sizes), reply.settled)


def _other_software(host: str, has: str) -> str:
    return (
        f"{host} has lfr-batch {has} and this process {software()} (version and digest of the "
        "code), whose results may differ: install the same on both."
    )


def host_of(node: dict[str, Any]) -> str:
    """A node as its people call it."""
    return str(node.get("NodeManagerHostname") or node["NodeManagerAddress"])


def _asked(node: dict[str, Any], home: Home, config: Config, work: Work) -> Any:
    """The question to one node. It takes a share of a GPU, as a worker does, and no core."""
    import ray  # noqa: PLC0415
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415

    there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
    task = ray.remote(_answer).options(
        num_cpus=0,
        num_gpus=config.engine.gpus_per_worker or None,
        max_retries=0,
        scheduling_strategy=there,
    )
    return task.remote(home, config, work)


def _fitting(engine: EngineConfig) -> list[dict[str, Any]]:
    """The nodes on which a worker has room once they have nothing else to do."""
    import ray  # noqa: PLC0415

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    fitting = [node for node in nodes if node["Alive"] and _room(node, engine)]
    if not fitting:
        cpus, gpus = engine.cpus_per_worker or 1.0, engine.gpus_per_worker or 0.0
        raise EngineError(
            f"No worker fits on the cluster: one needs {cpus:g} CPUs and {gpus:g} GPUs on one "
            "node; lower engine.cpus_per_worker or engine.gpus_per_worker, or add machines."
        )
    return fitting


def _room(node: dict[str, Any], engine: EngineConfig) -> int:
    """How many workers fit on a node that has nothing else to do."""
    has, cpus, gpus = node["Resources"], engine.cpus_per_worker or 1.0, engine.gpus_per_worker
    room = int(has.get("CPU", 0.0) / cpus)
    return min(room, on_gpus(int(has.get("GPU", 0.0)), gpus)) if gpus else room
