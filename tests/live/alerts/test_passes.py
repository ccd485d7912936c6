from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.errors import LiveError, UsageError
from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.deployment.folders import deployment_folder, router_folder
from lfr_batch.live.deployment.volunteers_file import VOLUNTEERS
from lfr_batch.oversight import audit
from tests.live.conftest import Restarts
from tests.live.made import DEPLOYMENT, a_record, an_alert
from tests.live.seeded import a_pass, kept_passes, seed


def test_they_are_there_after_a_new_start_earliest_first(start: Restarts, tmp_path: Path) -> None:
    start()
    assert kept_passes(tmp_path).all() == ()
    for made in (a_pass(60), a_pass(0), a_pass(0, "S001")):
        kept_passes(tmp_path).keep(made)
    start()
    assert kept_passes(tmp_path).all() == (a_pass(0), a_pass(0, "S001"), a_pass(60))


def test_one_that_is_taken_back_stays_as_such(start: Restarts, tmp_path: Path) -> None:
    start()
    for is_back in (False, True):
        kept_passes(tmp_path).keep(a_pass(0, taken_back=is_back))
    assert kept_passes(tmp_path).all() == (a_pass(0, taken_back=True),)


def test_nobody_can_read_whose_it_was(start: Restarts, tmp_path: Path) -> None:
    start()
    kept_passes(tmp_path).keep(a_pass(0))
    (path,) = (router_folder(tmp_path, DEPLOYMENT) / "passes").iterdir()
    assert b"S000" not in path.read_bytes()
    path.rename(path.with_name("another"))
    assert kept_passes(tmp_path).all() == ()
    with pytest.raises(UsageError, match="cannot be an id"):
        kept_passes(tmp_path).keep(a_pass(0, pass_id="../key"))


def test_without_alerts_there_are_no_passes(tmp_path: Path) -> None:
    assert kept_passes(tmp_path).all() == ()
    with pytest.raises(LiveError, match="are not there"):
        kept_passes(tmp_path).keep(a_pass(0))


@pytest.mark.parametrize("alive", [True, False])
def test_each_is_deleted_when_an_alert_of_its_moment_is(
    start: Restarts, tmp_path: Path, alive: bool
) -> None:
    now = datetime.now(UTC)
    start(record=a_record(now, keep_h=1000.0), retention={"hours": 10.0})
    kept_passes(tmp_path).keep(a_pass(0, at=now))
    kept_passes(tmp_path).keep(a_pass(1, at=now + timedelta(hours=2)))
    if not alive:
        start.close()
    later = now + timedelta(hours=11)
    (due,) = sweep(Sweep(tmp_path, (), later, "j.doe", dry_run=True))
    assert (due.state, len(kept_passes(tmp_path).all())) == ("due", 2)
    (done,) = sweep(Sweep(tmp_path, (), later, "j.doe"))
    assert (done.state, done.alerts) == ("deleted", 0)
    assert [each.at for each in kept_passes(tmp_path).all()] == [now + timedelta(hours=2)]
    said = {each["event"]: each for each in audit.entries(tmp_path)}
    assert said["retention.delete_passes"]["passes"] == said["retention.done"]["passes"] == 1
    assert sweep(Sweep(tmp_path, (), later, "j.doe")) == ()


@pytest.mark.parametrize("with_alert", [True, False])
def test_at_the_end_of_its_period_nothing_is_left(
    start: Restarts, tmp_path: Path, with_alert: bool
) -> None:
    seed(tmp_path)
    record = a_record(datetime.now(UTC), keep_h=10.0)
    router = start(record=record)
    if with_alert:
        router.raise_alert(an_alert())
    kept_passes(tmp_path).keep(a_pass(0))
    start.close()
    sweep(Sweep(tmp_path, (), record.keep_until + timedelta(seconds=1), "j.doe"))
    assert not router_folder(tmp_path, DEPLOYMENT).exists()
    assert not (deployment_folder(tmp_path, DEPLOYMENT) / VOLUNTEERS).exists()
