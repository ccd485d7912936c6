"""Two drivers of one run, each behind a proxy that delays, repeats, loses and reorders what it asks
of the bucket, with clocks two minutes apart: the rows are those of an undisturbed run.

As ``test_fencing``: one stands still at some call, the other takes its run over and finishes, the
first wakes. What arrives late arrives before anybody looks.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from benchmarks.faulty_proxy import NONE, Faults, FaultyProxy, faulty_proxy
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import LfrError, RunBusy, RunTakenOver
from lfr_batch.results.hold import claim_path, require_hold
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import DONE, latest_row
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage import s3_retries
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store
from tests.patience import PATIENCE_S

from .standing_still import Stillness, standing_still
from .synthetic import RUN_ID
from .test_fencing import NOTHING_IS_OLD_S, drive, planned, rows, take_over, undisturbed

__all__ = ["undisturbed"]

ROUGH = Faults(
    delayed=0.05,
    busy=0.03,
    reset=0.03,
    answer_lost=0.06,
    failed_after=0.06,
    broken_body=0.04,
    repeated=0.08,
    replayed=0.12,
    late=0.08,
    most_delay_s=0.1,
    most_late_s=2.0,
    skew_s=120.0,
)
ENOUGH = 6
"""Resumptions after which a run is complete: an old claim that arrives late ends whoever has it."""
CALLS = 60
"""Of a driver, that are about its run."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_retries, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(s3_retries, "LONGEST_PAUSE_S", 0.1)


def behind(proxy: FaultyProxy, uri: str) -> S3Store:
    store = open_store(uri, S3Config(endpoint_url=proxy.address))
    assert isinstance(store, S3Store)
    return store


def endpoint_of(request: pytest.FixtureRequest, kind: str) -> str:
    name = "endpoint" if kind == "bucket" else "rclone_endpoint"
    address: str = request.getfixturevalue(name)
    return address


SEEDS = [
    ("bucket", 0),
    pytest.param("bucket", 1, marks=pytest.mark.long),
    pytest.param("rclone_bucket", 2, marks=pytest.mark.long),
]


@pytest.mark.parametrize(("kind", "seed"), SEEDS)
def test_whatever_becomes_of_requests_the_rows_are_those_of_an_undisturbed_run(
    kind: str, seed: int, request: pytest.FixtureRequest, undisturbed: dict[str, Any]
) -> None:
    uri = f"s3://{request.getfixturevalue(kind)}/lake"
    endpoint = endpoint_of(request, kind)
    plain = planned(open_store(uri))
    stillness = Stillness(lambda n, name, path: n == stop)
    stop = Random(seed).randrange(4, CALLS)
    with (
        faulty_proxy(endpoint, ROUGH, 2 * seed) as one,
        faulty_proxy(endpoint, ROUGH, 2 * seed + 1) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(drive, standing_still(behind(one, uri), stillness))
        try:
            assert stillness.reached.wait(PATIENCE_S)
            for _ in range(2):
                with suppress(LfrError):  # a sentence
                    take_over(behind(other, uri))
        finally:
            stillness.over.set()
        error = first.exception()
        assert error is None or isinstance(error, LfrError), error
        one.settle()
        other.settle()
        assert one.met.total() > one.met["passed"]
        assert other.met.total() > other.met["passed"]
    if is_done(plain):
        assert rows(plain) == undisturbed
    finish(plain)
    assert rows(plain) == undisturbed


def is_done(store: Store) -> bool:
    row = latest_row(StoredRun(store, RUN_ID))
    return row is not None and row["status"] in DONE


def finish(store: Store) -> None:
    """As somebody does who is told to resume."""
    for _ in range(ENOUGH):
        if is_done(store):
            break
        with suppress(RunTakenOver, RunBusy):
            drive(store, NOTHING_IS_OLD_S)
    drive(store, NOTHING_IS_OLD_S)  # tidies up


@pytest.mark.parametrize("kind", ["rclone_bucket"])
def test_what_an_overtaken_driver_wrote_arrives_when_all_is_over(
    kind: str, request: pytest.FixtureRequest, undisturbed: dict[str, Any]
) -> None:
    """The write itself is made again, byte by byte, when the other has published."""
    uri = f"s3://{request.getfixturevalue(kind)}/lake"
    plain = planned(open_store(uri))
    written: list[tuple[str, bytes]] = []

    class Noting(S3Store):
        def write_atomic(self, path: str, data: bytes) -> None:
            written.append((path, data))
            super().write_atomic(path, data)

    assert isinstance(plain, S3Store)
    stillness = Stillness(lambda n, name, path: name == "write_atomic" and "-finished" in path)
    with ThreadPoolExecutor(1) as pool:
        noting = Noting(plain.uri, plain.s3)
        first = pool.submit(drive, standing_still(noting, stillness))
        assert stillness.reached.wait(PATIENCE_S)
        take_over(plain)
        stillness.over.set()
        assert isinstance(first.exception(), RunTakenOver)
    for what in ("footage", "runs", "ledger", "epochs"):
        late = [(path, data) for path, data in written if f"{what}/" in path]
        assert late
        for path, data in late:
            plain.write_atomic(path, data)
        assert rows(plain) == undisturbed, what
    assert drive(plain, NOTHING_IS_OLD_S).sightings == 4
    assert rows(plain) == undisturbed


@pytest.mark.parametrize("kind", ["bucket", "rclone_bucket"])
def test_a_lease_is_not_taken_for_old_by_a_skewed_answer(
    kind: str, request: pytest.FixtureRequest
) -> None:
    uri = f"s3://{request.getfixturevalue(kind)}/lake"
    skewed = replace(NONE, skew_s=120.0)
    with (
        faulty_proxy(endpoint_of(request, kind), skewed) as proxy,
        lock_run(StoredRun(open_store(uri), RUN_ID)) as hold,
    ):
        for _ in range(4):
            with pytest.raises(RunBusy), lock_run(StoredRun(behind(proxy, uri), RUN_ID)):
                pass
        require_hold(hold)


@pytest.mark.parametrize("kind", ["bucket", "rclone_bucket"])
def test_a_claim_that_arrives_when_its_process_is_gone_is_waited_out(
    kind: str, request: pytest.FixtureRequest
) -> None:
    """Nobody has the run then; whoever takes it up next has it."""
    run = StoredRun(open_store(f"s3://{request.getfixturevalue(kind)}/lake"), RUN_ID)
    with lock_run(run) as hold:
        late = "000002-00000000"
        run.store.write_atomic(claim_path(RUN_ID, late), b'{"host": "h", "pid": 7}')
        with pytest.raises(RunTakenOver, match="by process 7 on h"):
            require_hold(hold)
    with lock_run(run, NOTHING_IS_OLD_S) as again:
        assert again.epoch > late
        require_hold(again)
