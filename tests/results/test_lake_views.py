"""``views.sql``, with which DuckDB alone opens a lake."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from lfr_batch.results import layout
from lfr_batch.results.lake import write_views
from lfr_batch.results.manifest_log import commit
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.schemas import DATASETS
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store

from .publishing import published


def add_alert(store: Store) -> None:
    """As a deployment does it."""
    schema = part_schema("alerts")
    row = {**dict.fromkeys(schema.names), "alert_id": "a-1"}
    write_part(store, "alerts/run_id=live-1/a-1.parquet", [row], schema)


def counts(root: Path) -> dict[str, int]:
    """Rows of every view, as DuckDB alone has them."""
    plain = duckdb.connect()
    plain.execute((root / layout.VIEWS_SQL).read_text())
    return {name: plain.sql(f"FROM {name}").to_arrow_table().num_rows for name in DATASETS}


WHOLE = {
    "runs": 1,
    "footage": 5,
    "segments": 8,
    "sightings": 4,
    "candidates": 12,
    "best_shots": 4,
    "evaluations": 0,
    "subjects": 4,
}
LIVE = {"alerts": 1, "reviews": 1}


def test_a_lake_without_runs_has_views_without_rows(tmp_path: Path) -> None:
    write_views(open_store(tmp_path))
    assert counts(tmp_path) == dict.fromkeys(DATASETS, 0)


def test_they_work_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "it's [a] lake"
    published(open_store(root))
    monkeypatch.chdir(tmp_path)
    assert counts(root) == {**WHOLE, **LIVE}


def test_a_lake_that_was_moved_is_found_from_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(open_store(tmp_path / "here"))
    shutil.move(tmp_path / "here", tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    assert counts(tmp_path / "there") == {**WHOLE, **LIVE}


def test_another_lake_is_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(open_store(tmp_path / "one"))
    write_views(open_store(tmp_path / "other"))
    monkeypatch.chdir(tmp_path / "other")
    assert counts(tmp_path / "one")["sightings"] == WHOLE["sightings"]


def test_they_work_after_the_last_run_is_gone(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    published(store)
    commit(store, lambda manifest: replace(manifest, runs={}))
    for dataset in DATASETS:
        store.delete(dataset)
    assert counts(tmp_path) == dict.fromkeys(DATASETS, 0)


def test_alerts_are_shown_as_they_come_and_go(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    write_views(store)
    add_alert(store)
    assert counts(tmp_path)["alerts"] == 1
    store.delete("alerts/run_id=live-1/a-1.parquet")
    assert counts(tmp_path)["alerts"] == 0


def test_their_text_does_not_follow_from_what_is_in_the_lake(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    write_views(store)
    before = store.read(layout.VIEWS_SQL)
    published(store)
    add_alert(store)
    assert store.read(layout.VIEWS_SQL) == before
