"""The figures of a deployment that is over, brought up to date wherever it wrote them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from lfr_batch.errors import ResultsError, StoreError
from lfr_batch.live.afterwards.retention_terms import Terms
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.figures_file import load_figures, save_figures
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import RunEntry, latest_row, record_run
from lfr_batch.results.run_state import load_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

_COUNTED = ("footage", "footage_failed", "sightings", "media_s")
"""The columns of ``runs`` that count something of a deployment."""

Change = Callable[[Figures], Figures]


def first_figures(terms: Terms, deployment_id: str) -> Figures | None:
    """The first that can be read."""
    for uri in terms.results:
        with suppress(StoreError, ResultsError):
            figures = load_figures(StoredRun(open_store(uri, terms.s3), deployment_id))
            if figures is not None:
                return figures
    return None


def update_figures(terms: Terms, deployment_id: str, change: Change) -> str:
    """Bring the figures up to date wherever they are; what kept any of them from it."""
    troubles = []
    for uri in terms.results:
        try:
            store = open_store(uri, terms.s3)
            figures = load_figures(StoredRun(store, deployment_id))
            if figures is not None:
                _save(store, figures, change(figures))
        except (StoreError, ResultsError) as error:
            troubles.append(str(error))
    return "; ".join(troubles)


def _save(store: Store, before: Figures, after: Figures) -> None:
    """A run that had failures only because something was undelivered then is complete."""
    if before == after:
        return
    run = StoredRun(store, before.record.deployment_id)
    with lock_run(run) as hold:
        save_figures(store, after)
        row = latest_row(run)
        if _has_failures(after) or not row or row["status"] != "complete_with_failures":
            return
        totals = {name: row[name] for name in _COUNTED}
        record_run(hold, load_run(run), RunEntry("complete", totals))


def _has_failures(figures: Figures) -> bool:
    unseen = any(not camera.frames_received for camera in figures.cameras)
    return bool(figures.undelivered or figures.unkept or figures.cut_off or unseen)
