"""A driver that stood still wakes up after another has taken its run over: nothing is lost.

Real drivers (``execute_run``), locks and stores; only the search itself is invented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch import __version__
from lfr_batch.errors import ResultsError, RunBusy, RunTakenOver
from lfr_batch.records import Segment, SegmentOutcome, Sighting
from lfr_batch.results import layout, publish
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import LEASE_S
from lfr_batch.results.run_state import create_run
from lfr_batch.results.shards import list_shards, write_shard
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import Means, RunResult, execute_run
from lfr_batch.scanning.worker import WorkerSpec
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store
from tests.patience import PATIENCE_S

from .standing_still import Stillness, standing_still
from .synthetic import RUN_ID, archive, request, sighting

BUCKETS = ("bucket", "rclone_bucket")
EVERYWHERE = pytest.mark.parametrize("root", ["disk", *BUCKETS], indirect=True)
DATASETS = ("footage", "segments", "sightings", "candidates", "best_shots")
NOTHING_IS_OLD_S = 0.0
"""A lease that has run out: as if it had been waited for."""

MADE = archive()
ASSETS = tuple(asset for asset in MADE.assets if asset.status == "ok")
BY_ID = {segment.segment_id: segment for segment in MADE.segments}
PIECES = (
    sighting(BY_ID["f-gate-0000"], "S029", 0.7812, 52.2, 59.9, 1),
    sighting(BY_ID["f-gate-0060"], "S029", 0.6123, 60.1, 71.6, 2),  # goes on from the one before
    sighting(BY_ID["f-gate-0060"], "S014", 0.5555, 80.0, 81.6, 3),
    sighting(BY_ID["f-yard-0000"], "S029", 0.6640, 33.0, 52.8, 4),
    sighting(BY_ID["f-still-0000"], "S014", 0.4477, 0.0, 0.0, 5),
)


def searched(segment: Segment) -> tuple[SegmentOutcome, list[Sighting]]:
    found = [piece for piece in PIECES if piece.segment_id == segment.segment_id]
    outcome = replace(MADE.outcomes[segment.segment_id], status="done", error=None)
    return replace(outcome, attempt=segment.attempt, sightings=len(found)), found


def engine_on(store: Store) -> Any:
    """Writes shards and gives receipts as workers do."""

    def run(
        _: object, spec: Any, groups: Iterable[tuple[Segment, ...]], __: int = 1
    ) -> Iterator[Any]:
        for group in groups:
            yield tuple(work(spec, segment) for segment in group)

    def work(spec: WorkerSpec, segment: Segment) -> SegmentOutcome:
        outcome, found = searched(segment)
        write_shard(StoredRun(store, spec.run_id), spec.epoch, segment.segment_id, found)
        return replace(outcome, epoch=spec.epoch)

    @contextmanager
    def opened(*_: object) -> Iterator[Any]:
        yield run

    return opened


def drive(store: Store, lease_s: float = LEASE_S) -> RunResult:
    return execute_run(StoredRun(store, RUN_ID), Means(engine_on(store)), lease_s=lease_s)


def take_over(store: Store) -> RunResult:
    """As after the lease has run out. On a disk the lock stands as long as its holder lives, so
    there it is one that the file system has lost."""
    if isinstance(store, LocalStore):
        store.delete(layout.state(RUN_ID, "LOCK"))
    return drive(store, NOTHING_IS_OLD_S)


def planned(store: Store) -> Store:
    config = {"engine": {"kind": "in_process"}}
    create_run(store, request(config=config, software_version=__version__), ASSETS, MADE.segments)
    return store


def rows(store: Store) -> dict[str, Any]:
    """What analysts see."""
    lake = open_lake(store.uri)
    found = {name: run_query(lake, f"FROM {name} ORDER BY ALL").to_pylist() for name in DATASETS}
    found["runs"] = run_query(lake, "SELECT status, sightings, segments_done FROM runs").to_pylist()
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    store = planned(open_store(tmp_path_factory.mktemp("undisturbed") / "lake"))
    drive(store)
    found = rows(store)
    assert len(found["sightings"]) == 4
    assert sum(segment["sightings"] for segment in found["segments"]) == len(PIECES) == 5
    assert found["runs"] == [{"status": "complete", "sightings": 4, "segments_done": 8}]
    return found


def disturbed(store: Store, stillness: Stillness) -> tuple[RunResult, BaseException | None]:
    """One driver stands still, a second takes over and finishes, the first goes on: what the
    second says, and how the first ends."""
    still = standing_still(store, stillness)
    with ThreadPoolExecutor(1) as pool:
        first: Future[RunResult] = pool.submit(drive, still)
        try:
            assert stillness.reached.wait(PATIENCE_S)
            second = take_over(store)
        finally:
            stillness.over.set()
        return second, first.exception()


def at_call(number: int) -> Stillness:
    return Stillness(lambda n, name, path: n == number)


def when(happens: Callable[[str, str], bool]) -> Stillness:
    return Stillness(lambda n, name, path: happens(name, path))


AT_ITS_LAST = "before its last row"
WHILE_PUBLISHING = {
    "before its first part": lambda name, path: path.startswith("sightings/"),
    "between its parts": lambda name, path: name == "write_atomic" and path.startswith("footage/"),
    AT_ITS_LAST: lambda name, path: name == "write_atomic" and "-finished" in path,
}
BEFORE_IT = tuple(zip(WHILE_PUBLISHING, BUCKETS, strict=False))
"""In each kind of bucket one more."""


@pytest.mark.parametrize(
    ("where", "root"),
    [
        *((where, "disk") for where in WHILE_PUBLISHING),
        *((AT_ITS_LAST, root) for root in BUCKETS),
        *(pytest.param(where, root, marks=pytest.mark.long) for where, root in BEFORE_IT),
    ],
    indirect=["root"],
)
def test_a_driver_that_stood_still_while_it_published(
    store: Store, undisturbed: dict[str, Any], where: str
) -> None:
    second, first = disturbed(planned(store), when(WHILE_PUBLISHING[where]))
    assert (second.status, second.sightings) == ("complete", 4)
    assert rows(store) == undisturbed
    assert isinstance(first, RunTakenOver)
    assert first.exit_code not in (0, None)
    assert f"run {RUN_ID} was taken over by process" in str(first)
    assert list_shards(StoredRun(store, RUN_ID)) == frozenset()
    left = {layout.epoch_of(path) for name in DATASETS for path in store.list(name)}
    assert len(left) == 1, "the first has taken its own parts away"
    assert drive(store, NOTHING_IS_OLD_S).sightings == 4
    assert rows(store) == undisturbed


@EVERYWHERE
def test_a_driver_at_work_is_not_taken_over(store: Store) -> None:
    stillness = when(WHILE_PUBLISHING["before its first part"])
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(drive, standing_still(planned(store), stillness))
        assert stillness.reached.wait(PATIENCE_S)
        with pytest.raises(RunBusy, match="is being worked on by process"):
            drive(store)
        stillness.over.set()
        assert first.result().status == "complete"


EVERY, EVERY_IN_A_BUCKET = 2, 23
"""Of so many calls one is stood still at."""


def calls_of_a_run(store: Store) -> dict[int, tuple[str, str]]:
    """By number, those that are about the run: others look after the views."""
    counting = Stillness(lambda n, name, path: False)
    drive(standing_still(planned(store), counting))
    return {n: call for n, call in enumerate(counting.calls) if RUN_ID in call[1]}


def first_write(calls: dict[int, tuple[str, str]], what: str) -> int:
    return next(n for n, (name, path) in calls.items() if name == "write_atomic" and what in path)


@pytest.mark.long
def test_wherever_a_driver_stands_still_the_rows_are_those_of_an_undisturbed_run(
    tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    calls = calls_of_a_run(open_store(tmp_path / "whole"))
    claimed, finished = (first_write(calls, what) for what in ("/epochs/", layout.FINISHED))
    assert len(calls) > 40
    for number, call in list(calls.items())[::EVERY]:
        store = planned(open_store(tmp_path / f"at-{number}"))
        second, first = disturbed(store, at_call(number))
        assert second.status == "complete"
        assert rows(store) == undisturbed, call
        if claimed + 1 < number <= finished:  # when it has looked again and has the run
            assert isinstance(first, RunTakenOver), call
        assert list_shards(StoredRun(store, RUN_ID)) == frozenset(), call


@pytest.mark.long
@pytest.mark.parametrize("root", BUCKETS, indirect=True)
def test_wherever_in_a_bucket_a_driver_stands_still(
    store: Store, root: str, undisturbed: dict[str, Any]
) -> None:
    calls = calls_of_a_run(open_store(f"{root}/whole"))
    for number in list(calls)[2::EVERY_IN_A_BUCKET]:
        place = planned(open_store(f"{root}/at-{number}"))
        second, first = disturbed(place, at_call(number))
        assert second.status == "complete"
        assert rows(place) == undisturbed, calls[number]
        assert first is None or isinstance(first, RunTakenOver | RunBusy), calls[number]


def test_an_older_driver_that_is_not_fenced_in_time_changes_nothing(
    store: Store, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked in the last instant before it was overtaken, and writes all it had to write."""
    stillness = when(WHILE_PUBLISHING[AT_ITS_LAST])
    monkeypatch.setattr(publish, "withdraw", lambda hold: None)
    disturbed(planned(store), stillness)
    names = [path.rsplit("/", 1)[-1] for path in store.list("runs")]
    assert sum(layout.FINISHED in name for name in names) == 2
    assert rows(store) == undisturbed


def lose_a_shard(store: Store) -> None:
    store.delete(sorted(list_shards(StoredRun(store, RUN_ID)))[0])


def spoil_a_shard(store: Store) -> None:
    (path, other) = sorted(list_shards(StoredRun(store, RUN_ID)))[:2]
    store.write_atomic(path, store.read(other))


@pytest.mark.parametrize("harm", [lose_a_shard, spoil_a_shard])
def test_sightings_that_are_not_there_are_an_error_and_never_none(
    store: Store, undisturbed: dict[str, Any], harm: Callable[[Store], None]
) -> None:
    stillness = when(lambda name, path: path.endswith("catalogue.parquet") and name == "read")
    still = standing_still(planned(store), stillness)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(drive, still)
        assert stillness.reached.wait(PATIENCE_S)
        harm(store)
        stillness.over.set()
        error = first.exception()
    assert isinstance(error, ResultsError)
    assert f"`lfr resume {RUN_ID}`" in str(error)
    assert rows(store)["sightings"] == []
    assert rows(store)["runs"][0]["status"] == "failed"
    if harm is spoil_a_shard:
        lose_a_shard(store)  # as the error says
    assert drive(store).sightings == 4
    assert rows(store) == undisturbed


def test_a_part_that_the_store_lost_is_missed_before_the_run_is_complete(
    disk: Store, undisturbed: dict[str, Any]
) -> None:
    class Losing(LocalStore):
        def write_atomic(self, path: str, data: bytes) -> None:
            if not path.startswith("candidates/"):
                super().write_atomic(path, data)

    planned(disk)
    with pytest.raises(ResultsError, match=r"candidates/.* is not in .* although it was written"):
        drive(Losing(Path(disk.uri)))
    assert rows(disk)["runs"][0]["status"] == "failed"
    assert drive(disk).status == "complete"
    assert rows(disk) == undisturbed


def test_a_store_that_repeats_and_delays_its_writes(
    bucket: str, undisturbed: dict[str, Any]
) -> None:
    class Repeating(S3Store):
        """Every write arrives once more, the last one only when the next is made."""

        def write_atomic(self, path: str, data: bytes) -> None:
            S3Store.write_atomic(self, path, data)
            if late:
                S3Store.write_atomic(self, *late.pop())
            late.append((path, data))

        def write_new(self, path: str, data: bytes) -> bool:
            S3Store.write_new(self, path, data)
            return S3Store.write_new(self, path, data)

    late: list[tuple[str, bytes]] = []
    plain = open_store(f"s3://{bucket}/lake")
    assert isinstance(plain, S3Store)
    store = Repeating(plain.uri, plain.s3)
    planned(store)
    assert drive(store).status == "complete"
    assert rows(plain) == undisturbed
