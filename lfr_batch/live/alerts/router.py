"""Alerts on their way: raised once they are sealed on the disk, then shown and delivered.

The disk is the truth: a router that was killed is opened again on its folder and goes on where it
was. In memory it has what the console asks for, without pictures.

While the disk has no room, an alert is shown all the same: it is held in memory, as not kept, and
written in its turn as soon as there is room.
"""

from __future__ import annotations

import logging
import time
from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import IO

from lfr_batch.config.live import LiveConfig
from lfr_batch.errors import LiveError, SealBroken, StoreError, UsageError
from lfr_batch.live.afterwards.retention_terms import write_terms
from lfr_batch.live.alerts.bare import bare_alert, bare_item
from lfr_batch.live.alerts.cool_down import (
    NOTHING_RAISED,
    LastRaised,
    is_due,
    restored,
    with_raised,
)
from lfr_batch.live.alerts.events import EventLog
from lfr_batch.live.alerts.held import Held
from lfr_batch.live.alerts.sinks.courier import Courier
from lfr_batch.live.alerts.sinks.delivery import Deliver, Setting
from lfr_batch.live.alerts.sinks.table import open_sinks
from lfr_batch.live.alerts.spool import Item, Spool, discard_halves, file_name, hold, open_spool
from lfr_batch.live.deployment.counts import Decision, FacesSeen, decisions, live_counts, with_faces
from lfr_batch.live.records import (
    Alert,
    CameraHealth,
    DeploymentRecord,
    Event,
    EventKind,
    LiveCounts,
    Review,
    SinkState,
)
from lfr_batch.storage.store import Store

logger = logging.getLogger(__name__)

FLUSH_S = 3.0
FACES_EVERY_S = 5.0
KEEP_EVERY_S = 1.0
"""So often it is tried to write what is held."""
SPOOL = "spool"
"""In ``sink_states``, of the sealed files themselves: only where some cannot be read or written."""


def open_router(
    folder: Path, deployment: DeploymentRecord, config: LiveConfig, store: Store
) -> Router:
    """The router of ``folder`` (``folders.router_folder``), with all that is there already.

    Raises RunBusy where another process has it, ConfigError for a webhook without its secret,
    SealBroken where the key is gone, StoreFull, StoreUnreachable.
    """
    sinks = open_sinks(Setting(deployment, config, store))
    lock = hold(folder)
    try:
        discard_halves(folder)
        spool = open_spool(folder, deployment.deployment_id)
        write_terms(spool.place, config, store)
        spool.expect(sinks)
        return Router(spool, config.watch.cool_down_s, sinks, lock)
    except BaseException:
        lock.close()
        raise


class Router:
    """See ``protocol.AlertRouter``."""

    def __init__(
        self, spool: Spool, cool_down_s: float, sinks: dict[str, Deliver], lock: IO[bytes]
    ) -> None:
        self._spool, self._cool_down_s, self._lock = spool, cool_down_s, lock
        self._writing = Lock()
        """Held while something is written, so that numbers on the disk are in order."""
        self._memory = Lock()
        """Held for an instant: what follows is consistent."""
        self._alerts: dict[str, Alert] = {}
        """Without pictures, in order of their numbers."""
        self._reviews: dict[str, Review] = {}
        self._queue: list[tuple[int, str]] = []
        """Number and file of everything on the disk, in order."""
        self._number = spool.last_delivered()
        self._last_raised: LastRaised = NOTHING_RAISED
        self._deleted: dict[str, Decision] = {}
        self._health: dict[str, CameraHealth] = {}
        self._faces: dict[str, FacesSeen] = spool.faces()
        self._faces_saved_s = time.monotonic()
        self._damaged: list[str] = []
        self._held = Held()
        self._ending = Flag()
        self._closed = False
        self._events = EventLog()
        self._restore()
        self._couriers = [
            Courier(name, deliver, spool, self._next_item, self._sink_changed)
            for name, deliver in sinks.items()
        ]
        self._keeper = Thread(target=self._keep_on, name="keeper", daemon=True)
        self._keeper.start()

    def raise_alert(self, alert: Alert) -> bool:
        self._check_own(alert)
        with self._writing:
            self._check_open()
            self._forget_deleted()
            if alert.alert_id in self._held:
                raise self._held.refused()
            if alert.alert_id in self._alerts or alert.alert_id in self._deleted:
                return True
            if not is_due(self._last_raised, alert, self._cool_down_s):
                return False
            self._last_raised = with_raised(self._last_raised, alert)
            is_kept = self._kept_or_held(alert)
        self._announce("alert", alert.alert_id)
        if not is_kept:
            self._events.add("sink", SPOOL)
            raise self._held.refused()
        logger.info("alert %s of camera %s raised", alert.alert_id, alert.camera)
        return True

    def review(self, review: Review) -> None:
        self._check_own(review)
        with self._writing:
            self._check_open()
            self._forget_deleted()
            if review.alert_id not in self._alerts:
                raise UsageError(f"there is no alert {review.alert_id!r} in this deployment")
            if review.review_id in self._reviews:
                return
            if review.alert_id in self._held and not self._keep_held():
                raise self._held.refused("its alert is not written, so no decision can be kept: ")
            item = Item(self._number + 1, review)
            self._spool.add(item)
            self._remember(item)
        self._announce("review", review.review_id)
        logger.info("review %s of alert %s written", review.review_id, review.alert_id)

    def report_health(self, health: CameraHealth) -> None:
        with self._memory:
            self._health[health.camera] = health
            known = self._faces.get(health.camera, FacesSeen())
            self._faces[health.camera] = with_faces(known, health.faces_seen)
            save = time.monotonic() - self._faces_saved_s >= FACES_EVERY_S
        self._events.add("health", health.camera)
        if save:
            self._save_faces()

    def alerts(self, limit: int | None = None) -> tuple[Alert, ...]:
        self._forget_deleted()
        with self._memory:
            newest_first = list(reversed(self._alerts.values()))[:limit]
        found = (self._with_pictures(alert) for alert in newest_first)
        return tuple(alert for alert in found if alert)

    def alert(self, alert_id: str) -> Alert | None:
        with self._memory:
            known = self._alerts.get(alert_id)
        return known and self._with_pictures(known)

    def reviews(self) -> tuple[Review, ...]:
        self._forget_deleted()
        with self._memory:
            return tuple(self._reviews.values())

    def health(self) -> tuple[CameraHealth, ...]:
        with self._memory:
            return tuple(self._health[camera] for camera in sorted(self._health))

    def counts(self) -> LiveCounts:
        self._forget_deleted()
        with self._memory:
            kept = decisions(self._alerts, self._reviews.values())
            counted = live_counts([*self._deleted.values(), *kept], self._faces)
            return replace(counted, unkept=len(self._held))

    def events(self, after: int, timeout_s: float) -> tuple[Event, ...]:
        return self._events.since(after, timeout_s)

    def sink_states(self) -> tuple[SinkState, ...]:
        self._forget_deleted()
        with self._memory:
            numbers = [number for number, _ in self._queue]
        states = [_state(courier, numbers) for courier in self._couriers]
        said = [f"cannot be read: {', '.join(self._damaged)}"] if self._damaged else []
        said += [trouble] if (trouble := self._held.trouble()) else []
        if said:
            waiting = len(self._damaged) + len(self._held)
            states.append(SinkState(SPOOL, len(numbers), waiting, "; ".join(said)))
        return tuple(states)

    def carried(self) -> dict[str, int]:
        """By sink, how many alerts and reviews it has taken from this router."""
        return {courier.name: courier.carried for courier in self._couriers}

    def close(self) -> int:
        with self._writing:
            if self._closed:
                return len(self._held)
            self._keep_held()
            self._closed = True
            lost = len(self._held)
        self._ending.set()
        self._held.some.set()
        until_s = time.monotonic() + FLUSH_S
        for courier in self._couriers:
            courier.finish()
        for courier in self._couriers:
            courier.join(until_s)
        self._keeper.join()
        self._save_faces()
        self._lock.close()
        if lost:
            logger.error("%d alerts are lost: %s", lost, self._held.trouble())
        return lost

    def _check_own(self, record: Alert | Review) -> None:
        file_name(record)
        if record.deployment_id != self._spool.seal.deployment_id:
            raise UsageError(
                f"this is deployment {self._spool.seal.deployment_id}, not {record.deployment_id}"
            )

    def _check_open(self) -> None:
        if self._closed:
            raise LiveError("the deployment's alerts are closed: nothing is raised any more")

    def _kept_or_held(self, alert: Alert) -> bool:
        """Written if that can be done, behind what is held; shown in any case. Whether it is
        written."""
        if not self._held:
            try:
                item = self._keep(_raised(alert))
            except StoreError as error:
                logger.warning("alerts are shown, and cannot be kept: %s", error)
                self._held.refuse(error)
            else:
                self._remember(replace(item, record=_raised(alert)))
                return True
        held = replace(_raised(alert), kept=False)
        self._held.add(held)
        with self._memory:
            self._alerts[held.alert_id] = bare_alert(held)
        return False

    def _keep(self, alert: Alert) -> Item:
        """Onto the disk. Raises StoreFull, StoreUnreachable."""
        item = Item(self._number + 1, alert)
        self._spool.add(item)
        return item

    def _keep_held(self) -> bool:
        """Write what is held, in its order, as far as that can be done. Whether all is written."""
        for alert in self._held.in_order():
            try:
                item = self._keep(replace(alert, kept=True))
            except StoreError as error:
                self._held.refuse(error)
                return False
            self._remember(item)
            self._held.written(alert.alert_id)
            self._announce("sink", SPOOL)
            logger.warning("alert %s of camera %s is written now", alert.alert_id, alert.camera)
        return True

    def _keep_on(self) -> None:
        while not self._ending.is_set():
            self._held.some.wait()
            if not self._ending.wait(KEEP_EVERY_S):
                with self._writing:
                    self._keep_held()

    def _restore(self) -> None:
        self._deleted = self._spool.forgotten()
        found = (self._read(name) for name in self._spool.names())
        light = [bare_item(item) for item in found if item]
        for item in sorted(light, key=lambda item: item.number):
            self._remember(item)
            record = item.record
            if isinstance(record, Alert):
                self._events.add("alert", record.alert_id)
            else:
                self._events.add("review", record.review_id)
        self._last_raised = restored(self._alerts.values())

    def _read(self, name: str) -> Item | None:
        """None for a file that is gone or damaged, which must not stop the others."""
        try:
            return self._spool.read(name)
        except FileNotFoundError:
            return None
        except SealBroken as error:
            logger.error("%s", error)  # noqa: TRY400 - the sentence says it all
            if name not in self._damaged:
                self._damaged.append(name)
            return None

    def _remember(self, item: Item) -> None:
        record = item.record
        with self._memory:
            self._number = max(self._number, item.number)
            self._queue.append((item.number, file_name(record)))
            if isinstance(record, Alert):
                self._alerts[record.alert_id] = bare_alert(record)
            else:
                self._reviews[record.review_id] = record

    def _forget_deleted(self) -> None:
        """Retention, another process, may have deleted alerts: they must not stay in memory."""
        with self._memory:
            if self._spool.count_forgotten() == len(self._deleted):
                return
            self._deleted = self._spool.forgotten()
            gone = self._deleted.keys() & self._alerts.keys()
            self._alerts = {k: a for k, a in self._alerts.items() if k not in gone}
            self._reviews = {k: r for k, r in self._reviews.items() if r.alert_id not in gone}
            kept = {file_name(alert) for alert in self._alerts.values()}
            kept |= {file_name(review) for review in self._reviews.values()}
            self._queue = [(number, name) for number, name in self._queue if name in kept]
            self._last_raised = restored(self._alerts.values())

    def _with_pictures(self, known: Alert) -> Alert | None:
        held = self._held.get(known.alert_id)
        if held is not None:
            return held
        item = self._read(file_name(known))
        if item is None or not isinstance(item.record, Alert):
            return None
        return replace(item.record, raised_at=known.raised_at, times=known.times)

    def _next_item(self, after: int) -> Item | None:
        """For couriers; what retention has deleted is passed over."""
        while True:
            with self._memory:
                at = bisect_right(self._queue, after, key=lambda entry: entry[0])
                if at == len(self._queue):
                    return None
                after, name = self._queue[at]
                known = self._alerts.get(name.rpartition("/")[2])
            item = self._read(name)
            if item and known and isinstance(item.record, Alert):
                record = replace(item.record, raised_at=known.raised_at, times=known.times)
                return replace(item, record=record)
            if item:
                return item

    def _announce(self, kind: EventKind, about: str) -> None:
        self._events.add(kind, about)
        for courier in self._couriers:
            courier.wake()

    def _sink_changed(self, name: str) -> None:
        self._events.add("sink", name)

    def _save_faces(self) -> None:
        with self._memory:
            self._faces_saved_s = time.monotonic()
            faces = dict(self._faces)
        refusal: StoreError | None = None
        try:
            self._spool.set_faces(faces)
        except StoreError as error:
            logger.warning("the count of faces is not saved: %s", error)
            refusal = error
        if self._held.refuse(refusal):  # told before there is an alert that finds no room
            self._events.add("sink", SPOOL)


def _raised(alert: Alert) -> Alert:
    """``alert`` as raised at this moment; what of its time no stage had used went into raising."""
    now = datetime.now(UTC)
    times = replace(alert.times, raise_s=0.0)
    raise_s = (now - alert.captured_at).total_seconds() - times.total_s
    return replace(alert, raised_at=now, times=replace(times, raise_s=max(raise_s, 0.0)))


def _state(courier: Courier, numbers: list[int]) -> SinkState:
    delivered = bisect_right(numbers, courier.delivered)
    return SinkState(courier.name, delivered, len(numbers) - delivered, courier.last_error)
