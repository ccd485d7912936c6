"""The moment of a sighting plays, shows nobody else, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import av

from lfr_batch.oversight import audit
from tests.office.made import ServedOffice, path_of

MADE_IN_S = 300.0
"""On a machine that is busy with others' tests."""


def test_it_is_a_film_of_some_seconds(office: ServedOffice, tmp_path: Path) -> None:
    run_id = office.runs()[0]
    told = office.client("Anne").get(f"/api/runs/{run_id}")["sightings"]
    (video,) = (each for each in told if each["footage_kind"] == "video")
    path = path_of(run_id, video["sighting_id"])
    assert office.client("Anne").get(path)["has_moment"] is True
    answer = office.client("Anne").ask("GET", f"{path}/moment", timeout=MADE_IN_S)
    assert (answer.status, answer.headers["content-type"]) == (200, "video/webm")
    film = tmp_path / "moment.webm"
    film.write_bytes(answer.data)
    with av.open(film) as opened:
        frames = sum(1 for _ in opened.decode(video=0))
        assert not opened.streams.audio
    assert 10 < frames <= 70
    events = [line["event"] for line in audit.entries(office.home)]
    assert "sighting.moment_viewed" in events


def test_a_still_has_none(office: ServedOffice) -> None:
    run_id = office.runs()[0]
    told = office.client("Anne").get(f"/api/runs/{run_id}")["sightings"]
    (still,) = (each for each in told if each["footage_kind"] == "still")
    path = path_of(run_id, still["sighting_id"])
    assert office.client("Anne").get(path)["has_moment"] is False
    assert office.client("Anne").ask("GET", f"{path}/moment").status == 404
