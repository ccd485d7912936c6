from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.config.schema import TrackConfig
from lfr_batch.records import NS_PER_S, FloatArray, Track
from lfr_batch.tracks.association import associate

LIMITS = TrackConfig()


def squares(*given_squares: tuple[float, float, float]) -> FloatArray:
    """Boxes from left, top, side."""
    return np.array([(x, y, x + s, y + s) for x, y, s in given_squares], np.float32).reshape(-1, 4)


def tracks(
    *given_squares: tuple[float, float, float], velocity: tuple[float, float] | None = (0.0, 0.0)
) -> list[Track]:
    """Tracks last seen a fifth of a second before ``NS_PER_S``."""
    seen_ns = NS_PER_S * 4 // 5
    boxes = squares(*given_squares)
    return [
        Track(i, seen_ns, seen_ns, box, box, 2, (), velocity_px_s=velocity)
        for i, box in enumerate(boxes)
    ]


@pytest.mark.parametrize(
    ("velocity", "at", "found"),
    [
        ((600.0, 0.0), 120, True),
        ((600.0, 0.0), 0, True),
        ((600.0, 0.0), -120, False),
        ((0.0, 0.0), 120, False),
        (None, 120, True),
        (None, 200, False),
    ],
    ids=["moves on", "stops", "turns round", "stood", "seen once", "seen once, far"],
)
def test_a_walker_is_looked_for_where_it_is_going(
    velocity: tuple[float, float] | None, at: float, found: bool
) -> None:
    walker = tracks((0, 0, 80), velocity=velocity)
    assert bool(associate(walker, squares((at, 0, 80)), NS_PER_S, LIMITS)) is found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([(0, 0, 50)], [(5, 5, 50)], [(0, 0)]),
        ([(0, 0, 50)], [(45, 0, 50)], [(0, 0)]),
        ([(0, 0, 50)], [(200, 0, 50)], []),
        ([(0, 0, 50)], [(20, 20, 10)], []),
        ([(0, 0, 50), (60, 0, 50)], [(62, 0, 50), (2, 0, 50)], [(0, 1), (1, 0)]),
        ([(0, 0, 50), (40, 0, 50)], [(20, 0, 50), (60, 0, 50)], [(0, 0), (1, 1)]),
        ([], [(0, 0, 50)], []),
        ([(0, 0, 50)], [], []),
    ],
    ids=[
        "overlap",
        "a step aside",
        "far",
        "too small",
        "crossed order",
        "both move",
        "new",
        "gone",
    ],
)
def test_who_is_who(
    before: list[tuple[float, float, float]],
    after: list[tuple[float, float, float]],
    expected: list[tuple[int, int]],
) -> None:
    assert associate(tracks(*before), squares(*after), NS_PER_S, LIMITS) == expected


places = st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500), st.floats(8, 200)), max_size=8)


@given(places, places)
def test_nobody_is_two(
    before: list[tuple[float, float, float]], after: list[tuple[float, float, float]]
) -> None:
    pairs = associate(tracks(*before), squares(*after), NS_PER_S, LIMITS)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
