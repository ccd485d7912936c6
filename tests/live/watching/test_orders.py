"""What a camera hears in answer to its reports."""

from __future__ import annotations

from pathlib import Path
from time import monotonic_ns

from lfr_batch.errors import EngineError
from lfr_batch.live.alerts.camera_orders import OrderBook
from lfr_batch.live.records import CameraHealth, CameraOrders
from lfr_batch.live.watching.orders import Reports
from lfr_batch.records import NS_PER_S
from lfr_batch.storage.local_store import LocalStore
from tests.live.made import health


class Told:
    """Answers with one order after the other; None: it does not answer."""

    def __init__(self, *orders: CameraOrders | None) -> None:
        self._orders = list(orders)
        self.tried_again = 0

    def report(self, _: CameraHealth) -> CameraOrders:
        order = self._orders.pop(0)
        if order is None:
            raise EngineError("it is being started anew")
        return order

    def try_again(self) -> None:
        self.tried_again += 1


def heard(*orders: CameraOrders | None) -> tuple[Told, Reports]:
    told = Told(*orders)
    reports = Reports(told.report, told.try_again)
    for _ in orders:
        reports.tell(health("north", 0))
    return told, reports


def test_before_the_first_answer_it_neither_watches_nor_aims() -> None:
    _, reports = heard(None)
    assert (reports.is_watching, reports.is_aiming) == (False, False)


def test_the_last_answer_counts_while_there_is_none() -> None:
    _, reports = heard(CameraOrders(watching=False), None)
    assert (reports.is_watching, reports.is_aiming) == (False, True)
    _, reports = heard(CameraOrders(watching=False), CameraOrders(watching=True))
    assert (reports.is_watching, reports.is_aiming) == (True, False)


def test_it_is_tried_again_once_for_each_time_that_somebody_said_so() -> None:
    began_ns = monotonic_ns()

    def at(told: int) -> CameraOrders:
        """Told so many hours after the camera was opened, or before; 0: nobody has."""
        return CameraOrders(watching=True, told_ns=told and began_ns + told * 3600 * NS_PER_S)

    assert heard(at(-1), at(-1))[0].tried_again == 0  # said to a process that is gone
    assert heard(at(1))[0].tried_again == 1
    assert heard(at(0), at(1), at(1))[0].tried_again == 1
    assert heard(at(1), None, at(2))[0].tried_again == 2
    assert heard(at(1), at(0), at(1))[0].tried_again == 1  # the router was started anew meanwhile
    assert heard(at(1), None, at(2), at(2))[0].tried_again == 2


def test_a_router_that_was_started_anew_loses_no_word(tmp_path: Path) -> None:
    """Told once before it was lost, and once before the camera reports to the next one."""
    tried, books = list[str](), list[OrderBook]()
    reports = Reports(lambda it: books[-1].orders(it.camera), lambda: tried.append("again"))
    for _ in range(2):
        books.append(OrderBook(LocalStore(tmp_path), None))
        books[-1].try_again("north")
        reports.tell(health("north", 0))
        reports.tell(health("north", 0))
    assert len(tried) == 2
