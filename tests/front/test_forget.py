"""Forgetting by command: gone from everything, on record, and ended by whoever comes next."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.errors import GalleryEmpty, RunBusy, RunNotFound, UsageError
from lfr_batch.front.forget import What, finish_forgetting, foresee_forgetting
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.alerts.sinks.parquet import alert_part
from lfr_batch.live.deployment.changes import Changes
from lfr_batch.live.deployment.changes_file import load_changes, save_changes
from lfr_batch.live.deployment.folders import deployment_folder, save_record
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results.lock import lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.locks import open_lock, try_lock
from tests.front.forgotten import (
    ANOTHER,
    OTHER,
    STATED,
    SUBJECT,
    URI,
    fill,
    order_of,
    settings_of,
    traces,
)
from tests.gallery.conftest import people_of, publish_in
from tests.live.conftest import Restarts
from tests.live.made import DEPLOYMENT, a_record, a_review, an_alert
from tests.live.receiver import eventually
from tests.results.synthetic import RUN_ID

ROOT = Path(lfr.__file__).parents[1]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only."""
    place = tmp_path_factory.mktemp("forget") / "home"
    fill(place)
    return place


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    return shutil.copytree(filled, tmp_path / "home", symlinks=True)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Restarts]:
    made = Restarts(tmp_path)
    yield made
    made.close()


def said_of(home: Path, value: str) -> list[str]:
    """Manifests of before name runs for a while, and nothing else of them."""
    return [path for path in traces(home, value) if "_lake/manifest" not in path]


def everything(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def forget(home: Path, what: What, value: str, **more: str) -> lfr.ForgetReceipt:
    return lfr.forget(what, value, STATED, settings=settings_of(home), **more)


def test_of_a_subject_nothing_is_left(home: Path) -> None:
    settings = settings_of(home)
    page = lfr.report(home.parent / "r.html", run=OTHER, settings=settings).path
    assert len(traces(home, SUBJECT)) > 5
    assert SUBJECT in page.read_text()
    foreseen = foresee_forgetting(order_of(home, "subject", SUBJECT))
    receipt = forget(home, "subject", SUBJECT)
    assert traces(home, SUBJECT) == []
    assert not page.exists()
    assert receipt.reports_gone == (str(page),)
    assert receipt.intention.rows == foreseen.rows
    assert foreseen.rows["sightings"] == foreseen.pictures == 4
    assert foreseen.snapshots == {"custody": 1}
    assert SUBJECT not in load_snapshot(home, "custody").subject_ids
    events = [line["event"] for line in audit.entries(home)]
    assert events[-4:] == ["forget.intended", "gallery.intended", "gallery.done", "forget.done"]
    assert events[:-4] == ["results.opened"]
    kept = json.loads((home / f"audit/receipts/{receipt.intention.id}.json").read_text())
    assert kept["intention"]["authority"] == "Insp. A"
    with pytest.raises(UsageError, match=f"Nobody is called '{SUBJECT}'"):
        forget(home, "subject", SUBJECT)
    assert len(list(audit.entries(home))) == len(events)


def test_of_a_file_nothing_is_left(home: Path) -> None:
    assert {path.split("/")[1] for path in traces(home, URI)} >= {"_ticks", "_standing", "_state"}
    forget(home, "footage", URI)
    assert traces(home, URI) == []


def test_a_run_is_named_as_elsewhere(home: Path) -> None:
    assert forget(home, "run", "20260203").intention.value == OTHER
    assert said_of(home, OTHER) == []
    assert forget(home, "run", "latest").intention.value == RUN_ID
    with pytest.raises(RunNotFound):
        forget(home, "run", RUN_ID)


def test_looking_changes_nothing(home: Path) -> None:
    before = everything(home)
    for what, value in (("run", "latest"), ("subject", SUBJECT), ("footage", URI)):
        foresee_forgetting(order_of(home, what, value))  # type: ignore[arg-type]
    assert everything(home) == before


def test_of_a_gallery_alone(home: Path) -> None:
    publish_in(home, people_of({SUBJECT: 1, "S901": 1}), name="others")
    receipt = forget(home, "subject", SUBJECT, gallery="others")
    assert receipt.intention.rows == {}
    assert SUBJECT in load_snapshot(home, "custody").subject_ids
    assert SUBJECT not in load_snapshot(home, "others").subject_ids


def test_what_is_refused_leaves_no_intention(home: Path) -> None:
    publish_in(home, people_of({ANOTHER: 1}), name="alone")
    run = StoredRun(open_store(home / "results"), OTHER)
    with lock_run(run):
        for what, value in (("run", OTHER), ("subject", SUBJECT), ("footage", URI)):
            with pytest.raises(RunBusy, match=OTHER):
                forget(home, what, value)  # type: ignore[arg-type]
    with pytest.raises(GalleryEmpty, match="lfr gallery delete alone"):
        forget(home, "subject", ANOTHER)
    with pytest.raises(UsageError, match=r"Nothing in .* is of '/none'"):
        forget(home, "footage", "/none")
    with pytest.raises(UsageError, match="was a live deployment"):
        forget(home, "run", DEPLOYMENT)
    assert list(audit.entries(home)) == []
    assert traces(home, SUBJECT)


def test_a_file_that_took_a_reports_place_stays(home: Path) -> None:
    page = lfr.report(home.parent / "r.html", run=OTHER, settings=settings_of(home)).path
    page.write_text("somebody's own")
    receipt = forget(home, "run", OTHER)
    assert page.read_text() == "somebody's own"
    assert receipt.reports_gone == ()
    (said,) = receipt.out_of_reach
    assert f"report {page} on" in said
    assert said.endswith("another file lies there now")


@pytest.mark.long
@pytest.mark.parametrize(
    ("what", "value"), [("subject", SUBJECT), ("run", OTHER), ("footage", URI)]
)
def test_whatever_kills_it_the_next_call_ends_it(home: Path, what: str, value: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.front.forgotten", what, value, str(home)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    copies = [line.rsplit(" ", 1) for line in done.stdout.splitlines()]
    assert [int(status) for _, status in copies[-1:]] == [0]
    assert len(copies) > 5
    for path, _ in copies:
        copy = Path(path)
        events = [line["event"] for line in audit.entries(copy)]
        finished = finish_forgetting(settings_of(copy))
        if "forget.intended" not in events:
            assert traces(copy, value), "what is not on record was not begun"
            continue
        assert len(finished) == ("forget.done" not in events)
        assert said_of(copy, value) == []
        with lfr.open_results(settings_of(copy)) as results:
            left = results.arrow("SELECT run_id FROM runs").column(0).to_pylist()
        assert left == ([RUN_ID] if what == "run" else [RUN_ID, OTHER])
        assert finish_forgetting(settings_of(copy)) == []
        verify(copy)


def test_alerts_of_a_subject_are_in_no_place(start: Restarts, tmp_path: Path) -> None:
    router = start(alerts={"json_lines": str(tmp_path / "feed.jsonl")})
    for number in range(2):
        router.raise_alert(an_alert(number))
    router.review(a_review("a0000"))
    assert eventually(lambda: not any(state.waiting for state in router.sink_states()))
    with pytest.raises(RunBusy, match=f"Deployment {DEPLOYMENT} is running"):
        forget(tmp_path, "subject", "S000")
    start.close()
    store = open_store(tmp_path / "results")
    assert store.exists(alert_part(DEPLOYMENT, "a0000"))
    receipt = forget(tmp_path, "subject", "S000")
    assert receipt.intention.alerts == {DEPLOYMENT: ("a0000",)}
    assert traces(tmp_path, "S000") == []
    assert not list(tmp_path.glob("live/*/router/alerts/a0000"))
    assert store.exists(alert_part(DEPLOYMENT, "a0001"))


def test_who_is_in_the_rank_lists_of_other_alerts_is_not_there_any_more(
    start: Restarts, tmp_path: Path
) -> None:
    router = start()
    router.raise_alert(an_alert(1))
    assert eventually(lambda: not any(state.waiting for state in router.sink_states()))
    start.close()
    publish_in(tmp_path, people_of({"S999": 1, "S900": 1}), name="watchlist")
    forget(tmp_path, "subject", "S999")
    with lfr.open_results(settings_of(tmp_path)) as results:
        rows = results.arrow("SELECT candidate_subject_ids FROM alerts").to_pylist()
    assert rows == [{"candidate_subject_ids": ["S001"]}]
    assert traces(tmp_path, "S999") == []


def test_who_was_new_on_a_watchlist_is_not_on_record_any_more(home: Path) -> None:
    folder = deployment_folder(home, DEPLOYMENT)
    save_record(folder, a_record())
    save_changes(folder, Changes("before", ("a", "1"), ("b", "2"), new=("Somebody", "S900")))
    with pytest.raises(UsageError, match="Nobody is called 'Somebody'"):
        forget(home, "subject", "Somebody", gallery="custody")
    forget(home, "subject", "Somebody")
    kept = load_changes(folder)
    assert kept is not None
    assert kept.new == ("S900",)
    assert traces(home, "Somebody") == []


def test_a_deployment_that_runs_with_the_gallery_is_named(home: Path) -> None:
    folder = deployment_folder(home, DEPLOYMENT)
    folder.mkdir(parents=True)
    with open_lock(folder / "LOCK") as lock:
        assert try_lock(lock)
        with pytest.raises(RunBusy, match=DEPLOYMENT):
            forget(home, "subject", SUBJECT)
    assert list(audit.entries(home)) == []
