"""Parts of several versions in one lake: added, renamed and retyped columns, one step after the
other, read on a disk, in a bucket and by DuckDB alone, and compacted."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from lfr_batch.results.checked import faults
from lfr_batch.results.columns import BOX
from lfr_batch.results.compact import compact
from lfr_batch.results.lake import open_lake, write_views
from lfr_batch.results.lake_version import lake_id, lake_version
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.migrations import Added, Change, Renamed, Retyped, kinds, part_schema
from lfr_batch.results.remade import bring, make_group, making
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.sql import run_query
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store

from .later_version import as_version
from .publishing import published
from .test_lake import as_version_0_1_wrote_it

OF_2, OF_3, OF_4 = (f"202601{day:02d}-080000-scan-000{day}" for day in (3, 4, 5))
SIDES = pa.list_(pa.float64())
SEGMENTS, BEST_SHOTS = DATASETS["segments"], DATASETS["best_shots"]


def changed(schema: pa.Schema, column: str, to: pa.Field) -> pa.Schema:
    at = schema.get_field_index(column)
    return schema.set(at, to.with_metadata(schema.field(at).metadata))


_OTHER = changed(SEGMENTS, "wall_s", pa.field("worker_wall_s", pa.float64()))
SEGMENTS_4 = changed(_OTHER, "attempt", pa.field("attempt", pa.string())).append(
    pa.field("weather", pa.string(), metadata={"comment": "As it was."})
)
_OTHER = changed(SEGMENTS_4, "worker_wall_s", pa.field("took_s", pa.float64()))
_OTHER = changed(_OTHER, "weather", pa.field("sky", pa.string()))
SEGMENTS_5 = changed(_OTHER, "attempt", pa.field("attempt", pa.int64()))
BEST_SHOTS_5 = changed(BEST_SHOTS, "box", pa.field("box", SIDES))

TO_4: Sequence[Change] = (
    Renamed(4, "segments", "worker_wall_s", "wall_s"),
    Retyped(4, "segments", "attempt", pa.int32(), lambda was: f"'no. ' || {was}"),
    Added(4, "segments", "weather"),
)
TO_5: Sequence[Change] = (
    *TO_4,
    Renamed(5, "segments", "took_s", "worker_wall_s"),
    Renamed(5, "segments", "sky", "weather"),
    Retyped(5, "segments", "attempt", pa.string(), lambda was: f"CAST({was}[5:] AS BIGINT)"),
    Retyped(
        5, "best_shots", "box", BOX,
        lambda was: f"[{was}['left'], {was}['top'], {was}['right'], {was}['bottom']]",
    ),
)  # fmt: skip


VIEWS = ("runs", "segments", "sightings", "best_shots")


def rows(root: str) -> dict[str, list[dict[str, Any]]]:
    with closing(open_lake(root)) as lake:
        found = {view: run_query(lake, f"FROM {view}").to_pylist() for view in VIEWS}
    return {view: sorted(found[view], key=_by_all) for view in VIEWS}


def _by_all(row: dict[str, Any]) -> str:
    return str([*map(row.get, ("run_id", *row))])


def as_of_5(view: str, row: dict[str, Any]) -> dict[str, Any]:
    if view == "segments":
        return {
            **{name: value for name, value in row.items() if name != "wall_s"},
            "took_s": row["wall_s"],
            "sky": None,
        }
    if view == "best_shots":
        return {**row, "box": row["box"] and list(row["box"].values())}
    return row


def rewritten(store: Store, run_id: str) -> None:
    """A run as a group of its own, in parts of this version."""
    source = read_manifest(store).about(run_id)
    with making(store, source) as made:
        group = make_group(store, source, made, source.runs[run_id].month)
        assert group is not None
        bring(store, made, source, (group,))


@pytest.mark.parametrize(
    "root", ["disk", pytest.param("bucket", marks=pytest.mark.long)], indirect=True
)
def test_parts_of_every_version_are_read_side_by_side_and_compacted(
    store: Store, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(store, OF_2)
    as_version_0_1_wrote_it(store, OF_2)
    for run_id in (OF_3, OF_4):
        published(store, run_id)
    before, known = rows(root), lake_id(store)

    as_version(monkeypatch, 4, {"segments": SEGMENTS_4}, TO_4)
    write_views(store)
    rewritten(store, OF_4)
    (segment, *_) = rows(root)["segments"]
    assert segment["attempt"] == "no. 1"
    assert {part.schema for part in read_manifest(store).parts()} == {2, 3, 4}

    of_5 = {"segments": SEGMENTS_5, "best_shots": BEST_SHOTS_5}
    as_version(monkeypatch, 5, of_5, TO_5)
    wanted = {view: [as_of_5(view, row) for row in before[view]] for view in VIEWS}
    assert rows(root) == wanted
    write_views(store)
    assert (lake_version(store), lake_id(store)) == (5, known)
    assert list(faults(store)) == []
    if isinstance(store, LocalStore):
        plain = duckdb.connect()
        plain.execute((Path(root) / "views.sql").read_text())
        asked = "SELECT run_id, attempt, took_s, sky FROM segments ORDER BY ALL"
        assert plain.sql(asked).to_arrow_table() == run_query(open_lake(root), asked)
    compact(store)
    assert {part.schema for part in read_manifest(store).parts()} == {5}
    assert rows(root) == wanted
    assert list(faults(store)) == []


def test_there_are_kinds_of_every_version_from_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    of_segments = {version for dataset, version in kinds() if dataset == "segments"}
    assert of_segments == {2, 3}
    as_version(monkeypatch, 5, {"segments": SEGMENTS_5}, TO_5)
    assert {version for dataset, version in kinds() if dataset == "segments"} == {2, 3, 4, 5}
    assert {version for dataset, version in kinds() if dataset == "alerts"} == {2}


@pytest.mark.parametrize(
    ("version", "names", "attempt"),
    [
        (5, ("took_s", "sky"), pa.int64()),
        (4, ("worker_wall_s", "weather"), pa.string()),
        (3, ("wall_s",), pa.int32()),
        (2, ("wall_s",), pa.int32()),
    ],
)
def test_a_part_of_before_has_the_columns_of_its_version(
    monkeypatch: pytest.MonkeyPatch, version: int, names: tuple[str, ...], attempt: pa.DataType
) -> None:
    as_version(monkeypatch, 5, {"segments": SEGMENTS_5}, TO_5)
    schema = part_schema("segments", version)
    known = {"took_s", "sky", "worker_wall_s", "weather", "wall_s"}
    assert known & set(schema.names) == set(names)
    assert schema.field("attempt").type == attempt
    assert ("run_id" in schema.names) == (version > 2)
    assert schema.metadata == {b"schema_version": str(version).encode()}
