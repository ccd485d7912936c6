from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageUnreadable
from lfr_batch.footage import stills
from lfr_batch.footage.kept import SHARE_BYTES
from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.stills import StillFrame, open_stills, read_still
from lfr_batch.records import ByteArray, FootageEntry, Segment
from tests.probing import probe

from .clips import whole_bgr

WIDE = np.zeros((40, 60, 3), np.uint8)
WIDE[:20, :30] = (0, 0, 255)
"""60 x 40, red in the upper left."""


def still(path: Path, rotation_deg: int = 0) -> StillFrame:
    segment = Segment("s", "f", str(path), "still", 0, None, None, rotation_deg)
    return next(open_stills(segment, LocalFile(segment.uri)))


def write(path: Path, picture: ByteArray) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, picture)[1].tobytes())
    return path


def exif_jpeg(path: Path, orientation: int) -> Path:
    jpeg = cv2.imencode(".jpg", WIDE)[1].tobytes()
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    app1 = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    path.write_bytes(jpeg[:2] + app1 + jpeg[2:])
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", WIDE)
    asset = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    assert (asset.kind, asset.status, asset.width, asset.height) == ("still", "ok", 60, 40)
    frame = still(path)
    assert frame.size_wh == (60, 40)
    assert whole_bgr(frame)[5, 5, 2] > 200
    assert frame.rgb(30, 20).shape == (20, 30, 3)
    assert frame.rgb(30, 20)[2, 2, 0] > 200
    assert frame.luma(6, 4).shape == (4, 6)


@pytest.mark.parametrize(
    ("orientation", "red_yx", "size_wh"),
    [
        (1, (5, 5), (60, 40)),
        (3, (35, 55), (60, 40)),
        (6, (5, 35), (40, 60)),
        (8, (55, 5), (40, 60)),
    ],
)
def test_exif_orientation(
    tmp_path: Path, orientation: int, red_yx: tuple[int, int], size_wh: tuple[int, int]
) -> None:
    path = exif_jpeg(tmp_path / "a.jpg", orientation)
    frame = still(path)
    assert frame.size_wh == size_wh
    assert whole_bgr(frame)[red_yx][2] > 200
    asset = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    assert (asset.width, asset.height) == size_wh


def test_extra_rotation_is_clockwise(tmp_path: Path) -> None:
    frame = still(write(tmp_path / "a.png", WIDE), rotation_deg=90)
    assert frame.size_wh == (40, 60)
    assert whole_bgr(frame)[5, 35, 2] > 200
    np.testing.assert_array_equal(frame.bgr_part(11, 3, 40, 24), whole_bgr(frame)[3:24, 11:40])


@pytest.mark.parametrize(
    "picture",
    [
        np.full((9, 8), 200, np.uint8),
        np.full((9, 8, 4), 200, np.uint8),
        np.full((9, 8, 3), 200 * 257, np.uint16),
        np.full((9, 8), 200 * 257, np.uint16),
    ],
)
def test_grey_alpha_and_16_bit_become_8_bit_bgr(tmp_path: Path, picture: ByteArray) -> None:
    bgr = whole_bgr(still(write(tmp_path / "a.png", picture)))
    assert bgr.shape == (9, 8, 3)
    assert bgr.dtype == np.dtype(np.uint8)
    assert abs(int(bgr.mean()) - 200) <= 1


def test_decode_bomb_is_refused_before_decoding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", WIDE)
    data = bytearray(path.read_bytes())
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    path.write_bytes(data)
    with pytest.raises(FootageUnreadable, match="60000 x 60000 pixels"):
        still(path)
    assert probe(FootageEntry(str(path)), FootageConfig(), S3Config()).status == "failed"


def test_damaged_stills(tmp_path: Path) -> None:
    png = write(tmp_path / "a.png", WIDE)
    png.write_bytes(png.read_bytes()[:40] + bytes(60))
    with pytest.raises(FootageUnreadable, match="damaged"):
        still(png)
    jpeg = write(
        tmp_path / "a.jpg", np.random.default_rng(0).integers(0, 255, WIDE.shape, np.uint8)
    )
    jpeg.write_bytes(jpeg.read_bytes()[:-500])
    asset = probe(FootageEntry(str(jpeg)), FootageConfig(), S3Config())
    assert asset.status == "damaged"
    assert "truncated" in (asset.error or "")


def test_real_photographs(shared_data: Path) -> None:
    for path in sorted((shared_data / "custody").glob("*/*.jpg"))[:5]:
        asset = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
        assert (asset.width, asset.height) == still(path).size_wh


def test_what_is_larger_than_a_still_may_be_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "MAX_BYTES", 5)
    monkeypatch.setattr(stills, "_BLOCK_BYTES", 2)
    path = tmp_path / "some"
    path.write_bytes(b"12345")
    assert read_still(LocalFile(str(path))) == b"12345"
    path.write_bytes(b"123456")
    with pytest.raises(FootageUnreadable, match="larger than 0 MiB"):
        read_still(LocalFile(str(path)))


def test_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", WIDE)
    tracemalloc.start()
    try:
        data = read_still(LocalFile(str(path)))
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert data == path.read_bytes()
    assert most_bytes < 2 * SHARE_BYTES
