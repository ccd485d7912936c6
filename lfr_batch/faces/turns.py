"""Which detector's turn it is: most looks at video are quick, a few in a row are thorough. Pure.

The quick detector misses some faces in look after look, small tilted ones above all. Every so often
the thorough one has its turn, for as many looks in a row as make a track: whoever it alone sees is
found as well.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from lfr_batch.config.schema import DetectConfig, TrackConfig
from lfr_batch.records import nanoseconds

Turn = Literal["quick", "thorough"]


@dataclass(frozen=True, slots=True)
class TurnState:
    period: int | None = None
    """Number of the period of ``detect.thorough_every_s`` that the last look was in."""
    left: int = 0
    """Thorough looks still to come in it."""


def next_turn(
    state: TurnState,
    pts_ns: int,
    scene_cut: bool,
    there: Collection[Turn],
    detect: DetectConfig,
    track: TrackConfig,
) -> tuple[Turn, TurnState]:
    """Whose turn it is at this moment, of the detectors that are ``there``.

    A period's first looks are thorough, and those after a cut: periods are counted from media time
    0, so that segments look as one pass over the file would, but for their first looks.
    """
    if len(there) == 1:
        return next(iter(there)), state
    period = pts_ns // nanoseconds(detect.thorough_every_s)
    begins = scene_cut or period != state.period
    left = track.min_frames if begins else state.left
    turn: Turn = "thorough" if left else "quick"
    return turn, TurnState(period, max(0, left - 1))
