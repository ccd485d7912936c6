from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from lfr_batch.console.messages import (
    NOTHING_DONE,
    Handling,
    of_alert,
    of_cameras,
    of_counts,
    of_end,
    of_latencies,
    of_parts,
    of_sinks,
    of_trouble,
    percentile,
    zone_offset,
)
from lfr_batch.live.records import LiveCounts, SinkState
from tests.console.made import PARTS
from tests.live.made import (
    BEST_SHOT,
    GALLERY_PICTURE,
    STARTED,
    a_record,
    a_review,
    an_alert,
    health,
    with_further,
)


def test_an_alert_is_told_without_its_pictures() -> None:
    told = of_alert(with_further(an_alert()), NOTHING_DONE)
    assert told["heading"] == "left"
    assert (told["has_scene"], told["further_shots"]) == (True, 2)
    assert told["further_image_ids"] == ["S000-02", "S000-03"]
    bare = of_alert(an_alert(), NOTHING_DONE)
    assert (bare["has_scene"], bare["further_shots"], bare["further_image_ids"]) == (False, 0, [])
    assert not any(word in str(told) for word in ("CANARY", "jpeg"))
    assert BEST_SHOT not in told.values()
    assert GALLERY_PICTURE not in told.values()
    assert told["captured_at"] == "2026-01-31T10:00:00Z"
    assert told["candidates"][1] == {"rank": 2, "subject_id": "S999", "score": 0.41}
    assert (told["review"], told["acknowledged"], told["shown_ms"]) == (None, None, None)
    assert told["raised_ms"] == 180.0


def test_what_was_done_about_an_alert_is_told_with_it() -> None:
    told = of_alert(an_alert(), Handling(a_review("a0000", "no_match", "engaged")))
    assert (told["review"]["verdict"], told["review"]["outcome"]) == ("no_match", "engaged")


def test_a_camera_that_was_not_heard_of_yet_is_told_too() -> None:
    told = of_cameras(
        (health("south", 3), health("east", 1)), PARTS, ("north", "south"), {"north": STARTED}
    )
    assert [(camera["camera"], camera["state"]) for camera in told] == [
        ("north", "unheard"),
        ("south", "live"),
        ("east", "live"),
    ]


@pytest.mark.parametrize("heard", [(), (health("north", 3),)])
def test_a_camera_whose_part_is_down_is_being_started_anew(heard: Any) -> None:
    unheard = {} if heard else {"north": STARTED}
    down = replace(PARTS[2], up=False)
    (told,) = of_cameras(heard, (*PARTS[:2], down), ("north",), unheard)
    assert told["state"] == "restarting"


@pytest.mark.parametrize(
    ("left", "states", "reason"),
    [
        (timedelta(hours=1), {"live"}, "stopped"),
        (timedelta(hours=1), {"live", "ended"}, "stopped"),
        (timedelta(hours=1), set(), "stopped"),
        (timedelta(hours=1), {"ended"}, "played"),
        (timedelta(seconds=1), {"live"}, "window"),
        (timedelta(0), {"ended"}, "window"),
    ],
)
def test_the_end_is_told_with_its_reason(left: timedelta, states: set[str], reason: str) -> None:
    record = a_record()
    now = record.ends_at - left
    told = of_end(record, [{"state": state} for state in states], now)
    assert told == {"reason": reason, "at": now.isoformat()}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("the webhook does not answer (NewConnectionError)", "the webhook does not answer"),
        ("no picture for 3.0 s (next try in 1 s)", "no picture for 3.0 s (next try in 1 s)"),
    ],
)
def test_names_of_errors_are_not_told(said: str, told: str) -> None:
    assert of_sinks((SinkState("webhook", 0, 1, said),))[0]["last_error"] == told
    assert of_trouble(said, PARTS)["text"] == told


def test_rates_are_told_with_the_counts() -> None:
    told = of_counts(LiveCounts(1000, 4, 1, 2, 1, {"engaged": 1}))
    assert (told["false_per_face"], told["false_per_alert"]) == (0.002, 0.5)
    assert told["decided"] == 3
    assert of_counts(LiveCounts())["false_per_face"] is None


def test_process_ids_are_not_told() -> None:
    told = of_parts(PARTS)[2]
    assert (told["name"], told["role"], told["up"]) == ("north", "camera", True)
    assert "process" not in told


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, None),
        ([7.0], 99, 7.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([float(n) for n in range(1, 101)], 99, 99.0),
        ([float(n) for n in range(1, 101)], 50, 50.0),
    ],
)
def test_percentiles(values: list[float], percent: float, expected: float | None) -> None:
    assert percentile(values, percent) == expected


def test_latencies_of_nothing_are_null() -> None:
    assert of_latencies([]) == {"alerts": 0, "p50_ms": None, "p99_ms": None}


@pytest.mark.parametrize(("hours", "expected"), [(1.0, "+01:00"), (-3.5, "-03:30")])
def test_the_zone_is_the_one_that_the_window_was_written_in(hours: float, expected: str) -> None:
    zone = timezone(timedelta(hours=hours))
    ends_at = datetime(2026, 6, 1, 18, 0, 30, tzinfo=zone)
    assert zone_offset(replace(a_record(), ends_at=ends_at)) == expected


def test_a_window_in_utc_is_shown_in_the_machines_zone() -> None:
    ends_at = datetime(2026, 6, 1, 18, tzinfo=UTC)
    local = ends_at.astimezone().strftime("%z")
    assert zone_offset(replace(a_record(), ends_at=ends_at)) == f"{local[:3]}:{local[3:]}"
