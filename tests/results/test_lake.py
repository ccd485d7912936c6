from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.errors import ResultsError, ResultsTooNew, StoreUnreachable
from lfr_batch.results import layout
from lfr_batch.results.columns import SCHEMA_VERSION
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lake_version import lake_version
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_views import DERIVED_VIEWS
from lfr_batch.results.schemas import DATASETS, LIVE_DATASETS
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.views import column_type
from lfr_batch.storage.store import Store
from tests.holding import record_run
from tests.refused import refused

from .publishing import copy_lake, published
from .roots import in_bucket, on_both
from .synthetic import LEFT_RUN_ID, RUN_ID, STARTED, archive, request, searched_run

__all__ = ["published"]

NEW_COLUMN = "hair_colour"

OF_SCANS = tuple(name for name in DATASETS if name != "evaluations")
"""Of which ``published`` writes something."""
OF_ONE = [("1", "3")]
"""One group of rows of three runs' is looked into."""
SCANNED = {"alerts": [("1", "1")], "reviews": [("3", "3"), ("1", "1")]}
"""The live ones have folders by run; which runs are withheld is looked up among all."""
NEW_OF_RUNS = ("score_kind", "threshold_method")
NEWER = {"runs": ("epoch", *NEW_OF_RUNS), "best_shots": ("further", "further_jpegs")}


def part_of(store: Store, dataset: str, run_id: str = RUN_ID) -> str:
    (path,) = store.list(f"{dataset}/run_id={run_id}")
    return path


def types(lake: Lake, view: str) -> dict[str, str]:
    rows = run_query(lake, f"DESCRIBE {view}").to_pylist()
    return {row["column_name"]: row["column_type"] for row in rows}


@pytest.mark.parametrize(
    ("root", "filled"), [("disk", False), ("disk", True), ("bucket", False)], indirect=["root"]
)
def test_views_have_the_schemas_columns_and_types_empty_or_not(
    store: Store, root: str, filled: bool
) -> None:
    if filled:
        published(store)
    lake = open_lake(root)
    for dataset, schema in DATASETS.items():
        assert types(lake, dataset) == {f.name: column_type(f) for f in schema}
        rows = run_query(lake, f"SELECT count(*) FROM {dataset}").column(0)[0].as_py()
        assert (rows > 0) == (filled and dataset in OF_SCANS)


@on_both
def test_the_latest_run_is_the_same_on_disk_and_in_a_bucket(store: Store, root: str) -> None:
    newer = "20270101-000000-scan-0000"
    for run_id in (RUN_ID, newer):
        published(store, run_id)
    record_run(store, request("20280101-000000-scan-0000"), "running", at=STARTED)
    lake = open_lake(root)
    assert run_query(lake, "SELECT run_id FROM latest_run").column(0).to_pylist() == [newer]
    finished = run_query(lake, "SELECT run_id FROM finished_runs ORDER BY 1").column(0)
    assert finished.to_pylist() == [RUN_ID, newer]
    once = run_query(lake, "SELECT DISTINCT run_id FROM sightings_once(NULL, NULL)").column(0)
    assert once.to_pylist() == [newer]


def test_opening_a_lake_that_is_not_there_creates_nothing(tmp_path: Path) -> None:
    open_lake(tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


def test_every_column_is_explained_in_sql(lake: Lake) -> None:
    rows = run_query(lake, "SELECT * FROM columns").to_pylist()
    documented = [*DATASETS.values(), *(view.schema for view in DERIVED_VIEWS.values())]
    assert len(rows) == sum(map(len, documented))
    assert all(row["comment"] for row in rows)
    kept = run_query(
        lake, "SELECT comment FROM duckdb_columns() WHERE table_name = 'sightings'"
    ).column(0)
    assert None not in kept.to_pylist()


def test_the_runs_view_shows_what_each_run_is_now(lake: Lake) -> None:
    rows = run_query(lake, "SELECT run_id, status FROM runs ORDER BY run_id").to_pylist()
    assert rows == [
        {"run_id": LEFT_RUN_ID, "status": "running"},
        {"run_id": RUN_ID, "status": "complete_with_failures"},
    ]


def test_duckdb_alone_opens_the_lake(finished: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(finished.uri)
    plain = duckdb.connect()
    plain.execute(Path("views.sql").read_text(encoding="utf-8"))
    ours = open_lake(finished.uri)
    for view in (*DATASETS, *DERIVED_VIEWS, "columns"):
        query = f"SELECT * FROM {view} ORDER BY ALL"
        assert plain.sql(query).to_arrow_table() == run_query(ours, query)


STRANGEST = "a b/it's [x] *?=y/epoch=1"
BELOW = ("run_id=5/camera_id=7", "run_id=5/sightings/run_id=6", STRANGEST, "x=;--")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, pa.Table]:
    """What a lake shows in whose path there is nothing to be taken for anything else."""
    root = tmp_path_factory.mktemp("plain") / "lake"
    published(open_store(root))
    return tables_of(open_lake(root))


def tables_of(lake: Lake) -> Mapping[str, pa.Table]:
    views = (*DATASETS, "columns")
    return MappingProxyType({v: run_query(lake, f"FROM {v} ORDER BY ALL") for v in views})


@pytest.mark.parametrize(
    ("root", "below"),
    [("disk", BELOW[0]), ("disk", STRANGEST), ("bucket", STRANGEST)],
    indirect=["root"],
)
def test_what_the_folders_above_the_root_are_called_changes_nothing(
    root: str, below: str, plain: Mapping[str, pa.Table]
) -> None:
    place = f"{root}/{below}/lake"
    published(open_store(place))
    lake = open_lake(place)
    assert tables_of(lake) == plain
    cameras = run_query(lake, "SELECT DISTINCT run_id, camera_id FROM sightings ORDER BY 2")
    assert cameras.to_pylist() == [
        {"run_id": RUN_ID, "camera_id": camera} for camera in ("CAM-1", "CAM-2", None)
    ]


@pytest.mark.parametrize("below", BELOW)
def test_below_any_folder_duckdb_alone_opens_the_lake(
    tmp_path: Path, below: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / below / "lake"
    published(open_store(place))
    monkeypatch.chdir(place)
    plain = duckdb.connect()
    plain.execute(Path("views.sql").read_text(encoding="utf-8"))
    found = plain.sql("SELECT run_id, camera_id, count(*) FROM sightings GROUP BY ALL ORDER BY 2")
    assert found.fetchall() == [(RUN_ID, "CAM-1", 2), (RUN_ID, "CAM-2", 1), (RUN_ID, None, 1)]
    assert plain.sql("SELECT run_id, status FROM runs").fetchall() == [(RUN_ID, "complete")]


def test_of_one_run_only_its_own_rows_are_read(disk: Store) -> None:
    for run_id in (RUN_ID, LEFT_RUN_ID, "20270101-000000-scan-0000"):
        published(disk, run_id)
    connection = open_lake(disk.uri).connection
    for view in OF_SCANS:
        query = f"EXPLAIN ANALYZE SELECT * FROM {view} WHERE run_id = '{RUN_ID}'"
        (plan,) = connection.sql(query).fetchall()
        read = re.findall(r"Row Groups Scanned: (\d+) / (\d+)", plan[1])
        assert read == SCANNED.get(view, OF_ONE), plan[1]


def as_version_0_1_wrote_it(store: Store, run_id: str) -> None:
    """Names without an epoch, rows without its column, a lake of schema 1 and no manifest."""
    for dataset in DATASETS:
        for path in store.list(f"{dataset}/run_id={run_id}"):
            table = pq.ParquetFile(pa.BufferReader(store.read(path))).read()
            if "box" in table.column_names:
                boxes = [box and list(dict(box).values()) for box in table["box"].to_pylist()]
                at, floats = table.column_names.index("box"), pa.list_(pa.float32())
                table = table.set_column(at, "box", pa.array(boxes, floats))
            new = {"epoch", "run_id", "thumbnail", *NEWER["best_shots"], *NEW_OF_RUNS}
            table = table.select([name for name in table.column_names if name not in new])
            sink = pa.BufferOutputStream()
            pq.write_table(table.replace_schema_metadata({"schema_version": "1"}), sink)
            store.delete(path)
            store.write_atomic(re.sub(layout.EPOCH + "-", "", path), sink.getvalue().to_pybytes())
    store.delete("_lake")
    store.write_atomic("lake.json", b'{"schema_version": 1}')


@on_both
def test_runs_of_version_0_1_are_read_beside_new_ones(store: Store, root: str) -> None:
    older = "20250101-000000-scan-0000"
    published(store, older)
    before = tables_of(open_lake(root))
    as_version_0_1_wrote_it(store, older)
    lake = open_lake(root)
    for view in DATASETS:
        newer = ", ".join(NEWER.get(view, ()))
        volatile = f"SELECT * EXCLUDE ({newer}) " if newer else ""
        found = run_query(lake, f"{volatile}FROM {view} ORDER BY ALL")
        whole = before[view].select(found.column_names)
        differing = [n for n in found.column_names if found[n] != whole[n]]
        assert not differing, view
    published(store)
    assert lake_version(store) == SCHEMA_VERSION
    lake = open_lake(root)
    for view in OF_SCANS:
        counts = run_query(lake, f"SELECT run_id, count(*) AS n FROM {view} GROUP BY ALL")
        rows = sorted((row["run_id"], row["n"]) for row in counts.to_pylist())
        assert rows == [(older, len(before[view])), (RUN_ID, len(before[view]))]
    assert latest_row(StoredRun(store, older)) is not None


def test_only_the_parts_that_the_last_finished_row_names_are_read(store: Store, root: str) -> None:
    """Of a holder that was overtaken and of one that has not come to its end there are others."""
    published(store)
    for dataset in ("footage", "segments", "sightings", "candidates", "best_shots"):
        path = part_of(store, dataset)
        for other in ("000001-00000000", "000009-00000000"):
            store.write_atomic(re.sub(layout.EPOCH, other, path), store.read(path))
    (row,) = (p for p in store.list(f"runs/run_id={RUN_ID}") if layout.FINISHED in p)
    for other in ("000001-00000000-007-finished", "000009-00000000-008-running"):
        store.write_atomic(f"runs/run_id={RUN_ID}/{other}.parquet", store.read(row))
    lake = open_lake(root)
    counts = {v: run_query(lake, f"FROM {v}").num_rows for v in ("segments", "sightings", "runs")}
    assert counts == {"segments": 8, "sightings": 4, "runs": 1}


def test_pyarrow_alone_opens_the_lake(finished: Store) -> None:
    table = pq.read_table(f"{finished.uri}/sightings", partitioning=None)
    assert table.num_rows == 4
    assert set(table.column_names) == set(DATASETS["sightings"].names)


def with_columns(data: bytes, columns: Mapping[str, pa.Array | None]) -> bytes:
    """A part with a column taken away (None), or put in place of one."""
    table = pq.ParquetFile(pa.BufferReader(data)).read()
    kept = table.drop_columns([name for name in columns if name in table.column_names])
    for name, values in columns.items():
        kept = kept if values is None else kept.append_column(name, values)
    sink = pa.BufferOutputStream()
    pq.write_table(kept, sink)
    return bytes(sink.getvalue().to_pybytes())


@pytest.mark.parametrize(
    ("root", "column", "values"),
    [
        ("disk", "above_threshold", None),
        ("bucket", "score", pa.array(["not a number"] * 12)),
    ],
    indirect=["root"],
)
def test_a_part_that_does_not_fit_is_named_and_turns_no_column_into_text(
    store: Store, root: str, column: str, values: pa.Array | None
) -> None:
    for run_id in (RUN_ID, "20270101-000000-scan-0000"):
        published(store, run_id)
    path = part_of(store, "candidates")
    store.write_atomic(path, with_columns(store.read(path), {column: values}))
    says = rf"{re.escape(path)} does not fit the schema .*{column}"
    with pytest.raises(ResultsError, match=says):
        run_query(open_lake(root), f"SELECT max({column}) FROM candidates")


def test_a_newer_lake_is_refused_by_name(store: Store, root: str) -> None:
    published(store)
    store.write_atomic("lake.json", b'{"schema_version": 99}')
    with pytest.raises(ResultsTooNew, match=r"newer version.*\(schema 99, this one knows \d+\)"):
        open_lake(root)


def test_a_run_is_hidden_until_it_has_finished(store: Store, root: str) -> None:
    published(store)
    searched_run(store, LEFT_RUN_ID)
    record_run(store, request(LEFT_RUN_ID), "running", at=STARTED)
    part = store.read(part_of(store, "sightings"))
    store.write_atomic(f"sightings/run_id={LEFT_RUN_ID}/part-00000.parquet", part)
    lake = open_lake(root)
    seen = run_query(lake, "SELECT DISTINCT run_id FROM sightings").column(0).to_pylist()
    assert seen == [RUN_ID]
    assert run_query(lake, "SELECT count(*) FROM runs").column(0)[0].as_py() == 2


@in_bucket
def test_in_a_bucket_the_alerts_of_a_running_deployment_are_shown(store: Store, root: str) -> None:
    record_run(store, request(LEFT_RUN_ID, kind="live"), "running", at=STARTED)
    schema = part_schema("alerts")
    row = {**dict.fromkeys(schema.names), "alert_id": "a-1", "score": 0.5}
    write_part(store, f"alerts/run_id={LEFT_RUN_ID}/a-1.parquet", [row], schema)
    seen = run_query(open_lake(root), "SELECT run_id, alert_id, score FROM alerts").to_pylist()
    assert seen == [{"run_id": LEFT_RUN_ID, "alert_id": "a-1", "score": 0.5}]


def test_a_bucket_that_is_not_there(bucket: str) -> None:
    with pytest.raises(StoreUnreachable, match="NoSuchBucket"):
        open_lake("s3://no-such-bucket/lake")


def test_pictures_are_the_very_bytes(lake: Lake) -> None:
    shots = run_query(lake, "SELECT sighting_id, jpeg FROM best_shots ORDER BY 1").to_pylist()
    assert {s["sighting_id"]: s["jpeg"] for s in shots} == {
        s.sighting_id: s.jpeg for s in archive().sightings
    }


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that holds two runs. To be copied."""
    folder = tmp_path_factory.mktemp("two-runs") / "lake"
    for run_id in (RUN_ID, "20270101-000000-scan-0000"):
        published(open_store(folder), run_id)
    return folder


@pytest.mark.parametrize(
    ("root", "how", "dataset"),
    [
        *(("disk", "cut off", dataset) for dataset in OF_SCANS),
        ("disk", "empty", "runs"),
        ("disk", "empty", "alerts"),
        ("bucket", "empty", "runs"),
        ("bucket", "cut off", "alerts"),
    ],
    indirect=["root"],
)
def test_a_damaged_part_is_named_with_the_way_out(
    store: Store, root: str, two_runs: Path, dataset: str, how: str
) -> None:
    copy_lake(two_runs, store)
    path = next(path for path in store.list(dataset) if RUN_ID in path)
    store.write_atomic(path, b"" if how == "empty" else store.read(path)[:-9])
    with pytest.raises(ResultsError) as told:
        run_query(open_lake(root), f"SELECT * FROM {dataset}")
    assert type(told.value) is ResultsError
    again = (
        f"restore it from a copy, or remove the folder runs/run_id={RUN_ID}, "
        f"then `lfr resume {RUN_ID}` makes the run's results again"
    )
    alone = "restore it from a copy or remove it: the others can be read without it"
    assert str(told.value) == (f"{path} is damaged; {alone if dataset in LIVE_DATASETS else again}")


@pytest.mark.parametrize(
    ("root", "dataset"), [("disk", "runs"), ("bucket", "best_shots")], indirect=["root"]
)
def test_a_part_that_is_damaged_inside_is_not_the_questions_fault(
    store: Store, root: str, dataset: str
) -> None:
    published(store)
    (path,) = store.list(dataset)
    data = store.read(path)
    store.write_atomic(path, data[:20] + bytes(120) + data[140:])
    with pytest.raises((ResultsError, StoreUnreachable), match=f"{dataset}.*restore"):
        run_query(open_lake(root), f"SELECT * FROM {dataset}")


def test_a_part_that_may_not_be_opened(disk: Store) -> None:
    published(disk)
    path = part_of(disk, "segments")
    with (
        refused(Path(disk.uri) / path),
        pytest.raises(StoreUnreachable, match="cannot be opened; mend its permissions"),
    ):
        run_query(open_lake(disk.uri), "SELECT * FROM segments")


def test_a_run_that_failed_while_publishing_stays_hidden(store: Store, root: str) -> None:
    published(store)
    part = store.read(part_of(store, "sightings"))
    asked, _ = searched_run(store, LEFT_RUN_ID)
    store.write_atomic(f"sightings/run_id={LEFT_RUN_ID}/part-00000.parquet", part)
    record_run(store, asked, "failed", error="the disk is full")
    lake = open_lake(root)
    seen = run_query(lake, "SELECT DISTINCT run_id FROM sightings").column(0).to_pylist()
    assert seen == [RUN_ID]
    assert run_query(lake, "SELECT error FROM runs ORDER BY error").column(0).to_pylist() == [
        "the disk is full",
        None,
    ]
