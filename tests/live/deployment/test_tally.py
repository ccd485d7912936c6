from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.deployment.figures import AlertFigures, MinuteFigures
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.live.records import CameraHealth, CameraState
from tests.live.made import DEPLOYMENT, STARTED, a_review, an_alert, health, opened

CAMERAS = ("north", "south")


def tally(home: Path) -> Tally:
    return Tally(router_folder(home, DEPLOYMENT), DEPLOYMENT, STARTED)


def test_before_the_router_is_there_nothing_is_counted(tmp_path: Path) -> None:
    early = tally(tmp_path)
    early.read_spool()
    early.read_last_faces()
    assert (early.alerts(), early.undelivered(["parquet"])) == ((), {})
    assert [camera.faces_seen for camera in early.cameras(CAMERAS)] == [0, 0]


def test_alerts_by_camera_minute_and_decision(tmp_path: Path, router: Router) -> None:
    for number, camera in enumerate(("north", "north", "south", "south")):
        assert router.raise_alert(an_alert(number, camera=camera))
    raised = {alert.alert_id: alert.raised_at for alert in router.alerts()}
    counted = tally(tmp_path)
    counted.read_spool()
    minute = int((raised["a0000"] - STARTED).total_seconds() // 60)
    assert sum(group.alerts for group in counted.alerts()) == 4
    assert {group.verdict for group in counted.alerts()} == {None}
    router.review(a_review("a0000", "no_match", number=0))
    router.review(a_review("a0000", "match", "arrested", number=1))
    router.review(a_review("a0002", "cannot_tell"))
    counted.read_spool()
    groups = {(g.camera, g.verdict, g.outcome): g for g in counted.alerts()}
    assert {key: group.alerts for key, group in groups.items()} == {
        ("north", "match", "arrested"): 1,
        ("north", None, None): 1,
        ("south", "cannot_tell", None): 1,
        ("south", None, None): 1,
    }
    assert abs(groups["north", "match", "arrested"].minute - minute) <= 1


def test_alerts_that_retention_deletes_meanwhile_stay_counted(
    tmp_path: Path, router: Router
) -> None:
    for number in range(2):
        router.raise_alert(an_alert(number))
    router.review(a_review("a0001", "no_match"))
    watching, late = tally(tmp_path), tally(tmp_path)
    watching.read_spool()
    (alert, _) = router.alerts()
    due = alert.raised_at + timedelta(days=31, seconds=1)
    sweep(Sweep(tmp_path, (), due, "test"))
    assert router.alerts() == ()
    watching.read_spool()
    late.read_spool()
    assert [(g.camera, g.verdict, g.alerts) for g in watching.alerts()] == [
        ("north", None, 1),
        ("north", "no_match", 1),
    ]
    assert late.alerts() == (
        AlertFigures(camera="not known", minute=0),
        AlertFigures(camera="not known", minute=0, verdict="no_match"),
    )


def test_faces_go_on_when_a_camera_s_process_begins_anew(tmp_path: Path) -> None:
    counted = tally(tmp_path)
    for second, faces in enumerate((2, 5, 1, 3)):
        counted.hear([health("north", faces)], 59.0 + second, 1.0)
    (north,) = counted.cameras(["north"])
    assert (north.faces_seen, north.live_s, north.down_s) == (8, 4.0, 0.0)
    assert counted.minutes() == (
        MinuteFigures(camera="north", minute=0, faces_seen=2),
        MinuteFigures(camera="north", minute=1, faces_seen=6),
    )


def test_time_without_a_picture(tmp_path: Path) -> None:
    counted = tally(tmp_path)
    states: tuple[CameraState, ...] = (
        "starting", "live", "stalled", "reconnecting", "live", "ended",
    )  # fmt: skip
    for second, state in enumerate(states):
        counted.hear([CameraHealth("north", state, STARTED, STARTED)], float(second), 1.0)
    (north, south) = counted.cameras(CAMERAS)
    assert (north.live_s, north.down_s) == (2.0, 3.0)
    assert (south.live_s, south.frames_received) == (0.0, 0)
    assert counted.minutes() == (MinuteFigures(camera="north", minute=0, down_s=3.0),)


def test_the_last_word_on_faces_is_the_router_s(tmp_path: Path, router: Router) -> None:
    counted = tally(tmp_path)
    counted.hear([health("north", 3)], 1.0, 1.0)
    router.report_health(health("north", 7))
    router.report_health(health("south", 2))
    router.close()
    counted.read_last_faces()
    assert [camera.faces_seen for camera in counted.cameras(CAMERAS)] == [7, 2]


def test_what_a_sink_did_not_take(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    router = opened(tmp_path, alerts={"json_lines": str(tmp_path / "file" / "feed.jsonl")})
    for number in range(2):
        router.raise_alert(an_alert(number))
    router.close()
    counted = tally(tmp_path)
    counted.read_spool()
    assert counted.undelivered(["json_lines", "parquet"]) == {"json_lines": 2}


def test_a_last_word_that_could_not_be_written_takes_nothing_away(
    tmp_path: Path, router: Router
) -> None:
    counted = tally(tmp_path)
    router.report_health(health("north", 2))
    router.close()
    counted.hear([health("north", 9)], 1.0, 1.0)
    counted.read_last_faces()
    assert [camera.faces_seen for camera in counted.cameras(["north"])] == [9]


def test_time_in_which_nobody_looked_is_no_time_with_a_picture(tmp_path: Path) -> None:
    counted = tally(tmp_path)
    counted.hear([health("north", 1)], 1.0, 1.0)
    for second in (58.0, 59.0, 60.0):  # while the router is silent, too
        counted.nobody_looked({"north": 1.0}, second)
    counted.hear([health("north", 1)], 61.0, 5.0)
    counted.hear([health("north", 1)], 62.0, 1.0)
    (north,) = counted.cameras(["north"])
    assert (north.live_s, north.down_s, north.blind_s) == (4.0, 0.0, 3.0)
    assert [(each.minute, each.blind_s) for each in counted.minutes()] == [(0, 2.0), (1, 1.0)]
