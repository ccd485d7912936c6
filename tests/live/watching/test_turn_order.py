"""Nobody is passed over twice, and whoever waits has a bound to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.live.watching.turn_order import PATIENCE_S, InLine, next_of

LOOK_S, CALL_S = 0.04, 0.08


@pytest.mark.parametrize(
    ("waiting", "first"),
    [
        pytest.param([InLine(5.0, True)], 0, id="alone"),
        pytest.param([InLine(5.0, True), InLine(4.0, True)], 1, id="looks in turn"),
        pytest.param([InLine(5.0, False), InLine(4.0, False)], 1, id="calls in turn"),
        pytest.param([InLine(5.0, True), InLine(5.9, False)], 1, id="a look gives way"),
        pytest.param([InLine(5.0, True), InLine(6.1, False)], 0, id="not for ever"),
        pytest.param([InLine(5.0, True), InLine(5.2, True), InLine(5.5, False)], 2, id="both do"),
    ],
)
def test_who_is_next(waiting: list[InLine], first: int) -> None:
    assert next_of(waiting) == first


@dataclass
class Street:
    """Cameras as they ask: a look, then so many questions about tracks, then the next look."""

    random: Random
    most_calls: int
    now_s: float = 0.0
    waiting: dict[int, InLine] = field(default_factory=dict)
    left: dict[int, int] = field(default_factory=dict)
    """Questions about tracks that are still to come, by camera."""
    served: list[tuple[int, InLine, float]] = field(default_factory=list)

    def ask(self, camera: int) -> None:
        is_look = not self.left.get(camera)
        if is_look:
            self.left[camera] = self.random.randint(0, self.most_calls)
        else:
            self.left[camera] -= 1
        self.waiting[camera] = InLine(self.now_s, is_look)

    def answer(self) -> None:
        cameras = list(self.waiting)
        camera = cameras[next_of([self.waiting[each] for each in cameras])]
        place = self.waiting.pop(camera)
        self.served.append((camera, place, self.now_s))
        self.now_s += LOOK_S if place.is_look else CALL_S
        self.ask(camera)


def watched(cameras: int, most_calls: int, seed: int, answers: int = 400) -> Street:
    street = Street(Random(seed), most_calls)
    for camera in range(cameras):
        street.ask(camera)
    for _ in range(answers):
        street.answer()
    return street


streets = given(st.integers(2, 12), st.integers(0, 20), st.integers(0, 99))


@streets
def test_no_look_is_passed_over_twice_by_the_looks_of_another_camera(
    cameras: int, most_calls: int, seed: int
) -> None:
    served = watched(cameras, most_calls, seed).served
    for number, (camera, asked, _) in enumerate(served):
        meanwhile = [
            other
            for other, its, began_s in served[:number]
            if its.is_look and other != camera and began_s >= asked.asked_s
        ]
        assert not asked.is_look or len(meanwhile) == len(set(meanwhile))


@streets
def test_after_its_patience_one_question_of_each_other_camera_goes_before_a_look(
    cameras: int, most_calls: int, seed: int
) -> None:
    bound_s = PATIENCE_S + cameras * max(LOOK_S, CALL_S)
    served = watched(cameras, most_calls, seed).served
    assert all(began_s - asked.asked_s <= bound_s for _, asked, began_s in served)


@streets
def test_a_question_about_a_track_waits_for_no_look_that_can_wait(
    cameras: int, most_calls: int, seed: int
) -> None:
    served = watched(cameras, most_calls, seed).served
    for number, (_, asked, began_s) in enumerate(served):
        if not asked.is_look:
            before = [its for _, its, began in served[:number] if asked.asked_s < began < began_s]
            assert all(
                not its.is_look or its.asked_s + PATIENCE_S <= asked.asked_s for its in before
            )
