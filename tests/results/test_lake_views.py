"""The list of views, which several write at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lfr_batch.results import layout
from lfr_batch.results.lake import is_in_views, write_views
from lfr_batch.results.parts import write_part
from lfr_batch.results.schemas import DATASETS, part_schema
from lfr_batch.results.store import open_store
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store


def add_alert(store: Store) -> None:
    """As a deployment does it."""
    schema = part_schema(DATASETS["alerts"])
    row = {**dict.fromkeys(schema.names), "alert_id": "a-1"}
    write_part(store, "alerts/run_id=live-1/a-1.parquet", [row], schema)
    write_views(store)


def delete_alerts(store: Store) -> None:
    """As a sweep does it."""
    store.delete("alerts")
    write_views(store)


@dataclass(frozen=True)
class Overtaken(LocalStore):
    """Others do something in the instant before the first list of views is written."""

    others: list[Callable[[Store], None]]

    def write_atomic(self, path: str, data: bytes) -> None:
        while path == layout.VIEWS_SQL and self.others:
            self.others.pop(0)(LocalStore(self.root))
        super().write_atomic(path, data)


@pytest.mark.parametrize("others", [[add_alert], [add_alert, delete_alerts, add_alert]])
def test_views_know_of_what_others_added_while_they_were_written(
    tmp_path: Path, others: list[Callable[[Store], None]]
) -> None:
    write_views(Overtaken(tmp_path, list(others)))
    assert is_in_views(open_store(tmp_path), "alerts")


def test_views_know_of_what_others_deleted_while_they_were_written(tmp_path: Path) -> None:
    add_alert(open_store(tmp_path))
    (tmp_path / layout.VIEWS_SQL).unlink()
    write_views(Overtaken(tmp_path, [delete_alerts]))
    assert not is_in_views(open_store(tmp_path), "alerts")
    script = (tmp_path / layout.VIEWS_SQL).read_text()
    assert "alerts/run_id" not in script


def test_views_that_are_not_there_show_nothing(store: Store) -> None:
    assert not is_in_views(store, "alerts")
    add_alert(store)
    assert is_in_views(store, "alerts")
    assert not is_in_views(store, "reviews")
