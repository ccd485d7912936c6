"""Videos are searched in their true shape, upright and unmirrored, whatever their file says how."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import ByteArray, FootageAsset, FootageEntry
from tests.probing import probe

from .clips import frames_of, whole_bgr, write_clip

S3 = S3Config()
Orientation = tuple[int, bool, bool]
"""Counter-clockwise degrees, then flipped left to right, then top to bottom."""

ORIENTATIONS: dict[Orientation, tuple[bool, int]] = {
    (0, False, False): (False, 0),
    (270, False, False): (False, 90),
    (180, False, False): (False, 180),
    (90, False, False): (False, 270),
    (0, True, False): (True, 0),
    (0, False, True): (True, 180),
    (90, False, True): (True, 270),
    (90, True, False): (True, 90),
}
"""What the product makes of each: mirrored first, then clockwise degrees."""


def scene(width: int, height: int) -> ByteArray:
    """Another colour in every corner, and a dark disc that shows the shape; rgb."""
    picture = np.full((height, width, 3), 200, np.uint8)
    half = height // 2, width // 2
    picture[: half[0], half[1] :] = 200, 60, 60
    picture[half[0] :, : half[1]] = 60, 160, 60
    picture[half[0] :, half[1] :] = 60, 60, 200
    cv2.circle(picture, half[::-1], min(half) // 2, (20, 20, 20), -1)
    return picture


def stored_of(true: ByteArray, orientation: Orientation, stretch: tuple[int, int]) -> ByteArray:
    """What a camera stores so that the display matrix shows ``true``: undone from the last step."""
    degrees, left_right, top_bottom = orientation
    picture = true[:, ::-1] if left_right else true
    picture = picture[::-1] if top_bottom else picture
    picture = np.ascontiguousarray(np.rot90(picture, -degrees // 90))
    size_wh = picture.shape[1] // stretch[0], picture.shape[0] // stretch[1]
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def probed(path: Path, aspect: float | None = None, rotate_deg: int = 0) -> FootageAsset:
    entry = FootageEntry(str(path), aspect=aspect, rotate_deg=rotate_deg)
    asset = probe(entry, FootageConfig(), S3)
    assert asset.status == "ok", asset.error
    return asset


def first_frame(asset: FootageAsset) -> Frame:
    (segment,) = plan_segments(asset, 600.0, "key")
    return next(frames_of(segment))


def assert_shows(frame: Frame, true: ByteArray) -> None:
    height, width = true.shape[:2]
    assert frame.size_wh == (width, height)
    grey = cv2.cvtColor(true, cv2.COLOR_RGB2GRAY)
    for picture in (whole_bgr(frame)[..., ::-1], frame.rgb(width, height)):
        assert np.abs(picture.astype(int) - true).mean() < 8
    assert np.abs(frame.luma(width, height).astype(int) - grey).mean() < 8
    left, top, right, bottom = width // 2 + 3, 5, width - 7, height // 2 - 9
    part = frame.bgr_part(left, top, right, bottom)[..., ::-1]
    assert np.abs(part.astype(int) - true[top:bottom, left:right]).mean() < 8


@pytest.mark.parametrize("stretch", [(1, 1), (2, 1), (1, 2)], ids=str)
@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_display_matrices_are_undone(
    tmp_path: Path, orientation: Orientation, stretch: tuple[int, int]
) -> None:
    true = scene(320, 240)
    stored = stored_of(true, orientation, stretch)
    ratio = Fraction(*stretch)
    path = write_clip(
        tmp_path / "a.mp4",
        [stored] * 3,
        rotation=orientation[0],
        flips=orientation[1:],
        sample_aspect=ratio if ratio != 1 else None,
    )
    asset = probed(path)
    assert (asset.mirrored, asset.rotation_deg) == ORIENTATIONS[orientation]
    assert (asset.width, asset.height) == (320, 240)
    assert asset.sample_aspect == pytest.approx(float(ratio))
    assert_shows(first_frame(asset), true)


@pytest.mark.parametrize("orientation", ORIENTATIONS, ids=str)
def test_the_manifests_turn_comes_on_top(tmp_path: Path, orientation: Orientation) -> None:
    true = scene(320, 240)
    needed = np.ascontiguousarray(np.rot90(true))  # so that a clockwise quarter is missing
    stored = stored_of(needed, orientation, (1, 1))
    path = write_clip(
        tmp_path / "a.mp4", [stored] * 3, rotation=orientation[0], flips=orientation[1:]
    )
    assert_shows(first_frame(probed(path, rotate_deg=90)), true)


@pytest.mark.parametrize(
    ("codec", "container"),
    [
        ("libx264", "mp4"),
        ("libx264", "mov"),
        ("libx264", "mkv"),
        ("libx264", "ts"),
        ("libx264", "avi"),
        ("libx264", "flv"),
        ("libx265", "mp4"),
        ("mpeg4", "mp4"),
        ("mpeg4", "avi"),
    ],
)
@pytest.mark.parametrize("ratio", [Fraction(2), Fraction(1, 2), Fraction(12, 11)], ids=str)
def test_stated_ratios(tmp_path: Path, codec: str, container: str, ratio: Fraction) -> None:
    encoder = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = write_clip(
        tmp_path / f"a.{container}",
        [scene(176, 144)] * 3,
        codec=codec,
        encoder=encoder,
        sample_aspect=ratio,
    )
    asset = probed(path)
    assert asset.sample_aspect == pytest.approx(float(ratio))
    assert asset.width == round(176 * max(float(ratio), 1.0))
    assert asset.height == round(144 / min(float(ratio), 1.0))
    assert first_frame(asset).size_wh == (asset.width, asset.height)
    assert asset.notes is None


@pytest.mark.parametrize(
    ("shown", "ratio"), [(Fraction(4, 3), 16 / 15), (Fraction(16, 9), 64 / 45)]
)
def test_mpeg_2_states_the_shape_of_its_picture(
    tmp_path: Path, shown: Fraction, ratio: float
) -> None:
    path = write_clip(
        tmp_path / "a.mpg",
        [scene(720, 576)] * 3,
        codec="mpeg2video",
        sample_aspect=shown / Fraction(720, 576),
    )
    asset = probed(path)
    assert asset.sample_aspect == pytest.approx(ratio)
    assert (asset.width, asset.height) == (round(720 * ratio), 576)


@pytest.mark.parametrize(
    ("pasp", "expected"),
    [((4, 3), 4 / 3), ((1, 1), 1.0), ((0, 0), 2.0), ((1, 1000), 2.0), ((2**31, 1), 2.0)],
)
def test_the_container_goes_before_the_codec(
    tmp_path: Path, pasp: tuple[int, int], expected: float
) -> None:
    path = write_clip(tmp_path / "a.mp4", [scene(160, 120)] * 3, sample_aspect=Fraction(2))
    data = path.read_bytes()
    at = data.index(b"pasp") + 4
    path.write_bytes(data[:at] + b"".join(n.to_bytes(4, "big") for n in pasp) + data[at + 8 :])
    assert probed(path).sample_aspect == pytest.approx(expected)


@pytest.mark.parametrize(
    ("size_wh", "true_wh", "name"),
    [
        ((704, 288), (704, 576), "2CIF"),
        ((704, 240), (704, 480), "2CIF"),
        ((352, 576), (704, 576), "half D1"),
        ((960, 1080), (1920, 1080), "1080N"),
    ],
)
def test_recorders_that_say_nothing(
    tmp_path: Path, size_wh: tuple[int, int], true_wh: tuple[int, int], name: str
) -> None:
    true = scene(*true_wh)
    stored = np.asarray(cv2.resize(true, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
    asset = probed(write_clip(tmp_path / "a.mp4", [stored] * 2))
    assert (asset.width, asset.height) == true_wh
    assert asset.notes is not None
    assert name in asset.notes
    assert_shows(first_frame(asset), true)


@pytest.mark.parametrize(
    ("aspect", "rotate_deg", "expected_wh"),
    [
        (4 / 3, 0, (704, 528)),
        (704 / 288, 0, (704, 288)),
        (3 / 4, 90, (528, 704)),
        (16 / 9, 180, (704, 396)),
    ],
)
def test_the_manifests_aspect_is_that_of_the_upright_picture(
    tmp_path: Path, aspect: float, rotate_deg: int, expected_wh: tuple[int, int]
) -> None:
    asset = probed(write_clip(tmp_path / "a.mp4", [scene(704, 288)] * 2), aspect, rotate_deg)
    assert (asset.width, asset.height) == expected_wh
    assert asset.notes is None
    assert first_frame(asset).size_wh == expected_wh
