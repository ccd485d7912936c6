"""One session of many sizes: which are made ready, and what happens on the way."""

from __future__ import annotations

from collections.abc import Sequence
from queue import SimpleQueue

import numpy as np
import pytest

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.ladder import Ladder, Size
from lfr_batch.models.ladder_session import LadderSession, Picture
from lfr_batch.models.lane import Lane, Outputs
from lfr_batch.planes import Shown
from tests.patience import PATIENCE_S


class Machine:
    """Notes what is opened and computed; the answer to a picture is its mean."""

    def __init__(self, works: bool = True) -> None:
        self.works = works
        self.opened: list[Size] = []
        self.computed: SimpleQueue[Size] = SimpleQueue()

    def lane(self, size_wh: Size, batch: int) -> Lane[Picture]:
        def opened(_: int) -> list[FakeSlot]:
            if not self.works:
                raise DeviceUnavailable("no GPU")
            self.opened.append(size_wh)
            return [FakeSlot(self, size_wh)]

        return Lane(opened, batch, 1, f"{size_wh}")

    def session(self, *usual_whs: Size) -> LadderSession:
        return LadderSession(Ladder(8), self.lane, "a machine", usual_whs)


class FakeSlot:
    def __init__(self, machine: Machine, size_wh: Size) -> None:
        self._machine, self._size_wh = machine, size_wh

    def run(self, pictures: Sequence[Picture]) -> list[Outputs]:
        pixels = [each for each in pictures if not isinstance(each, Shown)]
        assert len(pixels) == len(pictures)
        assert {each.shape[1::-1] for each in pixels} == {self._size_wh}
        self._machine.computed.put(self._size_wh)
        return [(np.array([each.mean()], np.float32),) for each in pixels]

    def wipe(self) -> None:
        pass


def test_usual_sizes_are_made_ready_at_once_each_rung_once() -> None:
    machine = Machine()
    session = machine.session((800, 450), (160, 160), (832, 480))
    assert machine.opened[0] == (832, 480)
    ready = {machine.computed.get(timeout=PATIENCE_S) for _ in range(2)}
    assert ready == {(832, 480), (160, 160)}
    session.run(np.zeros((1, 480, 832, 3), np.uint8))
    assert sorted(machine.opened) == [(160, 160), (832, 480)]


def test_otherwise_only_the_smallest_is_opened_to_see_that_it_can_be() -> None:
    machine = Machine()
    machine.session()
    assert machine.opened == [(160, 160)]
    assert machine.computed.empty()


def test_what_cannot_be_opened_is_said_at_once() -> None:
    for usual_whs in ((), ((832, 480),)):
        with pytest.raises(DeviceUnavailable, match="no GPU"):
            Machine(works=False).session(*usual_whs)


def test_sizes_may_follow_each_other_in_any_order() -> None:
    session = Machine().session()
    sizes = [(160, 160), (832, 480), (160, 160), (320, 320), (832, 480)]
    batches = [np.full((1, h, w, 3), i, np.uint8) for i, (w, h) in enumerate(sizes)]
    assert [float(answer[0][0]) for answer in session.run_all(batches)] == [0, 1, 2, 3, 4]


def test_answers_of_a_call_are_joined_in_its_order() -> None:
    session = Machine().session()
    pictures = np.arange(50, dtype=np.uint8).repeat(160 * 160 * 3).reshape(50, 160, 160, 3)
    (answer,) = session.run(pictures)
    np.testing.assert_array_equal(answer, np.arange(50))
