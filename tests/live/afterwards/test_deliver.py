"""What waits when a deployment ends is delivered later, once, to its own sinks, and no longer than
it may be kept."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from lfr_batch.config.live import LiveConfig
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import (
    ConfigError,
    LfrError,
    LiveError,
    RunBusy,
    RunNotFound,
    SealBroken,
    UsageError,
)
from lfr_batch.live.afterwards.deliver import Delivered, LateDelivery, deliver
from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.afterwards.retention_terms import read_terms
from lfr_batch.live.alerts import router
from lfr_batch.live.alerts.spool import hold
from lfr_batch.live.deployment.figures import CameraFigures
from lfr_batch.live.deployment.figures_file import load_figures, save_figures
from lfr_batch.live.deployment.folders import deployment_folder, router_folder, save_record
from lfr_batch.live.deployment.running import held_if_free
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import create_run
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.local_store import LocalStore
from tests.holding import record_run
from tests.live.conftest import Restarts
from tests.live.made import DEPLOYMENT, a_config, a_record, a_review, an_alert, figures
from tests.live.receiver import Receiver, eventually
from tests.refused import refused
from tests.results.synthetic import request

pytestmark = pytest.mark.usefixtures("impatient")

NOWHERE = "http://127.0.0.1:9/down"
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _soon_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router, "FLUSH_S", 0.3)


def hooked(url: str = NOWHERE, **more: Any) -> dict[str, Any]:
    return {"alerts": {"webhook": {"url": url, "secret_env": "HOOK_SECRET"}, **more}}


@pytest.fixture
def ended(start: Restarts, tmp_path: Path) -> Path:
    """The home of a deployment that has ended, with two alerts and a review for a webhook that was
    down."""
    routed = start(record=a_record(NOW), **hooked())
    for number in range(2):
        routed.raise_alert(an_alert(number))
    routed.review(a_review("a0001", reason="a scar on the left cheek"))
    assert eventually(lambda: waiting(routed.sink_states()) == {"webhook": 3})
    start.close()
    store = open_store(tmp_path / "results")
    asked = request(run_id=DEPLOYMENT, kind="live")
    create_run(store, asked, (), ())
    totals = {"footage": 2, "footage_failed": 0, "sightings": 2, "media_s": 12.5}
    record_run(store, asked, "complete_with_failures", totals=totals)
    made = figures(record=a_record(NOW), undelivered={"webhook": 3})
    save_figures(store, made)
    return tmp_path


def order(home: Path, config: LiveConfig, wait_s: float = 20.0, **changes: Any) -> LateDelivery:
    return replace(LateDelivery(home, DEPLOYMENT, config, "j.doe", wait_s), **changes)


def waiting(states: Any) -> dict[str, int]:
    return {state.name: state.waiting for state in states if state.waiting}


def undelivered(home: Path) -> dict[str, int]:
    found = load_figures(StoredRun(open_store(home / "results"), DEPLOYMENT))
    assert found is not None
    return found.undelivered


def status(home: Path) -> str:
    row = latest_row(StoredRun(open_store(home / "results"), DEPLOYMENT))
    assert row is not None
    assert (row["sightings"], row["media_s"]) == (2, 12.5)
    return str(row["status"])


def lines(home: Path) -> list[tuple[str, Any]]:
    """Events of the audit log, and what they say is done."""
    verify(home)
    return [(line["event"], line.get("delivered")) for line in audit.entries(home)]


def test_what_waited_is_delivered_once_in_order_and_recorded(
    ended: Path, receiver: Receiver
) -> None:
    told: list[Any] = []
    done = deliver(order(ended, a_config(**hooked(receiver.url))), told.append)
    assert receiver.taken == ["alert:a0000", "alert:a0001", "review:r0-a0001"]
    assert told == [{"webhook": 3}]
    assert (waiting(done.sinks), done.carried["webhook"], done.trouble) == ({}, 3, "")
    assert done.carried["parquet"] == 0
    assert undelivered(ended) == {}
    assert status(ended) == "complete"
    assert lines(ended) == [
        ("delivery.begin", None),
        ("delivery.done", {"webhook": 3, "parquet": 0}),
    ]
    begun, over = audit.entries(ended)
    assert (begun["waiting"], over["waiting"], over["by"]) == ({"webhook": 3}, {}, "j.doe")
    by_chance = {"at", "sha256", "previous"}
    timeless = [{k: v for k, v in e.items() if k not in by_chance} for e in (begun, over)]
    logged = json.dumps(timeless)
    assert not any(secret in logged for secret in ("S000", "scar", "0.61", "a0000"))

    again = deliver(order(ended, a_config(**hooked(receiver.url))))
    assert (waiting(again.sinks), dict(again.carried)) == ({}, {})
    assert len(receiver.taken) == 3
    assert len(lines(ended)) == 2


def test_what_is_still_refused_goes_on_waiting(ended: Path, receiver: Receiver) -> None:
    receiver.answers.extend([(204, {}), (503, {}), *[(400, {})] * 20])
    done = deliver(order(ended, a_config(**hooked(receiver.url)), wait_s=0.5))
    assert (waiting(done.sinks), done.carried["webhook"]) == ({"webhook": 2}, 1)
    (state,) = (state for state in done.sinks if state.waiting)
    assert state.last_error == "the webhook answered 400: it refuses what it is sent"
    assert undelivered(ended) == {"webhook": 2}
    assert status(ended) == "complete_with_failures"
    receiver.answers.clear()
    assert waiting(deliver(order(ended, a_config(**hooked(receiver.url)))).sinks) == {}
    assert receiver.taken == ["alert:a0000", "alert:a0001", "review:r0-a0001"]
    assert status(ended) == "complete"


def test_it_waits_for_a_receiver_that_comes_up(ended: Path, receiver: Receiver) -> None:
    receiver.answers.extend([(503, {})] * 5)
    assert waiting(deliver(order(ended, a_config(**hooked(receiver.url)))).sinks) == {}
    assert len(receiver.requests) == 8


def test_results_that_were_out_of_reach_go_where_the_deployment_wrote_them(
    start: Restarts, tmp_path: Path
) -> None:
    root = tmp_path / "own"
    root.touch()
    routed = start(record=a_record(NOW), store=open_store(root))
    routed.raise_alert(an_alert())
    assert eventually(lambda: routed.sink_states()[0].last_error)
    start.close()
    root.unlink()
    done = deliver(order(tmp_path, a_config()))
    assert dict(done.carried) == {"parquet": 1}
    assert run_query(open_lake(root), "SELECT alert_id FROM alerts").num_rows == 1
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("changes", "lost", "cut_off"),
    [({"unkept": 2}, 2, False), ({"cut_off": True}, 0, True)],
)
def test_what_is_lost_is_told_and_stays_a_failure(
    ended: Path, receiver: Receiver, changes: dict[str, Any], lost: int, cut_off: bool
) -> None:
    made = figures(record=a_record(NOW), undelivered={"webhook": 3}, **changes)
    save_figures(open_store(ended / "results"), made)
    asked = order(ended, a_config(**hooked(receiver.url)))
    for _ in range(2):
        done = deliver(asked)
        assert (waiting(done.sinks), done.lost, done.cut_off) == ({}, lost, cut_off)
    assert undelivered(ended) == {}
    assert status(ended) == "complete_with_failures"


def test_a_deployment_whose_camera_gave_no_picture_stays_one_with_failures(
    ended: Path, receiver: Receiver
) -> None:
    store = open_store(ended / "results")
    blind = (CameraFigures(camera="north"),)
    save_figures(store, figures(record=a_record(NOW), undelivered={"webhook": 3}, cameras=blind))
    deliver(order(ended, a_config(**hooked(receiver.url))))
    assert undelivered(ended) == {}
    assert status(ended) == "complete_with_failures"


def test_figures_that_cannot_be_updated_are_told_and_the_next_time_mended(
    ended: Path, receiver: Receiver
) -> None:
    asked = order(ended, a_config(**hooked(receiver.url)))
    with refused(ended / "results"):
        done = deliver(asked)
    assert len(receiver.taken) == 3
    assert "Permission denied" in done.trouble
    assert undelivered(ended) == {"webhook": 3}
    assert deliver(asked).trouble == ""
    assert undelivered(ended) == {}
    assert len(receiver.taken) == 3


def test_an_alert_that_cannot_be_read_is_named_and_waits(ended: Path, receiver: Receiver) -> None:
    (router_folder(ended, DEPLOYMENT) / "alerts" / "a0000").write_bytes(b"damaged")
    done = deliver(order(ended, a_config(**hooked(receiver.url))))
    assert receiver.taken == ["alert:a0001", "review:r0-a0001"]
    assert waiting(done.sinks) == {"spool": 1}
    assert done.sinks[-1].last_error == "cannot be read: alerts/a0000"


# What is refused.


@contextmanager
def nothing_delivered(
    home: Path, receiver: Receiver, error: type[LfrError], says: str
) -> Iterator[None]:
    before = lines(home)
    with pytest.raises(error, match=says) as caught:
        yield
    assert "\n" not in str(caught.value)
    assert receiver.requests == []
    assert lines(home) == before


@pytest.mark.parametrize(
    ("alerts", "error", "says"),
    [
        ({}, UsageError, "webhook of .* still waits for alerts, and the configuration has no such"),
        ({"webhook": ..., "json_lines": "feed.jsonl"}, UsageError, "had no json_lines, to which"),
        ({"webhook": "NO_SUCH"}, ConfigError, "set the environment variable NO_SUCH"),
    ],
)
def test_sinks_that_are_not_the_deployments_are_refused(
    ended: Path, receiver: Receiver, alerts: dict[str, Any], error: type[LfrError], says: str
) -> None:
    secret = alerts.get("webhook")
    if secret:
        secret_env = "HOOK_SECRET" if secret is ... else secret
        alerts = {**alerts, "webhook": {"url": receiver.url, "secret_env": secret_env}}
    with nothing_delivered(ended, receiver, error, says):
        deliver(order(ended, a_config(alerts=alerts)))


def test_lines_that_would_go_to_another_file_are_refused(
    start: Restarts, tmp_path: Path, receiver: Receiver
) -> None:
    (tmp_path / "feed.jsonl").mkdir()
    own = {"json_lines": str(tmp_path / "feed.jsonl")}
    routed = start(record=a_record(NOW), alerts=own)
    routed.raise_alert(an_alert())
    assert eventually(lambda: waiting(routed.sink_states()) == {"json_lines": 1})
    start.close()
    with nothing_delivered(tmp_path, receiver, UsageError, r"other.jsonl and was .*feed.jsonl"):
        deliver(order(tmp_path, a_config(alerts={"json_lines": str(tmp_path / "other.jsonl")})))
    (tmp_path / "feed.jsonl").rmdir()
    assert waiting(deliver(order(tmp_path, a_config(alerts=own))).sinks) == {}
    assert json.loads((tmp_path / "feed.jsonl").read_text())["alert_id"] == "a0000"


def test_an_unknown_deployment_is_refused(ended: Path, receiver: Receiver) -> None:
    with nothing_delivered(ended, receiver, RunNotFound, f"recent ones are {DEPLOYMENT}"):
        deliver(order(ended, a_config(), deployment_id="20260101-000000-live-0000"))
    with nothing_delivered(ended, receiver, UsageError, "cannot be the id of a deployment"):
        deliver(order(ended, a_config(), deployment_id="../live"))
    assert len(list((ended / "live").iterdir())) == 1


@contextmanager
def running(home: Path, part: str) -> Iterator[None]:
    """Held as its process, or a router that outlived it, holds it."""
    if part == "driver":
        with held_if_free(home, DEPLOYMENT) as free:
            assert free
            yield
    else:
        with hold(router_folder(home, DEPLOYMENT)):
            yield


@pytest.mark.parametrize("part", ["driver", "router"])
def test_a_deployment_that_runs_is_refused(ended: Path, receiver: Receiver, part: str) -> None:
    asked = order(ended, a_config(**hooked(receiver.url)))
    with (
        running(ended, part),
        nothing_delivered(ended, receiver, RunBusy, "is still running, or somebody"),
    ):
        deliver(asked)


def test_without_its_key_nothing_can_be_delivered(ended: Path, receiver: Receiver) -> None:
    key = router_folder(ended, DEPLOYMENT) / "key"
    asked = order(ended, a_config(**hooked(receiver.url)))
    key.write_bytes(bytes(32))
    with nothing_delivered(ended, receiver, SealBroken, "was destroyed: its alerts cannot be read"):
        deliver(asked)
    key.unlink()
    with nothing_delivered(ended, receiver, SealBroken, "is destroyed: its alerts cannot be read"):
        deliver(asked)
    assert not key.exists()


# Retention goes on.


def test_what_is_over_is_deleted_and_not_delivered(ended: Path, receiver: Receiver) -> None:
    save_record(deployment_folder(ended, DEPLOYMENT), a_record(NOW - timedelta(days=40)))
    with pytest.raises(LiveError, match=r"retention period of .* ended on .*: its alerts are del"):
        deliver(order(ended, a_config(**hooked(receiver.url))))
    assert receiver.requests == []
    assert not router_folder(ended, DEPLOYMENT).exists()
    assert [event for event, _ in lines(ended)] == ["retention.delete"] * 2 + ["retention.done"]


def test_an_alert_whose_time_is_over_is_deleted_first(
    start: Restarts, tmp_path: Path, receiver: Receiver
) -> None:
    """Its raising was 30 hours ago by the time of its file, since it cannot be read."""
    day = {"retention": {"profile": "day"}}
    routed = start(record=a_record(NOW - timedelta(hours=31), 90.0), **hooked(), **day)
    for number in range(2):
        routed.raise_alert(an_alert(number))
    start.close()
    old = router_folder(tmp_path, DEPLOYMENT) / "alerts" / "a0000"
    old.write_bytes(b"cannot be read any more")
    long_ago = (NOW - timedelta(hours=30)).timestamp()
    os.utime(old, (long_ago, long_ago))
    standard = a_config(**hooked(receiver.url), s3={"endpoint_url": "http://elsewhere"})
    done = deliver(order(tmp_path, standard))
    assert receiver.taken == ["alert:a0001"]
    assert waiting(done.sinks) == {}
    assert not old.exists()
    terms = read_terms(LocalStore(router_folder(tmp_path, DEPLOYMENT)))
    assert terms is not None
    assert terms.retention_h == 24.0, "another configuration does not prolong it"
    assert terms.s3 == S3Config(), "nor does it send later sweeps elsewhere"


def test_what_is_deleted_meanwhile_is_passed_over_and_stays_in_the_figures(
    ended: Path, receiver: Receiver
) -> None:
    receiver.answers.extend([(204, {}), *[(503, {})] * 1000])
    late = Sweep(ended, (), NOW + timedelta(days=32), "j.doe")
    answers: list[Any] = []
    timer = Timer(0.5, lambda: answers.append(sweep(late)))
    timer.start()
    done = deliver(order(ended, a_config(**hooked(receiver.url))))
    timer.join()
    (swept,) = answers[0]
    assert (swept.state, swept.alerts) == ("deleted", 2)
    assert receiver.taken == ["alert:a0000"]
    assert (waiting(done.sinks), done.carried["webhook"]) == ({}, 1)
    assert undelivered(ended) == {"webhook": 2}
    assert status(ended) == "complete_with_failures"


def test_a_deployment_that_never_had_alerts_has_nothing_to_deliver(tmp_path: Path) -> None:
    save_record(deployment_folder(tmp_path, DEPLOYMENT), a_record(NOW))
    assert deliver(order(tmp_path, a_config())) == Delivered(())
    assert not router_folder(tmp_path, DEPLOYMENT).exists()
    assert lines(tmp_path) == []
