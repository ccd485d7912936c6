from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lfr_batch.footage.stream_health import (
    Health,
    Moment,
    ended,
    lost,
    received,
    refused,
    stats,
    told,
    wait_s,
)

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
SIZE = (1280, 720)


def moment(time_s: float) -> Moment:
    return Moment(round(time_s * 1e9), START + timedelta(seconds=time_s))


def live(from_s: float, to_s: float, health: Health | None = None) -> Health:
    """A camera that sends 10 frames a second."""
    health = health or Health("starting", moment(0))
    for i in range(round((to_s - from_s) * 10)):
        health = received(health, SIZE, moment(from_s + i / 10))
    return health


def test_waits_double_up_to_a_quarter_of_a_minute() -> None:
    assert [wait_s(i, 0.0) for i in range(1, 8)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert wait_s(100_000, 0.0) == 15
    assert wait_s(4, 1.0) == pytest.approx(3.2)


def test_a_stream_is_live_from_its_first_frame() -> None:
    now = stats(live(1, 3), 4, moment(3), 1.5)
    assert (now.state, now.since, now.detail) == ("live", moment(1).at, "")
    assert (now.frames_received, now.frames_dropped, now.reconnects) == (20, 4, 0)
    assert now.received_fps == pytest.approx(10, abs=1)
    assert now.size_wh == SIZE


def test_late_frames_show_as_stalled_and_are_forgiven() -> None:
    health = live(0, 8)
    late = stats(health, 0, moment(10), 1.5)
    assert (late.state, late.detail) == ("stalled", "no picture for 2.1 s")
    assert late.since == pytest.approx(moment(9.4).at, abs=timedelta(milliseconds=1))
    assert late.received_fps == pytest.approx(6, abs=0.5)
    after = stats(received(health, SIZE, moment(10)), 0, moment(10), 1.5)
    assert (after.state, after.reconnects) == ("live", 0)


def test_a_lost_connection_is_counted_when_it_is_back() -> None:
    health, first_s = lost(live(0, 8), "gone", moment(9), 0.0)
    health, second_s = lost(health, "refused", moment(10), 0.0)
    shown = stats(health, 0, moment(11), 1.5)
    assert (first_s, second_s) == (0.5, 1.0)
    assert (shown.state, shown.since) == ("reconnecting", moment(9).at)
    assert (shown.detail, shown.reconnects) == ("refused; next try in 1.0 s", 0)
    assert shown.received_fps == 0
    back = stats(live(12, 13, health), 0, moment(13), 1.5)
    assert (back.state, back.reconnects, back.detail) == ("live", 1, "")


def test_only_a_steady_connection_makes_the_waits_begin_anew() -> None:
    health = Health("starting", moment(0))
    waits = []
    for i in range(4):
        health, wait = lost(live(i * 10, i * 10 + 1, health), "gone", moment(i * 10 + 1), 0.0)
        waits.append(wait)
    assert waits == [0.5, 1, 2, 4]
    assert lost(live(50, 60, health), "gone", moment(60), 0.0)[1] == 0.5


def test_an_ended_file_stays_ended() -> None:
    shown = stats(ended(live(0, 4), "played", moment(4)), 0, moment(60), 1.5)
    assert (shown.state, shown.since, shown.detail) == ("ended", moment(4).at, "played")


def test_refusals_of_the_password_count_until_pictures_come() -> None:
    health = live(0, 8)
    waits = []
    for second in (9.0, 13.0):
        health, wait_s = refused(health, "no", moment(second), 0.0)
        waits.append(wait_s)
    assert (health.state, health.detail) == ("reconnecting", "no; next try in 3.0 s")
    health, _ = lost(health, "gone", moment(14), 0.0)  # what else happens forgives nothing
    health, last_s = refused(health, "no", moment(18), 0.0)
    shown = stats(health, 0, moment(60), 1.5)
    assert (*waits, last_s) == (3.0, 3.0, None)
    assert (shown.state, shown.since) == ("refused", moment(18).at)
    assert shown.detail == "no; tried 3 times, waits to be told"
    assert refused(told(health, moment(61)), "no", moment(62), 0.0)[1] is None
    back = live(62, 64, told(health, moment(61)))
    assert refused(back, "no", moment(65), 0.0)[1] == 3.0
