"""Couriers with a real spool and a sink that answers as it is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from lfr_batch.errors import LiveError, StoreFull
from lfr_batch.live.alerts.items import Item
from lfr_batch.live.alerts.sinks.courier import Courier
from lfr_batch.live.alerts.sinks.delivery import Trouble
from lfr_batch.live.alerts.spool import Spool, open_spool
from lfr_batch.live.records import Alert, Review
from tests.live.made import DEPLOYMENT, an_alert
from tests.live.receiver import eventually
from tests.patience import PATIENCE_S
from tests.refused import refused

pytestmark = pytest.mark.usefixtures("impatient")

Answer = Trouble | Exception | None


class Sink:
    """Gives its answers in turn, and then takes everything."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.taken: list[str] = []

    def __call__(self, record: Alert | Review) -> Trouble | None:
        self.asked.append(record.alert_id)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            self.taken.append(record.alert_id)
        return answer


class Queue:
    """Three alerts with the numbers 1, 4 and 5; more can be added."""

    def __init__(self) -> None:
        self.items = [Item(number, an_alert(number)) for number in (1, 4, 5)]

    def first_after(self, number: int) -> Item | None:
        return next((item for item in self.items if item.number > number), None)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return open_spool(tmp_path / "live" / DEPLOYMENT / "router", DEPLOYMENT)


@contextmanager
def carrying(
    spool: Spool, sink: Sink, queue: Queue, told: list[str] | None = None
) -> Iterator[Courier]:
    changes = [] if told is None else told
    courier = Courier("lines", sink, spool, queue.first_after, changes.append)
    try:
        yield courier
    finally:
        courier.finish()
        courier.join(time.monotonic() + PATIENCE_S)


def test_everything_is_carried_in_order_and_each_number_noted(spool: Spool) -> None:
    sink, queue, told = Sink(), Queue(), list[str]()
    with carrying(spool, sink, queue, told) as courier:
        assert eventually(lambda: courier.delivered == 5)
        queue.items.append(Item(6, an_alert(6)))
        courier.wake()
        assert eventually(lambda: spool.delivered("lines") == 6)
    assert sink.taken == ["a0001", "a0004", "a0005", "a0006"]
    assert (courier.carried, courier.last_error) == (4, None)
    assert told == ["lines"] * 4


def test_it_goes_on_where_the_last_one_was(spool: Spool) -> None:
    spool.set_delivered("lines", 4)
    sink = Sink()
    with carrying(spool, sink, Queue()) as courier:
        assert eventually(lambda: courier.delivered == 5)
    assert (sink.taken, courier.carried) == (["a0005"], 1)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Trouble("the webhook answered 503"), "the webhook answered 503"),
        (LiveError("no such place"), "no such place"),
        (OSError("no route"), "no route"),
    ],
)
def test_what_is_refused_comes_again_before_anything_else(
    spool: Spool, answer: Answer, said: str
) -> None:
    sink, errors, begun = Sink(None, answer, answer), list[str | None](), Event()
    queue = Queue()

    def first_after(number: int) -> Item | None:
        begun.wait()  # the thread runs before its maker has a name for it
        return queue.first_after(number)

    def changed(_: str) -> None:
        errors.append(courier.last_error)

    courier = Courier("lines", sink, spool, first_after, changed)
    begun.set()
    assert eventually(lambda: sink.taken == ["a0001", "a0004", "a0005"])
    courier.finish()
    courier.join(time.monotonic() + PATIENCE_S)
    assert sink.asked == ["a0001", "a0004", "a0004", "a0004", "a0005"]
    assert errors == [None, said, said, None, None]


def test_what_cannot_be_noted_is_not_delivered_and_comes_again(spool: Spool) -> None:
    sink, numbers = Sink(), spool.place.root / "delivered"
    with refused(numbers):
        numbers.chmod(0o500)  # it can be read
        with carrying(spool, sink, Queue()) as courier:
            assert eventually(lambda: courier.last_error)
        assert (courier.delivered, courier.carried) == (0, 0)
    assert set(sink.taken) == {"a0001"}
    with carrying(spool, sink, Queue()) as again:
        assert eventually(lambda: again.delivered == 5)
    assert sink.taken[-3:] == ["a0001", "a0004", "a0005"]


def test_at_the_end_what_waits_is_carried_and_the_first_trouble_ends_it(spool: Spool) -> None:
    sink, queue, begun = Sink(None, StoreFull("the disk is full")), Queue(), Event()

    def first_after(number: int) -> Item | None:
        begun.wait()
        return queue.first_after(number)

    courier = Courier("lines", sink, spool, first_after, lambda _: None)
    courier.finish()
    begun.set()
    courier.join(time.monotonic() + PATIENCE_S)
    assert sink.asked == ["a0001", "a0004"]
    assert (spool.delivered("lines"), courier.last_error) == (1, "the disk is full")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_is_said(spool: Spool) -> None:
    with carrying(spool, Sink(ZeroDivisionError("a fault")), Queue()) as courier:
        assert eventually(lambda: courier.last_error)
    assert courier.last_error == (
        "the sink has stopped because of a fault; see the log, then restart"
    )
    assert courier.delivered == 0
