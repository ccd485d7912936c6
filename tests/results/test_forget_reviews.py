"""What was decided about a sighting goes when the sighting goes, and only then."""

from __future__ import annotations

import pytest

from lfr_batch.results import layout
from lfr_batch.results.forget import forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.sql import run_query
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.withholding import withhold
from lfr_batch.storage.store import Store

from .publishing import published
from .roots import on_both
from .synthetic import RUN_ID, archive

OTHER = "20260203-080000-scan-0003"
NOBODY = "nobody of this gallery"


def reviewed(store: Store, run_id: str, sighting_id: str, subject_id: str) -> str:
    path = layout.review_of_sighting(run_id, sighting_id, "1")
    row = dict.fromkeys(part_schema("reviews").names)
    row |= {"review_id": sighting_id, "sighting_id": sighting_id, "subject_id": subject_id}
    write_part(store, path, [row], part_schema("reviews"))
    return path


@pytest.fixture
def paths(store: Store) -> dict[str, str]:
    """By run: one review of a sighting of ``archive``, compared with somebody else."""
    first = archive().sightings[0].sighting_id
    for run_id in (RUN_ID, OTHER):
        published(store, run_id)
    return {run_id: reviewed(store, run_id, first, NOBODY) for run_id in (RUN_ID, OTHER)}


def test_of_a_run(store: Store, paths: dict[str, str]) -> None:
    forget(store, Forgetting("run", RUN_ID))
    assert [store.exists(path) for path in paths.values()] == [False, True]


@on_both
def test_of_a_subject_whose_sightings_go(store: Store, paths: dict[str, str]) -> None:
    subject = archive().sightings[0].candidates[0].subject_id
    forget(store, Forgetting("subject", subject, "note"))
    assert not any(store.exists(path) for path in paths.values())


def test_of_a_subject_with_whom_it_was_compared(store: Store, paths: dict[str, str]) -> None:
    forget(store, Forgetting("subject", NOBODY, "note"))
    assert not any(store.exists(path) for path in paths.values())


def test_of_somebody_else(store: Store, paths: dict[str, str]) -> None:
    forget(store, Forgetting("subject", "somebody else", "note"))
    assert all(store.exists(path) for path in paths.values())
    found = run_query(
        open_lake(store.uri), "SELECT count(sighting_id) AS n FROM reviews"
    ).to_pylist()
    assert found == [{"n": 2}]


def test_of_a_run_that_is_withheld(store: Store, paths: dict[str, str]) -> None:
    """It may be put back, and its sightings are there all the while."""
    subject = archive().sightings[0].candidates[0].subject_id
    with lock_run(StoredRun(store, RUN_ID)) as hold:
        withhold(hold, "AUTH-20260203-0001 was not decided")
    forget(store, Forgetting("subject", "somebody else", "note"))
    assert all(store.exists(path) for path in paths.values())
    forget(store, Forgetting("subject", subject, "note"))
    assert not any(store.exists(path) for path in paths.values())
