"""What of a batch's outputs comes down from a device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lfr_batch.models.answers import best_cells, whole_outputs
from lfr_batch.models.selection import SELECTIONS, digits
from lfr_batch.records import FloatArray
from tests.models.heads import random_heads

YUNET, SIZE_WH, BATCH = SELECTIONS["yunet"], (320, 320), 4


class Device:
    """Outputs that lie there; what comes down is noted."""

    def __init__(self) -> None:
        self.came: list[tuple[int, ...]] = []

    def download(self, value: Any, rows: int | None) -> FloatArray:
        some = np.asarray(value if rows is None else value[:rows])
        self.came.append(some.shape)
        return some


def test_rows_of_pictures_that_were_asked() -> None:
    device = Device()
    outputs = [np.arange(8, dtype=np.float32).reshape(4, 2), np.zeros((4, 3, 5), np.float32)]
    answers = whole_outputs(outputs, device.download, 3, 4)
    assert device.came == [(3, 2), (3, 3, 5)]
    assert [[part.shape for part in answer] for answer in answers] == 3 * [[(1, 2), (1, 3, 5)]]
    assert [answer[0].tolist() for answer in answers] == [[[0, 1]], [[2, 3]], [[4, 5]]]


def test_of_a_batch_of_one_outputs_are_handed_on_as_they_are() -> None:
    """They need not have an axis of the pictures."""
    device = Device()
    [(scores, boxes)] = whole_outputs([np.zeros(7), np.zeros((7, 4))], device.download, 1, 1)
    assert (scores.shape, boxes.shape) == ((7,), (7, 4))


@pytest.mark.parametrize("crowded", [None, 1])
def test_every_cell_comes_down_only_of_a_picture_that_may_have_more(crowded: int | None) -> None:
    heads = random_heads(YUNET, SIZE_WH, BATCH, seed=3)
    for level in range(len(YUNET.strides)):
        for head in range(YUNET.ranked_by):
            of_head = heads[head * len(YUNET.strides) + level]
            of_head[...] *= 0.1
            if crowded is not None:
                of_head[crowded] = 0.9
    cells, most = YUNET.cells(SIZE_WH), YUNET.most(SIZE_WH)
    everything = YUNET.all_rows(heads)
    order = np.argsort(-YUNET.ranks(everything), axis=1, kind="stable")[:, :most]
    best = np.take_along_axis(everything, order[:, :, None], axis=1)
    device = Device()
    answers = best_cells(YUNET, 0.5, SIZE_WH)([best, *heads], device.download, 3, BATCH)
    assert device.came[0] == (3, most, YUNET.columns)
    assert len(device.came) == (1 if crowded is None else 1 + len(heads))
    lengths = [rows.shape[1] for (rows,) in answers]
    assert lengths == [cells if i == crowded else most for i in range(3)]
    for i, (rows,) in enumerate(answers):
        expected = everything if i == crowded else best
        np.testing.assert_array_equal(rows[0], expected[i])
    assert digits(cells).shape == (cells, 2)
