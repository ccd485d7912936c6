"""On a disk without room alerts are shown at once, and written as soon as there is room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import StoreFull
from lfr_batch.live.alerts import router as routing
from lfr_batch.live.alerts.progress import SPOOL
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.records import LiveCounts
from lfr_batch.results.store import open_store
from tests.live.full_disk import filled
from tests.live.made import (
    DEPLOYMENT,
    a_config,
    a_record,
    a_review,
    an_alert,
    health,
    opened,
)
from tests.live.receiver import eventually

BIG = os.urandom(30_000)


@pytest.fixture(autouse=True)
def _soon_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "KEEP_EVERY_S", 0.05)


@pytest.fixture
def small(tiny_disk: Path, tmp_path: Path) -> Iterator[Router]:
    """With its home on a small disk; the results are on another."""
    made = opened(tiny_disk, open_store(tmp_path / "results"))
    yield made
    made.close()


def refused(router: Router, number: int, **changes: Any) -> str:
    with pytest.raises(StoreFull) as caught:
        router.raise_alert(an_alert(number, best_shot_jpeg=BIG, **changes))
    return str(caught.value)


def trouble(router: Router) -> str | None:
    found = {state.name: state.last_error for state in router.sink_states()}
    return found.get(SPOOL)


def sink_events(router: Router) -> list[int]:
    return [e.number for e in router.events(0, 0.0) if (e.kind, e.id) == ("sink", SPOOL)]


def test_alerts_without_room_are_shown_and_written_in_their_turn(
    small: Router, tiny_disk: Path, tmp_path: Path
) -> None:
    assert small.raise_alert(an_alert(0))
    assert trouble(small) is None
    with filled(tiny_disk):
        for number in (1, 2):
            assert "is full; free space" in refused(small, number)
        shown = [(alert.alert_id, alert.kept) for alert in small.alerts()]
        assert shown == [("a0002", False), ("a0001", False), ("a0000", True)]
        assert small.alerts()[0].best_shot_jpeg == BIG
        assert small.counts() == LiveCounts(0, 3, 0, 0, 3, {}, unkept=2)
        assert "alerts cannot be kept (2 are only shown)" in (trouble(small) or "")
        assert {("alert", "a0001"), ("alert", "a0002")} <= {
            (event.kind, event.id) for event in small.events(0, 0.0)
        }
        (began,) = sink_events(small)
        assert refused(small, 1)  # its camera offers it again, and it stays one alert
        within_the_cool_down = an_alert(9, captured_at=an_alert(1).captured_at, subject_id="S001")
        assert not small.raise_alert(within_the_cool_down)
        with pytest.raises(StoreFull, match="its alert is not written, so no decision"):
            small.review(a_review("a0001"))
    assert eventually(lambda: small.counts().unkept == 0)
    assert eventually(lambda: trouble(small) is None)
    assert sink_events(small)[0] > began
    assert [alert.kept for alert in small.alerts()] == [True] * 3
    assert small.raise_alert(an_alert(1, best_shot_jpeg=BIG))
    small.review(a_review("a0001"))
    assert small.close() == 0
    again = opened(tiny_disk, open_store(tmp_path / "results"))
    assert [alert.alert_id for alert in again.alerts()] == ["a0002", "a0001", "a0000"]
    assert again.counts() == LiveCounts(0, 3, 1, 0, 2, {})
    assert eventually(lambda: again.sink_states()[0].waiting == 0)
    again.close()


def test_what_finds_no_room_to_the_last_is_counted_as_lost(small: Router, tiny_disk: Path) -> None:
    with filled(tiny_disk):
        for number in range(3):
            refused(small, number)
        assert small.close() == 3
        assert small.close() == 3


def test_a_router_that_is_lost_comes_back_on_a_full_disk_and_is_offered_its_alerts_again(
    small: Router, tiny_disk: Path, tmp_path: Path
) -> None:
    assert small.raise_alert(an_alert(0))
    with filled(tiny_disk):
        refused(small, 1)
        small.close()
        second = opened_again(tiny_disk, tmp_path)
        assert [alert.alert_id for alert in second.alerts()] == ["a0000"]
        refused(second, 1)
        assert [alert.alert_id for alert in second.alerts()] == ["a0001", "a0000"]
    assert second.close() == 0


def opened_again(disk: Path, folder: Path) -> Router:
    """Without writing the deployment's record anew, as a part that is restarted."""

    place = router_folder(disk, DEPLOYMENT)
    return routing.open_router(place, a_record(), a_config(), open_store(folder / "results"))


def test_that_there_is_no_room_is_told_before_the_first_alert(
    small: Router, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routing, "FACES_EVERY_S", 0.0)
    small.report_health(health("north", 1))
    assert trouble(small) is None
    with filled(tiny_disk):
        small.report_health(health("north", 2))
        assert "alerts cannot be kept: the disk" in (trouble(small) or "")
        assert len(sink_events(small)) == 1
    small.report_health(health("north", 3))
    assert trouble(small) is None
