"""Open stills: every picture that a file holds, one at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO

import cv2
import numpy as np

from lfr_batch.errors import FootageDamaged, FootageUnreadable
from lfr_batch.footage.albums import MOST_LISTED, Album, Page, open_album
from lfr_batch.footage.kept import SHARE_BYTES
from lfr_batch.footage.places import Source
from lfr_batch.footage.signatures import refusal
from lfr_batch.records import ByteArray, Segment
from lfr_batch.unexpected import trace

logger = logging.getLogger(__name__)

MAX_BYTES = 1 << 30
_BLOCK_BYTES = SHARE_BYTES
"""Of a file at once, the most that a request to a bucket brings: a read takes the memory of all
that it asks for, however little there is."""
MAX_PICTURES = 1000
MAX_ALBUM_PIXELS = 5_000_000_000
"""Of all pictures of a file: as many as 400 photographs of 12 megapixels, about 20 minutes."""
ERRORS_SHOWN = 3
COPY_AGAIN = "copy it again from its source"


class StillFrame:
    """A decoded, upright picture of a still; its media time is 0."""

    __slots__ = ("_bgr", "picture")

    pts_ns = 0

    def __init__(self, bgr: ByteArray, picture: int = 1) -> None:
        self._bgr = bgr
        self.picture = picture
        """Its number in the file, from 1."""

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


def open_stills(segment: Segment, source: Source) -> Iterator[StillFrame]:
    """The pictures of a still's only segment. Raises as ``decode_stills``, StoreUnreachable."""
    data = read_still(source)
    yield from decode_stills(segment.uri, data, rotation_deg=segment.rotation_deg)


def read_still(source: Source) -> bytes:
    """The file. Raises FootageUnreadable, also where it is larger than a GiB, StoreUnreachable."""
    data = BytesIO()
    with source.open_bytes() as file:
        while data.tell() <= MAX_BYTES and (block := file.read(_BLOCK_BYTES)):
            data.write(block)
    if data.tell() > MAX_BYTES:
        raise FootageUnreadable(
            f"{source.uri} is larger than {MAX_BYTES >> 20} MiB, more than is read of a still: "
            "split it"
        )
    return data.getvalue()


def decode_still(uri: str, data: bytes, rotation_deg: int = 0) -> StillFrame:
    """The first picture in ``data`` that can be decoded. Raises FootageUnreadable."""
    return next(decode_stills(uri, data, rotation_deg))


def decode_stills(uri: str, data: bytes, rotation_deg: int = 0) -> Iterator[StillFrame]:
    """The pictures in ``data``, each turned upright and by ``rotation_deg``, as 8-bit BGR.

    One at a time, in order, as many as ``within_limits``. Pages that cannot be decoded are passed
    over. Raises FootageDamaged for them after the last one, FootageUnreadable where there is
    nothing but such.
    """
    album = check_still(uri, data)
    refused: list[str] = []
    for number, page in enumerate(album.pages[: within_limits(album)], start=1):
        try:
            bgr = page.decode() if page.refused is None else None
        except Exception as error:  # noqa: BLE001 - damaged bytes: libraries raise anything
            logger.info("%s: picture %d: %s", uri, number, trace(error))
            bgr = None
        if bgr is None:
            refused.append(_said(album, number, page))
            continue
        turned = np.ascontiguousarray(np.rot90(bgr, -(rotation_deg // 90 % 4)))
        yield StillFrame(turned, number)
    if len(refused) == within_limits(album):
        raise FootageUnreadable(_nothing_decoded(uri, album, refused))
    if refused:
        raise FootageDamaged(f"{uri}: {_joined(refused)}")


def _nothing_decoded(uri: str, album: Album, refused: list[str]) -> str:
    cut = truncated(uri, album)
    if cut:
        return f"{cut}, and what is there cannot be decoded: {COPY_AGAIN}"
    return f"{uri} {_joined(refused)}"


def check_still(uri: str, data: bytes) -> Album:
    """What the file holds. Raises FootageUnreadable where that is nothing that is decoded."""
    album = open_album(data)
    if album is None:
        reason = refusal(data) or "is no picture, or its header is damaged: leave it out"
        raise FootageUnreadable(f"{uri} {reason}")
    if all(page.refused for page in album.pages):
        raise FootageUnreadable(f"{uri} {album.pages[0].refused}")
    return album


def within_limits(album: Album) -> int:
    """How many of its pictures are looked at, from the first."""
    pixels = 0
    for number, page in enumerate(album.pages[:MAX_PICTURES]):
        width, height = page.size_wh
        pixels += 0 if page.refused else width * height
        if pixels > MAX_ALBUM_PIXELS:
            return number
    return min(len(album.pages), MAX_PICTURES)


def left_out(uri: str, album: Album) -> tuple[str | None, float]:
    """What of a file is never looked at, as a sentence, and how much of it, 0 to 1."""
    seen, held = within_limits(album), len(album.pages)
    said = []
    if seen < held:
        count = f"{held} or more" if held == MOST_LISTED else str(held)
        said.append(f"of its {count} pictures only the first {seen} are looked at: split it")
    if album.beside:
        said.append(f"it holds {album.beside}, which is not looked at: take it out of the file")
    share = 1 - seen / held * (1 - album.beside_share)
    return (f"{uri}: {'; '.join(said)}", share) if said else (None, 0.0)


def truncated(uri: str, album: Album) -> str | None:
    """What is missing at the file's end, as a sentence."""
    cut = [number for number, page in enumerate(album.pages, start=1) if not page.whole]
    if album.cut_off:
        return f"{uri} is truncated: the pictures after number {len(album.pages)} are missing"
    if not cut:
        return None
    if len(album.pages) == 1:
        return f"{uri} is truncated: the end of the picture is missing"
    return f"{uri} is truncated: the end of picture {cut[0]} of {len(album.pages)} is missing"


def _said(album: Album, number: int, page: Page) -> str:
    """Why a picture was not decoded, as the end of a sentence."""
    if len(album.pages) == 1:
        return page.refused or f"is damaged, and its picture cannot be decoded: {COPY_AGAIN}"
    return f"picture {number} of {len(album.pages)} {page.refused or 'cannot be decoded'}"


def _joined(reasons: list[str]) -> str:
    more = len(reasons) - ERRORS_SHOWN
    return "; ".join(reasons[:ERRORS_SHOWN] + ([f"and {more} more"] if more > 0 else []))
