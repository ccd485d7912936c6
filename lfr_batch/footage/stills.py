"""Open stills with OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageUnreadable
from lfr_batch.footage import sources
from lfr_batch.footage.pictures import PictureHeader, read_header
from lfr_batch.footage.signatures import refusal
from lfr_batch.records import ByteArray, Segment

MAX_PIXELS = 200_000_000
MAX_BYTES = 1 << 30


class StillFrame:
    """A decoded, upright still; its media time is 0."""

    __slots__ = ("_bgr",)

    pts_ns = 0

    def __init__(self, bgr: ByteArray) -> None:
        self._bgr = bgr

    @property
    def size_wh(self) -> tuple[int, int]:
        height, width = self._bgr.shape[:2]
        return width, height

    def luma(self, width: int, height: int) -> ByteArray:
        return np.asarray(cv2.cvtColor(self._scaled(width, height), cv2.COLOR_BGR2GRAY), np.uint8)

    def rgb(self, width: int, height: int) -> ByteArray:
        return np.asarray(cv2.cvtColor(self._scaled(width, height), cv2.COLOR_BGR2RGB), np.uint8)

    def bgr_part(self, left: int, top: int, right: int, bottom: int) -> ByteArray:
        return self._bgr[top:bottom, left:right]

    def _scaled(self, width: int, height: int) -> ByteArray:
        if self.size_wh == (width, height):
            return self._bgr
        smaller = width < self.size_wh[0]
        how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(self._bgr, (width, height), interpolation=how), np.uint8)


def open_still(segment: Segment, s3: S3Config) -> StillFrame:
    """The picture of a still's only segment. Raises FootageUnreadable, StoreUnreachable."""
    with sources.open_bytes(segment.uri, s3) as file:
        return decode_still(segment.uri, file.read(MAX_BYTES), segment.rotation_deg)


def decode_still(uri: str, data: bytes, rotation_deg: int = 0) -> StillFrame:
    """The picture, EXIF orientation and ``rotation_deg`` applied, as 8-bit BGR.

    Raises FootageUnreadable, also for pictures over 200 megapixels.
    """
    check_still(uri, data)
    picture = _decode(data)
    if picture is None:
        raise FootageUnreadable(f"{uri} is damaged: its picture cannot be decoded")
    return StillFrame(np.ascontiguousarray(np.rot90(picture, -(rotation_deg // 90 % 4))))


def check_still(uri: str, data: bytes) -> PictureHeader:
    """The header of a still. Raises FootageUnreadable where it is none, or too large to decode."""
    header = read_header(data)
    if header is None:
        reason = refusal(data) or "is no picture, or its header is damaged: leave it out"
        raise FootageUnreadable(f"{uri} {reason}")
    pixels = header.width * header.height
    if not 0 < pixels <= MAX_PIXELS:
        raise FootageUnreadable(
            f"{uri} says it has {header.width} x {header.height} pixels; "
            f"more than {MAX_PIXELS // 1_000_000} megapixels are not decoded: scale it down"
        )
    return header


def _decode(data: bytes) -> ByteArray | None:
    """OpenCV applies EXIF orientation, drops alpha, and makes 16 bits 8 and grey three channels."""
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, np.uint8)
