"""What is known of a deployment's end, and said of what was lost."""

from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.errors import EngineError
from lfr_batch.live.deployment.figures import AlertFigures, CameraFigures, Figures
from lfr_batch.live.deployment.standing import (
    CUT_OFF,
    Standing,
    had_failures,
    interrupted,
    losses,
    totals_of,
    with_last_word,
)
from lfr_batch.live.deployment.window import Reason
from tests.live.made import STARTED, a_record

LOST_2 = " 2 alerts that were shown are lost, since the disk had no room to keep them."


@pytest.mark.parametrize(
    ("known", "lost", "says"),
    [
        (Standing(), 0, ""),
        (Standing(unkept=3), 0, ""),  # they found room in the end
        (Standing(), 2, LOST_2),
        (Standing(), None, f" {CUT_OFF}"),
        (Standing(unkept=2), None, f"{LOST_2} {CUT_OFF}"),  # the last that was known
    ],
)
def test_what_is_lost_is_the_router_s_last_word(
    known: Standing, lost: int | None, says: str
) -> None:
    assert losses(with_last_word(known, lost)) == says


@pytest.mark.parametrize(
    ("before", "error", "reason"),
    [
        ("failed", EngineError("Ray was lost"), "failed"),
        ("failed", KeyboardInterrupt(), "stopped"),
        ("failed", SystemExit(143), "stopped"),
        ("window", EngineError("it could not be ended"), "window"),
    ],
)
def test_whoever_stops_it_is_no_failure_of_it(
    before: Reason, error: BaseException, reason: Reason
) -> None:
    after = interrupted(Standing(reason=before, restarts={"router": 1}), error)
    assert after == Standing(reason=reason, restarts={"router": 1}, error=error)


def figures(**changes: Any) -> Figures:
    north = CameraFigures(camera="north", frames_received=9, live_s=1.5)
    south = CameraFigures(camera="south", frames_received=1, live_s=2.0)
    whole = Figures(
        record=a_record(),
        name="test",
        window_starts_at=STARTED,
        window_ends_at=STARTED,
        as_of=STARTED,
        cameras=(north, south),
        alerts=(AlertFigures(camera="north", minute=0, alerts=3),),
    )
    return whole.model_copy(update=changes)


UNSEEN = (CameraFigures(camera="north", frames_received=9), CameraFigures(camera="south"))


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, False),
        ({"restarts": {"router": 3}}, False),
        ({"cameras": UNSEEN}, True),
        ({"undelivered": {"json_lines": 1}}, True),
        ({"unkept": 1}, True),
        ({"cut_off": True}, True),
    ],
)
def test_what_makes_it_one_with_failures(changes: dict[str, Any], failed: bool) -> None:
    assert had_failures(figures(**changes)) is failed


def test_cameras_are_footage_and_alerts_sightings() -> None:
    totals = {"footage": 2, "footage_failed": 0, "sightings": 3, "media_s": 3.5}
    assert totals_of(figures()) == totals
    assert totals_of(figures(cameras=UNSEEN))["footage_failed"] == 1
