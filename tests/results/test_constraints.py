from __future__ import annotations

from typing import Any, get_args

import pytest

from lfr_batch.live import records as live
from lfr_batch.records import AssetStatus, FieldOrder, FootageKind, SegmentStatus
from lfr_batch.results.constraints import CONSTRAINTS, ENUMS, is_never_null
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_log import RunStatus
from lfr_batch.results.run_state import RunKind, ThresholdSource
from lfr_batch.results.run_views import DERIVED_VIEWS
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.searched import PENDING
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.store import open_store
from tests.fixtures.test_homes import FIXTURES
from tests.results.runs_asked import EARLIER, LATER, NEWEST, copied, publish
from tests.results.synthetic import archive


@pytest.mark.parametrize(
    ("column", "written", "more"),
    [
        (("runs", "kind"), RunKind, ()),
        (("runs", "status"), RunStatus, ()),
        (("runs", "threshold_source"), ThresholdSource, ()),
        (("footage", "kind"), FootageKind, ()),
        (("footage", "fields"), FieldOrder, ()),
        (("footage", "status"), AssetStatus, ()),
        (("segments", "status"), SegmentStatus, (PENDING,)),
        (("reviews", "role"), live.Role, ()),
        (("reviews", "verdict"), live.Verdict, ()),
        (("reviews", "outcome"), live.Outcome, ("confirmed", "eliminated", "arrest", "charge")),
    ],
)
def test_a_column_of_few_values_has_those_that_are_written(
    column: tuple[str, str], written: Any, more: tuple[str, ...]
) -> None:
    assert ENUMS[column] == (*get_args(written), *more)


def test_every_column_of_few_values_is_one() -> None:
    assert all(column in DATASETS[dataset].names for dataset, column in ENUMS)


@pytest.fixture(scope="module", params=["generated", *FIXTURES])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Runs of two cases with the same settings and with copies; and what versions of before
    wrote, real runs of every kind with a deployment."""
    if request.param in FIXTURES:
        return open_lake(FIXTURES[request.param] / "results")
    disk = open_store(tmp_path_factory.mktemp("constraints") / "lake")
    publish(disk, EARLIER)
    publish(disk, LATER, assets=copied(archive().assets), day=1)
    publish(disk, NEWEST, day=2, case_ref="OP-2")
    return open_lake(disk.uri)


def count(lake: Lake, sql: str) -> int:
    return int(run_query(lake, f"SELECT count(*) FROM ({sql})").column(0)[0].as_py())


def test_every_dataset_has_its_constraints_and_they_are_about_its_columns() -> None:
    assert CONSTRAINTS.keys() == DATASETS.keys()
    for dataset, holds in CONSTRAINTS.items():
        named = {*holds.key, *holds.never_null, *(c for each in holds.refers_to for c in each)}
        assert named <= set(DATASETS[dataset].names)


@pytest.mark.parametrize("view", [*DATASETS, *DERIVED_VIEWS])
def test_keys_tell_rows_apart(published: Lake, view: str) -> None:
    key = CONSTRAINTS[view].key if view in DATASETS else DERIVED_VIEWS[view].key
    columns = ", ".join(key)
    assert count(published, f"FROM {view}") == count(
        published, f"SELECT DISTINCT {columns} FROM {view}"
    )


@pytest.mark.parametrize("view", [*DATASETS, *DERIVED_VIEWS])
def test_what_is_never_null_is_never_null(published: Lake, view: str) -> None:
    schema = DATASETS[view] if view in DATASETS else DERIVED_VIEWS[view].schema
    never = [
        name
        for name in schema.names
        if (
            is_never_null(view, name)
            if view in DATASETS
            else name in DERIVED_VIEWS[view].never_null
        )
    ]
    assert never
    nulls = " OR ".join(f"{name} IS NULL" for name in never)
    assert run_query(published, f"FROM {view} WHERE {nulls}").to_pylist() == []


@pytest.mark.parametrize("dataset", DATASETS)
def test_what_a_row_refers_to_is_there(published: Lake, dataset: str) -> None:
    for columns, target in CONSTRAINTS[dataset].refers_to.items():
        using = ", ".join(columns)
        lost = f"FROM {dataset} ANTI JOIN {target} USING ({using})"
        assert run_query(published, lost).to_pylist() == []


def test_every_subject_that_was_proposed_is_in_subjects(published: Lake) -> None:
    lost = "FROM candidates ANTI JOIN subjects USING (run_id, subject_id) SELECT DISTINCT run_id"
    written = run_query(published, "SELECT DISTINCT run_id FROM subjects").column(0).to_pylist()
    assert not {row["run_id"] for row in run_query(published, lost).to_pylist()} & set(written)


def test_constraints_are_said_where_people_look(published: Lake) -> None:
    said = (
        'SELECT "column", "key", never_null, refers_to FROM columns WHERE "view" = \'candidates\''
    )
    rows = {row["column"]: row for row in run_query(published, said).to_pylist()}
    assert (rows["rank"]["key"], rows["score"]["key"], rows["score"]["never_null"]) == (
        True,
        False,
        True,
    )
    assert rows["sighting_id"]["refers_to"] == "sightings(run_id, sighting_id)"
    views = "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"
    comments = {row["view_name"]: row["comment"] for row in run_query(published, views).to_pylist()}
    assert comments["sightings"].endswith("Key: run_id, sighting_id.")
    assert comments["visits"].endswith("subject_id, place, visit.")
    kept = (
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'best_shots' AND column_name = $c"
    )
    (told,) = run_query(published, kept, {"c": "sighting_id"}).column(0).to_pylist()
    assert told.endswith("Never null. Refers to sightings(run_id, sighting_id).")
