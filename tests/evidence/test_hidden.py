"""In a hidden copy nobody but the sighting's own face is recognised by the product's own models.

The same measurement of the untouched clip, encoded in the same way, does recognise the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config
from lfr_batch.errors import FootageGone, FootageUnreadable
from lfr_batch.evidence.film import film_of
from lfr_batch.evidence.hidden import HiddenClip, hidden_clip, hidden_frame, moment
from lfr_batch.evidence.hider import Hider, open_hider
from lfr_batch.evidence.spot import Spot
from lfr_batch.faces.boxes import iou
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray
from tests.evidence.likeness import (
    Known,
    faces_of,
    frames_in,
    is_recognised,
    likeness,
    strangers_found,
)
from tests.evidence.spots import ANYWHERE, spot_in
from tests.footage.clips import RATE, write_clip
from tests.one_case import ACTOR, ASTRONAUT, GROUP, installed_picture

REAL = {
    "known_answer/two_actors.mp4": (2.0, 1, 0.5, 6),
    "known_answer/stage_clip.mp4": (6.8, 0, 0.4, 9),
    "crowd/indoor_event.mp4": (1.0, 0, 0.3, 8),
    "crowd/marathon.mkv": (1.0, 0, 0.3, 8),
}
"""Best moment, which face by its size, how many seconds before and after it, and every how manieth
frame is looked at: two who turn their heads; a cut, a profile, dark faces; a hand-held camera;
runners who come, overlap and go."""
FRAMES = 30
"""Of the rendered clip."""
MISSED = range(12, 14)
"""Those in which the actor of the rendered clip is upside down and in negative, so that the
detector does not see him."""


@pytest.fixture(scope="module")
def hider(open_pack_home: Path) -> Hider:
    return open_hider(load_pack(open_pack_home, "open"), Config(), 2)


def encoded(pictures: list[ByteArray]) -> list[ByteArray]:
    """As the hidden copy is, with everybody in it."""
    height, width = pictures[0].shape[:2]
    timed = ((i * 1_000_000_000 // RATE, picture) for i, picture in enumerate(pictures))
    return frames_in(film_of(timed, (width, height), RATE))


def spot_of_face(clip: Path, at_s: float, number: int, hider: Hider, size_rank: int) -> Spot:
    [picture] = frames_in(clip, number, number + 1)
    faces = hider.faces(picture)
    sure = np.flatnonzero(faces.scores > 0.5)
    widths = (faces.boxes_xyxy[:, 2] - faces.boxes_xyxy[:, 0])[sure]
    left, top, right, bottom = map(float, faces.boxes_xyxy[sure[np.argsort(-widths)[size_rank]]])
    return spot_in(clip, at_s, (left, top, right, bottom))


def apart(
    clip: Path, hidden: HiddenClip, spot: Spot, hider: Hider, every: int, number: int
) -> tuple[list[Known], list[Known], list[ByteArray], list[ByteArray]]:
    """Faces of the sighting's person, and of others; the untouched frames, and the hidden ones.

    ``number`` is that of the sighting's frame in the footage; those of the faces count from the
    first frame of the copy."""
    first, shown = first_frame(clip, hidden), frames_in(hidden.data)
    untouched = frames_in(clip, first, first + hidden.frames)
    assert len(untouched) == len(shown) == hidden.frames
    number -= first
    known = list(faces_of(untouched, hider, every, number))
    then = [each for each in known if each.frame == number]
    best = max(then, key=lambda each: float(iou(each.box_xyxy[None], spot.box[None])[0, 0]))
    own = [each for each in known if float(each.template @ best.template) >= hider.same]
    others = [each for each in known if float(each.template @ best.template) < hider.other]
    return own, others, untouched, shown


def first_frame(clip: Path, hidden: HiddenClip) -> int:
    """Number of the frame of the footage with which the copy begins."""
    times_s = times_in(clip)
    return int(np.argmin(np.abs(np.array(times_s) - times_s[0] - hidden.start_s)))


def times_in(clip: Path) -> list[float]:
    """Of its frames, s, as they are shown."""
    with av.open(str(clip)) as video:
        return sorted(
            float(packet.pts * packet.time_base)
            for packet in video.demux(video=0)
            if packet.pts is not None and packet.time_base is not None
        )


@pytest.mark.parametrize("name", REAL)
def test_in_real_footage_nobody_else_is_recognised(
    hider: Hider, shared_data: Path, name: str
) -> None:
    best_s, rank, around_s, every = REAL[name]
    clip = shared_data / "footage" / name
    times = times_in(clip)
    number = next(i for i, time in enumerate(times) if time - times[0] >= best_s)
    spot = spot_of_face(clip, times[number] - times[0], number, hider, rank)
    hidden = hidden_clip(spot, hider, ANYWHERE, around_s, around_s)
    own, others, untouched, shown = apart(clip, hidden, spot, hider, every, number)
    assert own
    assert others
    again = encoded(untouched)
    assert any(is_recognised(each, again[each.frame], hider) for each in others)
    assert not any(is_recognised(each, shown[each.frame], hider) for each in others)
    assert np.median([likeness(each, shown[each.frame], hider) for each in own]) > hider.same
    for each in own:
        there = [other for other in others if other.frame == each.frame]
        assert not list(strangers_found(shown[each.frame], each.box_xyxy, there, hider))


def passing() -> Iterator[ByteArray]:
    """The astronaut stands; the actor comes in from the right, is not to be found for a moment,
    passes before her and leaves to the left. RGB."""
    rng = np.random.default_rng(5)
    wall = cv2.GaussianBlur(rng.integers(60, 130, (360, 640, 3)).astype(np.uint8), (0, 0), 8)
    portrait, actor = installed_picture(ASTRONAUT), installed_picture(ACTOR)
    she = cv2.resize(portrait[10:260, 100:350], (170, 170), interpolation=cv2.INTER_AREA)
    he = cv2.resize(actor, (150, 150), interpolation=cv2.INTER_AREA)
    for number in range(FRAMES):
        picture = wall.copy()
        picture[100:270, 140:310] = she
        left = actor_left(number)
        first, last = max(left, 0), min(left + 150, 640)
        if last > first:
            seen = np.rot90(255 - he, 2) if number in MISSED else he
            picture[120:270, first:last] = seen[:, first - left : last - left]
        yield np.ascontiguousarray(picture[..., ::-1])


def actor_left(number: int) -> int:
    return 640 - 30 * number


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("passing")
    return write_clip(folder / "passing.mp4", passing(), encoder={"crf": "16"})


@pytest.fixture(scope="module")
def astronaut(passed: Path, hider: Hider) -> Spot:
    [picture] = frames_in(passed, 4, 5)
    left, top, right, bottom = map(float, hider.faces(picture).boxes_xyxy[0])
    return spot_in(passed, 4 / RATE, (left, top, right, bottom))


@pytest.fixture(scope="module")
def hidden(astronaut: Spot, hider: Hider) -> HiddenClip:
    return hidden_clip(astronaut, hider, ANYWHERE)


def test_who_comes_passes_and_leaves_is_recognised_in_no_frame(
    passed: Path, hidden: HiddenClip, astronaut: Spot, hider: Hider
) -> None:
    own, others, untouched, shown = apart(passed, hidden, astronaut, hider, 1, 4)
    assert len(others) > 12
    again = encoded(untouched)
    assert min(likeness(each, again[each.frame], hider) for each in others) > hider.same
    assert max(likeness(each, shown[each.frame], hider) for each in others) < hider.same
    alone = [each for each in own if actor_left(each.frame) > 350]
    assert min(likeness(each, shown[each.frame], hider) for each in alone) > 0.8
    assert 0 < hidden.own_frames < hidden.frames == FRAMES


def test_who_is_not_found_between_is_hidden_all_the_same(passed: Path, hidden: HiddenClip) -> None:
    """Where the actor is, there is one grey, and those frames are counted."""
    untouched, shown = frames_in(passed), frames_in(hidden.data)
    for number in MISSED:
        left = actor_left(number)
        face = slice(150, 240), slice(left + 40, left + 110)
        assert untouched[number][face].std() > 20
        assert shown[number][face].std() < 3
    assert hidden.doubts["held"] >= len(MISSED)
    assert hidden.doubtful_frames >= len(MISSED)


def test_it_says_nothing_of_where_it_comes_from(passed: Path, hidden: HiddenClip) -> None:
    assert hidden.sha256 == hashlib.sha256(hidden.data).hexdigest()
    assert b"passing" not in hidden.data
    with av.open(BytesIO(hidden.data), "r") as video:
        assert [stream.type for stream in video.streams] == ["video"]
        assert video.metadata.keys() <= {"encoder"}


def test_the_same_footage_gives_the_same_bytes(astronaut: Spot, hider: Hider) -> None:
    first, again = (hidden_clip(astronaut, hider, ANYWHERE, 0.1, 0.1) for _ in range(2))
    assert first.data == again.data


def test_of_a_single_frame_those_are_hidden_who_are_found_before_and_after(
    passed: Path, hider: Hider
) -> None:
    number = MISSED[-1]
    [shown] = frames_in(passed, number, number + 1)
    faces = hider.faces(shown)
    [box] = [box for box in faces.boxes_xyxy if box[2] < 310]
    left, top, right, bottom = map(float, box)
    spot = spot_in(passed, number / RATE, (left, top, right, bottom))
    found = hidden_frame(spot, hider, ANYWHERE)
    picture = decoded(found.png)
    face = slice(150, 240), slice(actor_left(number) + 40, actor_left(number) + 110)
    assert picture[face].std() == 0
    assert found.own_shown
    assert found.hidden >= 1
    assert "held" in found.doubts


def test_of_a_still_with_six_people_one_is_left(tmp_path: Path, hider: Hider) -> None:
    group = np.asarray(cv2.resize(installed_picture(GROUP), None, fx=0.6, fy=0.6), np.uint8)
    cv2.imwrite(str(tmp_path / "group.png"), group)
    known = list(faces_of([group], hider))
    assert len(known) == 6
    for own in known[::2]:
        left, top, right, bottom = map(float, own.box_xyxy)
        spot = spot_in(tmp_path / "group.png", 0.0, (left, top, right, bottom), picture=1)
        found = hidden_frame(spot, hider, ANYWHERE)
        shown = decoded(found.png)
        assert found.own_shown
        assert likeness(own, shown, hider) > 0.8
        assert max(likeness(each, shown, hider) for each in known if each is not own) < hider.same


def test_a_moment_is_small_and_plays_in_a_browser(astronaut: Spot, hider: Hider) -> None:
    shares: list[float] = []
    clip = moment(astronaut, hider, ANYWHERE, told=shares.append)
    assert clip.ending == "webm"
    with av.open(BytesIO(clip.data), "r") as video:
        assert video.streams.video[0].codec_context.name == "vp8"
    assert 0 < clip.frames <= FRAMES * 10 / RATE + 1
    assert shares == sorted(shares)
    assert shares[-1] > 0.9


def test_a_moment_that_takes_too_long_is_given_up(astronaut: Spot, hider: Hider) -> None:
    with pytest.raises(FootageUnreadable, match=r"takes longer than the 0\.001 s"):
        moment(astronaut, hider, ANYWHERE, limit_s=0.001)
    assert not hider.lock.locked()


def test_whoever_is_told_may_end_it(astronaut: Spot, hider: Hider) -> None:
    def leave(share: float) -> None:
        if share > 0.1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        moment(astronaut, hider, ANYWHERE, told=leave)
    assert not hider.lock.locked()


def test_of_footage_that_is_gone_there_is_no_moment(tmp_path: Path, hider: Hider) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 10)
    spot = spot_in(clip, 0.2)
    clip.unlink()
    with pytest.raises(FootageGone, match="is gone since it was searched"):
        moment(spot, hider, ANYWHERE)


def test_a_still_has_no_clip(tmp_path: Path, hider: Hider) -> None:
    cv2.imwrite(str(tmp_path / "group.png"), installed_picture(GROUP))
    spot = spot_in(tmp_path / "group.png", 0.0, picture=1)
    with pytest.raises(FootageUnreadable, match="is a still, of which there is no clip"):
        hidden_clip(spot, hider, ANYWHERE)


def decoded(png: bytes) -> ByteArray:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)
