"""A session that is many: of one model, one per size of a ladder, each with a lane of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from threading import Lock
from weakref import finalize

import numpy as np

from lfr_batch.models.ladder import Ladder, Size
from lfr_batch.models.lane import Lane, Outputs
from lfr_batch.models.selection import Selection, together
from lfr_batch.planes import Shown
from lfr_batch.records import ByteArray

Picture = ByteArray | Shown
"""(height, width, 3), or the planes that such pixels are made of on the device."""
Asked = list[Future[Outputs]]


class LadderSession:
    """Satisfies ``sessions.PlanesSession``, for any number of threads; pictures have a rung's size.

    ``open_lane`` makes the lane of a size and a batch. The first of ``usual_whs`` (else the
    smallest there is) is opened at once, so that a device that cannot be used is known of before
    there is footage: raises what that raises. A first call of each is then under way, side by side:
    it takes seconds.
    """

    gathers = True

    def __init__(
        self,
        ladder: Ladder,
        open_lane: Callable[[Size, int], Lane[Picture]],
        description: str,
        usual_whs: Sequence[Size] = (),
        selection: Selection | None = None,
    ) -> None:
        self.description = description
        self.selection = selection
        self._ladder = ladder
        self._open_lane = open_lane
        self._lanes: dict[Size, Lane[Picture]] = {}
        self._opening = Lock()
        finalize(self, _close, self._lanes)
        rungs = list(dict.fromkeys(map(ladder.rung, usual_whs)))
        self.lane(next(iter(rungs), ladder.smallest_wh)).open()
        for width, height in rungs:
            self._ask(np.zeros((1, height, width, 3), np.uint8))

    def input_wh(self, wanted_wh: Size) -> Size:
        return self._ladder.rung(wanted_wh)

    def run(self, pictures_rgb: ByteArray) -> Outputs:
        if not len(pictures_rgb):
            one = np.zeros((1, *pictures_rgb.shape[1:]), np.uint8)
            return tuple(output[:0] for output in self.run(one))
        return self._answers(self._ask(pictures_rgb))

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Outputs]:
        return self.run_shown(batches)

    def run_shown(self, batches: Iterable[ByteArray | Shown]) -> Iterator[Outputs]:
        """As many calls are under way as there are pictures in a batch of the device."""
        under_way: deque[Asked] = deque()
        try:
            for batch in batches:
                under_way.append(self._ask(batch))
                most = self.lane(_size(batch)).batch
                while len(under_way) > most or (under_way and _is_done(under_way[0])):
                    yield self._answers(under_way.popleft())
            while under_way:
                yield self._answers(under_way.popleft())
        finally:
            for asked in under_way:
                for answer in asked:
                    answer.cancel()

    def _ask(self, batch: ByteArray | Shown) -> Asked:
        size_wh = _size(batch)
        if self.input_wh(size_wh) != size_wh:
            raise ValueError(f"{size_wh} is no size of {self.description}")
        pictures = [batch] if isinstance(batch, Shown) else list(batch)
        return self.lane(size_wh).ask(pictures)

    def _answers(self, asked: Asked) -> Outputs:
        """Of the pictures of one call, together."""
        found = [answer.result() for answer in asked]
        if len(found) == 1:
            return found[0]
        join = np.concatenate if self.selection is None else together
        return tuple(join(output) for output in zip(*found, strict=True))

    def lane(self, size_wh: Size) -> Lane[Picture]:
        """The one of a rung, made when first needed."""
        with self._opening:
            if size_wh not in self._lanes:
                batch = self._ladder.batch(size_wh)
                self._lanes[size_wh] = self._open_lane(size_wh, batch)
            return self._lanes[size_wh]


def _size(batch: ByteArray | Shown) -> Size:
    return batch.input_wh if isinstance(batch, Shown) else (batch.shape[2], batch.shape[1])


def _is_done(asked: Asked) -> bool:
    return all(answer.done() for answer in asked)


def _close(lanes: dict[Size, Lane[Picture]]) -> None:
    for lane in lanes.values():
        lane.close()
