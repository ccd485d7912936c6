"""A run that was given its id by who asked for it: asked for once more, it is the same run."""

from __future__ import annotations

from lfr_batch.config.load import config_hash
from lfr_batch.errors import RunNotFound, UsageError
from lfr_batch.results import layout
from lfr_batch.results.run_state import RunRequest, load_run
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.plan import Order


def is_asked_before(order: Order, run: StoredRun) -> bool:
    """Whether the run is there, asked for as it is now.

    Raises UsageError for an id that can be none, and where the run was asked for differently.
    """
    if not layout.is_run_id(run.run_id):
        raise UsageError(
            f"{run.run_id!r} cannot name a run: take letters, digits, - and _, at most 100 of them."
        )
    try:
        request = load_run(run)
    except RunNotFound:
        return False
    if differing := [
        name for name, (then, now) in _compared(request, order).items() if then != now
    ]:
        raise UsageError(
            f"Run {run.run_id} was asked for with another {' and '.join(differing)}: give this one "
            f"an id of its own, or `lfr resume {run.run_id}` to finish that one."
        )
    return True


def _compared(request: RunRequest, order: Order) -> dict[str, tuple[object, object]]:
    """What a run was asked for with, and what it is asked for with now."""
    stated = order.authority
    return {
        "kind": (request.kind, order.kind),
        "footage": (request.inputs, order.inputs),
        "manifest": (request.manifest, order.manifest),
        "gallery": (request.gallery, order.gallery),
        "case": (request.case_ref, stated.case_ref),
        "authority": (request.authority, stated.authority),
        "purpose": (request.purpose, stated.purpose),
        "configuration": (request.config_hash, config_hash(order.config)),
    }
