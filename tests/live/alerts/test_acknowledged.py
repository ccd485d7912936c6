from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.errors import LiveError, UsageError
from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.alerts.acknowledged import Acknowledgements
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.records import Acknowledged
from tests.live.conftest import Restarts
from tests.live.made import DEPLOYMENT, STARTED, a_record, an_alert

FIRST = Acknowledged("pc.1234", STARTED)
SECOND = Acknowledged("pc.5678", STARTED + timedelta(minutes=1))


def opened(home: Path) -> Acknowledgements:
    return Acknowledgements(router_folder(home, DEPLOYMENT), DEPLOYMENT)


def test_the_first_one_counts_also_after_a_new_start(start: Restarts, tmp_path: Path) -> None:
    start().raise_alert(an_alert())
    known = opened(tmp_path)
    assert known.of("a0000") is None
    known.add("a0000", FIRST)
    known.add("a0000", SECOND)
    assert known.of("a0000") == FIRST
    again = opened(tmp_path)
    again.add("a0000", SECOND)
    assert again.of("a0000") == opened(tmp_path).of("a0000") == FIRST
    start()
    assert opened(tmp_path).of("a0000") == FIRST, "a new router leaves them alone"


def test_nobody_can_read_who_it_was_or_move_it_to_another_alert(
    start: Restarts, tmp_path: Path
) -> None:
    start().raise_alert(an_alert())
    opened(tmp_path).add("a0000", FIRST)
    path = router_folder(tmp_path, DEPLOYMENT) / "acknowledged" / "a0000"
    assert b"pc.1234" not in path.read_bytes()
    path.rename(path.with_name("a0001"))
    assert opened(tmp_path).of("a0001") is None
    with pytest.raises(UsageError, match="cannot be an id"):
        opened(tmp_path).add("../key", FIRST)


@pytest.mark.parametrize("alive", [True, False])
def test_it_is_deleted_with_its_alert(start: Restarts, tmp_path: Path, alive: bool) -> None:
    record = a_record(datetime.now(UTC), keep_h=1000.0)
    router = start(record=record, retention={"hours": 10.0})
    for number in range(2):
        router.raise_alert(an_alert(number))
        opened(tmp_path).add(f"a000{number}", FIRST)
    if not alive:
        start.close()
    (done,) = sweep(Sweep(tmp_path, (), datetime.now(UTC) + timedelta(hours=11), "j.doe"))
    assert (done.alerts, done.whole) == (2, False)
    assert list((router_folder(tmp_path, DEPLOYMENT) / "acknowledged").iterdir()) == []


def test_where_there_are_no_alerts_there_is_nothing_to_take_on(tmp_path: Path) -> None:
    with pytest.raises(LiveError, match="are not there, or not any more"):
        opened(tmp_path).add("a0000", FIRST)
    assert not router_folder(tmp_path, DEPLOYMENT).exists()
