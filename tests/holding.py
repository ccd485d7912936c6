"""What a run's holder does, each by a holder of its own: taken up, done, let go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lfr_batch.records import FootageAsset, Segment, SegmentOutcome, Sighting
from lfr_batch.results import publish, run_log
from lfr_batch.results.ledger import open_ledger, read_outcomes
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import RunEntry, RunStatus
from lfr_batch.results.run_state import RunRequest, RunState
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store


def append_outcomes(store: Store, run_id: str, outcomes: Sequence[SegmentOutcome]) -> None:
    with lock_run(StoredRun(store, run_id)) as hold:
        open_ledger(hold, read_outcomes(StoredRun(store, run_id)).values()).append(outcomes)


def publish_run(
    store: Store,
    request: RunRequest,
    assets: Sequence[FootageAsset],
    plan: Iterable[Segment],
    outcomes: Mapping[str, SegmentOutcome],
    sightings: Iterable[Sighting],
    status: RunStatus,
    enrolled: publish.ReadEnrolled = publish.nobody_known,
    **more: Any,
) -> None:
    with lock_run(StoredRun(store, request.run_id)) as hold:
        state = RunState(request, tuple(assets), tuple(plan), outcomes)
        publish.publish_run(hold, state, sightings, RunEntry(status, **more), enrolled)


def record_run(store: Store, request: RunRequest, status: RunStatus, **more: Any) -> None:
    with lock_run(StoredRun(store, request.run_id)) as hold:
        run_log.record_run(hold, request, RunEntry(status, **more))
