"""What is kept of a sighting besides its evidence picture, on real models."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config
from lfr_batch.faces.evidence import FURTHER_PX
from lfr_batch.faces.stages import detect_in_still
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.recognition.compare import find_sightings
from lfr_batch.recognition.search import Search, SearchSpec, open_search
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import NS_PER_S, ByteArray, Segment, Shot, Track
from tests.one_case import ACTOR, ASTRONAUT, Casework, installed_picture
from tests.scanning.scans import scan

SEGMENT = Segment("s", "f", "clip.mp4", "video", 0, None, None)


@pytest.fixture(scope="module")
def search(casework: Casework) -> Search:
    snapshot = load_snapshot(casework.home, "people")
    home = casework.home
    return open_search(SearchSpec(home, home, "people", snapshot.snapshot_id, 0.45, Config()), 2)


def pictured(jpeg: bytes) -> ByteArray:
    shown = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    return np.asarray(shown, np.uint8)


def shot_of(picture: ByteArray, at_s: float, quality: float, search: Search) -> Shot:
    """The largest face of a picture."""
    still = StillFrame(picture)
    faces = detect_in_still(search.stages.exact_detector, still, (640,))
    order = np.argsort(faces.boxes_xyxy[:, 0] - faces.boxes_xyxy[:, 2])
    (shot,) = take_shots(still, faces.take(order[:1]), Config().quality)[0]
    assert shot is not None
    return replace(shot, pts_ns=round(at_s * NS_PER_S), quality=quality)


def faces_in(picture: ByteArray, search: Search) -> int:
    return len(detect_in_still(search.stages.exact_detector, StillFrame(picture), (320,)))


def track_of(*shots: Shot) -> Track:
    first, last = shots[0].box_xyxy, shots[-1].box_xyxy
    return Track(0, 0, 9 * NS_PER_S, first, last, 20, shots)


def test_a_walk_leaves_several_looks_at_the_same_person(casework: Casework, search: Search) -> None:
    (sighting,) = scan(casework.footage / "walk.mp4", search).sightings
    assert len(sighting.further) == search.config.track.shots - 1
    moments = sorted([sighting.best_ns, *(shot.pts_ns for shot in sighting.further)])
    assert all(b - a >= 0.4 * NS_PER_S for a, b in pairwise(moments))
    assert sighting.start_ns <= moments[0] <= moments[-1] <= sighting.end_ns
    qualities = [shot.quality for shot in sighting.further]
    assert qualities == pytest.approx(sorted(qualities, reverse=True), abs=0.02)
    for shot in sighting.further:
        assert max(pictured(shot.jpeg).shape[:2]) <= FURTHER_PX


def test_a_still_has_none(casework: Casework, search: Search) -> None:
    (sighting,) = scan(casework.footage / "portrait.jpg", search).sightings
    assert sighting.further == ()


def test_a_track_that_slipped_to_somebody_else_shows_each_their_own(search: Search) -> None:
    """Both are enrolled, and each is a sighting."""
    astronaut, actor = installed_picture(ASTRONAUT), installed_picture(ACTOR)
    mixed = (
        shot_of(astronaut, 1, 0.9, search),
        shot_of(actor, 2, 0.8, search),
        shot_of(astronaut[:, ::-1].copy(), 3, 0.7, search),
        shot_of(actor[:, ::-1].copy(), 4, 0.6, search),
    )
    found = find_sightings(SEGMENT, [track_of(*mixed)], search).sightings
    shown = {s.subject_id: [round(f.pts_ns / NS_PER_S) for f in s.further] for s in found}
    assert len(shown) == 2
    assert shown["astronaut"] == [3]
    assert [seconds for name, seconds in shown.items() if name != "astronaut"] == [[4]]


def test_a_bystander_who_was_missed_is_hidden_in_a_further_shot(search: Search) -> None:
    """Two faces side by side, of which only one was detected in the frame."""
    person = np.ascontiguousarray(installed_picture(ASTRONAUT)[40:240, 165:285])
    picture = np.hstack([person, np.full((200, 60, 3), 90, np.uint8)])
    picture[60:160, 120:] = cv2.resize(person, (60, 100), interpolation=cv2.INTER_AREA)
    beside = shot_of(picture, 3, 0.5, search)
    assert faces_in(beside.view.bgr, search) == 2
    nobody = np.zeros((0, 4), np.float32)
    missed = replace(beside, view=replace(beside.view, others_xyxy=nobody))
    track = track_of(shot_of(person, 1, 0.9, search), missed)
    ((further,),) = (s.further for s in find_sightings(SEGMENT, [track], search).sightings)
    assert faces_in(pictured(further.jpeg), search) == 1
