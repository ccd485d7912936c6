from __future__ import annotations

from itertools import cycle, islice

import cv2
import numpy as np
import pytest

from lfr_batch.footage.multiplex import MOST_VIEWS, Views, assign, count_views
from lfr_batch.records import ByteArray

ROOMS = 20


def room(seed: int, shift: int = 0) -> ByteArray:
    """A tiny luma picture of a place of its own, with a little noise and something that moves."""
    scenery = np.random.default_rng(seed).integers(0, 256, (54, 96)).astype(np.float32)
    blurred = cv2.GaussianBlur(scenery, (0, 0), 4)
    stretched = (blurred - blurred.min()) / (blurred.max() - blurred.min()) * 200 + 20
    noisy = stretched + np.random.default_rng(shift).integers(0, 4, scenery.shape)
    picture: ByteArray = np.clip(noisy, 0, 255).astype(np.uint8)
    picture[20:26, shift : shift + 5] = 255
    return picture


def rota(order: list[int], pictures: int) -> list[ByteArray]:
    return [room(n, i % 60) for i, n in enumerate(islice(cycle(order), pictures))]


@pytest.mark.parametrize(
    ("order", "views"),
    [
        ([0], 1),
        ([0, 1], 2),
        ([0, 1, 2, 3], 4),
        (list(range(16)), 16),
        ([0, 1, 0, 2, 0, 3], 4),
        ([0, 0, 1, 1, 2, 2, 3], 4),
    ],
    ids=["one", "two", "four", "sixteen", "one of them more often", "some twice"],
)
def test_cameras_that_take_turns_are_counted(order: list[int], views: int) -> None:
    assert count_views(rota(order, 72)) == views


@pytest.mark.parametrize(
    "pictures",
    [
        [],
        rota([0], 1),
        [room(0, 1)] * 30 + [room(1, 1)] * 30,
        [room(n, n) for n in range(ROOMS)],
    ],
    ids=["none", "a single picture", "one cut", "a cut at every picture"],
)
def test_cuts_are_no_rota(pictures: list[ByteArray]) -> None:
    assert count_views(pictures) == 1


def test_ordinary_footage_tells_in_four_pictures() -> None:
    taken = iter(rota([0], 72))
    count_views(taken)
    assert len(list(taken)) == 68


def test_a_picture_is_of_the_camera_that_it_is_like() -> None:
    views, order = Views(), []
    for cells in rota([2, 0, 1], 30):
        view, views = assign(views, cells)
        order.append(view)
    assert order == [0, 1, 2] * 10


def test_there_is_an_end_of_new_cameras() -> None:
    views = Views()
    for seed in range(MOST_VIEWS + 5):
        view, views = assign(views, room(seed))
        assert view < MOST_VIEWS
    assert len(views.last) <= MOST_VIEWS


def test_a_picture_of_another_size_is_of_another_camera() -> None:
    small = np.ascontiguousarray(room(0)[:20, :30])
    _, views = assign(Views(), room(0))
    assert assign(views, small)[0] == 1
    assert count_views([room(0), small] * 10) == 2
    assert count_views([room(0, 1)] * 2 + [small] * 30) == 1
