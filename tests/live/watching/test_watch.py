"""What a camera has found is offered to the router until it is taken."""

from __future__ import annotations

from threading import Event

import pytest

from lfr_batch.errors import StoreFull
from lfr_batch.live.records import Alert
from lfr_batch.live.watching import watch as live_watch
from lfr_batch.live.watching.watch import Outbox
from tests.live.made import an_alert
from tests.live_case import wait_for
from tests.patience import PATIENCE_S


class FullRouter:
    """Has no room until it is told that there is."""

    def __init__(self) -> None:
        self.offered: list[str] = []
        self.room = Event()

    def raise_alert(self, alert: Alert) -> bool:
        self.offered.append(alert.alert_id)
        if not self.room.is_set():
            raise StoreFull("the disk is full")
        return True


def test_one_alert_that_is_refused_keeps_no_other_back() -> None:
    router, stopping = FullRouter(), Event()
    outbox = Outbox(router.raise_alert, stopping)
    for number in range(3):
        outbox.put(an_alert(number))
    wait_for(lambda: router.offered.count("a0002") > 1)
    assert router.offered[:3] == ["a0000", "a0001", "a0002"]
    router.room.set()
    stopping.set()
    outbox.join(PATIENCE_S)
    assert not outbox.alive
    assert router.offered[-3:] == ["a0000", "a0001", "a0002"]


def test_when_all_is_ending_it_is_tried_for_a_moment_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_watch, "LAST_TRIES_S", 0.5)
    router, stopping = FullRouter(), Event()
    outbox = Outbox(router.raise_alert, stopping)
    stopping.set()
    outbox.put(an_alert(0))
    outbox.join(PATIENCE_S)
    assert not outbox.alive
    assert set(router.offered) == {"a0000"}
