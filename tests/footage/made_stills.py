"""Stills of every format, made for the tests."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from PIL import Image

from lfr_batch.records import ByteArray

from .heif import heif

QUARTERS = np.zeros((48, 64, 3), np.uint8)
"""RGB, 64 x 48: no turn and no mirroring leaves it as it is."""
QUARTERS[:24, :32] = (230, 20, 20)
QUARTERS[:24, 32:] = (20, 230, 20)
QUARTERS[24:, :32] = (20, 20, 230)


def numbered(count: int) -> list[ByteArray]:
    """Plain pictures that can be told apart: their red is 10 times their number, from 1."""
    pictures = np.full((count, 48, 64, 3), 120, np.uint8)
    pictures[..., 0] = 10 * np.arange(1, count + 1)[:, None, None]
    return list(pictures)


def saved(format_name: str, pictures: Sequence[ByteArray], **options: object) -> bytes:
    """One file of these RGB pictures, written by Pillow."""
    first, *others = [Image.fromarray(picture) for picture in pictures]
    out = io.BytesIO()
    several = {"save_all": True, "append_images": others} if others else {}
    first.save(out, format_name, **several, **options)
    return out.getvalue()


def exif(orientation: int) -> Image.Exif:
    written = Image.Exif()
    written[274] = orientation
    return written


def jpeg(picture: ByteArray = QUARTERS, quality: int = 95) -> bytes:
    bgr = np.ascontiguousarray(picture[..., ::-1])
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def with_segment(coded: bytes, marker: int, content: bytes) -> bytes:
    """A JPEG with one more segment at its head."""
    return coded[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + coded[2:]


SEVERAL: dict[str, Callable[[Sequence[ByteArray]], bytes]] = {
    "tiff": lambda shown: saved("TIFF", shown, compression="tiff_lzw"),
    "gif": lambda shown: saved("GIF", shown, duration=100),
    "apng": lambda shown: saved("PNG", shown, duration=100),
    "webp": lambda shown: saved("WEBP", shown, duration=100, lossless=True),
    "avif": lambda shown: saved("AVIF", shown, duration=100, quality=95),
    "mpo": lambda shown: saved("MPO", shown, quality=95),
    "jpegs": lambda shown: b"".join(jpeg(each) for each in shown),
    "heif": heif,
}
"""Files of several pictures, by what they are."""
