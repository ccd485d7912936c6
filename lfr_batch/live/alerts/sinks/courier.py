"""One thread per sink: carries alerts and reviews to it, in order, for as long as it takes."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from threading import Event, Thread

from lfr_batch.errors import LfrError
from lfr_batch.live.alerts.items import Item
from lfr_batch.live.alerts.sinks.delivery import Deliver, Trouble, wait_s
from lfr_batch.live.alerts.spool import Spool

logger = logging.getLogger(__name__)

NextItem = Callable[[int], Item | None]
"""The first item with a higher number; None when there is none yet."""


class Courier:
    """Holds one item at a time in memory; the queue is the spool."""

    def __init__(
        self,
        name: str,
        deliver: Deliver,
        spool: Spool,
        next_item: NextItem,
        changed: Callable[[str], None],
    ) -> None:
        self.name = name
        self.delivered = spool.delivered(name)
        """Number of the last item that the sink has."""
        self.carried = 0
        """How many it has brought there itself."""
        self.last_error: str | None = None
        self._deliver, self._spool, self._next = deliver, spool, next_item
        self._changed = changed
        self._failures = 0
        self._work, self._closing, self._stopped = Event(), Event(), Event()
        self._thread = Thread(target=self._run, name=f"sink-{name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._work.set()

    def finish(self) -> None:
        """Go on until nothing is waiting or something fails, then end."""
        self._closing.set()
        self._stopped.set()
        self._work.set()

    def join(self, until_s: float) -> None:
        """Wait for the end, at most until ``time.monotonic()`` is ``until_s``."""
        self._thread.join(max(until_s - time.monotonic(), 0.0))

    def _run(self) -> None:
        try:
            while self._step():
                pass
        finally:
            if not self._closing.is_set():
                self._tell("the sink has stopped because of a fault; see the log, then restart")

    def _step(self) -> bool:
        """Whether to go on."""
        self._work.clear()
        item = self._next(self.delivered)
        if item is None:
            if self._closing.is_set():
                return False
            self._work.wait()
            return True
        trouble = self._carry(item)
        if trouble is None:
            self._succeeded()
            return True
        return self._failed(trouble)

    def _carry(self, item: Item) -> Trouble | None:
        try:
            trouble = self._deliver(item.record)
            if trouble is None:
                self._spool.set_delivered(self.name, item.number)
                self.delivered = item.number
                self.carried += 1
        except (LfrError, OSError) as error:
            return Trouble(str(error))
        return trouble

    def _succeeded(self) -> None:
        if self._failures:
            logger.warning("sink %s delivers again", self.name)
        self._failures = 0
        self._tell(None)

    def _failed(self, trouble: Trouble) -> bool:
        if not self._failures:
            logger.warning("sink %s: %s; it is tried again", self.name, trouble.said)
        self._failures += 1
        self._tell(trouble.said)
        if self._closing.is_set():
            return False
        self._stopped.wait(wait_s(self._failures, trouble, random.random()))
        return True

    def _tell(self, said: str | None) -> None:
        self.last_error = said
        self._changed(self.name)
