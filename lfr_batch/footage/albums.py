"""The pictures that a still's file holds: how many, how large, and how each is decoded.

Contents decide which library reads a file, see ``OPENERS``: OpenCV what is one picture and has to
be quick (of JPEGs, one by one those that stand behind each other), Pillow what has pages or frames
or is coded with AV1, pi-heif what is coded with HEVC.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import cv2
import numpy as np
from PIL import Image, TiffImagePlugin

from lfr_batch.footage import libheif
from lfr_batch.footage.jpegs import film_behind, jpegs
from lfr_batch.footage.orientation import upright
from lfr_batch.footage.pictures import (
    SIDEWAYS,
    PictureHeader,
    boxes,
    boxes_are_whole,
    picture_format,
    read_header,
)
from lfr_batch.footage.tiff_tags import ORIENTATION
from lfr_batch.records import ByteArray
from lfr_batch.unexpected import trace

logger = logging.getLogger(__name__)

MAX_PIXELS = 200_000_000
"""Of one picture."""
MAX_SCANS = 500
"""Of a progressive JPEG; libjpeg-turbo's own tests stop there (TJPARAM_SCANLIMIT). Pictures have
about ten, and however few bytes a scan has, it costs the time of a whole picture."""
MOST_LISTED = 10_000
"""Pictures of one file that are counted at all."""

REDUCED, MASK = 1, 4
"""Bits of TIFF's NewSubfileType: a smaller copy of another page, a page's transparency."""
TAG_SUBFILE_TYPE, TAG_SUB_DIRECTORIES = 254, 330
PIECES = ((273, 279), (324, 325))
"""TIFF's tags of where strips or tiles lie, and how long each is."""
FILMS = (b"moov", b"mpvd")
"""Boxes of a HEIF or AVIF file that hold a film: a sequence's, a motion photograph's."""

# Pillow warns from here on, and refuses twice as much.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
# What Pillow finds odd in a file is no line for the operator's terminal.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a file."""

    size_wh: tuple[int, int]
    """Upright."""
    decode: Callable[[], ByteArray]
    """Upright, (height, width, 3), 8-bit BGR, without alpha. Raises whatever its library does."""
    whole: bool = True
    """Whether its end is there."""
    scans: int = 1
    """Of a progressive JPEG."""
    bomb: bool = False
    """Whether Pillow refuses to look at it, and its size is not known."""

    @property
    def refused(self) -> str | None:
        """Why it is not decoded, as the end of a sentence."""
        width, height = self.size_wh
        if self.bomb:
            return f"has more than {MAX_PIXELS // 1_000_000} megapixels: scale it down"
        if min(width, height) <= 0:
            return f"says it has {width} x {height} pixels: its header is damaged; copy it again"
        if width * height > MAX_PIXELS:
            return (
                f"says it has {width} x {height} pixels; more than "
                f"{MAX_PIXELS // 1_000_000} megapixels are not decoded: scale it down"
            )
        if self.scans > MAX_SCANS:
            return f"has {self.scans} scans; more than {MAX_SCANS} are not decoded: save it anew"
        return None


@dataclass(frozen=True, slots=True)
class Album:
    """What a file holds. ``pages`` are in order; smaller copies and maps of others are left out."""

    format: str
    pages: Sequence[Page]
    cut_off: bool = False
    """Whether there were more pages once."""
    beside: str | None = None
    """What else it holds that is no picture and may show people."""
    beside_share: float = 0.0
    """Of the file's bytes."""


def open_album(data: bytes) -> Album | None:
    """The pictures in ``data``; None where it is no picture or its header is damaged."""
    name = picture_format(data)
    if name is None:
        return None
    try:
        album = OPENERS[name](name, data)
    except Image.DecompressionBombError as error:
        return Album(name, [Page((0, 0), partial(_raise, error), bomb=True)])
    except Exception as error:  # noqa: BLE001 - a damaged header: libraries raise anything
        logger.info("a picture's header: %s", trace(error))
        return None
    return album if album.pages else None


def _jpeg(name: str, data: bytes) -> Album:
    found = jpegs(data, MOST_LISTED)
    pages = [
        Page(
            PictureHeader(each.width, each.height, each.orientation).upright_wh,
            partial(_by_opencv, data, each.orientation, each.start, each.end),
            each.whole,
            each.scans,
        )
        for each in found
    ]
    film_at = film_behind(data, found[-1].end) if found else None
    if film_at is None:
        return Album(name, pages)
    return Album(name, pages, beside="a film", beside_share=1 - film_at / len(data))


def _single(name: str, data: bytes) -> Album:
    header = read_header(name, data)
    if header is None:
        return Album(name, [])
    decode = partial(_by_opencv, data, header.orientation)
    if name == "png" and not header.whole:
        decode = partial(_cut_off_png, data, header.orientation)
    return Album(name, [Page(header.upright_wh, decode, header.whole)])


def _cut_off_png(data: bytes, orientation: int) -> ByteArray:
    """OpenCV gives up on it, after making room for as much as its chunks say they hold."""
    return _by_pillow(Image.open(BytesIO(data), formats=["PNG"]), 0, orientation)


def _by_opencv(data: bytes, orientation: int, start: int = 0, end: int | None = None) -> ByteArray:
    """OpenCV drops alpha, and makes 16 bits 8 and grey and CMYK three channels."""
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(data, np.uint8)[start:end], flags)
    if picture is None:
        raise ValueError("OpenCV makes no picture of it")
    return upright(np.asarray(picture, np.uint8), orientation)


def _frames(name: str, data: bytes) -> Album:
    """An animation: all frames are as large as its canvas, and lie one upon the other."""
    image = Image.open(BytesIO(data), formats=[PILLOW_NAMES[name]])
    exif = Image.Exif()
    exif.load(image.info.get("exif", b""))
    orientation = int(exif.get(ORIENTATION, 1))
    width, height = image.size
    size_wh = (height, width) if orientation in SIDEWAYS else (width, height)
    count = min(getattr(image, "n_frames", 1), MOST_LISTED)
    pages = [Page(size_wh, partial(_by_pillow, image, i, orientation)) for i in range(count)]
    if name == "avif" and count == 1:  # else the film is where its frames are taken from
        return _with_film(Album(name, pages), data)
    return Album("webp" if name == "awebp" else name, pages)


def _by_pillow(image: Image.Image, frame: int, orientation: int = 1) -> ByteArray:
    image.seek(frame)
    if image.width * image.height > MAX_PIXELS:  # a GIF's frames may reach beyond its canvas
        image.close()
        raise ValueError("larger than it said")
    return upright(_bgr(image), orientation)


def _bgr(image: Image.Image) -> ByteArray:
    """What has more than 8 bits is spread over its whole range; Pillow would cut it off."""
    if image.mode == "F":
        values = np.asarray(image)
        top = next((top for top in (1.0, 255.0, 65535.0) if values.max() <= top), values.max())
        return _grey(np.clip(values / top * 255, 0, 255))
    if image.mode.startswith("I"):
        values = np.asarray(image)
        return _grey(values >> 8 if image.mode != "I" else values.view(np.uint32) >> 24)
    rgb = image.convert("RGBA") if image.mode == "RGBa" else image
    return np.asarray(cv2.cvtColor(np.asarray(rgb.convert("RGB")), cv2.COLOR_RGB2BGR), np.uint8)


def _grey(values: np.ndarray) -> ByteArray:
    return np.asarray(cv2.cvtColor(values.astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)


def _tiff(name: str, data: bytes) -> Album:
    image = Image.open(BytesIO(data), formats=["TIFF"])
    assert isinstance(image, TiffImagePlugin.TiffImageFile)
    pages: list[Page] = []
    copies: list[Page] = []
    cut_off = hidden = False
    for frame in range(MOST_LISTED):
        try:
            image.seek(frame)
        except EOFError:
            break
        except Exception as error:  # noqa: BLE001 - one page's oddity is not the others'
            cut_off = frame > 0 and not image.tag_v2
            if cut_off:
                break
            pages.append(Page(image.size, partial(_raise, error)))
            continue
        kind = int(image.tag_v2.get(TAG_SUBFILE_TYPE, 0))
        page = Page(image.size, partial(_by_pillow, image, frame), _has_all(image, len(data)))
        (copies if kind & (REDUCED | MASK) else pages).append(page)
        hidden |= bool(kind & REDUCED) and TAG_SUB_DIRECTORIES in image.tag_v2
    beside = "a camera's raw picture" if hidden and not pages else None
    return Album(name, pages or copies, cut_off, beside, 0.5 if beside else 0.0)


def _has_all(image: TiffImagePlugin.TiffImageFile, size_bytes: int) -> bool:
    """Whether the file is as long as where the page says that its strips or tiles are."""
    ends = [
        start + length
        for where, how_long in PIECES
        for start, length in zip(
            image.tag_v2.get(where, ()), image.tag_v2.get(how_long, ()), strict=False
        )
    ]
    return max(ends, default=0) <= size_bytes


def _raise(error: Exception) -> ByteArray:
    raise error


def _heif(name: str, data: bytes) -> Album:
    """EXIF's orientation is void in HEIF: it has its own way of turning pictures."""
    whole, sizes = boxes_are_whole(data), libheif.sizes(data)
    last = len(sizes) - 1
    pages = [
        Page(size_wh, partial(_by_libheif, data, number), whole or number < last)
        for number, size_wh in enumerate(sizes)
    ]
    return _with_film(Album(name, pages), data)


def _by_libheif(data: bytes, number: int) -> ByteArray:
    picture = libheif.pixels(data, number)
    return _grey(picture) if picture.ndim == 2 else picture[..., :3]


def _with_film(album: Album, data: bytes) -> Album:
    film_bytes = sum(min(end, len(data)) - at for name, at, end in boxes(data) if name in FILMS)
    if not film_bytes:
        return album
    return Album(album.format, album.pages, album.cut_off, "a film", film_bytes / len(data))


PILLOW_NAMES = {"gif": "GIF", "apng": "PNG", "awebp": "WEBP", "avif": "AVIF"}
OPENERS: dict[str, Callable[[str, bytes], Album]] = {
    "jpeg": _jpeg,
    "png": _single,
    "webp": _single,
    "bmp": _single,
    "jp2": _single,
    "tiff": _tiff,
    "gif": _frames,
    "apng": _frames,
    "awebp": _frames,
    "avif": _frames,
    "heif": _heif,
}
