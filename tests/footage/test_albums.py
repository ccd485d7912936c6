"""What a still's file holds, in every format: how many pictures, upright, and none left out."""

from __future__ import annotations

import io
import resource
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps, TiffImagePlugin

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageDamaged, FootageUnreadable
from lfr_batch.footage import albums, stills
from lfr_batch.footage.albums import open_album
from lfr_batch.footage.stills import StillFrame, decode_still, decode_stills
from lfr_batch.records import ByteArray, FootageAsset, FootageEntry
from tests.probing import probe

from .clips import whole_bgr
from .heif import heif
from .made_stills import QUARTERS, SEVERAL, exif, jpeg, numbered, saved, with_segment

FILM = struct.pack(">I", 24) + b"ftypisom" + bytes(2000)

Write = Callable[[int], bytes]


def probed(path: Path, data: bytes) -> FootageAsset:
    path.write_bytes(data)
    return probe(FootageEntry(str(path)), FootageConfig(), S3Config())


def seen(data: bytes) -> list[StillFrame]:
    return list(decode_stills("a", data))


def rgb(frame: StillFrame) -> ByteArray:
    return whole_bgr(frame)[..., ::-1]


def orientation_of(stored: ByteArray, orientation: int) -> ByteArray:
    """What Pillow makes of it."""
    file = io.BytesIO(saved("PNG", [stored], exif=exif(orientation)))
    return np.asarray(ImageOps.exif_transpose(Image.open(file)).convert("RGB"))


ORIENTED: dict[str, Write] = {
    "jpeg": lambda o: saved("JPEG", [QUARTERS], exif=exif(o), quality=95),
    "png": lambda o: saved("PNG", [QUARTERS], exif=exif(o)),
    "apng": lambda o: saved("PNG", [QUARTERS, QUARTERS // 2], exif=exif(o)),
    "webp": lambda o: saved("WEBP", [QUARTERS], exif=exif(o), lossless=True),
    "animated webp": lambda o: saved("WEBP", [QUARTERS] * 2, exif=exif(o), lossless=True),
    "tiff": lambda o: saved("TIFF", [QUARTERS], tiffinfo={274: o}),
    "avif": lambda o: saved("AVIF", [QUARTERS], exif=exif(o), quality=95),
    "heif": lambda o: heif([QUARTERS], o),
    "heif with EXIF, which is void": lambda o: heif([QUARTERS], o, exif=exif(6).tobytes()[6:]),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("write", ORIENTED.values(), ids=ORIENTED)
def test_pictures_are_upright_in_every_format(
    tmp_path: Path, write: Write, orientation: int
) -> None:
    data = write(orientation)
    expected = orientation_of(QUARTERS, orientation)
    frame = decode_still("a", data)
    assert whole_bgr(frame).shape == expected.shape
    assert np.abs(rgb(frame).astype(int) - expected).mean() < 6
    asset = probed(tmp_path / "a", data)
    assert (asset.status, asset.width, asset.height) == ("ok", *frame.size_wh)


def test_each_page_has_its_own_orientation_and_size() -> None:
    small = QUARTERS[::2, ::2].copy()
    first, second = (Image.fromarray(each) for each in (QUARTERS, small))
    second.encoderinfo = {"tiffinfo": {274: 6}}
    out = io.BytesIO()
    first.save(out, "TIFF", save_all=True, append_images=[second])
    frames = seen(out.getvalue())
    assert [frame.size_wh for frame in frames] == [(64, 48), (24, 32)]
    np.testing.assert_array_equal(rgb(frames[1]), orientation_of(small, 6))


@pytest.mark.parametrize("write", SEVERAL.values(), ids=SEVERAL)
def test_every_picture_of_a_file_is_seen_with_its_number(
    tmp_path: Path, write: Callable[[list[ByteArray]], bytes]
) -> None:
    data = write(numbered(5))
    frames = seen(data)
    assert [frame.picture for frame in frames] == [1, 2, 3, 4, 5]
    reds = [float(rgb(frame)[..., 0].mean()) for frame in frames]
    np.testing.assert_allclose(reds, [10, 20, 30, 40, 50], atol=3)
    asset = probed(tmp_path / "a.jpg", data)
    assert (asset.kind, asset.status, asset.pictures) == ("still", "ok", 5)


GREY = QUARTERS[..., 1]


def tiff_16_bits(picture: ByteArray) -> bytes:
    return bytes(cv2.imencode(".tiff", picture.astype(np.uint16) * 257)[1])


def from_mode(format_name: str, mode: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture = Image.fromarray(QUARTERS)
    stored = picture.quantize(8) if mode == "P" else picture.convert(mode)
    stored.save(out, format_name, **options)
    return out.getvalue()


MODES: dict[str, bytes] = {
    "jpeg cmyk": from_mode("JPEG", "CMYK", quality=95),
    "jpeg grey": from_mode("JPEG", "L", quality=95),
    "jpeg progressive": from_mode("JPEG", "RGB", quality=95, progressive=True),
    "png palette": from_mode("PNG", "P"),
    "png alpha": from_mode("PNG", "RGBA"),
    "png 16 bits": bytes(cv2.imencode(".png", QUARTERS[..., ::-1].astype(np.uint16) * 257)[1]),
    "png grey with alpha": from_mode("PNG", "LA"),
    "webp alpha": from_mode("WEBP", "RGBA", lossless=True),
    "bmp palette": from_mode("BMP", "P"),
    "bmp": from_mode("BMP", "RGB"),
    "gif": from_mode("GIF", "P"),
    "jp2": from_mode("JPEG2000", "RGB"),
    "jp2 alpha": from_mode("JPEG2000", "RGBA"),
    "j2k codestream": from_mode("JPEG2000", "RGB", no_jp2=True),
    "avif alpha": from_mode("AVIF", "RGBA", quality=95),
    "tiff cmyk": from_mode("TIFF", "CMYK"),
    "tiff palette": from_mode("TIFF", "P"),
    "tiff alpha": from_mode("TIFF", "RGBA"),
    "tiff 16 bits": tiff_16_bits(QUARTERS[..., ::-1]),
    "tiff grey 16 bits": tiff_16_bits(GREY),
    "tiff float": bytes(cv2.imencode(".tiff", GREY.astype(np.float32) / 255)[1]),
    **{
        f"tiff {each}": from_mode("TIFF", "RGB", compression=each)
        for each in ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate", "jpeg", "zstd", "lzma")
    },
}


@pytest.mark.parametrize("name", MODES)
def test_every_way_of_storing_a_picture_becomes_8_bit_bgr(name: str) -> None:
    shown = rgb(decode_still("a", MODES[name]))
    grey = any(word in name for word in ("grey", "float"))
    source = np.repeat((GREY if "tiff" in name else cv2.cvtColor(QUARTERS, 7))[..., None], 3, 2)
    expected = source if grey else QUARTERS
    assert shown.dtype == np.dtype(np.uint8)
    assert np.abs(shown.astype(int) - expected).mean() < 8


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_faxes_are_read(compression: str) -> None:
    shown = rgb(decode_still("a", from_mode("TIFF", "1", compression=compression)))
    np.testing.assert_array_equal(
        shown, np.asarray(Image.fromarray(QUARTERS).convert("1").convert("RGB"))
    )


def test_contents_decide_never_the_ending(tmp_path: Path) -> None:
    for number, data in enumerate([heif([QUARTERS]), saved("AVIF", [QUARTERS]), jpeg()]):
        for ending in ("", ".txt", ".mp4", ".png"):
            assert probed(tmp_path / f"{number}{ending}", data).kind == "still"


@pytest.mark.parametrize(("frames", "kind"), [(50, "still"), (51, "video")])
@pytest.mark.parametrize("name", ["gif", "apng"])
def test_a_long_animation_is_a_film(tmp_path: Path, name: str, frames: int, kind: str) -> None:
    shown = [np.roll(QUARTERS, number, axis=1) for number in range(frames)]
    asset = probed(tmp_path / "a", SEVERAL[name](shown))
    assert (asset.kind, asset.status, asset.width, asset.height) == (kind, "ok", 64, 48)


def test_one_damaged_page_is_said_and_the_others_are_seen(tmp_path: Path) -> None:
    noise = [np.random.default_rng(i).integers(0, 255, (48, 64, 3), np.uint8) for i in range(3)]
    data = bytearray(saved("TIFF", noise, compression="tiff_adobe_deflate"))
    image = Image.open(io.BytesIO(bytes(data)))
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    image.seek(1)
    at = image.tag_v2[273][0]
    data[at : at + 400] = bytes(400)
    frames = decode_stills("a", bytes(data))
    assert [next(frames).picture, next(frames).picture] == [1, 3]
    with pytest.raises(FootageDamaged, match="picture 2 of 3 cannot be decoded"):
        next(frames)


def test_a_page_too_large_is_said_and_the_others_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(albums, "MAX_PIXELS", 64 * 48)
    data = saved("TIFF", [QUARTERS, np.repeat(QUARTERS, 2, axis=0), QUARTERS])
    frames = decode_stills("a", data)
    assert [next(frames).picture, next(frames).picture] == [1, 3]
    with pytest.raises(FootageDamaged, match="picture 2 of 3 says it has 64 x 96 pixels"):
        next(frames)


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_PICTURES", 3), ("MAX_ALBUM_PIXELS", 64 * 48 * 3)]
)
def test_what_is_over_a_limit_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(stills, limit, value)
    data = SEVERAL["tiff"](numbered(5))
    assert [frame.picture for frame in seen(data)] == [1, 2, 3]
    asset = probed(tmp_path / "a.tif", data)
    assert (asset.status, asset.pictures) == ("partly", 5)
    assert "of its 5 pictures only the first 3 are looked at" in (asset.unsearched or "")
    assert asset.unsearched_share == pytest.approx(0.4)


def resized(name: str, data: bytes, size_wh: tuple[int, int]) -> bytes:
    """The file, with another size in its header."""
    width, height = size_wh
    changed = bytearray(data)
    if name == "gif":
        changed[6:10] = struct.pack("<HH", width, height)
    else:
        changed[16:24] = struct.pack(">II", width, height)
        changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
    return bytes(changed)


@pytest.mark.parametrize("name", ["gif", "apng", "png"])
def test_a_decode_bomb_is_refused_before_decoding(tmp_path: Path, name: str) -> None:
    made = saved("PNG", [QUARTERS]) if name == "png" else SEVERAL[name](numbered(3))
    asset = probed(tmp_path / "a", resized(name, made, (60_000, 60_000)))
    assert (asset.kind, asset.status) == ("still", "failed")
    assert "megapixels" in (asset.error or "")


@pytest.mark.parametrize("name", ["tiled", "whole"])
def test_a_jpeg_2000_of_more_tiles_than_its_bytes_hold_is_refused(
    tmp_path: Path, name: str
) -> None:
    tiles = {"tile_size": (16, 16)} if name == "tiled" else {}
    made = saved("JPEG2000", [QUARTERS], no_jp2=True, **tiles)
    assert probed(tmp_path / "a.j2k", made).status == "ok"
    wide = made[:8] + struct.pack(">I", 1_000_000) + made[12:]
    asset = probed(tmp_path / "b.j2k", wide)
    assert (asset.kind, asset.status) == ("still", "failed")
    assert "its header is damaged" in (asset.error or "")


@pytest.mark.parametrize("size_wh", [(0, 48), (64, 0)])
def test_a_picture_without_pixels_has_its_sentence(
    tmp_path: Path, size_wh: tuple[int, int]
) -> None:
    asset = probed(tmp_path / "a.png", resized("png", saved("PNG", [QUARTERS]), size_wh))
    assert asset.status == "failed"
    assert f"{size_wh[0]} x {size_wh[1]} pixels: its header is damaged" in (asset.error or "")


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_frames_that_reach_beyond_their_canvas_take_no_more_room() -> None:
    data = bytearray(SEVERAL["gif"](numbered(3)))
    with Image.open(io.BytesIO(bytes(data))) as image:
        image.seek(1)
        box = struct.pack("<HHHH", 0, 0, *image.size)
    at = data.index(b"\x2c" + box, data.index(b"\x2c" + box) + 1)
    data[at + 1 : at + 5] = struct.pack("<HH", 60_000, 60_000)
    before = peak_kb()
    with pytest.raises((FootageDamaged, FootageUnreadable)):
        seen(bytes(data))
    assert peak_kb() - before < 1 << 20


def test_a_chunk_that_says_it_holds_gigabytes_takes_no_more_room() -> None:
    png = saved("PNG", [QUARTERS])
    before = peak_kb()
    with pytest.raises(FootageUnreadable, match="cannot be decoded"):
        seen(png[:33] + struct.pack(">I4s", 0x7FFFFFF0, b"tEXt") + png[33:])
    assert peak_kb() - before < 1 << 20


def test_what_stands_behind_a_png_leaves_it_whole(tmp_path: Path) -> None:
    asset = probed(tmp_path / "a.png", saved("PNG", [QUARTERS]) + b"made by a camera")
    assert asset.status == "ok"


def big(width: int = 240, height: int = 240) -> ByteArray:
    return np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)


CUT_OFF: dict[str, bytes] = {
    "jpeg": jpeg(big()),
    "second jpeg": jpeg() + jpeg(big()),
    "png": saved("PNG", [big()]),
    "webp": saved("WEBP", [big()]),
    "bmp": saved("BMP", [big()]),
    "jp2": saved("JPEG2000", [big()]),
    "tiff": bytes(cv2.imencode(".tiff", big(), [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1]),
    "avif": saved("AVIF", [big()]),
    "heif": heif([big()]),
}


@pytest.mark.parametrize("name", CUT_OFF)
def test_a_file_that_is_cut_off_is_damaged(tmp_path: Path, name: str) -> None:
    data = CUT_OFF[name]
    assert probed(tmp_path / "whole", data).status == "ok"
    asset = probed(tmp_path / "cut", data[:-1500])
    assert asset.status in {"damaged", "failed"}
    assert "truncated" in (asset.error or "") or asset.status == "failed"


def test_pages_that_are_cut_off_are_said(tmp_path: Path) -> None:
    data = saved("TIFF", [big(), big(), big()])
    asset = probed(tmp_path / "a", data[: len(data) // 2])
    assert asset.status == "damaged"
    assert "truncated" in (asset.error or "")


def test_thumbnails_and_maps_are_no_second_picture() -> None:
    two = bytearray(saved("MPO", numbered(2), quality=95))
    assert len(seen(bytes(two))) == 2
    listed = two.index(struct.pack("<HHI", 0xB002, 7, 32)) if b"II" in two[:60] else -1
    for second in (b"hdrgm:GainMapMax='3'", b"urn:com:apple:photo:2020:aux:hdrgainmap"):
        gain_map = with_segment(jpeg(), 0xE1, b"http://ns.adobe.com/xap/1.0/\0" + second)
        assert len(seen(jpeg() + gain_map)) == 1
    assert listed > 0
    entry = two.index(b"MPF\0") + 4 + struct.unpack_from("<I", two, listed + 8)[0] + 16
    two[entry : entry + 4] = struct.pack("<I", 0x010001)
    assert len(seen(bytes(two))) == 1


def test_a_thumbnail_inside_a_header_is_no_picture() -> None:
    with_preview = with_segment(jpeg(), 0xE1, b"Exif\0\0" + jpeg(QUARTERS[:16, :16].copy()))
    assert [frame.size_wh for frame in seen(with_preview)] == [(64, 48)]


def test_reduced_pages_are_no_second_picture() -> None:
    small = Image.fromarray(QUARTERS[::2, ::2].copy())
    small.encoderinfo = {"tiffinfo": {254: 1}}
    out = io.BytesIO()
    Image.fromarray(QUARTERS).save(out, "TIFF", save_all=True, append_images=[small])
    assert [frame.size_wh for frame in seen(out.getvalue())] == [(64, 48)]


@pytest.mark.parametrize(
    "data",
    [jpeg() + FILM, heif([QUARTERS]) + struct.pack(">I", 2008) + b"mpvd" + bytes(2000)],
    ids=["jpeg", "heif"],
)
def test_the_film_of_a_motion_photograph_is_said(tmp_path: Path, data: bytes) -> None:
    assert len(seen(data)) == 1
    asset = probed(tmp_path / "a.jpg", data)
    assert (asset.status, asset.pictures) == ("partly", 1)
    assert "it holds a film" in (asset.unsearched or "")
    assert 0 < asset.unsearched_share < 1


def many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    data = from_mode("JPEG", "RGB", progressive=True)
    last = data.rindex(b"\xff\xda")
    scan = data[last:-2]
    return data[:-2] + scan * count + data[-2:]


def test_a_jpeg_of_endless_scans_is_refused_before_decoding(tmp_path: Path) -> None:
    assert len(seen(many_scans(400))) == 1
    with pytest.raises(FootageUnreadable, match="scans; more than 500 are not decoded"):
        seen(many_scans(500))
    assert probed(tmp_path / "a.jpg", many_scans(500)).status == "failed"


def test_a_raw_picture_behind_a_preview_is_said(tmp_path: Path) -> None:
    data = saved("TIFF", [QUARTERS], tiffinfo={254: 1, 330: 8})
    asset = probed(tmp_path / "a.dng", data)
    assert asset.status == "partly"
    assert "raw picture" in (asset.unsearched or "")


@pytest.mark.parametrize("name", [*ORIENTED, *SEVERAL])
def test_damaged_bytes_never_raise_anything_else(name: str) -> None:
    data = ORIENTED[name](6) if name in ORIENTED else SEVERAL[name](numbered(3))
    rng = np.random.default_rng(len(data))
    for _ in range(40):
        broken = np.frombuffer(data, np.uint8).copy()
        where = rng.integers(12, len(broken), 6)
        broken[where] = rng.integers(0, 256, 6)
        with suppress(FootageDamaged, FootageUnreadable):
            seen(broken.tobytes()[: rng.integers(20, len(broken) + 1)])


def test_what_is_no_picture_has_no_album() -> None:
    assert open_album(b"nothing of the kind") is None
