from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lfr_batch.live.alerts.raising import Answer, RaisingTerms, answer_to, raised
from lfr_batch.live.alerts.register import Register, next_item, with_item, with_shown, without
from lfr_batch.live.deployment.counts import Decision
from lfr_batch.live.records import StageTimes
from tests.live.made import STARTED, an_alert


def known() -> Register:
    """Alert 0 is written, 1 is held, 2 was deleted by retention."""
    register = Register()
    for number in (0, 2):
        register = with_item(register, next_item(register, an_alert(number)))
    return without(with_shown(register, an_alert(1)), {"a0002": Decision()})


@pytest.mark.parametrize(
    ("alert_id", "camera", "subject", "after_s", "answer"),
    [
        ("a0000", "north", "S000", 0.0, "repeated"),
        ("a0000", "south", "S009", 500.0, "repeated"),
        ("a0001", "north", "S001", 60.0, "held"),
        ("a0002", "north", "S002", 120.0, "repeated"),
        ("new", "north", "S000", 59.9, "too_soon"),
        ("new", "north", "S000", 60.0, "new"),
        ("new", "south", "S000", 1.0, "new"),
        ("new", "north", "S001", 60.0, "too_soon"),
        ("new", "north", "S001", 120.0, "new"),
        ("new", "north", "S002", 120.0, "new"),
        ("new", "north", "S009", 0.0, "new"),
    ],
)
def test_what_becomes_of_an_alert(
    alert_id: str, camera: str, subject: str, after_s: float, answer: Answer
) -> None:
    alert = an_alert(
        alert_id=alert_id,
        camera=camera,
        subject_id=subject,
        captured_at=STARTED + timedelta(seconds=after_s),
    )
    assert answer_to(alert, known(), RaisingTerms(60.0)) == answer


@pytest.mark.parametrize(
    ("after_s", "raise_s"), [(1.0, 0.82), (0.18, 0.0), (0.1, 0.0), (-5.0, 0.0)]
)
def test_what_no_stage_has_used_went_into_raising(after_s: float, raise_s: float) -> None:
    alert = an_alert(times=StageTimes(0.01, 0.08, 0.09, 0.5))
    now = alert.captured_at + timedelta(seconds=after_s)
    found = raised(alert, now, RaisingTerms(60.0))
    assert found.raised_at == now
    assert found.times.raise_s == pytest.approx(raise_s, abs=1e-9)
    assert stages(found.times) == stages(alert.times)


def stages(times: StageTimes) -> tuple[Any, ...]:
    return times.wait_s, times.detect_s, times.compare_s


VOLUNTEERS = RaisingTerms(60.0, frozenset({"S000"}), 10.0)


@pytest.mark.parametrize(
    ("subject", "after_s", "answer"),
    [
        ("S000", 9.9, "too_soon"),
        ("S000", 10.0, "new"),
        ("S001", 119.0, "too_soon"),
        ("S001", 120.0, "new"),
    ],
)
def test_volunteers_have_a_cool_down_of_their_own(
    subject: str, after_s: float, answer: Answer
) -> None:
    moment = STARTED + timedelta(seconds=after_s)
    alert = an_alert(alert_id="new", subject_id=subject, captured_at=moment)
    assert answer_to(alert, known(), VOLUNTEERS) == answer


@pytest.mark.parametrize(("subject", "is_marked"), [("S000", True), ("S001", False)])
def test_a_volunteers_is_marked_whatever_its_camera_says(subject: str, is_marked: bool) -> None:
    for said in (True, False):
        alert = an_alert(subject_id=subject, volunteer=said)
        assert raised(alert, STARTED, VOLUNTEERS).volunteer is is_marked
