"""Alerts on their way: raised once they are sealed on the disk, then shown and delivered.

The disk is the truth: a router that was killed is opened again on its folder and goes on where it
was (``shelf``). What it knows is a register that gives way to the next at each change
(``register``); what becomes of an alert that is offered is decided from that (``raising``).

While the disk has no room, an alert is shown all the same: it is held in memory, as not kept, and
written in its turn as soon as there is room (``held``).
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import IO

from lfr_batch.config.live import LiveConfig
from lfr_batch.errors import LiveError, UsageError
from lfr_batch.live.afterwards.retention_terms import write_terms
from lfr_batch.live.alerts.camera_orders import OrderBook
from lfr_batch.live.alerts.camera_reports import CameraReports, in_order, with_report
from lfr_batch.live.alerts.events import EventLog
from lfr_batch.live.alerts.held import count_unkept, refused, trouble_of
from lfr_batch.live.alerts.items import check_own, listed_alert, require_decidable, subject_of
from lfr_batch.live.alerts.progress import SPOOL, sink_state
from lfr_batch.live.alerts.raising import RaisingTerms, answer_to, raised
from lfr_batch.live.alerts.register import counts_of, numbers_of
from lfr_batch.live.alerts.shelf import Shelf
from lfr_batch.live.alerts.sinks.courier import Courier
from lfr_batch.live.alerts.sinks.delivery import Deliver, Setting
from lfr_batch.live.alerts.sinks.table import open_sinks
from lfr_batch.live.alerts.spool import Spool, discard_halves, hold, open_spool
from lfr_batch.live.deployment.volunteers_file import load_seeding
from lfr_batch.live.records import (
    AimReport,
    Alert,
    CameraHealth,
    CameraOrders,
    DeploymentRecord,
    Event,
    EventKind,
    LiveCounts,
    Review,
    SinkState,
    WatchingBegun,
)
from lfr_batch.storage.store import Store

logger = logging.getLogger(__name__)

FLUSH_S = 3.0
FACES_EVERY_S = 5.0
KEEP_EVERY_S = 1.0
"""So often it is tried to write what is held."""


def open_router(
    folder: Path,
    deployment: DeploymentRecord,
    config: LiveConfig,
    store: Store,
    watch_from: datetime | None = None,
) -> Router:
    """The router of ``folder`` (``folders.router_folder``), with all that is there already.
    ``watch_from``: it is aimed first, and watching may begin then; None: it watches at once.

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
        orders = OrderBook(spool.place, watch_from)
        return Router(spool, _terms(folder, config), sinks, lock, orders)
    except BaseException:
        lock.close()
        raise


def _terms(folder: Path, config: LiveConfig) -> RaisingTerms:
    """As at the start of the deployment, whose volunteers its folder knows. Raises LiveError."""
    seeding = load_seeding(folder.parent)
    if seeding is None:
        return RaisingTerms(config.watch.cool_down_s)
    volunteers = frozenset(seeding.volunteers)
    return RaisingTerms(config.watch.cool_down_s, volunteers, seeding.cool_down_s)


class Router:
    """See ``protocol.AlertRouter``."""

    def __init__(
        self,
        spool: Spool,
        terms: RaisingTerms,
        sinks: dict[str, Deliver],
        lock: IO[bytes],
        orders: OrderBook,
    ) -> None:
        self._deployment_id, self._terms = spool.seal.deployment_id, terms
        self._lock, self._orders = lock, orders
        self._shelf, self._events = Shelf(spool), EventLog()
        self._writing = Lock()
        """Held from what is asked of the register until what follows from it is written."""
        self._closed = False
        self._reporting = Lock()
        """Held for an instant, while a camera's report is taken."""
        self._reports = CameraReports(faces=spool.faces())
        self._faces_saved_s = time.monotonic()
        for item in self._shelf.register().queue:
            self._events.add(*subject_of(item.record))
        self._couriers = [
            Courier(name, deliver, spool, self._shelf.first_after, self._sink_changed)
            for name, deliver in sinks.items()
        ]
        self._ending = Flag()
        self._keeper = Thread(target=self._keep_on, name="keeper", daemon=True)
        self._keeper.start()

    def raise_alert(self, alert: Alert) -> bool:
        check_own(alert, self._deployment_id)
        with self._writing:
            self._check_open()
            register = self._shelf.register()
            answer = answer_to(alert, register, self._terms)
            if answer == "held":
                raise refused(register.held)
            if answer != "new":
                return answer == "repeated"
            is_written = self._shelf.write_or_hold(raised(alert, datetime.now(UTC), self._terms))
        self._announce("alert", alert.alert_id)
        if not is_written:
            self._sink_changed(SPOOL)
            raise refused(self._shelf.held)
        logger.info("alert %s of camera %s raised", alert.alert_id, alert.camera)
        return True

    def review(self, review: Review) -> None:
        check_own(review, self._deployment_id)
        with self._writing:
            self._check_open()
            register = self._shelf.register()
            if review.alert_id not in register.alerts:
                raise UsageError(f"there is no alert {review.alert_id!r} in this deployment")
            require_decidable(register.alerts[review.alert_id])
            if review.review_id in register.reviews:
                return
            if review.alert_id in register.held.alerts:
                self._write_held()
                self._check_written()
            self._shelf.write(review)
        self._announce("review", review.review_id)
        logger.info("review %s of alert %s written", review.review_id, review.alert_id)

    def report_health(self, health: CameraHealth) -> CameraOrders:
        with self._reporting:
            self._reports = with_report(self._reports, health)
            save = time.monotonic() - self._faces_saved_s >= FACES_EVERY_S
        self._events.add("health", health.camera)
        if save:
            self._save_faces()
        return self._orders.orders(health.camera)

    def report_aim(self, report: AimReport) -> None:
        self._orders.take(report)

    def aim(self, camera: str) -> AimReport | None:
        return self._orders.aim(camera)

    def aims(self) -> tuple[AimReport, ...]:
        return self._orders.aims()

    def watching(self) -> WatchingBegun | None:
        return self._orders.watching()

    def begin_watching(self, by: str) -> bool:
        begins = self._orders.begin(by, datetime.now(UTC))
        if begins:
            self._events.add("watching", by)
            logger.info("watching has begun: %s said so", by)
        return begins

    def try_again(self, camera: str) -> None:
        self._orders.try_again(camera)

    def alerts(self, limit: int | None = None) -> tuple[Alert, ...]:
        newest_first = list(self._shelf.register().alerts)[::-1][:limit]
        found = (self._shelf.alert(alert_id) for alert_id in newest_first)
        return tuple(listed_alert(alert) for alert in found if alert)

    def known(self, alert_id: str) -> Alert | None:
        return self._shelf.register().alerts.get(alert_id)

    def alert(self, alert_id: str) -> Alert | None:
        return self._shelf.alert(alert_id)

    def reviews(self) -> tuple[Review, ...]:
        return tuple(self._shelf.register().reviews.values())

    def health(self) -> tuple[CameraHealth, ...]:
        return in_order(self._reports)

    def counts(self) -> LiveCounts:
        return counts_of(self._shelf.register(), self._reports.faces)

    def events(self, after: int, timeout_s: float) -> tuple[Event, ...]:
        return self._events.since(after, timeout_s)

    def sink_states(self) -> tuple[SinkState, ...]:
        numbers = numbers_of(self._shelf.register())
        states = [sink_state(c.name, c.delivered, numbers, c.last_error) for c in self._couriers]
        return (*states, *self._shelf.states())

    def carried(self) -> dict[str, int]:
        """By sink, how many alerts and reviews it has taken from this router."""
        return {courier.name: courier.carried for courier in self._couriers}

    def close(self) -> int:
        with self._writing:
            if self._closed:
                return self._unwritten()
            self._write_held()
            self._closed = True
        self._ending.set()
        self._finish_couriers()
        self._keeper.join()
        self._save_faces()
        self._lock.close()
        if lost := self._unwritten():
            logger.error("%d alerts are lost: %s", lost, trouble_of(self._shelf.held))
        return lost

    def _check_open(self) -> None:
        if self._closed:
            raise LiveError("the deployment's alerts are closed: nothing is raised any more")

    def _check_written(self) -> None:
        if self._shelf.held.alerts:
            raise refused(
                self._shelf.held, "its alert is not written, so no decision can be kept: "
            )

    def _unwritten(self) -> int:
        return count_unkept(self._shelf.held)

    def _write_held(self) -> None:
        """In its order, as far as that can be done."""
        while alert := self._shelf.write_first_held():
            self._announce("sink", SPOOL)
            logger.warning("alert %s of camera %s is written now", alert.alert_id, alert.camera)

    def _keep_on(self) -> None:
        while not self._ending.wait(KEEP_EVERY_S):
            with self._writing:
                if not self._closed:
                    self._write_held()

    def _save_faces(self) -> None:
        with self._reporting:
            self._faces_saved_s = time.monotonic()
            faces = self._reports.faces
        if self._shelf.write_faces(faces):  # told before there is an alert that finds no room
            self._sink_changed(SPOOL)

    def _announce(self, kind: EventKind, about: str) -> None:
        self._events.add(kind, about)
        for courier in self._couriers:
            courier.wake()

    def _sink_changed(self, name: str) -> None:
        self._events.add("sink", name)

    def _finish_couriers(self) -> None:
        until_s = time.monotonic() + FLUSH_S
        for courier in self._couriers:
            courier.finish()
        for courier in self._couriers:
            courier.join(until_s)
