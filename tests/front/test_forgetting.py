"""What runs name of a gallery's snapshots, published or not."""

from __future__ import annotations

from pathlib import Path

import lfr_batch as lfr
from lfr_batch.front.forgetting import runs_naming
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from tests.results.synthetic import request


def test_runs_that_have_no_row_yet_name_their_snapshot(tmp_path: Path) -> None:
    settings = lfr.Settings(home=tmp_path, results=tmp_path / "results")
    assert runs_naming(settings, "custody") == {}
    store = open_store(tmp_path / "results")
    for number, (gallery, snapshot) in enumerate(
        [("custody", "a" * 12), ("custody", "b" * 12), ("custody", "a" * 12), ("others", "c" * 12)]
    ):
        asked = request(f"20260101-00000{number}-scan-abcd", gallery=gallery, snapshot_id=snapshot)
        create_run(store, asked, (), ())
    assert runs_naming(settings, "custody") == {"a" * 12: 2, "b" * 12: 1}
