"""A deployment's figures where they are kept: in the results, beside the run's request.

They are written (``_state/run_id=…/deployment.json``) now and then while the deployment runs, once
more when it has ended, and again when something is delivered later: so it can be reported on after
its alerts were deleted, or its process killed.
"""

from __future__ import annotations

from pydantic import ValidationError

from lfr_batch.errors import ResultsError
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.results import layout
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store

FIGURES = "deployment.json"


def save_figures(store: Store, figures: Figures) -> None:
    """Raises StoreFull, StoreUnreachable."""
    path = layout.state(figures.record.deployment_id, FIGURES)
    store.write_atomic(path, figures.model_dump_json(indent=1).encode() + b"\n")


def load_figures(deployment: StoredRun) -> Figures | None:
    """None where there are none. Raises ResultsError for damaged ones, StoreUnreachable."""
    path = deployment.state(FIGURES)
    try:
        return Figures.model_validate_json(deployment.store.read(path))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ResultsError(
            f"{path} in {deployment.store.uri} is damaged or of another version; "
            "restore it from a copy"
        ) from error
