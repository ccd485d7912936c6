from __future__ import annotations

from functools import reduce

import pytest

from lfr_batch.live.alerts.camera_reports import CameraReports, in_order, with_report
from lfr_batch.live.deployment.counts import FacesSeen
from tests.live.made import health


@pytest.mark.parametrize(
    ("before", "reported", "faces"),
    [
        ({}, [("north", 40), ("north", 50)], {"north": FacesSeen(0, 50)}),
        ({}, [("north", 40), ("south", 3)], {"north": FacesSeen(0, 40), "south": FacesSeen(0, 3)}),
        ({"north": FacesSeen(7, 20)}, [("north", 5)], {"north": FacesSeen(27, 5)}),
        ({"west": FacesSeen(1, 2)}, [("north", 5)],
         {"west": FacesSeen(1, 2), "north": FacesSeen(0, 5)}),
    ],
)  # fmt: skip
def test_faces_are_counted_over_restarts(
    before: dict[str, FacesSeen], reported: list[tuple[str, int]], faces: dict[str, FacesSeen]
) -> None:
    told = (health(camera, seen) for camera, seen in reported)
    assert reduce(with_report, told, CameraReports(faces=before)).faces == faces


def test_the_last_report_of_each_camera_counts_in_order_of_their_names() -> None:
    told = (health("south", 1), health("north", 2), health("south", 3))
    reports = reduce(with_report, told, CameraReports(faces={"west": FacesSeen(1, 2)}))
    assert in_order(reports) == (health("north", 2), health("south", 3))
