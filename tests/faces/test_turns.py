"""Whose turn it is, look by look."""

from __future__ import annotations

import pytest

from lfr_batch.config.schema import DetectConfig, TrackConfig
from lfr_batch.faces.turns import Turn, TurnState, next_turn
from lfr_batch.records import NS_PER_S

BOTH: tuple[Turn, ...] = ("quick", "thorough")


def turns(
    *moments_s: float,
    cuts: tuple[float, ...] = (),
    there: tuple[Turn, ...] = BOTH,
    every_s: float = 2.0,
    run: int = 2,
) -> str:
    """A letter for each look: t(horough) or q(uick)."""
    state, detect = TurnState(), DetectConfig(thorough_every_s=every_s)
    track, taken = TrackConfig(min_frames=run), ""
    for moment_s in moments_s:
        pts_ns = round(moment_s * NS_PER_S)
        turn, state = next_turn(state, pts_ns, moment_s in cuts, there, detect, track)
        taken += turn[0]
    return taken


FIVE_A_SECOND = [i / 5 for i in range(22)]


def test_each_period_begins_with_as_many_thorough_looks_as_make_a_track() -> None:
    assert turns(*FIVE_A_SECOND) == "ttqqqqqqqq" * 2 + "tt"
    assert turns(*FIVE_A_SECOND, run=3) == "tttqqqqqqq" * 2 + "tt"
    assert turns(*FIVE_A_SECOND, every_s=1.0) == "ttqqq" * 4 + "tt"


@pytest.mark.parametrize(
    ("moments_s", "expected"),
    [
        ((0.0, 2.1, 4.2, 6.3), "tttt"),
        ((0.0, 0.5, 1.9, 2.0, 2.1, 2.2), "ttqttq"),
        ((60.7, 60.9, 61.1, 62.0), "ttqt"),
        ((5.0, 5.1, 5.2, 0.0, 0.1, 0.2), "ttqttq"),
    ],
    ids=["rare looks", "uneven looks", "in the middle of a file", "time begins anew"],
)
def test_periods_are_of_media_time(moments_s: tuple[float, ...], expected: str) -> None:
    assert turns(*moments_s) == expected


def test_after_a_cut_nobody_has_been_looked_for_thoroughly() -> None:
    assert turns(0.0, 0.2, 0.4, 0.6, 0.8, 1.0, cuts=(0.6,)) == "ttqttq"


@pytest.mark.parametrize("only", BOTH)
def test_a_detector_alone_has_every_turn(only: Turn) -> None:
    assert turns(*FIVE_A_SECOND, there=(only,)) == only[0] * len(FIVE_A_SECOND)
