from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import timedelta

import pytest

from lfr_batch.errors import ResultsTooNew, RunBusy, RunNotFound
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_state import (
    RunRequest,
    begin_run,
    create_run,
    list_runs,
    load_run,
    new_run_id,
    read_catalogue,
    read_plan,
)
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store

from .synthetic import RUN_ID, STARTED, archive, request


def test_everything_needed_to_resume_comes_back(store: Store) -> None:
    made = archive()
    create_run(store, request(), made.assets, made.segments)
    assert load_run(StoredRun(store, RUN_ID)) == request()
    assert read_catalogue(StoredRun(store, RUN_ID)) == made.assets
    assert read_plan(StoredRun(store, RUN_ID)) == made.segments
    assert list_runs(store) == (RUN_ID,)


def test_a_request_survives_json() -> None:
    asked = request(licence_statement="stated", threshold_source="override", target_fpir=None)
    assert RunRequest.model_validate_json(asked.model_dump_json()) == asked


def test_run_ids_sort_by_time_and_differ() -> None:
    ids = [new_run_id(STARTED + timedelta(seconds=s), "scan") for s in range(40)]
    assert ids == sorted(ids)
    assert ids[0].startswith("20260131-104502-scan-")
    assert len({new_run_id(STARTED, "scan") for _ in range(20)}) > 1


@pytest.mark.parametrize("run_id", ["nope", "", "../../etc", "a/b", "x" * 200])
def test_an_unknown_run_names_the_recent_ones(disk: Store, run_id: str) -> None:
    with pytest.raises(RunNotFound, match="no results at all there"):
        load_run(StoredRun(disk, run_id))
    for n in range(5):
        create_run(disk, request(f"2026010{n}-000000-scan-0000"), (), ())
    with pytest.raises(RunNotFound, match=r"20260104.*20260103.*20260102-000000-scan-0000 "):
        load_run(StoredRun(disk, run_id))


def test_a_run_is_created_once(disk: Store) -> None:
    create_run(disk, request(), (), ())
    with pytest.raises(RunBusy, match=f"`lfr resume {RUN_ID}`"):
        create_run(disk, request(), (), ())


def test_a_request_that_arrives_late_takes_nothing_back(bucket: str) -> None:
    class Late(S3Store):
        """When it looked there was no run yet."""

        def exists(self, path: str) -> bool:
            return not path.endswith("request.json") and S3Store.exists(self, path)

    store = open_store(f"s3://{bucket}/lake")
    assert isinstance(store, S3Store)
    for each, busy in ((store, nullcontext()), (Late(store.uri, store.s3), pytest.raises(RunBusy))):
        run = StoredRun(each, RUN_ID)
        with busy, lock_run(run) as hold:
            begin_run(hold, request(operator=type(each).__name__), ())
    assert load_run(StoredRun(store, RUN_ID)).operator == "S3Store"


def test_an_id_that_is_no_name_never_becomes_a_path(disk: Store) -> None:
    with pytest.raises(ValueError, match="cannot name a run"):
        create_run(disk, request("../x"), (), ())


@pytest.mark.parametrize("marker", [b'{"schema_version": 99}', b"{", b"[]", b'{"schema": 1}'])
def test_a_lake_of_a_newer_version_is_left_alone(disk: Store, marker: bytes) -> None:
    disk.write_atomic("lake.json", marker)
    with pytest.raises(ResultsTooNew, match="upgrade lfr-batch"):
        create_run(disk, request(), (), ())
    with pytest.raises(ResultsTooNew, match="upgrade lfr-batch"):
        load_run(StoredRun(disk, RUN_ID))
    assert disk.list("") == ("lake.json",)


def test_a_request_of_another_version_is_refused(disk: Store) -> None:
    create_run(disk, request(), (), ())
    path = f"_state/run_id={RUN_ID}/request.json"
    changed = {**json.loads(disk.read(path)), "threshold": "high"}
    disk.write_atomic(path, json.dumps(changed).encode())
    with pytest.raises(ResultsTooNew, match="the version that started it"):
        load_run(StoredRun(disk, RUN_ID))
