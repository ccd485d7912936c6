"""A lane: one model at one shape, fed from all threads of a worker.

What waits is computed together once the device is free: a full batch at once, a few after they have
waited for more for a moment. A second batch is made ready while one computes only if it is full.
"""

from __future__ import annotations

import atexit
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.records import FloatArray
from lfr_batch.unexpected import trace

logger = logging.getLogger(__name__)

Outputs = tuple[FloatArray, ...]
P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)
"""What a picture is given as."""


class Slot(Protocol[P_contra]):
    """Buffers for one batch of a fixed shape, and the model that computes it."""

    def run(self, pictures: Sequence[P_contra]) -> list[Outputs]:
        """The outputs of each picture, with a first axis; the batch is filled up with zeros.

        Raises MemoryError where the device has no room for it.
        """
        ...

    def wipe(self) -> None:
        """Leave nothing of the last batch in the buffers."""
        ...


_ALL: WeakSet[Lane[Any]] = WeakSet()
END_S = 30.0
GATHER_S = 0.004
"""A batch of one takes a GPU nearly as long as a full one: see docs/performance.md."""

OpenSlots = Callable[[int], Sequence[Slot[P]]]
"""From a batch to slots that may run at once; raises MemoryError as ``Slot.run`` does."""


@dataclass(frozen=True, slots=True)
class _Asked(Generic[P]):
    picture: P
    answer: Future[Outputs] = field(default_factory=Future)


class Lane(Generic[P]):
    """Opened when first asked; a batch that does not fit the device's memory is halved for good.

    ``slots`` is how many of them ``open_slots`` gives. ``what`` names model and size in errors.
    ``gather_s`` is how long a batch that is not full waits for more.
    """

    def __init__(
        self,
        open_slots: OpenSlots[P],
        batch: int,
        slots: int,
        what: str,
        gather_s: float = GATHER_S,
    ) -> None:
        self.batch = batch
        self._gather_s = gather_s
        self._open_slots = open_slots
        self._what = what
        self._slots: Sequence[Slot[P]] | None = None
        self._waiting: deque[_Asked[P]] = deque()
        self._under_way = 0
        self._closed = False
        self._changed = Condition()
        # Daemons, since whoever ends the process need not know of them: see ``_end``.
        self._threads = [
            Thread(target=self._serve, args=(i,), name=f"lane-{i}", daemon=True)
            for i in range(slots)
        ]
        _ALL.add(self)

    def open(self) -> None:
        """Open the model now, before anything is asked. Raises what that raises, DeviceUnavailable
        where there is no memory for a single picture."""
        try:
            self._opened()
        except MemoryError as error:
            raise self._too_large(error) from error

    def _opened(self) -> Sequence[Slot[P]]:
        """By one thread at a time; for a smaller batch where memory lacks."""
        while self._slots is None:
            try:
                self._slots = self._open_slots(self.batch)
            except MemoryError:
                if self.batch == 1:
                    raise
                self.batch //= 2
        return self._slots

    def ask(self, pictures: Sequence[P]) -> list[Future[Outputs]]:
        """The outputs of each picture, to come; one that is cancelled may not be computed."""
        asked = [_Asked(picture) for picture in pictures]
        with self._changed:
            if self._closed:
                raise RuntimeError("the lane is closed")
            for thread in self._threads:
                if thread.ident is None:
                    thread.start()
            self._waiting.extend(asked)
            self._changed.notify_all()
        return [each.answer for each in asked]

    def close(self) -> None:
        """Compute no more; what waits is cancelled."""
        with self._changed:
            self._closed = True
            for each in self._waiting:
                each.answer.cancel()
            self._waiting.clear()
            self._changed.notify_all()

    def join(self, timeout_s: float) -> None:
        """Until what was under way when it was closed is done."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout_s)

    def _serve(self, number: int) -> None:
        while not self._closed:
            if self._answer(number, self._take(timeout_s=0.0)):
                continue
            self._wipe(number)
            self._answer(number, self._take(timeout_s=None))

    def _take(self, timeout_s: float | None) -> list[_Asked[P]]:
        """As many of those that wait as fit in a batch, once they may be computed."""
        with self._changed:
            if self._changed.wait_for(lambda: self._closed or self._may_go(), timeout_s):
                self._changed.wait_for(self._is_full, self._gather_s)
            taken: list[_Asked[P]] = []
            may_go = self._may_go()
            while may_go and self._waiting and len(taken) < self.batch:
                each = self._waiting.popleft()
                if each.answer.running() or each.answer.set_running_or_notify_cancel():
                    taken.append(each)
            self._under_way += bool(taken)
            return taken

    def _is_full(self) -> bool:
        return self._closed or len(self._waiting) >= self.batch

    def _may_go(self) -> bool:
        if not self._waiting:
            return False
        full = self._slots is not None and len(self._waiting) >= self.batch
        return full or self._under_way == 0

    def _answer(self, number: int, asked: Sequence[_Asked[P]]) -> bool:
        """Whether there was anything to answer; what was is forgotten with this call."""
        if not asked:
            return False
        slots: Sequence[Slot[P]] | None = None
        try:
            slots = self._opened()
            found = _in_batches(slots[number], asked, self.batch)
        except MemoryError as error:
            self._make_room(asked, slots, error)
        except Exception as error:  # noqa: BLE001 - it is the askers', in the askers' threads
            _refuse(asked, error)
        else:
            for each, outputs in zip(asked, found, strict=True):
                each.answer.set_result(outputs)
        finally:
            del slots  # what is to be closed must be, before another thread opens it anew
            self._done()
        return True

    def _make_room(
        self, asked: Sequence[_Asked[P]], slots: Sequence[Slot[P]] | None, error: MemoryError
    ) -> None:
        """Close what did not fit; its pictures go first when it is opened for half as many."""
        with self._changed:
            if slots is self._slots:
                self._slots = None
                if self.batch == 1:
                    _refuse(asked, self._too_large(error))
                    return
                self.batch //= 2
            self._waiting.extendleft(reversed(asked))

    def _too_large(self, error: MemoryError) -> DeviceUnavailable:
        return DeviceUnavailable(
            f"The GPU has no memory left for a single picture of {self._what} ({error}): let fewer "
            "workers share it (engine.gpus_per_worker), or set inference.device to cpu."
        )

    def _wipe(self, number: int) -> None:
        slots = self._slots
        try:
            if slots is not None:
                slots[number].wipe()
        except Exception as error:  # noqa: BLE001 - whatever it was: what is gone holds nothing
            logger.info("buffers were let go, not wiped: %s", trace(error))
            with self._changed:
                self._slots = None

    def _done(self) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()


def _in_batches(slot: Slot[P], asked: Sequence[_Asked[P]], batch: int) -> list[Outputs]:
    """In more than one where the batch has become smaller since they were taken."""
    pictures = [each.picture for each in asked]
    parts = [pictures[start : start + batch] for start in range(0, len(pictures), batch)]
    return [outputs for part in parts for outputs in slot.run(part)]


def _refuse(asked: Sequence[_Asked[P]], error: Exception) -> None:
    for each in asked:
        each.answer.set_exception(error)


@atexit.register
def _end() -> None:
    """Python cannot end in order while a thread of it is inside a library."""
    lanes = list(_ALL)
    for lane in lanes:
        lane.close()
    for lane in lanes:
        lane.join(END_S)
