from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lfr_batch.live.afterwards.retention import Sweep, Swept, sweep
from lfr_batch.live.alerts.sinks.parquet import alert_part
from lfr_batch.live.deployment.changes import Changes
from lfr_batch.live.deployment.changes_file import load_changes, save_changes
from lfr_batch.live.deployment.folders import deployment_folder, router_folder, save_record
from lfr_batch.live.records import LiveCounts
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.storage.store import Store
from tests.live.conftest import Restarts
from tests.live.crash import crash_report
from tests.live.made import DEPLOYMENT, a_record, a_review, an_alert
from tests.live.receiver import eventually
from tests.refused import refused

DAY = {"retention": {"profile": "day"}}


def order(home: Path, after: timedelta, *stores: Store, dry_run: bool = False) -> Sweep:
    """A sweep that runs ``after`` the alerts of this test were raised."""
    return Sweep(home, stores, datetime.now(UTC) + after, "j.doe", dry_run)


def delivered(start: Restarts, home: Path, **how: Any) -> None:
    """A deployment that began just now with two alerts, the first of them reviewed, everywhere."""
    router = start(
        record=a_record(datetime.now(UTC), how.pop("keep_h", 744.0)),
        **{"alerts": {"json_lines": str(home / "feed.jsonl")}, **how},
    )
    for number in range(2):
        router.raise_alert(an_alert(number))
    router.review(a_review("a0000", "no_match", "engaged"))
    assert eventually(lambda: not any(state.waiting for state in router.sink_states()))


def files_with_alerts(home: Path) -> list[str]:
    """Everything that holds an alert, or its name."""
    found = [p for p in home.rglob("*") if p.is_file() and "audit" not in p.parts]
    hits = [p for p in found if "a000" in p.name or b"a000" in p.read_bytes()]
    return sorted(str(p.relative_to(home)) for p in hits)


def test_before_its_time_nothing_is_deleted(start: Restarts, tmp_path: Path) -> None:
    delivered(start, tmp_path)
    start.close()
    there = files_with_alerts(tmp_path)
    assert len(there) == 7
    assert sweep(order(tmp_path, timedelta(days=30, hours=23))) == ()
    assert files_with_alerts(tmp_path) == there
    assert verify(tmp_path).entries == 0


def test_after_31_days_nothing_of_the_deployment_is_left_but_its_record(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    (done,) = sweep(order(tmp_path, timedelta(days=31, hours=7)))
    assert (done.state, done.alerts, done.whole) == ("deleted", 2, True)
    assert files_with_alerts(tmp_path) == []
    assert not router_folder(tmp_path, DEPLOYMENT).exists()
    assert (deployment_folder(tmp_path, DEPLOYMENT) / "deployment.json").exists()
    assert (tmp_path / "feed.jsonl").read_text() == ""
    lake = open_lake(tmp_path / "results")
    for view in ("alerts", "reviews"):
        assert run_query(lake, f"SELECT * FROM {view}").num_rows == 0
    assert alerts_in(tmp_path / "results" / "views.sql") == 0
    lines = list(audit.entries(tmp_path))
    assert [(line["event"], line.get("alert_id")) for line in lines] == [
        ("retention.delete", "a0000"),
        ("retention.delete", "a0001"),
        ("retention.done", None),
    ]
    assert {line["deployment_id"] for line in lines} == {DEPLOYMENT}
    assert {line["by"] for line in lines} == {"j.doe"}
    assert all(line["rule"].startswith("deployment kept until ") for line in lines)
    assert (lines[-1]["alerts"], lines[-1]["whole"]) == (2, True)
    assert not {"score", "subject_id", "image_id"} & {key for line in lines for key in line}


def test_a_second_sweep_finds_nothing(start: Restarts, tmp_path: Path) -> None:
    delivered(start, tmp_path)
    start.close()
    late = order(tmp_path, timedelta(days=40), open_store(tmp_path / "results"))
    assert len(sweep(late)) == 1
    before = verify(tmp_path)
    assert sweep(late) == ()
    assert verify(tmp_path) == before


def test_a_dry_run_says_what_is_due_and_changes_nothing(start: Restarts, tmp_path: Path) -> None:
    delivered(start, tmp_path)
    start.close()
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    (due,) = sweep(order(tmp_path, timedelta(days=40), dry_run=True))
    assert (due.state, due.alerts, due.whole) == ("due", 2, True)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_running_deployment_forgets_what_is_older_than_a_day_and_still_counts_it(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path, keep_h=48.0, **DAY)
    router = start(
        record=a_record(datetime.now(UTC) - timedelta(hours=23), 48.0),
        alerts={"json_lines": str(tmp_path / "feed.jsonl")},
        **DAY,
    )
    assert sweep(order(tmp_path, timedelta(hours=23))) == ()
    (done,) = sweep(order(tmp_path, timedelta(hours=25)))
    assert done == Swept(DEPLOYMENT, "deleted", "alerts kept for 24 h", 2, whole=False)
    assert router.counts() == LiveCounts(0, 2, 0, 1, 1, {"engaged": 1})
    assert (router.alerts(), router.reviews()) == ((), ())
    assert router.alert("a0000") is None
    names = {Path(name).name for name in files_with_alerts(tmp_path)}
    assert names == {"a0000.json", "a0001.json"}
    assert router.raise_alert(an_alert(0))
    assert router.raise_alert(an_alert(5))
    assert eventually(lambda: not any(state.waiting for state in router.sink_states()))
    assert [alert.alert_id for alert in router.alerts()] == ["a0005"]
    assert router.counts().alerts == 3
    assert start(record=a_record()).counts().alerts == 3


def test_an_alert_younger_than_the_period_stays(start: Restarts, tmp_path: Path) -> None:
    delivered(start, tmp_path, keep_h=48.0, **DAY)
    router = start(record=a_record(datetime.now(UTC) - timedelta(hours=30), 90.0), **DAY)
    old = router_folder(tmp_path, DEPLOYMENT) / "alerts" / "a0000"
    old.write_bytes(b"cannot be read any more")
    long_ago = (datetime.now(UTC) - timedelta(hours=30)).timestamp()
    os.utime(old, (long_ago, long_ago))
    (done,) = sweep(order(tmp_path, timedelta(hours=1)))
    assert (done.state, done.alerts) == ("deleted", 1)
    assert [alert.alert_id for alert in router.alerts()] == ["a0001"]
    assert not old.exists()


def alerts_in(views: Path) -> int:
    """As DuckDB alone has them."""
    plain = duckdb.connect()
    plain.execute(views.read_text())
    return int(plain.sql("FROM alerts").to_arrow_table().num_rows)


def test_an_alert_after_a_sweep_that_took_all_others_is_in_the_views(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path, retention={"hours": 1.0})
    assert sweep(order(tmp_path, timedelta(hours=2)))
    views = tmp_path / "results" / "views.sql"
    assert alerts_in(views) == 0
    router = start.latest
    assert router.raise_alert(an_alert(5))
    assert eventually(lambda: not any(state.waiting for state in router.sink_states()))
    assert alerts_in(views) == 1


def test_who_had_changed_on_the_watchlist_goes_with_the_last_alerts(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    folder = deployment_folder(tmp_path, DEPLOYMENT)
    save_changes(folder, Changes("before", ("a", "1"), ("b", "2"), new=("S. Omebody",)))
    assert sweep(order(tmp_path, timedelta(days=30))) == ()
    assert load_changes(folder) is not None
    assert sweep(order(tmp_path, timedelta(days=40), dry_run=True))
    assert load_changes(folder) is not None
    assert sweep(order(tmp_path, timedelta(days=40)))
    assert load_changes(folder) is None
    assert sweep(order(tmp_path, timedelta(days=40))) == ()
    save_changes(folder, Changes("before", ("a", "1"), ("b", "2")))  # its router never came to be
    (due,) = sweep(order(tmp_path, timedelta(days=40), dry_run=True))
    (done,) = sweep(order(tmp_path, timedelta(days=40)))
    assert (due.state, done.state, done.whole) == ("due", "deleted", True)
    assert load_changes(folder) is None


def test_a_living_router_keeps_its_key_until_it_has_ended(start: Restarts, tmp_path: Path) -> None:
    delivered(start, tmp_path)
    late = order(tmp_path, timedelta(days=40))
    (done,) = sweep(late)
    assert (done.state, done.alerts, done.whole) == ("deleted", 2, False)
    assert (router_folder(tmp_path, DEPLOYMENT) / "key").exists()
    start.close()
    (done,) = sweep(late)
    assert (done.state, done.alerts, done.whole) == ("deleted", 0, True)
    assert not router_folder(tmp_path, DEPLOYMENT).exists()


@pytest.mark.parametrize("kind", ["disk", "bucket"])
def test_a_results_root_alone_is_swept_by_what_its_alerts_say(
    start: Restarts, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    root = (
        str(tmp_path / "lake")
        if kind == "disk"
        else f"s3://{request.getfixturevalue('bucket')}/lake"
    )
    store = open_store(root)
    delivered(start, tmp_path, store=store)
    start.close()
    other_home = tmp_path / "other"
    assert sweep(order(other_home, timedelta(days=30), store)) == ()
    (done,) = sweep(order(other_home, timedelta(days=32), store))
    assert done == Swept(DEPLOYMENT, "deleted", "keep_until of the alert", 2, whole=False)
    assert store.list("alerts") == store.list("reviews") == ()
    assert run_query(open_lake(root), "SELECT * FROM alerts").num_rows == 0
    assert verify(other_home).entries == 3


def test_what_was_delivered_behind_the_sweeps_back_goes_with_the_next(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    store = open_store(tmp_path / "results")
    part = store.read(alert_part(DEPLOYMENT, "a0000"))
    half = tmp_path / "results" / "alerts" / f"run_id={DEPLOYMENT}" / ".a0000.parquet.123"
    half.write_bytes(part)
    late = order(tmp_path, timedelta(days=40), store)
    sweep(late)
    store.write_atomic(alert_part(DEPLOYMENT, "a0000"), part)
    (done,) = sweep(late)
    assert (done.state, done.alerts) == ("deleted", 1)
    assert files_with_alerts(tmp_path) == []


def test_a_root_out_of_reach_is_told_and_tried_again_while_the_rest_goes(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    late = order(tmp_path, timedelta(days=40))
    with refused(tmp_path / "results"):
        (failed,) = sweep(late)
    assert failed.state == "failed"
    assert "Permission denied" in failed.detail
    assert not (router_folder(tmp_path, DEPLOYMENT) / "key").exists()
    there = files_with_alerts(tmp_path)
    assert {name.split("/")[0] for name in there} == {"results"}
    (done,) = sweep(late)
    assert (done.state, done.alerts, done.whole) == ("deleted", 2, True)
    assert files_with_alerts(tmp_path) == []
    events = [line["event"] for line in audit.entries(tmp_path)]
    assert events == ["retention.delete"] * 2 + ["retention.done"]


def test_a_damaged_deployment_does_not_keep_others_from_being_swept(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    other = deployment_folder(tmp_path, "another-1")
    save_record(other, a_record())
    (other / "deployment.json").write_text("{}")
    failed, done = sorted(
        sweep(order(tmp_path, timedelta(days=40))), key=lambda s: s.state != "failed"
    )
    assert (failed.deployment_id, failed.state) == ("another-1", "failed")
    assert "deployment.json is damaged" in failed.detail
    assert (done.deployment_id, done.state) == (DEPLOYMENT, "deleted")


def test_alerts_without_their_deployments_record_are_swept_by_their_own_time(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    (deployment_folder(tmp_path, DEPLOYMENT) / "deployment.json").unlink()
    assert sweep(order(tmp_path, timedelta(days=30))) == ()
    (done,) = sweep(order(tmp_path, timedelta(days=32)))
    assert (done.state, done.alerts) == ("deleted", 2)
    assert {Path(name).suffix for name in files_with_alerts(tmp_path)} == {".json"}


def test_a_new_results_root_does_not_make_the_old_one_forgotten(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path, store=open_store(tmp_path / "first"))
    router = start(store=open_store(tmp_path / "second"), record=a_record(datetime.now(UTC)))
    router.raise_alert(an_alert(7))
    assert eventually(lambda: not any(state.waiting for state in router.sink_states()))
    start.close()
    sweep(order(tmp_path, timedelta(days=40)))
    assert files_with_alerts(tmp_path) == []


@pytest.mark.parametrize("scenario", ["sweep", "sweep_some"])
def test_a_sweep_killed_half_way_and_run_again_ends_in_the_same_state(scenario: str) -> None:
    steps = crash_report(scenario)
    assert [step["killed"] for step in steps] == [True] * (len(steps) - 1) + [False]
    assert len(steps) > 6
    end = steps[-1]["after_retry"]
    assert (end["deleted"], end["done"]) == (["a0000", "a0001"], [2])
    for step in steps:
        assert step["after_retry"] == end


def linked(path: Path) -> None:
    """The file is elsewhere, and a link lies in its place."""
    path.rename(path.with_name("hidden.jsonl"))
    path.symlink_to("hidden.jsonl")


def test_of_a_file_that_became_a_link_what_it_leads_to_is_deleted(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    linked(tmp_path / "feed.jsonl")
    (done,) = sweep(order(tmp_path, timedelta(days=31, hours=7)))
    assert (done.state, done.alerts) == ("deleted", 2)
    assert (tmp_path / "hidden.jsonl").read_text() == ""
    assert files_with_alerts(tmp_path) == []


def test_of_a_file_with_another_name_nothing_is_said_to_be_deleted(
    start: Restarts, tmp_path: Path
) -> None:
    delivered(start, tmp_path)
    start.close()
    (tmp_path / "hidden.jsonl").hardlink_to(tmp_path / "feed.jsonl")
    late = order(tmp_path, timedelta(days=31, hours=7))
    (failed,) = sweep(late)
    assert failed.state == "failed"
    assert "feed.jsonl has another name (hard links)" in failed.detail
    (tmp_path / "hidden.jsonl").unlink()
    (done,) = sweep(late)
    assert (done.state, done.alerts) == ("deleted", 2)
    assert files_with_alerts(tmp_path) == []


def test_a_folder_that_is_a_link_may_lead_elsewhere_later(start: Restarts, tmp_path: Path) -> None:
    real, other, link = tmp_path / "real", tmp_path / "other", tmp_path / "link"
    real.mkdir()
    other.mkdir()
    link.symlink_to(real)
    delivered(start, tmp_path, alerts={"json_lines": str(link / "feed.jsonl")})
    start.close()
    link.unlink()
    link.symlink_to(other)
    (done,) = sweep(order(tmp_path, timedelta(days=31, hours=7)))
    assert (done.state, done.alerts) == ("deleted", 2)
    assert files_with_alerts(tmp_path) == []


def test_a_home_without_deployments_has_nothing_to_sweep(tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    assert sweep(order(tmp_path, timedelta(), open_store(tmp_path / "results"))) == ()
    assert not tmp_path.exists()
