from __future__ import annotations

import os
import pickle
import stat
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import LiveError, RunBusy, SealBroken, StoreFull, UsageError
from lfr_batch.live.alerts import spool
from lfr_batch.live.alerts.protocol import AlertRouter
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.alerts.sealed import load_seal
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.records import Alert, LiveCounts
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.storage.local_store import LocalStore
from tests.live.conftest import Restarts
from tests.live.crash import crash_report, killed_while_raising
from tests.live.made import (
    BEST_SHOT,
    DEPLOYMENT,
    GALLERY_PICTURE,
    STARTED,
    a_review,
    an_alert,
    health,
    opened,
)
from tests.live.receiver import eventually
from tests.results.test_store import files_of_at_most


def same(found: Alert | None, handed: Alert) -> bool:
    """All but what raising it adds."""
    assert found is not None
    expected = replace(handed, raised_at=found.raised_at, times=found.times)
    return bool(pickle.loads(pickle.dumps(found)) == expected)


def test_it_is_what_everybody_else_knows(router: Router) -> None:
    known: AlertRouter = router
    assert (known.alerts(), known.reviews(), known.health()) == ((), (), ())
    assert known.counts() == LiveCounts()


def test_an_alert_is_raised_once_and_shown_with_its_pictures(router: Router) -> None:
    alert = an_alert()
    assert router.raise_alert(alert)
    assert router.raise_alert(alert)
    (shown,) = router.alerts()
    assert same(shown, alert)
    assert shown.raised_at > alert.raised_at
    waited = (shown.raised_at - alert.captured_at).total_seconds()
    assert shown.times.total_s == pytest.approx(waited, abs=1e-3)
    assert router.alert(alert.alert_id) == shown
    assert router.alert("unknown") is None


def test_alerts_are_newest_first_and_no_more_than_wanted(router: Router) -> None:
    for number in (3, 1, 2):
        assert router.raise_alert(an_alert(number))
    assert [alert.alert_id for alert in router.alerts()] == ["a0002", "a0001", "a0003"]
    assert [alert.alert_id for alert in router.alerts(limit=1)] == ["a0002"]


def test_within_the_cool_down_nothing_is_kept(router: Router, tmp_path: Path) -> None:
    first = an_alert()
    soon = an_alert(alert_id="soon", captured_at=STARTED + timedelta(seconds=30))
    later = an_alert(alert_id="later", captured_at=STARTED + timedelta(seconds=60))
    assert [router.raise_alert(alert) for alert in (first, soon, later)] == [True, False, True]
    assert router.alert("soon") is None
    sealed = router_folder(tmp_path, DEPLOYMENT) / "alerts"
    assert sorted(path.name for path in sealed.iterdir()) == ["a0000", "later"]


def test_reviews_decide_and_the_same_review_again_is_nothing_new(router: Router) -> None:
    for number in range(3):
        router.raise_alert(an_alert(number))
    for review in (
        a_review("a0000", "no_match", number=1),
        a_review("a0000", "match", "arrested", number=2),
        a_review("a0000", "match", "arrested", number=2),
        a_review("a0001", "no_match", "engaged", number=3),
    ):
        router.review(review)
    router.report_health(health("north", 40))
    router.report_health(health("north", 50))
    router.report_health(health("south", 50))
    assert router.counts() == LiveCounts(100, 3, 1, 1, 1, {"arrested": 1, "engaged": 1})
    assert len(router.reviews()) == 3
    assert [each.camera for each in router.health()] == ["north", "south"]
    with pytest.raises(UsageError, match="there is no alert 'a0009'"):
        router.review(a_review("a0009"))


@pytest.mark.parametrize(
    "changes", [{"alert_id": "../key"}, {"alert_id": "a.b"}, {"deployment_id": "another"}]
)
def test_what_is_not_of_this_deployment_is_refused(router: Router, changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        router.raise_alert(an_alert(**changes))
    with pytest.raises(UsageError):
        router.review(a_review(**{"alert_id": "a0000", **changes}))
    assert router.alerts() == ()


def test_events_tell_what_has_changed_and_wait_for_it(router: Router) -> None:
    router.raise_alert(an_alert())
    router.review(a_review("a0000"))
    for faces in (1, 2):
        router.report_health(health("north", faces))
    told = router.events(0, 1.0)
    found = [(e.kind, e.id) for e in told if e.kind != "sink"]
    assert found == [("alert", "a0000"), ("review", "r0-a0000"), ("health", "north")]
    assert eventually(lambda: router.sink_states()[0].waiting == 0)
    after = router.events(0, 0.0)[-1].number
    assert router.events(after, 0.01) == ()
    timer = threading.Timer(0.1, router.report_health, [health("south", 1)])
    timer.start()
    (event,) = router.events(after, 10.0)
    timer.join()
    assert (event.kind, event.id) == ("health", "south")
    assert event.number > after


def test_many_threads_raise_and_look_at_once(router: Router) -> None:
    def work(first: int) -> None:
        for number in range(first, first + 10):
            assert router.raise_alert(an_alert(number))
            router.review(a_review(f"a{number:04d}", number=number))
            assert router.alert(f"a{number:04d}") in router.alerts()

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert router.counts() == LiveCounts(0, 40, 40, 0, 0, {})
    assert eventually(lambda: router.sink_states()[0].waiting == 0)


def test_a_restart_goes_on_where_it_was(start: Restarts) -> None:
    first = start()
    for number in range(3):
        first.raise_alert(an_alert(number))
    first.review(a_review("a0001", "no_match"))
    first.report_health(health("north", 70))
    last = first.events(0, 0.0)[-1].number
    second = start()
    assert [alert.alert_id for alert in second.alerts()] == ["a0002", "a0001", "a0000"]
    assert same(second.alert("a0001"), an_alert(1))
    assert second.reviews() == (a_review("a0001", "no_match"),)
    assert second.counts() == LiveCounts(70, 3, 0, 1, 2, {})
    again = an_alert(1, alert_id="again", captured_at=an_alert(1).captured_at)
    assert not second.raise_alert(again)
    assert second.raise_alert(an_alert(1))
    assert second.counts().alerts == 3
    second.report_health(health("north", 5))
    assert second.counts().faces_seen == 75
    told = {(event.kind, event.id) for event in second.events(last, 0.0)}
    assert {("alert", "a0000"), ("review", "r0-a0001")} <= told


def test_when_it_was_raised_is_the_same_on_the_disk_and_everywhere(
    start: Restarts, tmp_path: Path
) -> None:
    first = start()
    assert first.raise_alert(an_alert())
    assert eventually(lambda: first.sink_states()[0].waiting == 0)
    shown = first.alert("a0000")
    assert shown is not None
    folder = LocalStore(router_folder(tmp_path, DEPLOYMENT))
    sealed = spool.Spool(folder, load_seal(folder, DEPLOYMENT)).read("alerts/a0000")
    assert sealed.record == shown
    query = "SELECT raised_at, raise_s FROM alerts"
    (row,) = run_query(open_lake(open_store(tmp_path / "results").uri), query).to_pylist()
    assert row == {"raised_at": shown.raised_at, "raise_s": shown.times.raise_s}
    assert start().alert("a0000") == shown


def test_one_router_at_a_time(
    router: Router, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_TRIES", 2)
    with pytest.raises(RunBusy, match="another process routes the alerts"):
        opened(tmp_path)


def test_a_closed_router_raises_nothing_more(router: Router) -> None:
    router.close()
    router.close()
    with pytest.raises(LiveError, match="closed"):
        router.raise_alert(an_alert())


def test_sealed_files_are_private_and_hold_nothing_readable(
    start: Restarts, tmp_path: Path
) -> None:
    router = start()
    router.raise_alert(an_alert(subject_id="WANTED-PERSON"))
    router.review(a_review("a0000", reason="a scar on the left cheek"))
    start.close()
    files = [p for p in router_folder(tmp_path, DEPLOYMENT).rglob("*") if p.is_file()]
    assert {"a0000", "a0000.r0-a0000", "key"} <= {path.name for path in files}
    for path in files:
        data = path.read_bytes()
        for secret in (BEST_SHOT, GALLERY_PICTURE, b"WANTED-PERSON", b"scar", b"\xff\xd8\xff"):
            assert secret not in data
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_biometric_is_logged(
    start: Restarts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        router = start(alerts={"json_lines": str(tmp_path)})
        router.raise_alert(an_alert(subject_id="WANTED-PERSON", score=0.61234))
        router.review(a_review("a0000", reason="a scar"))
        assert eventually(lambda: router.sink_states()[0].last_error)
    assert "alert a0000 of camera north raised" in caplog.text
    for secret in ("WANTED", "0.6123", "CANARY", "scar"):
        assert secret not in caplog.text


def test_a_damaged_alert_is_named_and_does_not_stop_the_others(
    start: Restarts, tmp_path: Path
) -> None:
    first = start()
    for number in range(3):
        first.raise_alert(an_alert(number))
    start.close()
    path = router_folder(tmp_path, DEPLOYMENT) / "alerts" / "a0001"
    data = bytearray(path.read_bytes())
    data[500] ^= 1
    path.write_bytes(data)
    second = start()
    assert [alert.alert_id for alert in second.alerts()] == ["a0002", "a0000"]
    assert second.sink_states()[-1].last_error == "cannot be read: alerts/a0001"
    assert second.raise_alert(an_alert(3))


def test_without_its_key_a_deployment_cannot_go_on(start: Restarts, tmp_path: Path) -> None:
    start().raise_alert(an_alert())
    start.close()
    (router_folder(tmp_path, DEPLOYMENT) / "key").unlink()
    with pytest.raises(SealBroken, match=r"the key of deployment .* is not there"):
        start()


def test_a_write_that_is_cut_off_is_not_raised_and_may_be_tried_again(
    router: Router, tmp_path: Path
) -> None:
    with files_of_at_most(1000):
        with pytest.raises(StoreFull):
            router.raise_alert(an_alert())
        assert [alert.kept for alert in router.alerts()] == [False]
    assert list((router_folder(tmp_path, DEPLOYMENT) / "alerts").iterdir()) == []
    assert eventually(lambda: router.counts().unkept == 0)
    assert router.raise_alert(an_alert())


def test_on_a_full_disk_what_was_raised_stays_and_what_was_not_is_said(
    tiny_disk: Path, tmp_path: Path
) -> None:
    big = {"best_shot_jpeg": os.urandom(30_000)}
    router = opened(tiny_disk, open_store(tmp_path / "results"))
    raised: list[str] = []

    def fill() -> None:
        for number in range(20):
            assert router.raise_alert(an_alert(number, **big))
            raised.append(f"a{number:04d}")

    with pytest.raises(StoreFull, match="is full; free space and try again"):
        fill()
    assert 3 < len(raised) < 10
    router.report_health(health("north", 3))
    router.close()
    router = opened(tiny_disk, open_store(tmp_path / "results"))
    assert [alert.alert_id for alert in reversed(router.alerts())] == raised
    router.close()


def test_a_process_killed_while_raising_loses_nothing_it_acknowledged() -> None:
    """Before every change of a name on the disk: what is there is whole, and raising it again
    ends as if nothing had been."""
    steps = crash_report("raise")
    assert [step["killed"] for step in steps] == [True] * (len(steps) - 1) + [False]
    assert len(steps) >= 8
    for step in steps:
        assert step["acknowledged"] <= step["after_kill"]["alerts"] <= step["acknowledged"] + 1
        assert step["after_kill"]["halves"] == 0
        assert step["after_retry"] == steps[-1]["after_retry"]
    assert steps[-1]["after_retry"]["alerts"] == 3


def test_a_process_killed_at_any_moment_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    acknowledged = killed_while_raising(tmp_path, after=15)
    assert len(acknowledged) >= 15
    router = opened(tmp_path)
    there = {alert.alert_id for alert in router.alerts()}
    assert set(acknowledged) <= there
    assert len(there) <= len(acknowledged) + 1
    assert not [p for p in router_folder(tmp_path, DEPLOYMENT).rglob(".*") if p.is_file()]
    assert eventually(lambda: router.sink_states()[0].waiting == 0)
    router.close()
