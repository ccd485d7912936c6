"""The scene and the further pictures of an alert: in its sealed file, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from tests.live.conftest import Restarts
from tests.live.made import BEST_SHOT, an_alert, with_further
from tests.live.receiver import eventually


def files_with(folder: Path, *needles: bytes) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    hits = [path for path in files if any(each in path.read_bytes() for each in needles)]
    return sorted(str(path.relative_to(folder)) for path in hits)


def test_they_go_to_no_sink_and_are_read_again_after_a_restart(
    start: Restarts, tmp_path: Path
) -> None:
    alert = with_further(an_alert(best_shot_jpeg=BEST_SHOT))
    router = start(alerts={"json_lines": str(tmp_path / "feed.jsonl")})
    router.raise_alert(alert)
    assert eventually(lambda: not any(state.waiting for state in router.sink_states()))
    assert '"heading":"left"' in (tmp_path / "feed.jsonl").read_text().replace(" ", "")
    lake = files_with(tmp_path, BEST_SHOT)
    assert [path.split("/")[:2] for path in lake] == [["results", "alerts"]]
    assert files_with(tmp_path, b"SCENE CANARY", b"FURTHER CANARY") == []
    start.close()
    kept = start().alert("a0000")
    assert kept
    assert kept.scene_jpeg == alert.scene_jpeg
    assert kept.further_shots_jpeg == alert.further_shots_jpeg
    assert kept.further_gallery == alert.further_gallery
    assert kept.heading == "left"


def test_a_list_is_told_how_many_there_are(start: Restarts) -> None:
    router = start()
    router.raise_alert(with_further(an_alert()))
    (listed,) = router.alerts()
    assert listed.best_shot_jpeg == an_alert().best_shot_jpeg
    assert (listed.scene_jpeg, listed.further_shots_jpeg) == (b"", (b"", b""))
    assert [each.image_id for each in listed.further_gallery] == ["S000-02", "S000-03"]


def test_what_is_known_of_one_needs_no_file(start: Restarts, tmp_path: Path) -> None:
    router = start()
    router.raise_alert(with_further(an_alert()))
    for sealed in tmp_path.rglob("alerts/a0000*"):
        sealed.unlink()
    known = router.known("a0000")
    assert known
    assert (known.best_shot_jpeg, len(known.further_shots_jpeg), known.heading) == (b"", 2, "left")
    assert router.alert("a0000") is None
    assert router.known("a0001") is None
