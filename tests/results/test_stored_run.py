from __future__ import annotations

import pickle

from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store


def test_paths_are_the_runs_own(disk: Store) -> None:
    run = StoredRun(disk, "R")
    assert run.state() == "_state/run_id=R"
    assert run.state("ledger", "b.parquet") == "_state/run_id=R/ledger/b.parquet"
    assert run.directory("sightings") == "sightings/run_id=R"
    assert pickle.loads(pickle.dumps(run)) == run
