"""Deployments from their start to their end, in threads of this process."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from lfr_batch.cli.live.status import summary
from lfr_batch.config.live import AlertsConfig, LiveConfig
from lfr_batch.config.schema import DecideConfig
from lfr_batch.engine.live.threads import live_threads
from lfr_batch.errors import EngineError, LiveError, RunBusy
from lfr_batch.live.alerts.protocol import AlertRouter
from lfr_batch.live.deployment import course, look_after
from lfr_batch.live.deployment.changes import count_changes
from lfr_batch.live.deployment.changes_file import load_changes
from lfr_batch.live.deployment.figures import counts
from lfr_batch.live.deployment.figures_file import load_figures
from lfr_batch.live.deployment.folders import deployment_folder, load_record, save_record
from lfr_batch.live.deployment.look_after import Situation
from lfr_batch.live.deployment.order import Deployment, make_deployment
from lfr_batch.live.deployment.plan import LiveEngine, LivePlan, PartState, RunningDeployment
from lfr_batch.live.deployment.run import Ended, OpenEngine, run_deployment
from lfr_batch.live.deployment.running import claimed
from lfr_batch.live.deployment.watchlist_receipt import load_receipt
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.results.status import run_progress
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.deploying import deployable, order, own_home
from tests.gallery.conftest import people_of, publish_in
from tests.live.made import a_record
from tests.one_case import Casework
from tests.refused import refused

STARTED = datetime(2026, 1, 31, 10, tzinfo=UTC)


def attended(_: RunningDeployment) -> AbstractContextManager[None]:
    return nullcontext()


def unseen(_: Situation) -> None:
    pass


def made(casework: Casework, folder: Path, cameras: dict[str, str], **changes: Any) -> Deployment:
    config = deployable(casework, cameras, **changes)
    return make_deployment(order(config, own_home(casework, folder)), datetime.now(UTC))


def run(deployment: Deployment, stopping: Event | None = None) -> Ended:
    return run_deployment(deployment, live_threads, attended, unseen, stopping or Event())


def row_of(deployment: Deployment) -> dict[str, Any]:
    (row,) = run_query(open_lake(deployment.plan.results_root), "FROM runs").to_pylist()
    return dict(row)


def assert_forgotten(deployment: Deployment, why: str) -> None:
    """Of the watchlist only a receipt is left."""
    home, record = deployment.plan.home, deployment.record
    assert not deployment.plan.watchlist_home.exists()
    receipt = load_receipt(deployment_folder(home, record.deployment_id))
    assert receipt is not None
    assert (receipt.verified_gone, receipt.why) == (True, why)
    events = [line["event"] for line in audit.entries(home)]
    assert events[0] == "deployment.begun"
    assert events[-2:] == ["watchlist.destroyed", "deployment.ended"]
    assert verify(home).signed_to == len(events)


@pytest.fixture
def soon_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of those who saw nobody nothing is under way that has to be waited for."""
    monkeypatch.setattr(look_after, "LOOK_S", 0.2)
    monkeypatch.setattr(look_after, "PLAYED_S", 0.3)


def test_files_are_played_to_their_end_and_counted(casework: Casework, tmp_path: Path) -> None:
    deployment = made(casework, tmp_path, {"north": "walk.mp4", "south": "group.mp4"})
    looks: list[Situation] = []
    own_copy: list[bool] = []

    @contextmanager
    def watching(running: RunningDeployment) -> Iterator[None]:
        own_copy.append((deployment.plan.watchlist_home / "galleries" / "people").is_dir())
        with pytest.raises(RunBusy, match="named 'test' is running already"):
            run(deployment)
        yield

    ended = run_deployment(deployment, live_threads, watching, looks.append, Event())
    figures, row = ended.figures, row_of(deployment)
    assert own_copy == [True]
    assert (ended.status, figures.reason) == ("complete", "played")
    assert (deployment.record.watchlist_size, deployment.record.volunteers) == (2, 0)
    assert figures.seeding is None
    assert "volunteer" not in " ".join(summary(ended))
    total = counts(figures)
    assert (total.alerts, total.unconfirmed) == (1, 1)
    assert counts(figures, "north").alerts == 1
    assert counts(figures, "south").faces_seen > 2
    assert total.faces_seen == sum(minute.faces_seen for minute in figures.minutes)
    assert figures.watchlist_gone_at
    assert (row["status"], row["kind"], row["sightings"], row["footage"]) == (
        "complete", "live", 1, 2,
    )  # fmt: skip
    assert row["media_s"] > 1
    assert looks[-1].counts.alerts == 1
    assert_forgotten(deployment, "every file was played to its end")
    store = open_store(deployment.plan.results_root)
    assert load_figures(StoredRun(store, deployment.record.deployment_id)) == figures
    assert run_progress(StoredRun(store, deployment.record.deployment_id)).status == "complete"
    folder = deployment_folder(deployment.plan.home, deployment.record.deployment_id)
    assert load_record(folder) == deployment.record
    assert figures.watchlist == deployment.listed.composition
    assert load_changes(folder) is None


@pytest.mark.usefixtures("soon_over")
def test_what_changed_on_the_watchlist_stays_with_the_record_and_what_is_not_calibrated_is_said(
    casework: Casework, tmp_path: Path
) -> None:
    strict = DecideConfig(target_fpir=1e-7)  # its threshold is beyond the calibrated range
    home = own_home(casework, tmp_path)
    config = deployable(casework, {"north": "empty.mp4"}, decide=strict)
    (home / "galleries").unlink()
    shutil.copytree(casework.home / "galleries", home / "galleries")
    info = publish_in(home, people_of({"S1": 1}), "before")
    before = replace(a_record(), gallery="before", snapshot_id=info.snapshot_id)
    save_record(deployment_folder(home, before.deployment_id), before)
    deployment = make_deployment(order(config, home), datetime.now(UTC))
    ended = run(deployment)
    kept = load_changes(deployment_folder(home, deployment.record.deployment_id))
    assert kept is not None
    assert (kept.deployment_id, kept.new, kept.gone) == (
        before.deployment_id, ("actor", "astronaut"), ("S1",),
    )  # fmt: skip
    told = ended.figures.watchlist
    assert told is not None
    assert told.changes == count_changes(kept)
    assert "astronaut" not in ended.figures.model_dump_json()
    assert deployment.choice.extrapolated
    assert ended.figures.extrapolated


def test_it_ends_by_itself_at_the_end_of_its_window(casework: Casework, tmp_path: Path) -> None:
    config = deployable(casework, {"north": "empty.mp4"})
    config = endless(config)
    asked = config.deployment.model_copy(
        update={"starts_at": STARTED, "ends_at": STARTED + timedelta(seconds=2)}
    )
    config = config.model_copy(update={"deployment": asked})
    deployment = make_deployment(order(config, own_home(casework, tmp_path)), datetime.now(UTC))
    ended = run(deployment)
    assert ended.figures.reason == "window"
    assert ended.figures.ended_at is not None
    assert ended.figures.ended_at >= deployment.record.started_at + timedelta(seconds=2)
    assert_forgotten(deployment, "its window ended")


def test_a_wall_clock_that_is_put_back_does_not_prolong_it(
    casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = endless(deployable(casework, {"north": "empty.mp4"}))
    deployment = make_deployment(order(config, own_home(casework, tmp_path)), datetime.now(UTC))
    passed_s = iter([0.0, 1.0])

    def elapsed_s() -> float:
        """An hour and more, after the first moments."""
        return next(passed_s, 3700.0) + time.monotonic()

    monkeypatch.setattr(course, "elapsed_s", elapsed_s)
    assert run(deployment).figures.reason == "window"


def endless(config: LiveConfig) -> LiveConfig:
    cameras = tuple(camera.model_copy(update={"loop": True}) for camera in config.cameras)
    return config.model_copy(update={"cameras": cameras})


def test_stopping_it_is_an_orderly_end(casework: Casework, tmp_path: Path) -> None:
    deployment = make_deployment(
        order(endless(deployable(casework, {"n": "empty.mp4"})), own_home(casework, tmp_path)),
        datetime.now(UTC),
    )
    stopping = Event()

    def stop_when_seen(look: Situation) -> None:
        if any(each.frames_analysed for each in look.health):
            stopping.set()

    ended = run_deployment(deployment, live_threads, attended, stop_when_seen, stopping)
    assert (ended.status, ended.figures.reason) == ("complete", "stopped")
    assert_forgotten(deployment, "it was stopped")
    with claimed(deployment.plan.home, "test", "another"):
        pass


@pytest.mark.parametrize(
    ("error", "says", "why"),
    [
        (EngineError("no engine today"), "no engine today", "it failed"),
        (KeyboardInterrupt(), "it was stopped (KeyboardInterrupt)", "it was stopped"),
        (ZeroDivisionError(), "it failed (unexpected ZeroDivisionError (at lfr_batch", "it failed"),
    ],
    ids=["an error", "an interruption", "a fault"],
)
def test_whatever_keeps_it_from_beginning_leaves_no_watchlist(
    error: BaseException, says: str, why: str, casework: Casework, tmp_path: Path
) -> None:
    deployment = made(casework, tmp_path, {"north": "empty.mp4"})

    def no_engine(_: LivePlan) -> AbstractContextManager[LiveEngine]:
        assert deployment.plan.watchlist_home.is_dir()
        raise error

    with pytest.raises(type(error)):
        run_deployment(deployment, no_engine, attended, unseen, Event())
    row = row_of(deployment)
    assert (row["status"], row["exit_code"]) == ("failed", 1)
    assert row["error"].startswith(says)
    assert_forgotten(deployment, why)


def test_what_was_not_delivered_and_who_gave_no_picture_is_a_failure(
    casework: Casework, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    (broken := tmp_path / "broken.mp4").write_bytes(b"no film")
    lines = AlertsConfig(json_lines=str(tmp_path / "file" / "feed.jsonl"))
    config = deployable(casework, {"north": "walk.mp4", "south": "walk.mp4"}, alerts=lines)
    north, south = config.cameras
    broken_south = south.model_copy(update={"source": str(broken)})
    config = config.model_copy(update={"cameras": (north, broken_south)})
    deployment = make_deployment(order(config, own_home(casework, tmp_path)), datetime.now(UTC))
    stopping = Event()

    def stop_at_an_alert(look: Situation) -> None:
        if look.counts.alerts:
            stopping.set()

    ended = run_deployment(deployment, live_threads, attended, stop_at_an_alert, stopping)
    assert ended.status == "complete_with_failures"
    assert ended.figures.undelivered == {"json_lines": 1}
    assert [c.camera for c in ended.figures.cameras if not c.frames_received] == ["south"]
    row = row_of(deployment)
    assert (row["status"], row["exit_code"], row["footage_failed"]) == (ended.status, 3, 1)


# What may become of an engine.


class Spoiled:
    """A deployment in threads, of which something else is said."""

    def __init__(self, running: LiveEngine, lost: int | None, trouble: str | None) -> None:
        self._running, self.lost, self.trouble = running, lost, trouble

    @property
    def router(self) -> AlertRouter:
        return self._running.router

    def parts(self) -> tuple[PartState, ...]:
        """After the first look both the camera's and the router's process were lost for a while."""
        seen = any(health.frames_analysed for health in self.router.health())
        return tuple(
            replace(part, restarts=2, down_s=3.0) if seen and part.role != "analyst" else part
            for part in self._running.parts()
        )


def spoiled(lost: int | None = 0, trouble: str | None = None) -> OpenEngine:
    @contextmanager
    def opened(plan: LivePlan) -> Iterator[LiveEngine]:
        with live_threads(plan) as running:
            yield Spoiled(running, lost, trouble)

    return opened


def test_an_engine_that_is_lost_ends_it_as_failed(casework: Casework, tmp_path: Path) -> None:
    deployment = made(casework, tmp_path, {"north": "walk.mp4"})
    with pytest.raises(EngineError, match=r"^Ray was lost$"):
        run_deployment(deployment, spoiled(trouble="Ray was lost"), attended, unseen, Event())
    row = row_of(deployment)
    assert (row["status"], row["error"], row["exit_code"]) == ("failed", "Ray was lost", 1)
    assert_forgotten(deployment, "it failed")


@pytest.mark.usefixtures("soon_over")
def test_what_was_known_before_a_fault_is_in_the_figures(
    casework: Casework, tmp_path: Path
) -> None:
    deployment = made(casework, tmp_path, {"north": "empty.mp4"})

    def fail_when_restarted(look: Situation) -> None:
        if any(part.restarts for part in look.parts):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_deployment(deployment, spoiled(1), attended, fail_when_restarted, Event())
    store = open_store(deployment.plan.results_root)
    figures = load_figures(StoredRun(store, deployment.record.deployment_id))
    assert figures is not None
    assert (figures.reason, figures.unkept) == ("failed", 1)
    assert figures.restarts == {"router": 2, "camera north": 2}
    assert [camera.blind_s for camera in figures.cameras] == [3.0]
    assert figures.watchlist_gone_at
    assert_forgotten(deployment, "it failed")


@pytest.mark.usefixtures("soon_over")
@pytest.mark.parametrize(
    ("lost", "says"),
    [(2, "2 alerts that were shown are lost"), (None, "did not answer at the end")],
)
def test_what_is_lost_is_counted_and_said_and_so_are_outages(
    lost: int | None, says: str, casework: Casework, tmp_path: Path
) -> None:
    deployment = made(casework, tmp_path, {"north": "empty.mp4"})
    ended = run_deployment(deployment, spoiled(lost), attended, unseen, Event())
    assert ended.status == "complete_with_failures"
    assert (ended.figures.unkept, ended.figures.cut_off) == (lost or 0, lost is None)
    assert ended.figures.at_least is (lost is None)
    assert says in " ".join(summary(ended))
    assert ended.figures.restarts == {"router": 2, "camera north": 2}
    assert [camera.blind_s for camera in ended.figures.cameras] == [3.0]
    assert sum(minute.blind_s for minute in ended.figures.minutes) == 3.0
    (tmp_path / "again").mkdir()
    again = made(casework, tmp_path / "again", {"north": "empty.mp4"})
    with pytest.raises(LiveError, match=f"^Ray was lost .*{says}"):
        run_deployment(again, spoiled(lost, "Ray was lost"), attended, unseen, Event())


@pytest.mark.usefixtures("soon_over")
def test_figures_that_cannot_be_written_at_the_end_are_said_and_so_is_what_is_lost(
    casework: Casework, tmp_path: Path
) -> None:
    deployment = made(casework, tmp_path, {"north": "empty.mp4"})
    results = Path(deployment.plan.results_root)
    with ExitStack() as full:

        @contextmanager
        def opened(plan: LivePlan) -> Iterator[LiveEngine]:
            with spoiled(lost=1)(plan) as running:
                yield running
            full.enter_context(refused(results))

        with pytest.raises(LiveError) as caught:
            run_deployment(deployment, opened, attended, unseen, Event())
    said = str(caught.value)
    assert "is over and its copy of the watchlist is destroyed, but its last figures could" in said
    assert said.endswith("1 alert that was shown is lost, since the disk had no room to keep them.")
    assert row_of(deployment)["status"] == "running", "which is shown as interrupted"
    assert_forgotten(deployment, "every file was played to its end")
