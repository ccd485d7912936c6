"""Whose turn it is, look by look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from lfr_batch.config.schema import DetectConfig, QualityConfig, TrackConfig
from lfr_batch.faces.turns import PhaseState, Sight, Turn, learn, next_phase, turn_in
from lfr_batch.records import NS_PER_S, FaceBatch

BOTH: tuple[Turn, ...] = ("quick", "thorough")
QUALITY = QualityConfig()
FIVE_A_SECOND = tuple(i / 5 for i in range(22))


@dataclass(frozen=True)
class Person:
    """Somebody at a place, and when; ``tilted`` people are seen by the thorough detector alone."""

    left: float
    tilted: bool = False
    from_s: float = 0.0
    to_s: float = 1e9
    side_px: float = 48.0
    score: float = 0.9


def faces_of(people: list[Person], moment_s: float, turn: Turn) -> FaceBatch:
    seen = [
        person
        for person in people
        if person.from_s <= moment_s < person.to_s and not (person.tilted and turn == "quick")
    ]
    boxes = [(p.left, 100.0, p.left + p.side_px, 100.0 + p.side_px) for p in seen]
    return FaceBatch(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros((len(seen), 5, 2), np.float32),
        np.array([person.score for person in seen], np.float32),
    )


def turns(
    *moments_s: float,
    people: tuple[Person, ...] = (),
    cuts: tuple[float, ...] = (),
    calm_from: float = 1e9,
    there: tuple[Turn, ...] = BOTH,
    every_s: float = 2.0,
    run: int = 2,
    shown_xyxy: dict[float, tuple[float, float, float, float]] | None = None,
) -> str:
    """A letter for each look: t(horough) or q(uick)."""
    state, sight = PhaseState(), Sight()
    detect, track, taken = DetectConfig(thorough_every_s=every_s), TrackConfig(min_frames=run), ""
    for moment_s in moments_s:
        pts_ns, calm = round(moment_s * NS_PER_S), moment_s >= calm_from
        phase, state = next_phase(state, pts_ns, moment_s in cuts, calm, detect, track)
        turn = turn_in(phase, sight, there)
        part = (shown_xyxy or {}).get(moment_s)
        shown = None if part is None else np.array(part, np.float32)
        faces = faces_of(list(people), moment_s, turn)
        sight = learn(sight, phase, turn, faces, shown, QUALITY)
        taken += turn[0]
    return taken


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


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((Person(100),), "ttqqqqqqqq" * 2 + "tt"),
        ((Person(100, tilted=True),), "ttqttttttt" * 2 + "tt"),
        ((Person(100), Person(300, tilted=True)), "ttqttttttt" * 2 + "tt"),
        ((Person(100, tilted=True, from_s=0.5),), "ttqqqqqqqq" + "ttqttttttt" + "tt"),
        ((Person(100, tilted=True, to_s=1.0),), "ttqtttqqqq" + "ttqqqqqqqq" + "tt"),
        ((Person(100, tilted=True, side_px=22.0),), "ttqqqqqqqq" * 2 + "tt"),
        ((Person(100, tilted=True, score=0.52),), "ttqqqqqqqq" * 2 + "tt"),
    ],
    ids=["both see", "one alone", "one of two", "comes later", "leaves", "too small", "unsure"],
)
def test_whom_only_the_thorough_one_sees_it_goes_on_seeing(
    people: tuple[Person, ...], expected: str
) -> None:
    assert turns(*FIVE_A_SECOND, people=people) == expected


CALM = (*(i / 5 for i in range(11)), 3.0, 5.0, 7.0, 9.0, 11.0)


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((), "qqqq"),
        ((Person(100, from_s=0.5),), "qqqq"),
        ((Person(100, tilted=True),), "tttt"),
        ((Person(100, tilted=True, from_s=0.5),), "tttt"),
    ],
    ids=["nobody", "both see", "one alone", "came and halted in quick looks"],
)
def test_where_nothing_changes_looks_are_quick_once_all_is_known(
    people: tuple[Person, ...], expected: str
) -> None:
    """Two thorough looks and a check come first where something may have changed since."""
    assert turns(*CALM, people=people, calm_from=1.2)[-4:] == expected


def test_who_is_not_in_the_part_that_was_looked_at_is_remembered() -> None:
    far = (300.0, 0.0, 900.0, 400.0)
    shown = {moment: far for moment in FIVE_A_SECOND if moment >= 1.0}
    expected = "ttqttttttt" + "ttqttttttt" + "tt"
    assert turns(*FIVE_A_SECOND, people=(Person(100, tilted=True),), shown_xyxy=shown) == expected


def test_what_is_known_is_places_alone_and_ends_with_them() -> None:
    tilted = faces_of([Person(100, tilted=True)], 0.0, "thorough")
    nobody = faces_of([], 0.0, "quick")
    seen = learn(Sight(), "thorough", "thorough", tilted, None, QUALITY)
    missed = learn(seen, "check", "quick", nobody, None, QUALITY)
    assert missed.alone_xyxy.tolist() == tilted.boxes_xyxy.tolist()
    gone = learn(missed, "follow", "thorough", nobody, None, QUALITY)
    assert not len(gone.alone_xyxy)


def test_close_looks_are_not_all_needed_to_follow_somebody() -> None:
    every_frame = [number / 25 for number in range(25)]
    taken = turns(*every_frame, people=(Person(100, tilted=True),))
    assert taken == "ttqqq" + "tqqqq" * 4
