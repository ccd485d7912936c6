from __future__ import annotations

import pytest

from lfr_batch.errors import QueryError, RunNotFound
from lfr_batch.results.lake import open_lake
from lfr_batch.results.which_run import run_in_lake, which_run
from lfr_batch.storage.store import Store
from tests.holding import record_run
from tests.results.runs_asked import EARLIER, LATER, publish

from .synthetic import STARTED, request, searched_run

NEWEST_LIVE = "20260301-080000-live-0001"


@pytest.fixture
def three(disk: Store) -> Store:
    """Two that have finished, the one with the later id first, and one that was left."""
    publish(disk, LATER, ())
    publish(disk, EARLIER, (), day=1, case_ref="OP-2")
    searched_run(disk, NEWEST_LIVE)
    record_run(disk, request(NEWEST_LIVE), "running", at=STARTED)
    return disk


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (EARLIER, EARLIER),
        (EARLIER[:-1], EARLIER),
        ("20260202", LATER),
        ("latest", NEWEST_LIVE),
        ("20990101", "20990101"),
        ("../..", "../.."),
        ("", ""),
    ],
)
def test_a_run_is_named_by_its_id_its_beginning_or_latest(
    three: Store, said: str, meant: str
) -> None:
    assert which_run(three, said) == meant


def test_several_that_begin_alike_are_named(three: Store) -> None:
    told = f"2 runs begin with 202602: {LATER}, {EARLIER}; give more of the id"
    with pytest.raises(RunNotFound, match=told):
        which_run(three, "202602")
    with pytest.raises(QueryError, match="2 runs begin with 202602: "):
        run_in_lake(open_lake(three.uri), "202602")


def test_ids_of_peoples_own_are_sorted_by_when_their_runs_began(disk: Store) -> None:
    searched_run(disk, "zebra")
    searched_run(disk, "20260131-104501-scan-0001")
    assert which_run(disk, "latest") == "zebra"
    searched_run(disk, "20260131-104503-scan-0001")
    assert which_run(disk, "latest") == "20260131-104503-scan-0001"
    assert which_run(disk, "ze") == "zebra"


def test_an_id_that_begins_anothers_is_itself(disk: Store) -> None:
    for run_id in ("night", "night-2", "latest"):
        searched_run(disk, run_id)
    assert which_run(disk, "night") == "night"
    assert which_run(disk, "latest") == "latest"


@pytest.mark.parametrize(
    ("said", "case_ref", "meant"),
    [
        ("latest", None, EARLIER),
        ("latest", "OP-LANTERN 12/26", LATER),
        ("20260301", None, NEWEST_LIVE),
        (EARLIER[:10], None, EARLIER),
    ],
)
def test_of_the_results_the_latest_is_the_last_that_finished(
    three: Store, said: str, case_ref: str | None, meant: str
) -> None:
    assert run_in_lake(open_lake(three.uri), said, case_ref) == meant


def test_nothing_has_finished_yet(disk: Store) -> None:
    assert which_run(disk, "latest") == "latest"
    with pytest.raises(QueryError, match="no run has finished yet; `lfr runs` lists them"):
        run_in_lake(open_lake(disk.uri), "latest")
