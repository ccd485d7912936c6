"""How many people a camera sees, and how many of them would be compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lfr_batch.live.records import AimGuide
from lfr_batch.live.watching.aim_guide import AimState, guide_of, with_look
from lfr_batch.records import NS_PER_S, FaceBatch
from tests.live.made import a_config

LOOK_NS = NS_PER_S // 8
CONFIG = a_config()
Sight = tuple[float, float, str]
"""Where a face is from left, how large, and why it would not be compared."""


def faces_of(sights: Sequence[Sight]) -> FaceBatch:
    boxes = [(left, 100.0, left + side, 100.0 + 1.3 * side) for left, side, _ in sights]
    number = len(sights)
    return FaceBatch(
        np.array(boxes, np.float32).reshape(number, 4),
        np.zeros((number, 5, 2), np.float32),
        np.full(number, 0.9, np.float32),
    )


def looked(looks: Sequence[Sequence[Sight]], state: AimState | None = None) -> AimState:
    """Eight times a second."""
    state = state or AimState()
    first_ns = (state.tracks.looked_ns or 0) + LOOK_NS
    for number, sights in enumerate(looks):
        reasons = [reason for _, _, reason in sights]
        moment_ns = first_ns + number * LOOK_NS
        state = with_look(state, moment_ns, faces_of(sights), reasons, CONFIG)
    return state


def told(state: AimState) -> AimGuide:
    return guide_of(state, (1280, 720), CONFIG, None, None, is_soft=False)


def passing(sides: Sequence[float], reason: str = "", left: float = 100.0) -> list[list[Sight]]:
    return [[(left, side, reason)] for side in sides]


GONE: list[list[Sight]] = [[]] * 16


@pytest.mark.parametrize(
    ("looks", "faces", "compared", "reasons"),
    [
        ([], 0, 0, {}),
        (GONE, 0, 0, {}),
        (passing([40.0]), 0, 0, {}),  # one look is nobody
        (passing([40.0] * 16) + GONE, 1, 1, {}),
        (passing([20.0] * 16, "small") + GONE, 1, 0, {"small": 1}),
        (passing([20.0] * 16, "small"), 1, 0, {"small": 1}),  # and still there
        (passing([20.0] * 3, "small"), 0, 0, {}),  # just come: they may come nearer
        (passing([40.0] * 2) + GONE, 1, 0, {"brief": 1}),  # closer together than shots are
        (passing([20.0] * 9, "small") + passing([40.0] * 4) + GONE, 1, 1, {}),
        (
            passing([40.0] * 9, "turned") + passing([40.0] * 2, "blurred") + GONE,
            1,
            0,
            {"turned": 1},
        ),
        (
            [[(100.0, 40.0, ""), (600.0, 20.0, "small"), (900.0, 20.0, "small")]] * 12 + GONE,
            3,
            1,
            {"small": 2},
        ),
    ],
)
def test_whom_it_sees(
    looks: list[list[Sight]], faces: int, compared: int, reasons: dict[str, int]
) -> None:
    guide = told(looked(looks))
    assert (guide.faces, guide.compared, guide.reasons) == (faces, compared, reasons)


def test_how_large_they_are_is_how_large_they_were_at_best() -> None:
    state = looked(passing([20.0, 22.0, 24.0, 26.0] * 3, "small") + GONE)
    state = looked(passing([40.0] * 12) + GONE, state)
    state = looked(passing([60.0] * 12) + GONE, state)
    guide = told(state)
    assert guide.width_px == (26.0, 40.0, 60.0)
    assert (guide.small_px, guide.least_px) == (26.0, CONFIG.quality.min_face_px)


def test_a_minute_later_it_is_forgotten() -> None:
    state = looked(passing([40.0] * 12) + GONE)
    assert told(looked([[]] * (8 * 50), state)).faces == 1
    later = looked([[]] * (8 * 62), state)
    assert told(later) == AimGuide((1280, 720), least_px=CONFIG.quality.min_face_px)
    assert (later.passed, later.followed) == ((), {})


def test_nothing_of_a_face_is_kept_but_numbers() -> None:
    state = looked(passing([40.0] * 12))
    [track] = state.tracks.open_tracks
    assert track.shots == ()
