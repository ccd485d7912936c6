"""Work on a pool of Ray actors, driven by Ray Data.

One item is one block (an item may be a group of stills), and a worker has one or several at once,
in threads. If it dies it takes those along and no other. Ray itself retries nothing, because it
cannot tell an item that kills its worker from bad luck; what is missing in the end is what
``work.attempts`` tries again.

Every block costs the driver 5 kB and 1 ms before the first one is worked on, so items come in
waves, each a dataset with a pool of its own: an archive of any size starts at once and fits.
"""

from __future__ import annotations

import logging
import pickle
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import islice, takewhile
from threading import Lock
from time import sleep
from typing import Any, TypeVar

import pyarrow as pa

from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.cluster import connected
from lfr_batch.engine.driver_threads import wait_for_threads
from lfr_batch.engine.uninterrupted import uninterrupted
from lfr_batch.errors import EngineError, LfrError, StoreAway
from lfr_batch.unexpected import trace, unexpected
from lfr_batch.work.attempts import Runner
from lfr_batch.work.lost import Lost, NotNow
from lfr_batch.work.workers import on_gpus

logger = logging.getLogger(__name__)

Spec = TypeVar("Spec")
Item = TypeVar("Item")
Result = TypeVar("Result")

INIT_DEATHS_ALLOWED = 5
"""Workers that may die in a row while they start (out of memory, say) before the run gives up."""

NO_PROGRESS_S = 4 * 3600.0
"""A footage file that cannot be cut into segments may take longer than Ray's own half hour."""

ITEMS_PER_WORKER = 4000
"""In a wave: hours of footage, against the seconds that it takes to open the next pool."""
NOT_NOW_S = 1.0
WAVE_ITEMS = 50_000
"""In a wave at most: some 350 MB of the driver's memory."""


@contextmanager
def ray_data(config: EngineConfig) -> Iterator[Runner]:
    """Whatever ends it, its passes are over before the connection is, and so are Ray Data's
    threads, which ask Ray for more until then. Who interrupts that end waits for it."""
    opened = ExitStack()
    try:
        opened.enter_context(connected(config))
        opened.callback(wait_for_threads)

        def run(*work: Any, **settings: Any) -> Iterator[Any]:
            return opened.enter_context(closing(_run(config, *work, **settings)))

        runner: Runner = run
        yield runner
    finally:
        with uninterrupted():
            opened.close()


class WorkerActor:
    """A worker in an actor. Takes a block of one item, gives a block of one result or error.

    Called from as many threads as it may have items at once; opened by the first.
    """

    def __init__(self, open_worker: Callable[[Any], Callable[[Any], Any]], spec: Any) -> None:
        self._open = partial(open_worker, spec)
        self._opening = Lock()
        self._process: Callable[[Any], Any] | None = None

    def __call__(self, block: pa.Table) -> pa.Table:
        item = pickle.loads(block["item"][0].as_py())
        try:
            reply: Any = self._opened()(item)
        except StoreAway as error:
            reply = Lost(item, "store", str(error))
        except LfrError as error:
            reply = error
        except Exception as error:  # noqa: BLE001 - Ray Data would drop it with the block
            logger.warning("a worker failed: %s", trace(error))
            reply = EngineError(f"A worker failed: {unexpected(error)}")
        return pa.table({"reply": [pickle.dumps(reply)]})

    def _opened(self) -> Callable[[Any], Any]:
        """Not in the constructor, so that what is wrong reaches the operator as a sentence and not
        as the death of an actor."""
        with self._opening:
            self._process = self._process or self._open()
            return self._process


def _run(
    engine: EngineConfig,
    open_worker: Callable[[Spec], Callable[[Item], Result]],
    spec: Spec,
    items: Iterable[Item | NotNow],
    together: int = 1,
) -> Generator[Result | Lost[Item]]:
    """Raises the worker's own error where no worker can do the job, EngineError where Ray fails."""
    for wave in _waves(engine, items):
        with closing(_replies(_dataset(engine, (open_worker, spec), wave, together))) as replies:
            for reply in replies:
                if isinstance(reply, LfrError):
                    raise reply
                yield reply


def _waves(engine: EngineConfig, items: Iterable[Item | NotNow]) -> Iterator[list[Item]]:
    """A cluster that has grown meanwhile has its new workers from the next wave on.

    A wave goes as it is where more is not to be begun yet: its answers may be what is waited for.
    """
    waiting = iter(items)
    for first in waiting:
        if isinstance(first, NotNow):
            sleep(NOT_NOW_S)
            continue
        size = min(WAVE_ITEMS, ITEMS_PER_WORKER * _room(engine))
        more = takewhile(_is_due, islice(waiting, size - 1))
        yield [first, *(item for item in more if not isinstance(item, NotNow))]


def _is_due(item: object) -> bool:
    return not isinstance(item, NotNow)


def _replies(dataset: Any) -> Generator[Any]:
    from ray.data.exceptions import ExecutionTimeoutError, SystemException  # noqa: PLC0415
    from ray.exceptions import RayError  # noqa: PLC0415

    batches = dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)
    try:
        with closing(iter(batches)) as blocks:  # closing it ends the dataset's execution
            for block in blocks:
                for reply in block["reply"].to_pylist():
                    yield pickle.loads(reply)
    except (RayError, SystemException, ExecutionTimeoutError) as error:
        reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise EngineError(
            f"The Ray cluster gave up ({reason}): what is done is kept; see `ray status`, then "
            "`lfr resume` the run."
        ) from error


def _dataset(
    engine: EngineConfig, worker: tuple[Any, ...], items: Sequence[Any], together: int
) -> Any:
    import ray.data  # noqa: PLC0415
    from ray.data import ActorPoolStrategy  # noqa: PLC0415

    _settle_ray_data()
    rows = [{"item": pickle.dumps(item)} for item in items]
    size = min(_room(engine), len(items))
    with warnings.catch_warnings():
        # The named parameters that are to replace these two are not there yet (Ray 2.60-2.63).
        warnings.filterwarnings("ignore", message="`ray_remote_args` is deprecated")
        # Not from_arrow: it runs a task for every block to learn what the block holds.
        return ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            WorkerActor,
            fn_constructor_args=worker,
            batch_size=1,
            batch_format="pyarrow",
            compute=ActorPoolStrategy(
                size=size,
                # No more than are worked on: what waits at a worker that dies is lost as well.
                max_tasks_in_flight_per_actor=together,
                max_concurrent_calls_per_actor=together,
                enable_true_multi_threading=together > 1,
            ),
            num_cpus=engine.cpus_per_worker or 1.0,
            num_gpus=engine.gpus_per_worker or None,
            max_restarts=-1,
            max_task_retries=0,
        )


def _room(engine: EngineConfig) -> int:
    """As many workers as asked for, or as the cluster has room for; at least one."""
    import ray  # noqa: PLC0415

    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    each, gpus = engine.cpus_per_worker or 1.0, engine.gpus_per_worker or 0.0
    room = sum(_fitting(node["Resources"], each, gpus) for node in nodes if node["Alive"])
    if room < 1:
        raise EngineError(
            f"No worker fits on any node of the cluster: one needs {each:g} CPUs and {gpus:g} "
            "GPUs; lower engine.cpus_per_worker or engine.gpus_per_worker, or add machines."
        )
    return min(engine.workers or room, room)


def _fitting(there: Mapping[str, float], cpus: float, gpus: float) -> int:
    """How many workers fit on a node; else Ray would wait for ever for one that is larger."""
    room = int(there.get("CPU", 0.0) / cpus)
    return min(room, on_gpus(int(there.get("GPU", 0.0)), gpus)) if gpus else room


def _settle_ray_data() -> None:
    from ray.data import DataContext  # noqa: PLC0415

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.max_errored_blocks = -1
    context.execution_no_progress_timeout_s = NO_PROGRESS_S
    context.max_consecutive_actor_init_deaths = INIT_DEATHS_ALLOWED
    for name in ("ray.data", "ray"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
