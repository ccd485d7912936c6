"""Clocks of runs that wait for their authorisation: what is due is done by whoever comes by, and
by the next where somebody was killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.casework.authorisations import authorisations_of, grant
from lfr_batch.casework.clocks import clocks_of
from lfr_batch.errors import QueryError, StoreUnreachable, UsageError
from lfr_batch.front.evidence import PackOrder, make_evidence
from lfr_batch.oversight.put import lines_on_record, verify_record
from lfr_batch.results.cancel import asked_to_end
from lfr_batch.results.checked import faults
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.schemas import PUBLISHED
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.withholding import is_withheld
from lfr_batch.storage.local_store import LocalStore
from tests.front.clock_steps import (
    CASE,
    LONG_AGO,
    Due,
    act,
    files_of,
    fill,
    home_of,
    moved_in_bucket,
)
from tests.results.synthetic import RUN_ID
from tests.s3_servers import moto_server, new_bucket

ROOT = Path(lfr.__file__).parents[1]
DUE: tuple[Due, ...] = ("withhold", "put back", "destroy")


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Iterator[str]:
    with new_bucket(endpoint, tmp_path) as name:
        yield f"s3://{name}"


def asked(place: str) -> tuple[str | None, dict[str, int]]:
    """The run's status, and its rows by dataset."""
    lake = open_lake(f"{place}/results")
    try:
        questions = {n: f"SELECT run_id FROM {n} WHERE run_id = $run" for n in PUBLISHED}
        found = {n: run_query(lake, sql, {"run": RUN_ID}).num_rows for n, sql in questions.items()}
        status = run_query(lake, "SELECT status FROM runs WHERE run_id = $run", {"run": RUN_ID})
    finally:
        lake.close()
    counts = {name: count for name, count in found.items() if count}
    return (status.column(0).to_pylist() or [None])[0], counts


def events(place: str) -> list[str]:
    files = files_of(place)
    return [line["event"] for line in lines_on_record(files.home, files.s3)]


def require_done(place: str, due: Due) -> None:
    """All of it, and nothing else."""
    store, files = open_store(f"{place}/results"), files_of(place)
    assert list(faults(store)) == []
    verify_record(files.home, files.s3, None, ())
    status, rows = asked(place)
    if due == "withhold":
        assert (status, rows) == ("withheld", {})
        assert is_withheld(StoredRun(store, RUN_ID))
        assert len(clocks_of(files)) == 1
        assert not [p for n in PUBLISHED for p in store.list(n) if RUN_ID in p]
        return
    assert clocks_of(files) == []
    assert store.list("_lake/withheld") == ()
    if due == "put back":
        assert status == "complete"
        assert rows["sightings"] == 4
        return
    assert (status, rows) == (None, {})
    assert not [p for p in store.list("") if RUN_ID in p]
    assert events(place).count("forget.done") == 1


def require_once(place: str, due: Due) -> None:
    (done,) = act(place)
    assert (done.step, done.error) == (due, None)
    assert RUN_ID in done.sentence
    require_done(place, due)
    before = events(place)
    assert act(place) == []
    assert events(place) == before


@pytest.mark.parametrize("due", DUE)
@pytest.mark.parametrize("samples", [4, pytest.param(9, marks=pytest.mark.long)])
def test_killed_at_any_moment_the_next_finishes_it(tmp_path: Path, due: Due, samples: int) -> None:
    fill(str(tmp_path / "a"), due)
    done = subprocess.run(
        [sys.executable, "-m", "tests.front.clock_steps", tmp_path / "a", str(samples)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    ended = [line.split() for line in done.stdout.splitlines()]
    assert [code for _, code in ended].count("0") == 1
    assert len(ended) == samples + 1
    for copy, _ in ended:
        act(copy)
        require_done(copy, due)
    require_once(str(tmp_path / "a"), due)


@pytest.mark.parametrize("due", DUE)
@pytest.mark.parametrize("steps", [(11,), pytest.param((2, 6, 16, 23), marks=pytest.mark.long)])
def test_in_a_bucket_it_is_done_once_too_and_killed_the_next_finishes_it(
    bucket: str, due: Due, steps: tuple[int, ...]
) -> None:
    whole = f"{bucket}/a"
    fill(whole, due)
    copies = moved_in_bucket(whole, steps)
    require_once(whole, due)
    done = subprocess.run(
        [sys.executable, "-m", "tests.front.clock_steps", whole, *map(str, steps)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    assert [line.split()[0] for line in done.stdout.splitlines()] == copies
    assert "-9" in done.stdout.split()
    for place in copies:
        files = files_of(place)
        store, run = open_store(f"{place}/results"), RUN_ID
        for claim in store.list(f"_state/run_id={run}/epochs"):  # as when its lease is over
            said = json.loads(store.read(claim) or b"{}") if claim.endswith(".json") else None
            if said is not None:
                store.write_atomic(claim, json.dumps({**said, "released": True}).encode())
        assert len(clocks_of(files)) <= 1
        act(place)
        require_done(place, due)


def test_before_its_time_is_over_it_is_read_as_any_other(tmp_path: Path) -> None:
    place = str(tmp_path / "a")
    fill(place, "withhold")
    assert act(place, LONG_AGO + timedelta(hours=23)) == []
    assert asked(place)[1]["sightings"] == 4
    assert len(act(place, LONG_AGO + timedelta(hours=24))) == 1


@pytest.mark.parametrize("nothing_found", [False, True])
def test_whoever_makes_a_pack_withholds_first(tmp_path: Path, nothing_found: bool) -> None:
    place = str(tmp_path / "a")
    fill(place, "withhold")
    settings = lfr.Settings(home=f"{place}/home", results=f"{place}/results")
    order = PackOrder(RUN_ID, tmp_path / "pack.zip", nothing_found=nothing_found)
    if not nothing_found:
        order = replace(order, without_footage=True)
    with pytest.raises(UsageError, match=f"Run {RUN_ID} is withheld until it is authorised: AUTH"):
        make_evidence(order, settings)
    assert not order.out.exists()


def test_whoever_opens_results_withholds_first(tmp_path: Path) -> None:
    place, more = str(tmp_path / "a"), {"run": RUN_ID}
    files = fill(place, "withhold")
    settings = lfr.Settings(home=f"{place}/home", results=f"{place}/results")
    with lfr.open_results(settings) as results:
        assert results.arrow("FROM sightings WHERE run_id = $run", more).num_rows == 0
        with pytest.raises(QueryError, match=f"run {RUN_ID} is withheld until it is authorised"):
            results.ask("sightings_of_run", {"run_id": RUN_ID})
    stated = lfr.Authority(CASE, "Insp. A", "by order", "a.example")
    told = pytest.raises(UsageError, match=f"Run {RUN_ID} is withheld until it is authorised: AUTH")
    with told:
        lfr.report(tmp_path / "r.html", run=RUN_ID, settings=settings)
    with told:
        lfr.export(tmp_path / "x.csv", stated, run=RUN_ID, settings=settings)
    with told:
        lfr.resume(RUN_ID, settings=settings)
    with told:
        make_evidence(PackOrder(RUN_ID, tmp_path / "p.zip", without_footage=True), settings)
    exported = lfr.export(tmp_path / "x.csv", stated, settings=settings)
    assert f"run {RUN_ID} of case {CASE} is withheld" in exported.said
    made = lfr.report(tmp_path / "r.html", case=CASE, settings=settings)
    assert any(f"run {RUN_ID} is withheld: AUTH" in note for note in made.notes)
    grant(files, authorisations_of(files)[0].authorisation_id, "chief")
    with lfr.open_results(settings) as results:
        assert results.arrow("FROM sightings WHERE run_id = $run", more).num_rows == 4


@pytest.mark.parametrize("due", ["withhold", "destroy"])
def test_a_run_that_is_worked_on_is_asked_to_end(tmp_path: Path, due: Due) -> None:
    place = str(tmp_path / "a")
    fill(place, due)
    with lock_run(StoredRun(open_store(f"{place}/results"), RUN_ID)) as hold:
        (step,) = act(place)
        assert "was asked to end" in (step.error or "")
        assert asked_to_end(hold) is not None
    act(place)
    require_done(place, due)


def test_what_cannot_be_withheld_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "a")
    fill(place, "withhold")
    written = LocalStore.write_atomic

    def refusing(store: LocalStore, path: str, data: bytes) -> None:
        if "results" in store.uri:
            raise StoreUnreachable("read only")
        written(store, path, data)

    monkeypatch.setattr(LocalStore, "write_atomic", refusing)
    with pytest.raises(StoreUnreachable, match="read only"):
        act(place)
    elsewhere = str(tmp_path / "b")
    settings = lfr.Settings(home=home_of(place), results=elsewhere)
    lfr.open_results(settings).close()


def test_clocks_cost_a_listing_where_there_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, listed = list[str](), LocalStore.list

    def noted(store: LocalStore, prefix: str) -> tuple[str, ...]:
        asked.append(prefix)
        return listed(store, prefix)

    monkeypatch.setattr(LocalStore, "list", noted)
    assert act(str(tmp_path / "none")) == []
    assert asked == ["cases/_clocks"]


def test_a_clock_of_a_run_that_never_began_stops(tmp_path: Path) -> None:
    place = str(tmp_path / "a")
    files = fill(place, "withhold")
    open_store(f"{place}/results").delete(f"_state/run_id={RUN_ID}")
    assert act(place) == []
    assert clocks_of(files) == []
