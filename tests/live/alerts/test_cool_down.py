from __future__ import annotations

from datetime import timedelta

import pytest

from lfr_batch.live.alerts.cool_down import is_due, restored, with_raised
from tests.live.made import STARTED, an_alert

FIRST = an_alert(captured_at=STARTED, subject_id="S1", camera="north")


@pytest.mark.parametrize(
    ("camera", "subject", "after_s", "due"),
    [
        ("north", "S1", 0.0, False),
        ("north", "S1", 59.9, False),
        ("north", "S1", 60.0, True),
        ("north", "S1", -59.9, False),
        ("north", "S1", -60.0, True),
        ("south", "S1", 0.0, True),
        ("north", "S2", 0.0, True),
    ],
)
def test_one_alert_per_person_and_camera_within_a_minute(
    camera: str, subject: str, after_s: float, due: bool
) -> None:
    second = an_alert(
        captured_at=STARTED + timedelta(seconds=after_s), subject_id=subject, camera=camera
    )
    assert is_due(with_raised({}, FIRST), second, 60.0) == due


def test_the_first_is_due_and_without_a_cool_down_every_one() -> None:
    assert is_due({}, FIRST, 60.0)
    assert is_due(with_raised({}, FIRST), FIRST, 0.0)


def test_a_late_alert_does_not_set_the_clock_back() -> None:
    late = an_alert(captured_at=STARTED - timedelta(hours=1), subject_id="S1")
    for order in ([FIRST, late], [late, FIRST]):
        assert restored(order) == {("north", "S1"): STARTED}
