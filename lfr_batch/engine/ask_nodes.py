"""What a run will be computed with on a cluster that is there already: its nodes are asked.

The driver may be on a head without a GPU, or with another processor than the workers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.cluster import usual_node
from lfr_batch.errors import EngineError, LfrError
from lfr_batch.models.settled import Settled, common
from lfr_batch.recognition.settle import Work, settle_here
from lfr_batch.work.machine import may_use_gpu
from lfr_batch.work.workers import sized

ANSWER_S = 120.0
"""For a node to answer: it may have to load its packages and compare the models."""


def settle_on_nodes(home: Path, config: Config, work: Work) -> Settled:
    """What all nodes that could have a worker, and answer, have in common; the cluster is joined.

    Raises what ``settle_here`` raises on a node, NotAsPlanned where nodes are too different,
    EngineError where none fits or answers. Nodes that come later obey or refuse.
    """
    import ray  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    sizes = sized(config.engine, usual_node(may_use_gpu(config.inference)))
    config = config.model_copy(update={"engine": sizes})
    questions = [_asked(node, home, config, work) for node in _fitting(sizes)]
    # All of them, but no node that is busy with others' work keeps this one waiting for ever.
    ready, _ = ray.wait(questions, num_returns=len(questions), timeout=ANSWER_S)
    try:
        answers: list[Settled | LfrError] = ray.get(ready)
    except RayError as error:
        raise EngineError(
            f"A node of the cluster cannot say what it computes with ({type(error).__name__}): "
            "see `ray status`, and install lfr-batch on all nodes."
        ) from error
    if not answers:
        raise EngineError(
            f"No node of the cluster answered within {ANSWER_S:.0f} s what it computes with: see "
            "`ray status`, and try again when there is room."
        )
    for answer in answers:
        if isinstance(answer, LfrError):
            raise answer
    return common([answer for answer in answers if isinstance(answer, Settled)])


def _answer(home: Path, config: Config, work: Work) -> Settled | LfrError:
    """Errors are given back, not raised: Ray would wrap them."""
    try:
        return settle_here(home, config, work)
    except LfrError as error:
        return error


def _asked(node: dict[str, Any], home: Path, config: Config, work: Work) -> Any:
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
    cpus, gpus = engine.cpus_per_worker or 1.0, engine.gpus_per_worker or 0.0
    wanted = {"CPU": cpus, "GPU": gpus}
    fitting = [
        node
        for node in nodes
        if node["Alive"] and all(node["Resources"].get(k, 0.0) >= n for k, n in wanted.items())
    ]
    if not fitting:
        raise EngineError(
            f"No worker fits on the cluster: one needs {cpus:g} CPUs and {gpus:g} GPUs on one "
            "node; lower engine.cpus_per_worker or engine.gpus_per_worker, or add machines."
        )
    return fitting
