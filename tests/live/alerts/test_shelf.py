"""The memory and the disk say the same, on a real disk that can be made to refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.errors import StoreError
from lfr_batch.live.alerts.shelf import Shelf
from lfr_batch.live.alerts.spool import Spool, open_spool
from lfr_batch.live.deployment.counts import Decision, FacesSeen
from lfr_batch.live.records import SinkState
from tests.live.made import DEPLOYMENT, a_review, an_alert
from tests.refused import refused


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return open_spool(tmp_path / "live" / DEPLOYMENT / "router", DEPLOYMENT)


@pytest.fixture
def shelf(spool: Spool) -> Shelf:
    """With two alerts and a review."""
    shelf = Shelf(spool)
    for record in (an_alert(0), an_alert(1), a_review("a0001")):
        shelf.write(record)
    return shelf


def alerts_folder(spool: Spool) -> Path:
    return spool.place.root / "alerts"


def test_one_that_is_opened_anew_knows_the_same(spool: Spool, shelf: Shelf) -> None:
    assert Shelf(spool).register() == shelf.register()
    assert Shelf(spool).alert("a0001") == shelf.alert("a0001") == an_alert(1)
    assert shelf.states() == ()


def test_what_is_refused_is_neither_on_the_disk_nor_known(spool: Spool, shelf: Shelf) -> None:
    before = shelf.register()
    with refused(alerts_folder(spool)), pytest.raises(StoreError):
        shelf.write(an_alert(2))
    assert shelf.register() == before == Shelf(spool).register()


def test_what_cannot_be_written_is_held_and_written_in_its_turn(spool: Spool, shelf: Shelf) -> None:
    with refused(alerts_folder(spool)):
        assert not shelf.write_or_hold(an_alert(2))
        assert shelf.write_first_held() is None
        assert shelf.alert("a0002") == an_alert(2, kept=False)
        (state,) = shelf.states()
        assert (state.name, state.waiting) == ("spool", 1)
    assert not shelf.write_or_hold(an_alert(3)), "behind what is held"
    written = [shelf.write_first_held() for _ in range(3)]
    assert [alert and alert.alert_id for alert in written] == ["a0002", "a0003", None]
    assert shelf.write_or_hold(an_alert(4))
    assert shelf.states() == ()
    assert Shelf(spool).register() == shelf.register()
    assert shelf.register().last_number == 6


def test_a_refusal_is_news_once_and_its_end_too(spool: Spool, shelf: Shelf) -> None:
    faces = {"north": FacesSeen(3, 4)}
    with refused(spool.place.root):
        assert [shelf.write_faces(faces) for _ in range(2)] == [True, False]
    assert [shelf.write_faces(faces) for _ in range(2)] == [True, False]
    assert spool.faces() == faces


def test_what_retention_has_deleted_is_forgotten(spool: Spool, shelf: Shelf) -> None:
    spool.forget("a0001", Decision("match"))
    assert shelf.alert("a0001") is None
    assert list(shelf.register().alerts) == ["a0000"]
    assert (
        shelf.register().deleted == Shelf(spool).register().deleted == {"a0001": Decision("match")}
    )
    item = shelf.first_after(0)
    assert (item and item.record) == an_alert(0)
    assert shelf.first_after(1) is None


def test_what_is_damaged_is_named_once_and_passed_over(spool: Spool, shelf: Shelf) -> None:
    (alerts_folder(spool) / "a0000").write_bytes(b"damaged")
    for _ in range(2):
        item = shelf.first_after(0)
        assert (item and item.number) == 2
    assert shelf.alert("a0000") is None
    assert shelf.states() == (SinkState("spool", 3, 1, "cannot be read: alerts/a0000"),)
    assert list(Shelf(spool).register().alerts) == ["a0001"]
