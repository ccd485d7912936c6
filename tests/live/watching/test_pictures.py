from __future__ import annotations

from dataclasses import replace

import pytest

from lfr_batch.config.schema import Config, QualityConfig
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.records import GalleryPicture
from lfr_batch.live.watching import pictures
from lfr_batch.live.watching.pictures import alert_pictures, further_image_ids
from lfr_batch.recognition.search import SearchSpec, open_search
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import Candidate
from tests.one_case import ASTRONAUT, Casework, installed_picture

OWN = [("a", "a1"), ("b", "b1"), ("b", "b2"), ("b", "b3"), ("b", "b4"), ("b", "b5"), ("b", "b6")]


@pytest.mark.parametrize(
    ("subject", "image", "further"),
    [("a", "a1", []), ("b", "b1", ["b2", "b3", "b4", "b5"]), ("b", "b3", ["b1", "b2", "b4", "b5"])],
)
def test_further_pictures_are_of_the_same_person(
    casework: Casework, subject: str, image: str, further: list[str]
) -> None:
    subjects, images = ([each[i] for each in OWN] for i in (0, 1))
    real = load_snapshot(casework.home, "people")
    snapshot = replace(real, subject_ids=subjects, image_ids=images)
    best = Candidate(1, subject, image, 0.8, above_threshold=True)
    assert further_image_ids(snapshot, best) == further


def test_pictures_come_from_the_watchlist_itself(
    casework: Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = load_snapshot(casework.home, "people")
    search = open_search(
        SearchSpec(casework.home, casework.home, "people", snapshot.snapshot_id, 0.45, Config()), 2
    )
    still = StillFrame(installed_picture(ASTRONAUT))
    faces = detect_in_still(search.stages.exact_detector, still, (1280, 640))
    [shot] = [each for each in take_shots(still, faces, QualityConfig())[0] if each]
    actor, astronaut = snapshot.image_ids
    best = Candidate(1, "astronaut", astronaut, 0.8, above_threshold=True)
    alone = alert_pictures(shot, best, search)
    assert alone.best_shot.startswith(b"\xff\xd8\xff")
    assert alone.gallery.startswith(b"\xff\xd8\xff")
    assert alone.further_gallery == ()
    monkeypatch.setattr(pictures, "further_image_ids", lambda *_: [actor, "gone"])
    [further] = alert_pictures(shot, best, search).further_gallery
    assert further == GalleryPicture(actor, further.jpeg)
    assert further.jpeg.startswith(b"\xff\xd8\xff")
    assert further.jpeg != alone.gallery
