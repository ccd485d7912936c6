"""Aiming and watching, as the router has it: on the disk, and never back."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic_ns

import pytest

from lfr_batch.errors import LiveError, StoreFull, TooEarly
from lfr_batch.live.alerts.camera_orders import WATCHING, OrderBook, read_begun
from lfr_batch.live.alerts.router import Router, open_router
from lfr_batch.live.records import AimGuide, AimReport, CameraOrders, WatchingBegun
from lfr_batch.results.store import open_store
from lfr_batch.storage import files
from lfr_batch.storage.local_store import LocalStore
from tests.live.made import STARTED, a_config, a_record, health

LATER = STARTED + timedelta(minutes=5)
PREVIEW = b"\xff\xd8\xff PREVIEW CANARY"


def aim_of(camera: str) -> AimReport:
    return AimReport(camera, LATER, AimGuide((1280, 720)), PREVIEW)


def book(folder: Path, watch_from: datetime | None = STARTED) -> OrderBook:
    return OrderBook(LocalStore(folder), watch_from)


def test_without_aiming_cameras_watch_at_once(tmp_path: Path) -> None:
    orders = book(tmp_path, watch_from=None)
    orders.take(aim_of("north"))
    assert orders.orders("north") == CameraOrders(watching=True)
    assert (orders.begin("operator", LATER), orders.watching()) == (False, None)
    assert orders.aim("north") is None
    assert list(tmp_path.iterdir()) == []


def test_watching_begins_once_and_no_preview_outlives_it(tmp_path: Path) -> None:
    orders = book(tmp_path)
    orders.take(aim_of("north"))
    assert not orders.orders("north").watching
    assert orders.aim("north") == aim_of("north")
    assert orders.aims() == (replace(aim_of("north"), preview_jpeg=b""),)
    assert orders.begin("operator", LATER)
    assert not orders.begin("reviewer", LATER + timedelta(minutes=1))
    assert orders.watching() == WatchingBegun(LATER, "operator")
    assert orders.aim("north") is None
    orders.take(aim_of("north"))  # one that was on its way
    assert orders.aim("north") is None
    assert orders.orders("north").watching


def test_it_cannot_begin_before_the_window(tmp_path: Path) -> None:
    orders = book(tmp_path)
    with pytest.raises(TooEarly, match="watching may begin at 10:00 UTC"):
        orders.begin("operator", STARTED - timedelta(seconds=1))
    assert not orders.orders("north").watching


@pytest.mark.parametrize("refused", ["file", "folder"])
def test_what_the_disk_refuses_has_not_begun_for_the_next_router_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """``folder``: the file has its name already, and that cannot be synced."""
    orders, really = book(tmp_path), files.sync
    orders.take(aim_of("north"))

    def sync(path: Path) -> None:
        if path.is_dir() == (refused == "folder"):
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        really(path)

    with monkeypatch.context() as full:
        full.setattr(files, "sync", sync)
        with pytest.raises(StoreFull):
            orders.begin("operator", LATER)
    assert not orders.orders("north").watching
    assert orders.aim("north") == aim_of("north")
    assert not book(tmp_path).orders("north").watching
    assert orders.begin("operator", LATER)


def test_a_book_that_is_opened_anew_goes_on_where_it_was(tmp_path: Path) -> None:
    assert book(tmp_path).watching() is None
    book(tmp_path).begin("operator", LATER)
    again = book(tmp_path)
    assert again.watching() == read_begun(LocalStore(tmp_path)) == WatchingBegun(LATER, "operator")
    assert again.orders("south").watching


def test_a_damaged_note_is_no_reason_to_aim_again(tmp_path: Path) -> None:
    (tmp_path / WATCHING).write_text("{")
    with pytest.raises(LiveError, match="whether watching has begun is not known"):
        book(tmp_path)


def test_each_camera_is_told_by_itself(tmp_path: Path) -> None:
    orders, before_ns = book(tmp_path), monotonic_ns()
    orders.try_again("north")
    first_ns = orders.orders("north").told_ns
    orders.try_again("north")
    assert before_ns <= first_ns < orders.orders("north").told_ns <= monotonic_ns()
    assert orders.orders("south").told_ns == 0


def test_the_router_answers_reports_and_keeps_no_preview_on_the_disk(tmp_path: Path) -> None:
    def opened() -> Router:
        store = open_store(tmp_path / "results")
        return open_router(tmp_path / "router", a_record(), a_config(), store, watch_from=STARTED)

    router = opened()
    router.report_aim(aim_of("north"))
    router.try_again("north")
    answer = router.report_health(health("north", 0))
    assert (answer.watching, answer.told_ns > 0) == (False, True)
    before = router.events(0, 0.0)[-1].number
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert router.begin_watching("operator")
    assert [event.kind for event in router.events(before, 1.0)] == ["watching"]
    router.close()
    assert b"CANARY" not in kept
    again = opened()
    assert again.report_health(health("north", 0)).watching
    assert (began := again.watching()) is not None
    assert datetime.now(UTC) - began.at < timedelta(minutes=1)
    again.close()
