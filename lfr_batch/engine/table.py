"""The engines by the name that the configuration gives them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.engine.ask_nodes import settle_on_nodes
from lfr_batch.engine.cluster import connected, named_cluster, usual_node
from lfr_batch.engine.cluster_look import named_state
from lfr_batch.engine.cluster_state import weaknesses
from lfr_batch.engine.in_process import in_child, run_in_child
from lfr_batch.engine.metrics import MeasuredProgress
from lfr_batch.engine.open_files import make_room_for_files
from lfr_batch.engine.ray_pool import ray_pool
from lfr_batch.engine.session_folder import usable_base
from lfr_batch.homes.at_hand import Home
from lfr_batch.models.kinds import Agreed
from lfr_batch.recognition.settle import Work, agree_here
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import OpenEngine
from lfr_batch.scanning.probing import PROBES_PER_CORE, OpenProbers, Probers
from lfr_batch.scanning.progress import Progress
from lfr_batch.work.attempts import Runner, Tell, unheard
from lfr_batch.work.machine import may_use_gpu, this_machine
from lfr_batch.work.workers import Machine

MANY_FILES = 500
"""From so many a cluster probes them: fewer are probed here before its workers are open."""
PROBER_CORES = 2
"""Of each worker that probes: its threads share one Python."""

ENGINES: dict[str, OpenEngine] = {"ray": ray_pool, "in_process": in_child}


def open_engine(config: EngineConfig, tell: Tell = unheard) -> AbstractContextManager[Runner]:
    """``tell`` is given what the operator should know meanwhile, and of a cluster that is there
    already what lets others in. Raises EngineError if the engine cannot be had."""
    state = named_state(config) if config.kind == "ray" else None
    for sentence in weaknesses(state) if state else ():
        tell(sentence)
    return ENGINES[config.kind](config, tell)


@contextmanager
def open_probers(config: EngineConfig, files: int, tell: Tell) -> Iterator[Probers]:
    """On all nodes of the cluster that is named, of whatever kind, where there are many files; else
    in a guarded process of this machine. Raises EngineError."""
    if config.kind != "ray" or not named_cluster(config) or files < MANY_FILES:
        yield Probers(run_in_child)
        return
    with connected(config):
        cores = float(min(PROBER_CORES, usual_node(gpus=False).cores))
        sizes = {"cpus_per_worker": cores, "gpus_per_worker": 0.0}
        with ray_pool(config.model_copy(update=sizes), tell) as run:
            yield Probers(run, round(PROBES_PER_CORE * cores), run_in_child)


def machine_for(config: Config) -> Machine:
    """Where workers are to be: this machine, or a node of the cluster that is named.

    Raises EngineError where the cluster cannot be joined.
    """
    if config.engine.kind == "ray" and named_cluster(config.engine):
        with connected(config.engine):
            return usual_node(may_use_gpu(config.inference))
    return this_machine(config)


def settle_for(home: Home, config: Config, work: Work) -> Agreed:
    """What workers compute with: as this machine has it, or the nodes of the cluster that is named.

    Raises what ``settle_here`` and ``settle_on_nodes`` raise.
    """
    if config.engine.kind == "ray" and named_cluster(config.engine):
        with connected(config.engine):
            return settle_on_nodes(home, config, work)
    return agree_here(home, config, work)


def measured(config: EngineConfig, progress: Progress, run: StoredRun) -> Progress:
    """What hears of a run's segments, and tells Prometheus on a cluster that is named. One that is
    started here measures nothing for nobody. Call it where the cluster is joined."""
    if config.kind == "ray" and named_cluster(config):
        return MeasuredProgress(progress, run)
    return progress


@dataclass(frozen=True, slots=True)
class Engines:
    """What a run is planned and done on."""

    open_probers: OpenProbers
    """As ``open_probers``."""
    open: OpenEngine
    """As ``open_engine``."""


@contextmanager
def joined(config: EngineConfig) -> Iterator[Engines]:
    """The cluster that is named, if one is: joined before there is a run that it could refuse.

    Where one is to be started here, it is made sure that there is a place for it, and anywhere that
    enough files can be opened. Without Ray the worker's process starts now, to be ready when there
    is a plan. Raises EngineError.
    """
    if config.kind == "in_process":
        with in_child(config) as run:
            probers = Probers(run)
            yield Engines(lambda *_: nullcontext(probers), lambda *_: nullcontext(run))
        return
    elsewhere = named_cluster(config)
    make_room_for_files()
    if not elsewhere:
        usable_base()
    with connected(config) if elsewhere else nullcontext():
        yield Engines(open_probers, open_engine)
