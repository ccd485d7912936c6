from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lfr_batch.live.afterwards.late_figures import first_figures, update_figures
from lfr_batch.live.afterwards.retention_terms import Terms
from lfr_batch.live.deployment.figures import CameraFigures, Figures
from lfr_batch.live.deployment.figures_file import load_figures, save_figures
from lfr_batch.results.run_log import RunStatus, latest_row
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import record_run
from tests.live.made import DEPLOYMENT, figures
from tests.refused import refused
from tests.results.synthetic import request

TOTALS = {"footage": 2, "footage_failed": 0, "sightings": 2, "media_s": 12.5}


def ended(root: Path, status: RunStatus = "complete_with_failures", **changes: Any) -> Store:
    """Results of a deployment that has ended with three undelivered."""
    store = open_store(root)
    asked = request(run_id=DEPLOYMENT, kind="live")
    create_run(store, asked, (), ())
    record_run(store, asked, status, totals=TOTALS)
    save_figures(store, figures(**{"undelivered": {"webhook": 3}, **changes}))
    return store


def terms(*roots: Path) -> Terms:
    return Terms(retention_h=1.0, results=tuple(open_store(root).uri for root in roots))


def delivered(known: Figures) -> Figures:
    return known.model_copy(update={"undelivered": {}})


def update(*roots: Path) -> str:
    return update_figures(terms(*roots), DEPLOYMENT, delivered)


def undelivered(store: Store) -> dict[str, int]:
    found = load_figures(StoredRun(store, DEPLOYMENT))
    assert found is not None
    return found.undelivered


def final(store: Store) -> tuple[Any, ...]:
    row = latest_row(StoredRun(store, DEPLOYMENT))
    assert row is not None
    return row["status"], row["sightings"], row["media_s"]


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("complete_with_failures", {}, "complete"),
        ("complete", {}, "complete"),
        ("complete_with_failures", {"unkept": 2}, "complete_with_failures"),
        ("complete_with_failures", {"cut_off": True}, "complete_with_failures"),
        ("complete_with_failures", {"cameras": (CameraFigures(camera="north"),)},
         "complete_with_failures"),
    ],
)  # fmt: skip
def test_a_run_is_complete_once_nothing_of_it_has_failed(
    tmp_path: Path, before: RunStatus, changes: dict[str, Any], after: RunStatus
) -> None:
    store = ended(tmp_path, before, **changes)
    assert update(tmp_path) == ""
    assert undelivered(store) == {}
    assert final(store) == (after, 2, 12.5)


def test_figures_are_updated_wherever_they_are_and_what_fails_is_told(tmp_path: Path) -> None:
    first, second = ended(tmp_path / "first"), ended(tmp_path / "second", unkept=1)
    (tmp_path / "empty").mkdir()
    roots = tmp_path / "first", tmp_path / "empty", tmp_path / "second"
    with refused(tmp_path / "first"):
        found = first_figures(terms(*roots), DEPLOYMENT)
        assert "Permission denied" in update(*roots)
    assert found == figures(undelivered={"webhook": 3}, unkept=1), "the first that can be read"
    assert (undelivered(first), undelivered(second)) == ({"webhook": 3}, {})
    assert update(*roots) == ""
    assert undelivered(first) == undelivered(second) == {}


def test_where_there_are_none_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert first_figures(terms(tmp_path / "empty"), DEPLOYMENT) is None
    assert update(tmp_path / "empty") == ""
    assert list((tmp_path / "empty").iterdir()) == []
