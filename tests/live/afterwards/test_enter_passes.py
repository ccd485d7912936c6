"""Passes are entered once a deployment is over: on real routers, with real figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.errors import LiveError, RunBusy, UsageError
from lfr_batch.live.afterwards.enter_passes import Entered, enter_passes
from lfr_batch.live.afterwards.forgetting import alerts_of, forget_alerts, is_named
from lfr_batch.live.afterwards.reopen import Reopening
from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.alerts.camera_orders import OrderBook
from lfr_batch.live.deployment.figures import Figures
from lfr_batch.live.deployment.figures_file import load_figures, save_figures
from lfr_batch.live.deployment.folders import deployment_folder, router_folder
from lfr_batch.live.deployment.recognition_rate import SeedingFigures
from lfr_batch.live.deployment.volunteers_file import load_seeding
from lfr_batch.live.records import VolunteerPass
from lfr_batch.oversight import audit
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.local_store import LocalStore
from tests.holding import record_run
from tests.live.made import DEPLOYMENT, a_config, a_record, an_alert, figures, opened
from tests.live.receiver import eventually
from tests.live.seeded import a_pass, kept_passes, seed
from tests.results.synthetic import request

HEAD = "volunteer,camera,at\n"


@pytest.fixture
def began() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


@pytest.fixture
def home(tmp_path: Path, began: datetime) -> Path:
    """With a deployment that is over: S000 was seen at 0 and 5 min, S007 is wanted."""
    seed(tmp_path)
    record, store = a_record(began), open_store(tmp_path / "results")
    router = opened(tmp_path, record=record)
    for number, subject_id, minutes in ((0, "S000", 0), (1, "S000", 5), (2, "S007", 6)):
        moment = began + timedelta(minutes=minutes)
        router.raise_alert(an_alert(number, subject_id=subject_id, captured_at=moment))
    assert eventually(lambda: router.sink_states()[0].waiting == 0)
    router.close()
    asked = request(run_id=DEPLOYMENT, kind="live", software_version="0.1.0")
    create_run(store, asked, (), ())
    record_run(store, asked, "complete")
    ended_at = began + timedelta(minutes=50)
    seeding = SeedingFigures(volunteers=3, within_s=30.0)
    save_figures(store, figures(record=record, ended_at=ended_at, seeding=seeding))
    return tmp_path


def entered(home: Path, began: datetime, *rows: tuple[str, str, float]) -> Entered:
    lines = [f"{who},{at},{began + timedelta(seconds=s)}" for who, at, s in rows]
    path = home / "passes.csv"
    path.write_text(HEAD + "\n".join(lines))
    return enter_passes(Reopening(home, DEPLOYMENT, a_config(), "j.doe"), path)


def known(home: Path) -> Figures:
    found = load_figures(StoredRun(open_store(home / "results"), DEPLOYMENT))
    assert found is not None
    return found


def at(began: datetime, seconds: float, name: str) -> VolunteerPass:
    return a_pass(0, pass_id=name, at=began + timedelta(seconds=seconds), entered_at=began)


ROWS = (("S000", "north", 3.0), ("S000", "north", 900.0), ("S001", "south", 3.0))


def test_figures_have_what_was_entered_and_the_same_file_adds_nothing(
    home: Path, began: datetime
) -> None:
    done = entered(home, began, *ROWS)
    assert (done.added, done.known, done.trouble) == (3, 0, "")
    total = done.seeding.total
    assert (total.passes, total.recognised, total.people) == (3, 1, 2)
    assert (done.seeding.alerts, done.seeding.unclaimed) == (2, 1)
    assert known(home).seeding == done.seeding
    again = entered(home, began, *ROWS)
    assert (again.added, again.known, again.seeding) == (0, 3, done.seeding)
    said = [each for each in audit.entries(home) if each["event"] == "passes.entered"]
    assert [(each["passes"], each["by"]) for each in said] == [(3, "j.doe"), (0, "j.doe")]


def test_a_row_beside_a_pass_of_the_console_is_that_pass(home: Path, began: datetime) -> None:
    kept_passes(home).keep(at(began, 0, "touched"))
    kept_passes(home).keep(replace(at(began, 300, "mistaken"), taken_back=True))
    done = entered(home, began, ("S000", "north", 9.0), ("S000", "north", 301.0))
    assert (done.added, done.known) == (1, 1)
    assert (done.seeding.total.passes, done.seeding.total.recognised) == (2, 2)


def test_a_row_that_cannot_be_enters_nothing(home: Path, began: datetime) -> None:
    with pytest.raises(UsageError, match="line 5: 'S007' is no volunteer"):
        entered(home, began, *ROWS, ("S007", "north", 9.0))
    with pytest.raises(UsageError, match=r"line 2: .* is not within the deployment"):
        entered(home, began, ("S000", "north", 51 * 60.0))
    assert kept_passes(home).all() == ()
    seeding = known(home).seeding
    assert seeding is not None
    assert seeding.total.passes == 0


def test_who_passed_while_cameras_were_aimed_was_not_missed(home: Path, began: datetime) -> None:
    place = LocalStore(router_folder(home, DEPLOYMENT))
    OrderBook(place, began).begin("operator", began + timedelta(minutes=2))
    with pytest.raises(UsageError, match=r"line 2: .* people are looked for from"):
        entered(home, began, ("S000", "north", 60.0))
    assert kept_passes(home).all() == ()
    done = entered(home, began, ("S000", "north", 300.0))
    assert (done.seeding.total.passes, done.seeding.total.recognised) == (1, 1)


def test_nobody_passed_where_watching_never_began(home: Path, began: datetime) -> None:
    aimed = known(home).model_copy(update={"aimed": True})
    save_figures(open_store(home / "results"), aimed)
    with pytest.raises(UsageError, match="watching never began"):
        entered(home, began, ("S000", "north", 300.0))
    assert kept_passes(home).all() == ()


def test_there_are_none_of_a_deployment_without_volunteers(tmp_path: Path) -> None:
    began = datetime.now(UTC)
    opened(tmp_path, record=a_record(began)).close()
    with pytest.raises(LiveError, match="has no volunteers"):
        entered(tmp_path, began, *ROWS)


def test_not_while_it_runs(tmp_path: Path, began: datetime) -> None:
    seed(tmp_path)
    router = opened(tmp_path, record=a_record(began))
    with pytest.raises(RunBusy, match="is still running"):
        entered(tmp_path, began, *ROWS)
    router.close()


def test_not_once_its_alerts_are_being_deleted_and_figures_stay(
    home: Path, began: datetime
) -> None:
    done = entered(home, began, *ROWS)
    until = began + timedelta(hours=6 + 744, seconds=1)
    sweep(Sweep(home, (), until, "j.doe"))
    assert known(home).seeding == done.seeding
    with pytest.raises(LiveError):
        entered(home, began, ("S001", "north", 9.0))


def test_of_alerts_that_begin_to_go_no_rate_can_be_made(tmp_path: Path) -> None:
    began = datetime.now(UTC) - timedelta(hours=3)
    seed(tmp_path)
    opened(tmp_path, record=a_record(began), retention={"hours": 2.0}).close()
    with pytest.raises(UsageError, match="since then its alerts are being deleted"):
        entered(tmp_path, began, ("S001", "north", 9.0))


def test_whoever_is_forgotten_leaves_no_pass_behind(home: Path, began: datetime) -> None:
    entered(home, began, *ROWS)
    store, folder = open_store(home / "results"), deployment_folder(home, DEPLOYMENT)
    assert is_named(home, "S000", "watchlist")
    assert not is_named(home, "S000", "another")
    assert not is_named(home, "S007", "watchlist")
    for gallery in ("another", "watchlist"):
        ids = alerts_of(home, store, "S000", gallery)
        forget_alerts(home, store, "S000", gallery, ids)
        left = {each.subject_id for each in kept_passes(home).all()}
        assert left == ({"S000", "S001"} if gallery == "another" else {"S001"})
    seeding = load_seeding(folder)
    assert seeding is not None
    assert [*seeding.volunteers] == ["S001", "S002"]
    assert not is_named(home, "S000", None)
    assert not any(b"S000" in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_passed_while_cameras_were_aimed_is_no_pass(home: Path, began: datetime) -> None:
    orders = OrderBook(LocalStore(router_folder(home, DEPLOYMENT)), watch_from=began)
    assert orders.begin("reviewer", began + timedelta(minutes=2))
    with pytest.raises(
        UsageError, match=r"line 2: .* is not within the deployment: people are looked for from"
    ):
        entered(home, began, ("S000", "north", 119.0), ("S000", "north", 300.0))
    assert entered(home, began, ("S000", "north", 300.0)).seeding.total.recognised == 1
