"""Lanes: what many threads ask is computed together, and everybody gets their own."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.lane import Lane, Outputs, Slot
from lfr_batch.records import ByteArray
from tests.patience import PATIENCE_S


def picture(mark: int) -> ByteArray:
    return np.full((2, 2, 3), mark, np.uint8)


@dataclass
class Device:
    """Gives each picture's first pixel back; has room for ``room`` pictures at once."""

    room: int = 1000
    calls: list[list[int]] = field(default_factory=list)
    """The pictures of every call that went well."""
    opened: list[int] = field(default_factory=list)
    wiped: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    held: threading.Event = field(default_factory=threading.Event)
    """Calls wait for it."""
    started: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fails: Callable[[Sequence[int]], Exception | None] = lambda _: None

    def __post_init__(self) -> None:
        self.held.set()

    def open_slots(self, slots: int) -> Callable[[int], list[Slot[ByteArray]]]:
        def opened(batch: int) -> list[Slot[ByteArray]]:
            self.opened.append(batch)
            return [FakeSlot(self, batch) for _ in range(slots)]

        return opened

    def lane(self, batch: int, slots: int = 2) -> Lane[ByteArray]:
        return Lane(self.open_slots(slots), batch, slots, "2 x 2 pixels")

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Calls of this time are under way until its end."""
        self.held.clear()
        yield
        self.held.set()

    def wait_for_a_call(self) -> None:
        assert self.started.acquire(timeout=PATIENCE_S)


@dataclass
class FakeSlot:
    device: Device
    batch: int

    def run(self, pictures_rgb: Sequence[ByteArray]) -> list[Outputs]:
        marks = [int(each[0, 0, 0]) for each in pictures_rgb]
        assert 0 < len(marks) <= self.batch
        self.device.started.release()
        assert self.device.held.wait(PATIENCE_S)
        if self.batch > self.device.room:
            raise MemoryError("Failed to allocate memory for requested buffer")
        if error := self.device.fails(marks):
            raise error
        self.device.calls.append(marks)
        return [(np.array([mark], np.float32),) for mark in marks]

    def wipe(self) -> None:
        self.device.wiped.release()


def answers(lane: Lane[ByteArray], *marks: int) -> list[int]:
    asked = lane.ask([picture(mark) for mark in marks])
    return [int(each.result(PATIENCE_S)[0][0]) for each in asked]


def test_it_is_opened_when_first_asked_and_kept() -> None:
    device = Device()
    lane = device.lane(4)
    assert not device.opened
    assert answers(lane, 1, 2) == [1, 2]
    assert answers(lane, 3) == [3]
    assert device.opened == [4]


def test_what_waits_is_computed_together() -> None:
    device = Device()
    lane = device.lane(4, slots=1)
    with device.busy():
        first = lane.ask([picture(0)])
        device.wait_for_a_call()
        rest = [lane.ask([picture(mark)])[0] for mark in range(1, 11)]
    assert [int(each.result(PATIENCE_S)[0][0]) for each in (*first, *rest)] == list(range(11))
    assert device.calls == [[0], [1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]


def test_a_few_wait_a_moment_for_more() -> None:
    """A full batch does not: here it would be waited for for ever."""
    device = Device()
    lane = Lane(device.open_slots(2), 4, 2, "2 x 2 pixels", gather_s=PATIENCE_S)
    with ThreadPoolExecutor(2) as threads:
        asked = list(threads.map(lambda mark: lane.ask([picture(mark), picture(mark + 1)]), (0, 2)))
    assert [int(each.result(PATIENCE_S)[0][0]) for two in asked for each in two] == [0, 1, 2, 3]
    assert sorted(device.calls[0]) == [0, 1, 2, 3]
    lane.close()


def test_closing_ends_what_waits_for_more() -> None:
    device = Device()
    lane = Lane(device.open_slots(1), 4, 1, "2 x 2 pixels", gather_s=1000.0)
    [asked] = lane.ask([picture(0)])
    lane.close()
    lane.join(PATIENCE_S)
    assert asked.cancelled() or asked.result(0)


def test_a_second_batch_is_under_way_only_if_it_is_full() -> None:
    device = Device()
    lane = device.lane(3, slots=2)
    with device.busy():
        asked = lane.ask([picture(0)])
        device.wait_for_a_call()
        asked += lane.ask([picture(1), picture(2)])
        assert not device.started.acquire(timeout=0.05)
        asked += lane.ask([picture(3), picture(4)])
        device.wait_for_a_call()
    assert [int(each.result(PATIENCE_S)[0][0]) for each in asked] == [0, 1, 2, 3, 4]
    assert sorted(device.calls) == [[0], [1, 2, 3], [4]]


def test_many_threads_each_get_their_own_in_their_order() -> None:
    device = Device()
    lane = device.lane(8)
    wanted = [[(17 * caller + i) % 256 for i in range(40)] for caller in range(12)]
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda marks: answers(lane, *marks), wanted))
    assert found == wanted
    assert sum(len(call) for call in device.calls) == 12 * 40


@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize("room", [1, 2, 3, 5, 8])
def test_a_batch_that_does_not_fit_is_halved_once_and_that_is_remembered(
    room: int, slots: int
) -> None:
    device = Device(room)
    lane = device.lane(8, slots)
    for _ in range(3):
        assert answers(lane, *range(20)) == list(range(20))
    fits = max(size for size in (1, 2, 4, 8) if size <= room)
    assert device.opened == [size for size in (8, 4, 2, 1) if size >= fits]
    assert lane.batch == fits
    computed = sorted(mark for call in device.calls for mark in call)
    assert computed == sorted([*range(20)] * 3)


def test_no_memory_for_a_single_picture_is_said_with_the_way_out() -> None:
    device = Device(room=0)
    lane = device.lane(4)
    [asked] = lane.ask([picture(1)])
    with pytest.raises(
        DeviceUnavailable, match=r"single picture of 2 x 2 pixels.*inference\.device"
    ):
        asked.result(PATIENCE_S)
    assert device.opened == [4, 2, 1]
    device.room = 1
    assert answers(lane, 5) == [5]


def test_memory_may_lack_while_it_is_opened() -> None:
    tried: list[int] = []

    def opened(batch: int) -> list[Slot[ByteArray]]:
        tried.append(batch)
        if batch > 2:
            raise MemoryError("CUDA failure 2: out of memory")
        return [FakeSlot(Device(), batch)]

    lane = Lane(opened, 8, 1, "2 x 2 pixels")
    assert answers(lane, 1, 2, 3) == [1, 2, 3]
    assert tried == [8, 4, 2]


def test_memory_may_lack_when_it_is_opened_before_anything_is_asked() -> None:
    def opened(_: int) -> list[Slot[ByteArray]]:
        raise MemoryError("CUDA failure 2: out of memory")

    with pytest.raises(DeviceUnavailable, match=r"out of memory.*engine\.gpus_per_worker"):
        Lane(opened, 4, 2, "2 x 2 pixels").open()


def test_an_error_is_theirs_whose_pictures_it_was_in() -> None:
    device = Device(fails=lambda marks: KeyError("damaged") if 7 in marks else None)
    lane = device.lane(2, slots=1)
    with device.busy():
        first = lane.ask([picture(0)])
        device.wait_for_a_call()
        asked = [lane.ask([picture(mark)])[0] for mark in (1, 2, 7, 8, 3)]
    assert int(first[0].result(PATIENCE_S)[0][0]) == 0
    assert [type(each.exception(PATIENCE_S)) for each in asked] == [
        type(None),
        type(None),
        KeyError,
        KeyError,
        type(None),
    ]
    assert answers(lane, 9) == [9]


def test_what_cannot_be_opened_is_said_to_all_who_ask() -> None:
    def opened(_: int) -> list[Slot[ByteArray]]:
        raise DeviceUnavailable("no GPU")

    lane = Lane(opened, 4, 2, "2 x 2 pixels")
    for asked in (*lane.ask([picture(1), picture(2)]), *lane.ask([picture(3)])):
        with pytest.raises(DeviceUnavailable, match="no GPU"):
            asked.result(PATIENCE_S)


def test_nobody_computes_what_is_no_longer_wanted() -> None:
    device = Device()
    lane = device.lane(2, slots=1)
    with device.busy():
        first = lane.ask([picture(0)])
        device.wait_for_a_call()
        later = lane.ask([picture(1), picture(2), picture(3)])
        assert later[0].cancel()
        assert later[1].cancel()
    assert int(later[2].result(PATIENCE_S)[0][0]) == 3
    assert int(first[0].result(PATIENCE_S)[0][0]) == 0
    assert device.calls == [[0], [3]]


def test_buffers_are_wiped_once_nothing_waits() -> None:
    device = Device()
    lane = device.lane(2, slots=1)
    for mark in range(3):
        assert answers(lane, mark) == [mark]
        assert device.wiped.acquire(timeout=PATIENCE_S)


def test_a_closed_lane_leaves_nobody_waiting() -> None:
    device = Device()
    lane = device.lane(2, slots=1)
    with device.busy():
        [under_way] = lane.ask([picture(0)])
        device.wait_for_a_call()
        [waiting] = lane.ask([picture(1)])
        lane.close()
        assert waiting.cancelled()
    assert int(under_way.result(PATIENCE_S)[0][0]) == 0
    with pytest.raises(RuntimeError, match="closed"):
        lane.ask([picture(2)])


def test_what_did_not_fit_is_let_go_before_it_is_opened_anew() -> None:
    """Otherwise a GPU would have to hold both."""
    alive: list[weakref.ref[FakeSlot]] = []
    left: list[int] = []

    def opened(batch: int) -> list[Slot[ByteArray]]:
        left.append(sum(each() is not None for each in alive))
        slots = [FakeSlot(Device(room=2), batch) for _ in range(2)]
        alive.extend(weakref.ref(each) for each in slots)
        return list(slots)

    lane = Lane(opened, 8, 2, "2 x 2 pixels")
    assert answers(lane, 1, 2, 3) == [1, 2, 3]
    assert left == [0, 0, 0]
