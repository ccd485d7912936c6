from __future__ import annotations

import pytest

from lfr_batch.gallery.chosen_face import choose_face
from lfr_batch.gallery.records import Box, Pick
from tests.faces.test_subject import Square, faces_at

PAIR: list[Square] = [(100, 120, 80), (250, 120, 76)]
FRONT: list[Square] = [(100, 120, 80), (250, 120, 33)]
CROWD: list[Square] = [(100, 120, 80), (250, 120, 33), (20, 20, 20)]


@pytest.mark.parametrize(
    ("squares", "box_xyxy", "pick", "which", "outcome", "reason"),
    [
        ([], None, None, None, "refused", "no face found"),
        ([], (0, 0, 9, 9), "largest", None, "refused", "no face found"),
        (PAIR[:1], None, None, 0, "enrolled", ""),
        (FRONT, None, None, 0, "enrolled", "1 other face: 41% of its size"),
        (CROWD, None, None, 0, "enrolled", "2 other faces: the largest 41% of its size"),
        (
            PAIR,
            None,
            None,
            None,
            "look at",
            "2 faces of like size: at 212,82,288,158 and 60,80,140,160",
        ),
        (
            PAIR,
            None,
            "largest",
            0,
            "enrolled",
            "picked as the largest; 1 other face: 95% of its size",
        ),
        (FRONT, None, "largest", 0, "enrolled", "1 other face: 41% of its size"),
        (
            PAIR,
            (212, 82, 288, 158),
            None,
            1,
            "enrolled",
            "by its box; 1 other face: 105% of its size",
        ),
        (
            PAIR,
            (60, 80, 140, 160),
            "largest",
            0,
            "enrolled",
            "by its box; 1 other face: 95% of its size",
        ),
        (PAIR[:1], (60, 80, 140, 160), None, 0, "enrolled", "by its box"),
        (
            PAIR,
            (0, 0, 400, 250),
            "largest",
            None,
            "look at",
            "2 faces in its box: at 60,80,140,160 and 212,82,288,158",
        ),
        (
            PAIR,
            (300, 200, 350, 250),
            "largest",
            None,
            "refused",
            "no face in its box: that is 300,200,350,250, faces are at 60,80,140,160 and "
            "212,82,288,158",
        ),
    ],
)
def test_which_face_is_enrolled(
    squares: list[Square],
    box_xyxy: Box | None,
    pick: Pick | None,
    which: int | None,
    outcome: str,
    reason: str,
) -> None:
    chosen = choose_face(faces_at(*squares), (400, 250), box_xyxy, pick, 0.7)
    assert (chosen.which, chosen.outcome, chosen.reason) == (which, outcome, reason)
