"""A deployment in threads: from played footage to alerts on the disk."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from lfr_batch.engine.live.threads import live_threads
from lfr_batch.live.watching.camera import FURTHER_SHOTS
from lfr_batch.live.watching.scene import MAX_BYTES
from tests.live_case import THRESHOLD, first_alert, live_config, live_plan, wait_for
from tests.one_case import Casework


def test_the_known_person_is_an_alert_once_and_nobody_else_is(
    casework: Casework, tmp_path: Path
) -> None:
    config = live_config(casework, {"north": "walk.mp4", "south": "group.mp4"})
    with live_threads(live_plan(casework, config, tmp_path)) as running:
        alert = first_alert(running.router)
        assert (alert.subject_id, alert.camera) == ("astronaut", "north")
        assert alert.score >= THRESHOLD
        assert alert.looks >= config.track.min_frames
        assert alert.first_seen_at <= alert.captured_at <= alert.raised_at
        assert 0 < alert.times.total_s < 30
        for jpeg in (alert.best_shot_jpeg, alert.gallery_jpeg):
            picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            assert picture is not None
        assert alert.scene_jpeg == b""
        whole = running.router.alert(alert.alert_id)
        assert whole
        assert whole.scene_jpeg
        assert len(whole.scene_jpeg) <= MAX_BYTES
        scene = cv2.imdecode(np.frombuffer(whole.scene_jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert scene is not None
        assert scene.shape == (360, 640, 3)
        assert 1 <= len(whole.further_shots_jpeg) <= FURTHER_SHOTS
        seen = wait_for(lambda: [h for h in running.router.health() if h.faces_seen > 2])
        assert {health.camera for health in seen} == {"south"}
        assert [a.alert_id for a in running.router.alerts()] == [alert.alert_id]
        counts = running.router.counts()
        assert (counts.alerts, counts.unconfirmed) == (1, 1)
        assert counts.faces_seen >= 3


def test_health_tells_what_was_looked_at_and_what_was_dropped(
    casework: Casework, tmp_path: Path
) -> None:
    slow = live_config(casework, {"north": "walk.mp4"})
    slow = slow.model_copy(update={"watch": slow.watch.model_copy(update={"looks_per_s": 2.0})})
    with live_threads(live_plan(casework, slow, tmp_path)) as running:
        [health] = wait_for(lambda: [h for h in running.router.health() if h.frames_analysed >= 4])
        assert health.state == "live"
        assert health.size_wh == (640, 360)
        assert health.frames_dropped > health.frames_analysed
        assert health.frames_received >= health.frames_dropped + health.frames_analysed
        assert health.look_ms_p99 >= health.look_ms_p50 > 0
    assert [h.state for h in running.router.health()] == ["ended"]
