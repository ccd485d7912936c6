from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from tests.live.conftest import Restarts
from tests.live.made import DEPLOYMENT, STARTED, a_review, an_alert
from tests.live.receiver import eventually


@pytest.mark.parametrize("kind", ["disk", "bucket"])
def test_alerts_and_reviews_are_in_the_lake_while_the_deployment_runs(
    start: Restarts, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    root = (
        str(tmp_path / "lake")
        if kind == "disk"
        else f"s3://{request.getfixturevalue('bucket')}/lake"
    )
    router = start(store=open_store(root))
    router.raise_alert(an_alert(0))
    router.raise_alert(an_alert(1, margin=None))
    router.review(a_review("a0001", "no_match", "engaged"))
    assert eventually(lambda: router.sink_states()[0].waiting == 0)
    lake = open_lake(root)
    alerts = run_query(lake, "SELECT * FROM alerts ORDER BY alert_id").to_pylist()
    assert [row["alert_id"] for row in alerts] == ["a0000", "a0001"]
    (first, second) = alerts
    assert (first["run_id"], first["camera_id"], first["subject_id"]) == (
        DEPLOYMENT,
        "north",
        "S000",
    )
    assert first["best_shot_jpeg"] == an_alert(0).best_shot_jpeg
    assert first["gallery_jpeg"] == an_alert(0).gallery_jpeg
    assert (first["captured_at"], first["box"]) == (
        STARTED,
        {"left": 10.0, "top": 20.5, "right": 60.0, "bottom": 90.25},
    )
    assert first["candidate_subject_ids"] == ["S000", "S999"]
    assert second["margin"] is None
    raised = router.alert("a0000")
    assert raised is not None
    assert first["raised_at"] == raised.raised_at
    assert first["raise_s"] == raised.times.raise_s
    (review,) = run_query(lake, "SELECT * FROM reviews").to_pylist()
    assert (review["alert_id"], review["verdict"], review["outcome"], review["decided_at"]) == (
        "a0001",
        "no_match",
        "engaged",
        a_review("a0001").decided_at,
    )


def test_a_results_root_that_cannot_be_written_holds_nobody_up(
    start: Restarts, tmp_path: Path, impatient: None
) -> None:
    (tmp_path / "lake").write_text("a file is in the way")
    feed = tmp_path / "feed.jsonl"
    router = start(store=open_store(tmp_path / "lake"), alerts={"json_lines": str(feed)})
    router.raise_alert(an_alert(0))
    assert eventually(lambda: router.sink_states()[1].last_error)
    router.raise_alert(an_alert(1))
    assert eventually(lambda: len(feed.read_text().splitlines()) == 2)
    assert router.sink_states()[1].waiting == 2
    (tmp_path / "lake").unlink()
    assert eventually(lambda: router.sink_states()[1].waiting == 0)
    count = run_query(open_lake(tmp_path / "lake"), "SELECT count(*) AS n FROM alerts")
    assert count.to_pylist() == [{"n": 2}]
