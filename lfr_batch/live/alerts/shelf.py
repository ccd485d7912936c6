"""The sealed files and what is known of them in memory, kept alike.

The disk is the truth: a shelf that is opened anew knows what the last one had written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from threading import Lock

from lfr_batch.errors import SealBroken, StoreError
from lfr_batch.live.alerts.held import Held, is_news, with_answer
from lfr_batch.live.alerts.items import Item, bare_item, file_name
from lfr_batch.live.alerts.progress import spool_states
from lfr_batch.live.alerts.register import (
    Register,
    first_after,
    next_item,
    opened_register,
    with_item,
    with_shown,
    without,
)
from lfr_batch.live.alerts.spool import Spool
from lfr_batch.live.deployment.counts import FacesSeen
from lfr_batch.live.records import Alert, Review, SinkState

logger = logging.getLogger(__name__)


class Shelf:
    """Whoever writes takes care that nobody else does; else any thread may call any method."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._changing = Lock()
        """Held for an instant, while one register gives way to the next."""
        self._damaged: tuple[str, ...] = ()
        # First what was deleted: retention, another process, notes that before it deletes.
        deleted = spool.forgotten()
        items = [bare_item(item) for name in spool.names() if (item := self._read(name))]
        self._register = opened_register(items, deleted, spool.last_delivered())

    def register(self) -> Register:
        """As it is now: retention, another process, may have deleted alerts."""
        with self._changing:
            if self._spool.count_forgotten() != len(self._register.deleted):
                self._register = without(self._register, self._spool.forgotten())
            return self._register

    @property
    def held(self) -> Held:
        """As it is now, whatever the disk says."""
        return self._register.held

    def write(self, record: Alert | Review) -> None:
        """Onto the disk. Raises StoreFull, StoreUnreachable."""
        item = next_item(self._register, record)
        self._spool.add(item)
        self._change(lambda register: with_item(register, item))

    def write_or_hold(self, alert: Alert) -> bool:
        """Written if that can be done, behind what is held; known in any case. Whether it is
        written."""
        if not self.held.alerts:
            try:
                self.write(alert)
            except StoreError as error:
                logger.warning("alerts are shown, and cannot be kept: %s", error)
                self._note(error)
            else:
                return True
        self._change(lambda register: with_shown(register, replace(alert, kept=False)))
        return False

    def write_first_held(self) -> Alert | None:
        """None where nothing is held, or it cannot be written yet."""
        for alert in self.held.alerts.values():
            try:
                self.write(replace(alert, kept=True))
            except StoreError as error:
                self._note(error)
                return None
            return alert
        return None

    def write_faces(self, faces: Mapping[str, FacesSeen]) -> bool:
        """As far as that can be done. Whether a refusal of the disk has begun or ended."""
        try:
            self._spool.set_faces(faces)
        except StoreError as error:
            logger.warning("the count of faces is not saved: %s", error)
            return self._note(error)
        return self._note(None)

    def alert(self, alert_id: str) -> Alert | None:
        """With its pictures, which are read from the disk; None where it is not there, or cannot
        be read."""
        register = self._register
        held = register.held.alerts.get(alert_id)
        if held or alert_id not in register.alerts:
            return held
        item = self._read(file_name(register.alerts[alert_id]))
        return item.record if item and isinstance(item.record, Alert) else None

    def first_after(self, number: int) -> Item | None:
        """With its pictures; what has been deleted or damaged is passed over."""
        while (bare := first_after(self._register, number)) is not None:
            item = self._read(file_name(bare.record))
            if item:
                return item
            number = bare.number
        return None

    def states(self) -> tuple[SinkState, ...]:
        """Of the sealed files themselves: none where all is well."""
        register = self._register
        return spool_states(len(register.queue), self._damaged, register.held)

    def _read(self, name: str) -> Item | None:
        """None for a file that is gone or damaged, which must not stop the others."""
        try:
            return self._spool.read(name)
        except FileNotFoundError:
            return None
        except SealBroken as error:
            logger.error("%s", error)  # noqa: TRY400 - the sentence says it all
            with self._changing:
                self._damaged = tuple(dict.fromkeys((*self._damaged, name)))
            return None

    def _note(self, refusal: StoreError | None) -> bool:
        """What the disk said last. Whether that is news."""
        before, after = self._change(
            lambda register: replace(register, held=with_answer(register.held, refusal))
        )
        return is_news(before.held, after.held)

    def _change(self, change: Callable[[Register], Register]) -> tuple[Register, Register]:
        """Before and after."""
        with self._changing:
            before, self._register = self._register, change(self._register)
            return before, self._register
