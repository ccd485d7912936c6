"""A plan as a run makes it, and the run as one whose plan was there from the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from lfr_batch.config.load import parse_config
from lfr_batch.records import FootageAsset, Segment
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_state import RunRequest, begin_run, read_catalogue, read_plan
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.plan import Order, prepare_run
from lfr_batch.scanning.planning import plan_run
from lfr_batch.scanning.probing import probers_here
from lfr_batch.scanning.progress import UNHEARD, Progress
from lfr_batch.work.attempts import never


@dataclass(frozen=True)
class Plan:
    request: RunRequest
    assets: tuple[FootageAsset, ...]
    segments: tuple[Segment, ...]


def make_plan(order: Order, progress: Progress = UNHEARD) -> Plan:
    prepared = prepare_run(order, datetime.now(UTC))
    with TemporaryDirectory() as folder:
        run = StoredRun(open_store(Path(folder)), prepared.request.run_id)
        with lock_run(run) as hold:
            request = begin_run(hold, prepared.request, prepared.found.entries)
            config = parse_config(request.config, "the order")
            plan_run(hold, request, config, probers_here, progress, never)
        return Plan(prepared.request, read_catalogue(run), read_plan(run))
