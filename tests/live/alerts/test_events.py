from __future__ import annotations

import time

import pytest

from lfr_batch.live.alerts.events import EventLog


def test_a_restarted_routers_events_come_after_those_before_though_the_clock_was_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = EventLog()
    log.add("alert", "a")
    (before,) = log.since(0, 0.0)
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    again = EventLog()
    again.add("alert", "a")
    (event,) = again.since(before.number, 0.0)
    assert event.number > before.number
