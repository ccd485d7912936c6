from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.faces.multiscale import merge
from lfr_batch.records import FaceBatch

WHOLE = (0.0, 0.0, 100.0, 100.0)
PART = (20.0, 20.0, 60.0, 70.0)
ELSEWHERE = (200.0, 0.0, 240.0, 50.0)

Finding = tuple[tuple[float, float, float, float], float]


def batch(*findings: Finding) -> FaceBatch:
    n = len(findings)
    boxes = np.array([box for box, _ in findings], np.float32).reshape(n, 4)
    scores = np.array([score for _, score in findings], np.float32)
    return FaceBatch(boxes, np.zeros((n, 5, 2), np.float32), scores)


@pytest.mark.parametrize(
    ("large", "small", "expected"),
    [
        ([(PART, 0.67)], [(WHOLE, 0.95)], [WHOLE]),
        ([(WHOLE, 0.90)], [(WHOLE, 0.95)], [WHOLE]),
        ([(PART, 0.90)], [(WHOLE, 0.95)], [PART]),
        ([(PART, 0.90)], [(ELSEWHERE, 0.95)], [PART, ELSEWHERE]),
        ([], [(WHOLE, 0.6)], [WHOLE]),
        ([], [], []),
    ],
    ids=["part of a face", "same face", "hardly better", "two faces", "one copy", "nothing"],
)
def test_which_finding_is_believed(
    large: list[Finding], small: list[Finding], expected: list[tuple[float, ...]]
) -> None:
    merged = merge([batch(*large), batch(*small)])
    assert {tuple(box) for box in merged.boxes_xyxy.tolist()} == set(expected)


def test_the_larger_copy_s_landmarks_are_kept_for_the_same_face() -> None:
    (score,) = merge([batch((WHOLE, 0.90)), batch((WHOLE, 0.95))]).scores
    assert score == pytest.approx(0.90)
