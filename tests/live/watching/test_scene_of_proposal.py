"""When a proposal gets a scene, and whom it shows."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lfr_batch.footage.stills import StillFrame
from lfr_batch.live.watching.camera import LookTimes, Proposal, further_shots, with_scene
from lfr_batch.live.watching.confirm import ProposedPerson
from lfr_batch.recognition.looks import Look, Seen
from lfr_batch.records import ByteArray, Candidate, FaceBatch, FaceView, FloatArray, Shot, Track

NOW_NS, BEFORE_NS = 2_000_000_000, 1_500_000_000
PICTURE = np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8)
WANTED = np.array([200, 100, 260, 175], np.float32)
NEIGHBOUR = np.array([265, 105, 285, 135], np.float32)
"""Beside the head, where the scene is sharp."""
PERSON = ProposedPerson((Candidate(1, "S1", "S1-1", 0.8, above_threshold=True),), None)


def shot_at(pts_ns: int) -> Shot:
    points = np.zeros((5, 2), np.float32)
    view = FaceView(PICTURE[:9, :9], WANTED, points, np.zeros((0, 4), np.float32), 1.0, (0, 0))
    return Shot(pts_ns, WANTED, points, 0.9, 0.8, view)


def track_of(number: int, box_xyxy: FloatArray, shots: tuple[Shot, ...] = ()) -> Track:
    return Track(number, BEFORE_NS, NOW_NS, box_xyxy, box_xyxy, 4, shots)


def proposed(*shots: Shot) -> Proposal:
    moment = LookTimes(NOW_NS, 0, 0, 0)
    return Proposal(track_of(1, WANTED, shots), shots, PERSON, moment)


def seen_with(*boxes_xyxy: FloatArray) -> Seen:
    n = len(boxes_xyxy)
    faces = FaceBatch(np.stack(boxes_xyxy), np.zeros((n, 5, 2), np.float32), np.ones(n, np.float32))
    return Seen(Look(NOW_NS, StillFrame(PICTURE)), faces)


def test_a_track_that_shows_somebody_else_at_the_moment_gets_no_scene() -> None:
    """The shots that name the person are of before: it may have slipped since."""
    proposal = proposed(shot_at(BEFORE_NS))
    after = with_scene(proposal, StillFrame(PICTURE), seen_with(WANTED), (proposal.track,))
    assert after == proposal
    assert after.scene_jpeg is None


@pytest.mark.parametrize("how", ["found in this look", "of another track", "nobody"])
def test_others_are_hidden_whether_this_look_or_their_track_knows_of_them(how: str) -> None:
    proposal = proposed(shot_at(BEFORE_NS), shot_at(NOW_NS))
    seen = seen_with(WANTED, NEIGHBOUR) if how == "found in this look" else seen_with(WANTED)
    other = track_of(2, NEIGHBOUR)
    tracks = (proposal.track, other) if how == "of another track" else (proposal.track,)
    after = with_scene(proposal, StillFrame(PICTURE), seen, tracks)
    assert replace(after, scene_jpeg=None) == proposal
    assert after.scene_jpeg
    shown = cv2.imdecode(np.frombuffer(after.scene_jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    beside = np.asarray(shown[112:128, 267:274], np.float32)
    assert (beside.std() < 25) == (how != "nobody")


class LostFrame(StillFrame):
    """Its pixels cannot be had a second time."""

    def rgb(self, width: int, height: int) -> ByteArray:
        raise cv2.error(f"{width} x {height}")


def test_a_scene_that_cannot_be_made_costs_no_alert() -> None:
    proposal = proposed(shot_at(BEFORE_NS), shot_at(NOW_NS))
    after = with_scene(proposal, LostFrame(PICTURE), seen_with(WANTED), (proposal.track,))
    assert after == proposal


def test_a_further_shot_that_cannot_be_made_costs_no_alert() -> None:
    good, blank = shot_at(NOW_NS), shot_at(BEFORE_NS)
    nothing = replace(blank.view, bgr=np.zeros((0, 0, 3), np.uint8))
    unusable = replace(blank, view=nothing)
    found = [*further_shots([good, unusable, good])]
    assert len(found) == 2
    assert all(jpeg.startswith(b"\xff\xd8") for jpeg in found)
