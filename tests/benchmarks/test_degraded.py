"""What the tables of degraded probes say, and what is done to the pictures."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.degraded import (
    BORDER_PX,
    Outcome,
    by_sharpness,
    changes,
    smaller,
    table_of,
    tilted,
    tilts,
)
from lfr_batch.faces.quality import sharpness_of
from lfr_batch.records import ByteArray
from tests.one_case import ASTRONAUT, installed_picture

THRESHOLD = 0.5


@pytest.fixture(scope="module")
def picture() -> ByteArray:
    return installed_picture(ASTRONAUT)


def test_shares_are_of_all_probes_and_only_right_answers_count() -> None:
    of = [
        Outcome("small", mated=True, score=0.5, right=True),
        Outcome("small", mated=True, score=0.49, right=True),
        Outcome("small", mated=True, score=0.9, right=False),
        Outcome("small", mated=True),
        Outcome("small", mated=False, score=0.5),
        Outcome("small", mated=False),
        Outcome("large", mated=True, score=0.8, right=True),
    ]
    assert table_of("face", of, THRESHOLD)[1:] == [
        ["small", "4", "2", "25.0 %", "2", "50.0 %"],
        ["large", "1", "0", "100.0 %", "0", "–"],
    ]


def test_large_faces_that_were_found_are_grouped_by_sharpness() -> None:
    sharp, soft, small, lost = (
        Outcome("40 px", True, 0.7, True, 40.0, 9.5),
        Outcome("40 px", True, 0.7, True, 32.0, 2.0),
        Outcome("24 px", True, 0.7, True, 31.9, 2.0),
        Outcome("40 px", True),
    )
    named = by_sharpness([sharp, lost, small, soft], 32.0)
    assert [one.change for one in named] == ["2 to 2.5", "8 and more"]


def test_pictures_become_smaller_and_softer(picture: ByteArray) -> None:
    sharp, soft = (smaller(picture, 0.5, sigma_px) for sigma_px in (0.0, 2.0))
    height, width = picture.shape[:2]
    assert sharp.shape[:2] == (height // 2 + 2 * BORDER_PX, width // 2 + 2 * BORDER_PX)
    middle = np.s_[200:312, 200:312]
    assert sharpness_of(soft[middle]) < sharpness_of(sharp[middle]) / 2


def test_pictures_become_darker(picture: ByteArray) -> None:
    bright, dark = (smaller(picture, 0.5, light=light) for light in (1.0, 0.2))
    assert dark.mean() == pytest.approx(0.2 * bright.mean(), rel=0.05)
    assert sharpness_of(dark[200:312, 200:312]) < 0.3 * sharpness_of(bright[200:312, 200:312])


def test_faces_are_never_enlarged(picture: ByteArray) -> None:
    assert {name.split()[0] for name, _ in changes(picture, 33.0)} == {"24", "32"}


def test_a_tilt_turns_clockwise(picture: ByteArray) -> None:
    marked = np.zeros_like(picture)
    marked[:20] = 255
    (_, upright), *_, (_, turned) = tilts(marked, 0.0)
    left, right = np.hsplit(turned, 2)
    assert right.sum() > left.sum()
    assert abs(int(np.hsplit(upright, 2)[0].sum()) - int(np.hsplit(upright, 2)[1].sum())) < 10_000
    np.testing.assert_array_equal(tilted(marked, 0), upright)
