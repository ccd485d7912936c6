"""A run is on record before it is planned, and whoever takes it up goes on with what is left."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.schema import EngineConfig
from lfr_batch.errors import (
    EngineError,
    ResultsError,
    RunBusy,
    RunCancelled,
    RunTakenOver,
    StoreAway,
    StoreFull,
    UsageError,
)
from lfr_batch.records import FootageAsset, FootageEntry
from lfr_batch.results import cancel, layout, probed
from lfr_batch.results.cancel import ask_to_end
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import load_run, planned_by
from lfr_batch.results.status import run_progress, run_rows
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning import planning
from lfr_batch.scanning.execute import Resumption
from lfr_batch.scanning.probing import OpenProbers, Probers, probe_all
from lfr_batch.scanning.progress import Unheard
from lfr_batch.storage.local_store import LocalStore
from lfr_batch.storage.store import Store
from lfr_batch.work.attempts import Tell
from lfr_batch.work.here import run_here
from lfr_batch.work.lost import Lost
from tests.conftest import REPOSITORY
from tests.footage.clips import write_clip
from tests.patience import PATIENCE_S
from tests.results.standing_still import Stillness, standing_still
from tests.results.synthetic import RUN_ID
from tests.s3_servers import moto_server, new_bucket

from .planned_run import Rows, begun, drive, left_over, rows, write_stills

FILES = 9
NOTHING_IS_OLD_S = 0.0


@pytest.fixture
def disk(tmp_path: Path) -> Store:
    return open_store(tmp_path / "lake")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture(params=["disk", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "disk":
        yield open_store(tmp_path / "lake")
        return
    with new_bucket(request.getfixturevalue("endpoint"), tmp_path) as name:
        yield open_store(f"s3://{name}/lake")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "PROBED_BLOCK", 2)
    monkeypatch.setattr(probed, "FAN", 2)


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[FootageEntry]:
    return write_stills(tmp_path_factory.mktemp("stills"), FILES)


@pytest.fixture(scope="module")
def undisturbed(entries: list[FootageEntry], tmp_path_factory: pytest.TempPathFactory) -> Rows:
    run = begun(open_store(tmp_path_factory.mktemp("lake")), entries)
    drive(run)
    found = rows(run)
    assert [asset.uri for asset in found[0]] == [entry.uri for entry in entries]
    assert [asset.status for asset in found[0]] == ["ok"] * (FILES - 1) + ["failed"]
    assert [segment.uri for segment in found[1]] == [entry.uri for entry in entries[:-1]]
    return found


class Heard(Unheard):
    def __init__(self) -> None:
        self.left: list[int] = []
        self.uris: list[str] = []
        self.told: list[str] = []

    def probe(self, _files: int, left: int) -> None:
        self.left.append(left)

    def probed(self, assets: Sequence[FootageAsset]) -> None:
        self.uris.append(assets[0].uri)

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)


def after(count: int, then: Callable[[], None]) -> OpenProbers:
    """Probers of which something is heard before the item after ``count``."""

    def run(opening: Any, spec: Any, items: Iterable[Any], together: int = 1) -> Iterator[Any]:
        for n, answer in enumerate(run_here(opening, spec, items, together)):
            if n == count:
                then()
            yield answer

    return probers(run)


def probers(run: Any, nearby: Any = None) -> OpenProbers:
    @contextmanager
    def opened(_: EngineConfig, __: int, ___: Tell) -> Iterator[Probers]:
        yield Probers(run, together=1, nearby=nearby)

    return opened


def raising(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


def status_of(run: StoredRun) -> str:
    row = latest_row(run)
    assert row is not None
    return str(row["status"])


@pytest.mark.parametrize("counts", [(0,), (1,), (5,), (8,), (3, 2), (2, 0, 5)])
def test_who_takes_it_up_probes_what_is_left(
    disk: Store, entries: list[FootageEntry], undisturbed: Rows, counts: tuple[int, ...]
) -> None:
    run = begun(disk, entries)
    left = FILES
    for count in counts:
        heard = Heard()
        with pytest.raises(KeyboardInterrupt):
            drive(run, after(count, raising(KeyboardInterrupt())), heard)
        assert heard.left == [left]
        assert planned_by(run) == ""
        left -= count
        shown = run_progress(run)
        assert (shown.status, shown.probed) == ("interrupted", (FILES - left, FILES))
        (row,) = run_rows(open_lake(disk.uri), disk)
        assert (row["status"], row["files_probed"], row["files"]) == (
            "interrupted",
            FILES - left,
            FILES,
        )
    heard = Heard()
    assert drive(run, progress=heard).status == "complete_with_failures"
    assert heard.left == [left]
    assert len(heard.uris) == left
    assert rows(run) == undisturbed
    assert left_over(run) == ()
    assert run_progress(run).probed is None


def test_it_is_shown_as_planning_while_somebody_does_it(
    disk: Store, entries: list[FootageEntry]
) -> None:
    seen: list[tuple[object, ...]] = []
    run = begun(disk, entries)

    def see() -> None:
        shown = run_progress(run)
        (row,) = run_rows(open_lake(disk.uri), disk)
        seen.append((shown.status, shown.probed, shown.files, shown.finished))
        seen.append((row["status"], row["files_probed"], row["files"], row["finished_at"]))

    drive(run, after(4, see))
    assert seen == [("planning", (4, FILES), FILES, False), ("planning", 4, FILES, None)]


def test_one_that_is_being_planned_is_not_taken_over(
    store: Store, entries: list[FootageEntry], undisturbed: Rows
) -> None:
    run, errors = begun(store, entries), list[RunBusy]()

    def another() -> None:
        with pytest.raises(RunBusy, match="is being worked on by process") as caught:
            drive(run)
        errors.append(caught.value)

    drive(run, after(3, another))
    assert len(errors) == 1
    assert rows(run) == undisturbed


def take_over(store: Store) -> None:
    """As after the lease has run out, or the file system has lost a lock."""
    if isinstance(store, LocalStore):
        store.delete(layout.state(RUN_ID, "LOCK"))
    drive(StoredRun(store, RUN_ID), lease_s=NOTHING_IS_OLD_S)


WHERE = {
    "before a block": lambda name, path: name == "write_atomic" and "block-000002" in path,
    "before it merges": lambda name, path: name == "delete" and "/probed/" in path,
    "before its plan": lambda name, path: name == "write_atomic" and "plan.parquet" in path,
    "before its catalogue": lambda name, path: name == "write_atomic" and "catalogue." in path,
}


@pytest.mark.parametrize(
    ("store", "where"),
    [
        *(("disk", where) for where in WHERE),
        ("bucket", "before it merges"),
        ("bucket", "before its plan"),
    ],
    indirect=["store"],
)
def test_wherever_a_driver_stands_still_the_other_s_plan_counts(
    store: Store, entries: list[FootageEntry], undisturbed: Rows, where: str
) -> None:
    run = begun(store, entries)
    stillness = Stillness(lambda _, name, path: WHERE[where](name, path))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(drive, StoredRun(standing_still(store, stillness), RUN_ID))
        try:
            assert stillness.reached.wait(PATIENCE_S)
            take_over(store)
        finally:
            stillness.over.set()
        assert isinstance(first.exception(), RunTakenOver)
    assert rows(run) == undisturbed
    assert status_of(run) == "complete_with_failures"
    assert drive(run, lease_s=NOTHING_IS_OLD_S).status == "complete_with_failures"
    assert rows(run) == undisturbed
    assert left_over(run) == ()


def test_it_is_cancelled_and_goes_on(
    disk: Store, entries: list[FootageEntry], undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(disk, entries)
    monkeypatch.setattr(cancel.now_and_then, "__defaults__", (0.0, lambda: 0.0))
    asking = after(4, lambda: ask_to_end(run, "ae", datetime.now(UTC)))
    with pytest.raises(RunCancelled) as caught:
        drive(run, asking)
    said = str(caught.value)
    assert said.startswith(f"Run {RUN_ID} was cancelled by ae while it was planned, with ")
    assert f" of {FILES} files left to probe" in said
    assert status_of(run) == "cancelled"
    probed_by_then = run_progress(run).probed
    assert probed_by_then is not None
    assert 4 <= probed_by_then.probed < FILES
    drive(run)
    assert rows(run) == undisturbed


@pytest.mark.parametrize(
    "error",
    [StoreAway("the bucket does not answer"), EngineError("gone"), StoreFull("no room")],
    ids=["bucket", "engine", "disk"],
)
def test_what_ends_it_is_on_record_and_nothing_is_lost(
    disk: Store, entries: list[FootageEntry], undisturbed: Rows, error: Exception
) -> None:
    run = begun(disk, entries)
    with pytest.raises(type(error)):
        drive(run, after(5, raising(error)))
    shown = run_progress(run)
    assert (shown.status, shown.error, shown.probed) == ("failed", str(error), (5, FILES))
    drive(run)
    assert rows(run) == undisturbed


def test_a_full_disk_leaves_no_half_plan(
    disk: Store, entries: list[FootageEntry], undisturbed: Rows
) -> None:
    class Full(LocalStore):
        def write_atomic(self, path: str, data: bytes) -> None:
            if path.endswith("catalogue.parquet"):
                raise StoreFull("no room")
            super().write_atomic(path, data)

    run = begun(disk, entries)
    with pytest.raises(StoreFull):
        drive(StoredRun(Full(Path(disk.uri)), RUN_ID))
    assert planned_by(run) == ""
    heard = Heard()
    drive(run, progress=heard)
    assert heard.left == [0], "everything has been probed"
    assert rows(run) == undisturbed


def test_where_there_is_no_room_for_the_listing_there_is_no_run(
    disk: Store, entries: list[FootageEntry]
) -> None:
    class Full(LocalStore):
        def write_atomic(self, path: str, data: bytes) -> None:
            if "/listed/" in path:
                raise StoreFull("no room")
            super().write_atomic(path, data)

    with pytest.raises(StoreFull):
        begun(Full(Path(disk.uri)), entries)
    begun(disk, entries)
    with pytest.raises(RunBusy, match=f"`lfr resume {RUN_ID}`"):
        begun(disk, entries)


def test_a_file_that_could_not_be_got_at_is_probed_again_when_it_goes_on(
    disk: Store, entries: list[FootageEntry], undisturbed: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(disk, entries)
    with monkeypatch.context() as away:

        def shut(*given: Any, **more: Any) -> Iterator[Any]:
            for held in probe_all(*given, **more):
                asset = replace(held.assets[0], status="failed", error="403", retryable=True)
                yield held._replace(assets=(asset,)) if held.number == 1 else held

        away.setattr(planning, "probe_all", shut)
        with pytest.raises(KeyboardInterrupt):
            drive(run, after(4, raising(KeyboardInterrupt())))
    heard = Heard()
    drive(run, progress=heard, resumption=Resumption(probe_again=True))
    assert heard.left == [FILES - 4 + 1]
    assert len(heard.uris) == FILES - 4 + 1
    assert rows(run) == undisturbed


def test_blocks_that_are_removed_meanwhile_are_made_again(
    disk: Store, entries: list[FootageEntry], undisturbed: Rows
) -> None:
    def remove() -> None:
        while theirs:
            disk.delete(theirs.pop())

    run = begun(disk, entries)
    with pytest.raises(KeyboardInterrupt):
        drive(run, after(4, raising(KeyboardInterrupt())))
    theirs = list(left_over(run))
    drive(run, after(1, remove))
    assert rows(run) == undisturbed


def test_a_damaged_block_is_named(disk: Store, entries: list[FootageEntry]) -> None:
    run = begun(disk, entries)
    with pytest.raises(KeyboardInterrupt):
        drive(run, after(4, raising(KeyboardInterrupt())))
    (path, *_) = left_over(run)
    disk.write_atomic(path, b"PAR1 is no more")
    with pytest.raises(ResultsError, match=f"{path} .* is damaged; remove it, then `lfr resume"):
        drive(run)
    disk.delete(path)
    assert drive(run).status == "complete_with_failures"


def test_of_a_search_videos_are_not_searched_and_alone_they_end_it(
    disk: Store, tmp_path: Path
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 10)
    run = begun(disk, [FootageEntry(str(clip))], kind="search")
    for _ in range(2):
        with pytest.raises(UsageError, match=f"^{clip} is a video, and `lfr search` looks at"):
            drive(run)
        assert (status_of(run), planned_by(run)) == ("failed", "")


def test_what_a_node_cannot_get_at_this_machine_looks_for(
    disk: Store, entries: list[FootageEntry], undisturbed: Rows
) -> None:
    """As where a node has it not mounted; what goes beyond the limits there is not tried here."""
    here: list[str] = []

    def blind(opening: Any, spec: Any, groups: Iterable[Any], _: int = 1) -> Iterator[Any]:
        work = opening(spec)
        for group in groups:
            (numbered,) = group
            gone = replace(numbered.entry, uri=f"{numbered.entry.uri}.gone")
            known = numbered.number == 0
            yield (
                Lost(group, "limit", "too much")
                if known
                else work((replace(numbered, entry=gone),))
            )

    def nearby(opening: Any, spec: Any, items: Iterable[Any], together: int = 1) -> Iterator[Any]:
        answers: Iterator[Any] = run_here(opening, spec, items, together)
        for answer in answers:
            here.append(answer[0].assets[0].uri)
            yield answer

    run, heard = begun(disk, entries), Heard()
    drive(run, probers(blind, nearby), heard)
    assert sorted(here) == [entry.uri for entry in entries[1:]]
    assert heard.told == [
        "Out of reach of the cluster's nodes, so that this machine tries: "
        f"{FILES - 1} of {FILES} files."
    ]
    assets, segments = rows(run)
    assert assets[1:] == undisturbed[0][1:]
    assert assets[0].error.endswith(
        "takes more than the limits allow (too much); scan it anew with more of it (--set)"
    )
    assert segments == undisturbed[1][1:]


def test_the_listing_names_who_made_it_and_runs_of_before_have_none(
    disk: Store, entries: list[FootageEntry]
) -> None:
    run = begun(disk, entries)
    listing = load_run(run).listing
    assert listing is not None
    assert listing.files == FILES
    with lock_run(run) as hold:
        assert hold.epoch > listing.by


def crashes(scenario: str, folder: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.scanning.planned_run", scenario, str(folder)]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.long
def test_killed_at_any_step_the_plan_is_that_of_an_undisturbed_run(tmp_path: Path) -> None:
    steps = crashes("once", tmp_path)
    assert {step["killed"] for step in steps[:-1]} == {True}
    ended = steps[-1]["after_retry"]
    assert ended["left"] == 0
    assert all(step["after_retry"] == ended for step in steps)
    far = [step["after_kill"].get("probed", FILES) for step in steps]
    assert far == sorted(far)
    assert set(far) == {0, 2, 4, 6, 8, 9}


@pytest.mark.long
def test_killed_again_and_again_it_is_too(tmp_path: Path) -> None:
    steps = crashes("twice", tmp_path)
    assert len({step["after_retry"]["planned"] for step in steps}) == 1
    assert {step["after_retry"]["left"] for step in steps} == {0}
