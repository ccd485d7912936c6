"""Light and focus, on generated pictures and on real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from lfr_batch.live.records import Light
from lfr_batch.live.watching.aim_focus import edge_px, is_soft
from lfr_batch.live.watching.aim_light import face_luma, light_of
from lfr_batch.records import ByteArray
from tests.one_case import ASTRONAUT, GROUP, installed_picture

SIZE = (720, 1280)
RNG = np.random.default_rng(7)


def plain(value: float) -> ByteArray:
    return np.full((180, 320), value, np.uint8)


def halves(dark: int, bright: int) -> ByteArray:
    picture = plain(dark)
    picture[:, 160:] = bright
    return picture


@pytest.mark.parametrize(
    ("luma", "faces", "light"),
    [
        (plain(120), [], None),
        (plain(20), [], "dark"),
        (plain(230), [], "bright"),
        (halves(20, 250), [], "against"),
        (halves(90, 250), [], None),
        (plain(120), [100.0, 130.0, 20.0], None),
        (plain(30), [60.0], None),  # the faces are lit, whatever is behind them
        (plain(60), [30.0], "dark"),
        (plain(160), [30.0], "against"),
        (plain(120), [245.0], "bright"),
    ],
)
def test_light(luma: ByteArray, faces: list[float], light: Light | None) -> None:
    assert light_of(luma, faces) == light


def test_the_brightness_of_a_face_is_that_of_its_middle() -> None:
    luma = plain(200)
    luma[50:80, 100:120] = 60
    box = np.array([380.0, 190.0, 500.0, 330.0], np.float32)  # in a picture four times as large
    assert face_luma(luma, box, (1280, 720)) == 60.0
    outside = np.array([2000.0, 100.0, 2100.0, 200.0], np.float32)
    assert face_luma(luma, outside, (1280, 720)) is None


def blurred(picture: ByteArray, sigma_px: float) -> ByteArray:
    if not sigma_px:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.uint8)


def bricks() -> ByteArray:
    rows, columns = np.indices(SIZE)
    return np.where((rows // 40 + columns // 90) % 2, 80, 170).astype(np.uint8)


@pytest.mark.parametrize("sigma_px", [4.0, 6.0, 12.0])
@pytest.mark.parametrize("made", [bricks, lambda: grey(GROUP), lambda: grey(ASTRONAUT)])
def test_a_picture_out_of_focus_is_soft(made: Callable[[], ByteArray], sigma_px: float) -> None:
    sharp = edge_px(made())
    assert sharp is not None
    assert not is_soft(sharp)
    assert is_soft(edge_px(blurred(made(), sigma_px)))


def grey(source: tuple[str, str]) -> ByteArray:
    return np.asarray(cv2.cvtColor(installed_picture(source), cv2.COLOR_BGR2GRAY), np.uint8)


def door() -> ByteArray:
    wall = np.full(SIZE, 210, np.uint8)
    wall[300:420, 700:760] = 60
    return wall


@pytest.mark.parametrize(
    "scene",
    [
        np.full(SIZE, 220, np.uint8),
        np.clip(RNG.normal(120, 6, SIZE), 0, 255).astype(np.uint8),
        np.tile(np.linspace(60, 200, SIZE[1]).astype(np.uint8), (SIZE[0], 1)),
        door(),
    ],
    ids=["wall", "noise", "evening sky", "door"],
)
def test_a_plain_scene_is_not_called_soft(scene: ByteArray) -> None:
    assert edge_px(scene) is None
    assert not is_soft(None)


def test_an_edge_is_as_wide_as_its_blur() -> None:
    step = np.full((300, 300), 40, np.uint8)
    step[:, 150:] = 210
    for sigma_px in (2.0, 3.0, 4.0):
        width_px = edge_px(blurred(step, sigma_px))
        assert width_px == pytest.approx(sigma_px, rel=0.15)


def test_real_cameras_are_in_focus_until_they_are_not(shared_data: Path) -> None:
    found = (shared_data / "footage").glob("*/*.*")
    clips = [path for path in found if path.suffix in {".mp4", ".avi", ".mkv"}]
    assert len(clips) > 10
    for clip in clips:
        with av.open(str(clip)) as container:
            frames = container.decode(container.streams.video[0])
            frame = next(each for n, each in enumerate(frames) if n == 12)
            luma = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
        measured = edge_px(luma)
        assert not is_soft(measured), clip
        if measured is not None and (soft := edge_px(blurred(luma, 4.0))) is not None:
            assert is_soft(soft), clip
