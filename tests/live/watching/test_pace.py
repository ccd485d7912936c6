"""A camera holds back while the analyst is behind, and nobody is looked at less for it."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

import pytest

from lfr_batch.live.watching.camera import AnsweredLook
from lfr_batch.live.watching.pace import MOST_S, pause_s
from lfr_batch.live.watching.turn_order import InLine, next_of
from lfr_batch.live.watching.watch import Meter

LOOK_S, EVERY_S = 0.04, 0.125


@pytest.mark.parametrize(
    ("answered_s", "quickest_s", "pause"),
    [
        pytest.param(0.04, 0.04, 0.0, id="it did not wait"),
        pytest.param(0.24, 0.04, 0.1, id="half of what it waited"),
        pytest.param(1.9, 0.04, MOST_S, id="within reason"),
    ],
)
def test_how_long_it_holds_back(answered_s: float, quickest_s: float, pause: float) -> None:
    assert pause_s(answered_s, quickest_s) == pytest.approx(pause)


def watched(
    cameras: int, pausing: Callable[[float, float], float], until_s: float = 120.0
) -> tuple[float, list[int]]:
    """How old frames were when they were looked at, on average, and the looks of each camera, where
    one analyst looks at all of them in turn."""
    now_s, asked_s = 0.0, [number * EVERY_S / cameras for number in range(cameras)]
    answered_s: list[list[float]] = [[] for _ in range(cameras)]
    ages_s: list[float] = []
    while now_s < until_s:
        now_s = max(now_s, min(asked_s))
        there = [camera for camera in range(cameras) if asked_s[camera] <= now_s]
        camera = there[next_of([InLine(asked_s[each], True) for each in there])]
        ages_s.append(now_s - asked_s[camera])
        now_s += LOOK_S
        answered_s[camera].append(now_s - asked_s[camera])
        pause = pausing(answered_s[camera][-1], min(answered_s[camera]))
        asked_s[camera] = max(now_s + pause, asked_s[camera] + EVERY_S)
    return mean(ages_s), [len(each) for each in answered_s]


@pytest.mark.parametrize("cameras", [2, 4, 8, 16])
def test_frames_are_newer_when_they_are_looked_at_and_as_many_are(cameras: int) -> None:
    age_s, looks = watched(cameras, pause_s)
    usual_age_s, usual_looks = watched(cameras, lambda *_: 0.0)
    assert sum(looks) >= 0.99 * sum(usual_looks)
    assert max(looks) - min(looks) <= max(2, 0.02 * max(looks))
    if cameras > 3:  # more than the analyst can look at as often as is wanted
        assert age_s < 0.85 * usual_age_s
    else:
        assert age_s == pytest.approx(usual_age_s, abs=1e-3)


@pytest.mark.parametrize(
    ("looks", "pauses_s"),
    [
        pytest.param([(0.1, 1), (0.04, 1), None, (0.24, 1)], [0, 0, 0, 0.1], id="the quickest"),
        pytest.param([(0.02, 0), (0.24, 1), (0.04, 1), (0.24, 0)], [0, 0, 0, 0.1], id="a part"),
        pytest.param([(0.02, 0), (0.24, 0)], [0, 0], id="nothing to tell a part's wait by"),
    ],
)
def test_a_camera_knows_its_quickest_look_and_goes_on_where_nothing_was_asked(
    looks: list[tuple[float, int] | None], pauses_s: list[float]
) -> None:
    meter = Meter()
    answered = [each and AnsweredLook("quick", bool(each[1]), each[0]) for each in looks]
    assert [meter.pause_s(each) for each in answered] == pytest.approx(pauses_s)


def test_a_camera_that_is_alone_never_holds_back() -> None:
    """Thorough looks take longer than quick ones, and wait for nobody."""
    meter, looks = Meter(), [AnsweredLook("quick", True, 0.06), AnsweredLook("thorough", True, 0.3)]
    assert [meter.pause_s(look) for look in looks * 3] == [0.0] * 6
