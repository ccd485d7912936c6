"""A lake looked through, and a manifest made of its files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lfr_batch.errors import ResultsError
from lfr_batch.results import layout
from lfr_batch.results.checked import faults
from lfr_batch.results.compact import compact
from lfr_batch.results.forget import count, forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.manifest_log import manifest_path, newest_number, read_manifest
from lfr_batch.results.rebuilt import rebuild
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store
from tests.cli.here import lfr

from .publishing import published
from .test_compact import RUNS, publish_all, rows
from .test_lake import part_of, with_columns

RUN, OTHER = RUNS[0], RUNS[1]


def found(store: Store) -> list[tuple[str, str]]:
    return sorted((fault.path, fault.what) for fault in faults(store))


def spoil(store: Store, path: str, how: str) -> None:
    data = store.read(path)
    match how:
        case "missing":
            store.delete(path)
        case "cut off":
            store.write_atomic(path, data[:-9])
        case "damaged":
            store.write_atomic(path, data[:-9] + bytes(9))


@pytest.mark.parametrize(
    ("root", "how", "what", "said"),
    [
        ("disk", "missing", "missing", "is not there"),
        ("disk", "cut off", "damaged", r"has \d+ bytes, and had \d+ when it was published"),
        ("disk", "damaged", "damaged", "is damaged"),
        ("bucket", "damaged", "damaged", "is damaged"),
    ],
    indirect=["root"],
)
def test_a_part_that_is_not_as_it_was_published_is_named(
    store: Store, how: str, what: str, said: str
) -> None:
    published(store, RUN)
    assert found(store) == []
    path = part_of(store, "segments", RUN)
    spoil(store, path, how)
    (fault,) = faults(store)
    assert (fault.path, fault.what) == (path, what)
    assert re.fullmatch(said, fault.said)
    assert f"`lfr resume {RUN}`" in fault.way_out


def altered(store: Store, path: str, column: str, values: pa.Array | None) -> None:
    """As if it had been published so."""
    store.write_atomic(path, with_columns(store.read(path), {column: values}))
    number = newest_number(store)
    said = json.loads(store.read(manifest_path(number)))
    for part in said["parts"]:
        if part["path"] == path:
            part["bytes"] = len(store.read(path))
    store.write_atomic(manifest_path(number), json.dumps(said).encode())


@pytest.mark.parametrize(
    ("root", "column", "values", "why"),
    [
        ("disk", "subject_id", None, "it has no column subject_id"),
        ("disk", "score", pa.array(["0.5"] * 12), "score is string in it, not double"),
        ("bucket", "subject_id", None, "it has no column subject_id"),
    ],
    indirect=["root"],
)
def test_a_part_that_does_not_fit_is_named_before_anything_is_made_of_it(
    store: Store, root: str, column: str, values: pa.Array | None, why: str
) -> None:
    publish_all(store, RUN, OTHER)
    path = part_of(store, "candidates", OTHER)
    altered(store, path, column, values)
    says = f"{path} does not fit the schema it was written with .{why}"
    (fault,) = faults(store)
    assert (fault.path, fault.what, why in fault.said) == (path, "unfit", True)
    before = read_manifest(store)
    for use in (
        lambda: compact(store),
        lambda: count(store, Forgetting("subject", "S029")),
        lambda: forget(store, Forgetting("subject", "S029", "note")),
    ):
        with pytest.raises(ResultsError, match=says):
            use()
    after = read_manifest(store)
    assert (after.runs, after.groups) == (before.runs, before.groups)


def test_a_part_of_another_version_than_the_manifest_says_is_named(disk: Store) -> None:
    published(disk, RUN)
    path = part_of(disk, "segments", RUN)
    table = pq.ParquetFile(pa.BufferReader(disk.read(path))).read()
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({"schema_version": "2"}), sink)
    disk.write_atomic(path, sink.getvalue().to_pybytes())
    with pytest.raises(
        ResultsError, match="with version 2 of the schemas, and the manifest says 3"
    ):
        compact(disk)


def test_what_no_manifest_names_is_left_over_and_harmless(disk: Store) -> None:
    publish_all(disk, RUN, OTHER)
    compact(disk)
    left = "sightings/month=2026-01/20260101T000000-00000000-00000.parquet"
    disk.write_atomic(left, b"anything")
    (fault,) = faults(disk)
    assert (fault.path, fault.what, fault.is_harmless) == (left, "left over", True)
    disk.delete(layout.empty_part("segments", 2))
    assert found(disk) == [
        (layout.empty_part("segments", 2), "missing"),
        (left, "left over"),
    ]
    assert rebuild(disk) is None
    assert found(disk) == [(left, "left over")]


@pytest.mark.long
@pytest.mark.parametrize(
    ("root", "how", "compacted"),
    [("disk", "lost", False), ("disk", "damaged", True), ("bucket", "lost", True)],
    indirect=["root"],
)
def test_a_manifest_is_made_of_the_files_that_are_there(
    store: Store, root: str, how: str, compacted: bool
) -> None:
    publish_all(store, RUN, OTHER)
    if compacted:
        compact(store)
        publish_all(store, RUNS[2])
    before, known = rows(root), read_manifest(store)
    if how == "lost":
        store.delete(layout.LAKE)
    else:
        store.write_atomic(manifest_path(known.number), b"")
    made = rebuild(store)
    assert made is not None
    assert made.runs == known.runs
    assert [(g.group_id, g.month, g.runs, set(g.parts)) for g in made.groups] == [
        (g.group_id, g.month, g.runs, set(g.parts)) for g in known.groups
    ]
    assert rows(root) == before
    assert found(store) == []
    publish_all(store, "20260301-080000-scan-0001")
    compact(store)
    assert run_query(open_lake(root), "FROM runs").num_rows == len(before["runs"]) + 1


def test_of_two_that_hold_one_run_a_person_says_which_counts(disk: Store) -> None:
    """Of a compaction that was killed before old files left their places."""
    publish_all(disk, RUN, OTHER)
    files = {path: disk.read(path) for view in ("runs", "sightings") for path in disk.list(view)}
    compact(disk)
    for path, data in files.items():
        disk.write_atomic(path, data)
    disk.delete(layout.LAKE)
    with pytest.raises(ResultsError, match=rf"runs/run_id=.*runs/month=.* are both of run {RUN}"):
        rebuild(disk)
    assert not newest_number(disk)
    for path in files:
        disk.delete(path)
    assert rebuild(disk) is not None


def test_the_command_says_what_is_wrong(disk: Store, capsys: pytest.CaptureFixture[str]) -> None:
    published(disk, RUN)
    words = ("lake", "check", "--out", disk.uri)
    code, out, err = lfr(capsys, *words)
    assert (code, out) == (0, "")
    assert f"0 files wrong, 0 left over in {disk.uri}" in err
    path = part_of(disk, "segments", RUN)
    disk.delete(path)
    code, out, _ = lfr(capsys, *words)
    assert (code, out.split(";")[0]) == (1, f"{path} is not there")
    code, out, _ = lfr(capsys, *words, "--json")
    (row,) = json.loads(out)
    assert (code, row["path"], row["what"]) == (1, path, "missing")
    disk.delete(layout.LAKE)
    code, _, err = lfr(capsys, *words)
    assert (code, "has lost its manifest" in err) == (1, True)
    code, _, err = lfr(capsys, *words, "--rebuild")
    assert (code, "A manifest was made of " in err) == (0, True)
    code, _, err = lfr(capsys, *words, "--rebuild")
    assert (code, "is sound and stays as it is" in err) == (0, True)


def test_of_a_lake_that_is_not_there_nothing_is_wrong(tmp_path: Path) -> None:
    assert found(open_store(tmp_path / "none")) == []
    assert not (tmp_path / "none").exists()
