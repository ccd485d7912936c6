"""Standing jobs on real footage: what was searched is not again, and nothing is left out."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Self, cast

import pytest

import lfr_batch as lfr
from lfr_batch.cli.standing import sifted_sentences
from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.errors import NoFootage, RunBusy, UsageError
from lfr_batch.front.listeners import RunListener
from lfr_batch.front.machinery import HERE
from lfr_batch.front.sifting import Sifted
from lfr_batch.front.standing import Tick, watch
from lfr_batch.records import FootageEntry
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_log import RunEntry, record_run
from lfr_batch.results.run_state import begin_run, list_runs, load_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.ticks import list_jobs
from lfr_batch.scanning.plan import Order
from tests.one_case import AUTHORITY, Casework


@pytest.fixture
def settings(casework: Casework, tmp_path: Path) -> lfr.Settings:
    here = {"engine.kind": "in_process"}
    return lfr.Settings(changes=here, home=casework.home, results=tmp_path / "results")


@pytest.fixture
def archive(casework: Casework, tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    put(casework.played / "passing.mp4", folder / "passing.mp4")
    put(casework.footage / "empty.mp4", folder / "empty.mp4")
    return folder


def put(source: Path, target: Path, also: bytes = b"") -> None:
    """As a file that has been there for a while; ``also`` makes its bytes others."""
    free = (8 + len(also)).to_bytes(4, "big") + b"free" + also if also else b""
    target.write_bytes(source.read_bytes() + free)


def settle_down(folder: Path) -> None:
    """Until times of change tell: the product takes none that is younger than two seconds."""
    newest = max(path.stat().st_ctime for path in folder.rglob("*"))
    while time.time() - newest <= 2.1:
        time.sleep(0.05)


def test_only_what_is_new_is_searched(
    casework: Casework, archive: Path, settings: lfr.Settings
) -> None:
    settle_down(archive)
    first = lfr.scan_new(archive, "people", AUTHORITY, settings=settings)
    assert first.run is not None
    assert (first.run.status, first.run.sightings, first.files) == ("complete", 1, 2)
    assert first.run.ask("new_sightings").num_rows == 1
    nothing = lfr.scan_new(archive, "people", AUTHORITY, settings=settings)
    assert (nothing.run, nothing.searched_before) == (None, {first.run.run_id: 2})
    put(casework.played / "passing.mp4", archive / "late.mp4", b"another")
    shutil.copy(archive / "passing.mp4", archive / "copy.mp4")
    second = lfr.scan_new(archive, "people", AUTHORITY, settings=settings)
    assert second.run is not None
    assert second.searched_before == {first.run.run_id: 2}
    assert second.run.result.request.searched_before == {first.run.run_id: 2}
    assert second.run.sightings == 1
    with lfr.open_results(settings) as results:
        asked = "SELECT uri, known_from, status, segments FROM footage WHERE run_id = $run"
        rows = results.arrow(f"{asked} ORDER BY uri", {"run": second.run.run_id}).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (str(archive / "copy.mp4"), first.run.run_id, "ok", 0),
        (str(archive / "late.mp4"), None, "ok", 1),
    ]
    (job,) = list_jobs(open_store(settings.results or ""))
    assert (job.ticks, job.runs, job.watches) == (3, 2, False)
    assert job.last is not None
    assert (job.last.run_id, job.last.files) == (second.run.run_id, 4)


def test_another_case_or_setting_searches_all_of_it(archive: Path, settings: lfr.Settings) -> None:
    settle_down(archive)
    assert lfr.scan_new(archive, "people", AUTHORITY, settings=settings).run
    other = replace(AUTHORITY, case_ref="CASE-2")
    tick = lfr.scan_new(archive, "people", other, settings=settings)
    assert tick.run is not None
    assert (tick.searched_before, tick.run.sightings) == ({}, 1)
    assert tick.run.ask("new_sightings").num_rows == 1
    told: list[Sifted] = []
    finer = replace(settings, changes={**settings.changes, "footage.sample_fps": 6})
    listener = RunListener(sifted=told.append)
    tick = lfr.scan_new(archive, "people", AUTHORITY, settings=finer, listener=listener)
    assert tick.run is not None
    assert tick.run.sightings == 1
    assert tick.run.ask("new_sightings").num_rows == 0
    (sifted,) = told
    assert sifted.again is not None
    assert (sifted.again.files, round(sifted.again.forecast.media_s)) == (2, 7)


@pytest.fixture
def looks(casework: Casework, archive: Path, tmp_path: Path) -> Iterator[Watching]:
    with Watching(casework.order(), archive, tmp_path / "results") as watching:
        yield watching


class Watching:
    """A watch of a folder whose ticks come when they are asked for."""

    def __init__(self, order: Order, folder: Path, results: Path) -> None:
        here = Config(engine=EngineConfig(kind="in_process"))
        self.order = replace(order, inputs=(str(folder),), config=here)
        self.results, self.told = results, list[str]()

    def begin(self, still_s: float = 0.0) -> Generator[Tick]:
        listener = RunListener(
            sifted=lambda sifted: self.told.extend(sifted_sentences(sifted)),
            taken_up=lambda run_id: self.told.append(f"taken up {run_id}"),
            not_finished=self.told.append,
        )
        where = str(self.results)
        ticks = watch(self.order, where, 9.0, still_s, listener, HERE, lambda _: None)
        return cast("Generator[Tick]", ticks)

    def tick(self) -> Tick:
        return next(self.ticks)

    def __enter__(self) -> Self:
        self.ticks = self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.ticks.close()


def test_each_tick_that_has_something_is_a_run_and_each_is_on_record(
    casework: Casework, archive: Path, looks: Watching
) -> None:
    settle_down(archive)
    first = looks.tick()
    assert first.run is not None
    assert [looks.tick().run for _ in range(3)] == [None] * 3
    put(casework.played / "passing.mp4", archive / "late.mp4", b"late")
    settle_down(archive)
    second = looks.tick()
    assert second.run is not None
    assert [asset.uri for asset in second.run.result.assets] == [str(archive / "late.mp4")]
    (archive / "empty.mp4").unlink()
    assert looks.tick().files == 2
    store = open_store(looks.results)
    (job,) = list_jobs(store)
    assert (job.ticks, job.runs, job.job) == (6, 2, looks.tick().job)
    (day,) = store.list("_ticks")
    lines = [json.loads(line) for line in store.read(day).splitlines()]
    runs = [first.run.run_id, None, None, None, second.run.run_id, None, None]
    assert [line["run_id"] for line in lines] == runs
    assert len(store.list("runs")) <= 6


def test_files_wait_until_they_are_still(casework: Casework, archive: Path, tmp_path: Path) -> None:
    watching = Watching(casework.order(), archive, tmp_path / "results")
    ticks = watching.begin(still_s=3600.0)
    growing, part = archive / "grows.mp4", archive / "x.mp4.part"
    part.write_bytes(b"half")
    settle_down(archive)
    try:
        first = next(ticks)
        assert (first.run, len(first.waiting)) == (None, 3)
        growing.write_bytes(b"a")
        second = next(ticks)
        assert second.run is not None
        assert len(second.run.result.assets) == 2
        assert set(second.waiting) == {str(growing), str(part)}
        growing.write_bytes(b"ab")
        third = next(ticks)
        assert third.run is None
        assert "it had 1 bytes and has 2" in third.waiting[str(growing)]
        put(casework.footage / "empty.mp4", growing)
        settle_down(archive)
        next(ticks)
        last = next(ticks)
        assert last.run is not None
        assert last.run.status == "complete"
        assert list(last.waiting) == [str(part)]
    finally:
        ticks.close()


def test_after_a_new_snapshot_all_is_searched_and_only_what_is_new_is_told(
    casework: Casework, archive: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(casework.home / "models")
    pictures = casework.footage.parent / "people"
    settings = lfr.Settings(home=home)
    lfr.enrol("people", pictures, AUTHORITY, exclude=["astronaut/*"], settings=settings)
    order = replace(casework.order(), home=home)
    settle_down(archive)
    with Watching(order, archive, tmp_path / "results") as watching:
        first = watching.tick()
        assert first.run is not None
        assert (first.run.sightings, watching.tick().run) == (0, None)
        lfr.enrol("people", pictures, AUTHORITY, settings=settings)
        again = watching.tick()
        assert again.run is not None
        assert (again.run.sightings, again.run.ask("new_sightings").num_rows) == (1, 1)
        snapshot = first.run.result.request.snapshot_id
        (said,) = [line for line in watching.told if snapshot in line]
        assert said.startswith("2 files, 7 s of footage, last searched with gallery snapshot")
        assert "Expected: about 0:0" in said
        assert watching.tick().run is None
        lfr.enrol("people", pictures, AUTHORITY, exclude=["actor/*"], settings=settings)
        third = watching.tick()
        assert third.run is not None
        assert (third.run.sightings, third.run.ask("new_sightings").num_rows) == (1, 0)


def test_who_watches_the_same_is_refused_and_others_do_nothing_twice(
    casework: Casework, archive: Path, looks: Watching
) -> None:
    settle_down(archive)
    assert looks.tick().run
    second = Watching(casework.order(), archive, looks.results)
    with pytest.raises(RunBusy, match=r"watched already for this case.* by process \d+ on "):
        next(second.begin())
    store = open_store(looks.results)
    put(casework.played / "passing.mp4", archive / "late.mp4", b"late")
    with lfr.open_results(lfr.Settings(results=looks.results, home=casework.home)) as results:
        (row,) = results.arrow("FROM runs").to_pylist()
    key = row["search_key"]
    other = StoredRun(store, "20260101-000000-scan-0001")
    with lock_run(other) as hold:
        asked = load_run(StoredRun(store, row["run_id"]))
        held = asked.model_copy(update={"run_id": other.run_id, "standing": None})
        begun = begin_run(hold, held, [FootageEntry(str(archive / "late.mp4"))])
        record_run(hold, begun, RunEntry("planning"))
        assert begun.search_key == key
        tick = looks.tick()
        assert (tick.run, tick.under_way) == (None, {other.run_id: 1})
    assert looks.tick().run is not None


@pytest.mark.parametrize("version", [None, "0.0.1"], ids=["this version", "another"])
def test_what_was_interrupted_is_finished_first(
    casework: Casework, archive: Path, tmp_path: Path, version: str | None
) -> None:
    """Where it can be: what another version began is searched anew."""
    settle_down(archive)
    watching = Watching(casework.order(), archive, tmp_path / "results")

    def cut_off(_: object) -> None:
        raise KeyboardInterrupt

    listener = RunListener(created=cut_off)
    ticks = watch(watching.order, str(watching.results), 9.0, 0.0, listener, HERE)
    with pytest.raises(KeyboardInterrupt):
        next(ticks)
    store = open_store(watching.results)
    (run_id,) = list_runs(store)
    with lock_run(StoredRun(store, run_id)) as hold:  # as planning records it
        asked = load_run(hold.run)
        other = asked.model_copy(update={"software_version": version or asked.software_version})
        store.write_atomic(hold.run.state("request.json"), other.model_dump_json().encode())
        record_run(hold, other, RunEntry("planning"))
    put(casework.played / "passing.mp4", archive / "late.mp4", b"late")
    with watching:
        tick = watching.tick()
    assert watching.told[0] == f"taken up {run_id}"
    assert tick.run is not None
    late = str(archive / "late.mp4")
    if version:
        assert watching.told[1].startswith("What it had is searched anew: Run")
        assert (tick.taken_up, len(tick.run.result.assets)) == ((), 3)
    else:
        assert [run.run_id for run in tick.taken_up] == [run_id]
        assert [asset.uri for asset in tick.run.result.assets] == [late]


def test_a_tick_that_fails_says_so_and_the_next_tries_again(archive: Path, looks: Watching) -> None:
    settle_down(archive)
    assert looks.tick().run
    away = archive.rename(archive.with_name("away"))
    tick = looks.tick()
    assert (tick.run, tick.error) == (None, f"{archive} does not exist: check the path")
    away.rename(archive)
    assert (looks.tick().error, looks.tick().files) == (None, 2)


@pytest.mark.parametrize("made", [False, True])
def test_what_refuses_the_first_tick_is_raised_and_leaves_nothing(
    casework: Casework, tmp_path: Path, made: bool
) -> None:
    folder, results = tmp_path / "none", tmp_path / "results"
    watching = Watching(casework.order(), folder, results)
    if made:
        folder.mkdir()
        with watching:
            assert watching.tick().files == 0
        return
    with pytest.raises(NoFootage, match="does not exist"):
        next(watching.begin())
    assert list_jobs(open_store(results)) == []


def test_runs_of_standing_jobs_have_ids_of_their_own(casework: Casework, tmp_path: Path) -> None:
    order = replace(casework.order(), run_id="mine")
    with pytest.raises(UsageError, match="leave --run-id out"):
        next(watch(order, str(tmp_path), 9.0, 0.0, RunListener(), HERE))
