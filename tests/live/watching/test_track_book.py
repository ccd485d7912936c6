"""The analyst's templates: kept while their track is open, and then not even in memory."""

from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.live.watching import track_book
from lfr_batch.live.watching.track_book import CameraLoop, TrackBook, TrackKey

NORTH, SOUTH, NORTH_ANEW = CameraLoop("north", 1), CameraLoop("south", 1), CameraLoop("north", 2)
ONE, TWO, OTHER = TrackKey(NORTH, 1), TrackKey(NORTH, 2), TrackKey(SOUTH, 1)


def filled() -> TrackBook:
    book = TrackBook()
    for number, key in enumerate((ONE, TWO, OTHER), 1):
        book.keep(key, {10: np.full(4, number, np.float32)})
    return book


def test_what_is_kept_is_a_copy_that_is_overwritten() -> None:
    book, given = TrackBook(), np.ones(4, np.float32)
    book.keep(ONE, {10: given})
    held = book.known(ONE)[10]
    given.fill(7.0)
    assert held.tolist() == [1.0] * 4
    book.keep(ONE, {20: given})
    assert (held.tolist(), list(book.known(ONE))) == ([0.0] * 4, [20])


@pytest.mark.parametrize(
    ("loop", "still_open", "left"),
    [
        (NORTH, [1, 2], [ONE, TWO, OTHER]),
        (NORTH, [2, 3], [TWO, OTHER]),
        (NORTH, [], [OTHER]),
        (NORTH_ANEW, [1, 2], [OTHER]),
    ],
)
def test_a_track_that_is_over_is_overwritten(
    loop: CameraLoop, still_open: list[int], left: list[TrackKey]
) -> None:
    book = filled()
    held = {key: book.known(key)[10] for key in (ONE, TWO, OTHER)}
    book.end_others(loop, still_open)
    assert [key for key in held if book.known(key)] == left
    assert [key for key, template in held.items() if template.any()] == left


def test_a_camera_that_is_gone_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1000.0]
    monkeypatch.setattr(track_book, "monotonic", lambda: now_s[0])
    book = filled()
    held = book.known(TWO)[10]
    now_s[0] += track_book.IDLE_S - 1
    book.keep(ONE, {10: np.ones(4, np.float32)})
    book.end_idle()
    assert len(book) == 3
    now_s[0] += 2
    book.end_idle()
    assert len(book) == 1
    assert not held.any()
