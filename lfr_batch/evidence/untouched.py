"""The untouched frame of a sighting: as its decoder gave it, with what is needed to find it again.

``pixels_sha256`` of a video's frame is of the decoded planes as ``rawvideo`` writes them, so that
``ffmpeg -i FILE -map 0:v:N -f framehash -hash sha256`` has the same number beside the same ``pts``.
Of a still's picture it is of the decoded rows, 8-bit BGR.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import av
import cv2
import numpy as np

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageDamaged, FootageUnreadable
from lfr_batch.evidence.spot import Spot, asset_of, stretch
from lfr_batch.footage.clock import RESTART_NS
from lfr_batch.footage.frames import Frame
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.pyav_frame import PyavFrame
from lfr_batch.footage.pyav_input import Part, Video, open_video
from lfr_batch.footage.sources import source_of
from lfr_batch.records import NS_PER_S, ByteArray, FootageAsset

NEAR_NS = NS_PER_S // 500
"""Rows keep seconds as floats; frames are farther apart than this."""
BEHIND_NS = NS_PER_S
"""Frames up to so much later are decoded, to find the one that is nearest."""
PNG_EFFORT = 3


@dataclass(frozen=True, slots=True)
class UntouchedFrame:
    """``png`` is lossless, 8 bits, upright as it was searched."""

    png: bytes
    png_sha256: str
    stored_png: bytes | None
    """As stored, neither turned nor stretched, its fields woven; None where that is ``png``."""
    stored_png_sha256: str | None
    pixels_sha256: str
    pixel_format: str
    """Of what ``pixels_sha256`` is: FFmpeg's name, or bgr24 of a still."""
    stored_wh: tuple[int, int]
    pts: int | None
    """The frame's own timestamp, in units of ``time_base_s``; None where it has none."""
    time_base_s: Fraction | None
    media_s: float
    """Zero is the first frame of the recording."""
    utc: datetime | None
    frame: int | None
    """Its number in order of showing, from 0; None where no count is to be had."""
    picture: int | None
    """Its number in a still, from 1."""
    key_frame: bool | None
    """Whether it is coded without others; None of a still."""


def untouched_frame(spot: Spot, s3: S3Config) -> UntouchedFrame:
    """The frame in which the sighting's face is shown best.

    Raises FootageGone, FootageChanged, FootageUnreadable where there is no such frame any more,
    StoreUnreachable.
    """
    asset = asset_of(spot, s3)
    frame = frame_at(spot, asset, s3)
    if isinstance(frame, PyavFrame):
        return _of_video(spot, asset, frame, s3)
    shown = whole_bgr(frame)
    png = png_of(shown)
    return UntouchedFrame(
        png=png,
        png_sha256=_sha256(png),
        stored_png=None,
        stored_png_sha256=None,
        pixels_sha256=_sha256(shown.tobytes()),
        pixel_format="bgr24",
        stored_wh=frame.size_wh,
        pts=None,
        time_base_s=None,
        media_s=0.0,
        utc=spot.best_utc,
        frame=None,
        picture=frame.picture,
        key_frame=None,
    )


def frame_at(spot: Spot, asset: FootageAsset, s3: S3Config) -> Frame:
    """The sighting's own frame or picture. Raises as ``untouched_frame``."""
    best_ns = spot.best_ns
    nearest: Frame | None = None
    segment = stretch(asset, best_ns, best_ns + BEHIND_NS)
    if asset.kind == "still":
        segment = stretch(asset, 0, None)
    with closing(open_segment(segment, s3)) as frames:
        for frame in _readable(frames):
            if asset.kind == "still":
                if frame.picture == (spot.picture or 1):
                    return frame
                continue
            if abs(frame.pts_ns - best_ns) <= NEAR_NS:
                return frame
            if nearest is None or abs(frame.pts_ns - best_ns) < abs(nearest.pts_ns - best_ns):
                nearest = frame
    what = f"picture {spot.picture}" if asset.kind == "still" else f"frame at {spot.best_s:.3f} s"
    near = "" if nearest is None else f" (the nearest is at {nearest.pts_ns / NS_PER_S:.3f} s)"
    raise FootageUnreadable(f"{spot.uri} has no {what} any more{near}: scan it anew")


def whole_bgr(frame: Frame) -> ByteArray:
    """(height, width, 3) of the upright full-size picture."""
    return frame.bgr_part(0, 0, *frame.size_wh)


def png_of(bgr: ByteArray) -> bytes:
    done, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, PNG_EFFORT])
    if not done:
        raise ValueError(f"a picture of shape {bgr.shape} cannot be encoded as PNG")
    return bytes(data)


def pixels_sha256(frame: av.VideoFrame) -> str:
    """Of the decoded planes, row by row without padding, as FFmpeg's ``rawvideo`` writes them."""
    raw = av.CodecContext.create("rawvideo", "w")
    raw.width, raw.height = frame.width, frame.height
    raw.pix_fmt = frame.format.name
    raw.time_base = Fraction(1, 1000)
    digest = hashlib.sha256()
    own = frame.pts, frame.time_base
    try:
        for packet in (*raw.encode(frame), *raw.encode(None)):
            digest.update(bytes(packet))
    finally:
        frame.pts, frame.time_base = own  # encoding counts in units of its own
    return digest.hexdigest()


def _readable(frames: Iterator[Frame]) -> Iterator[Frame]:
    """What is damaged elsewhere is not this frame's business."""
    try:
        yield from frames
    except FootageDamaged:
        return


def _of_video(spot: Spot, asset: FootageAsset, frame: PyavFrame, s3: S3Config) -> UntouchedFrame:
    stored = frame.stored
    as_stored = stored.reformat(format="bgr24").to_ndarray().astype(np.uint8, copy=False)
    shown = whole_bgr(frame)
    png = png_of(shown)
    same = shown.shape == as_stored.shape and bool((shown == as_stored).all())
    stored_png = None if same else png_of(as_stored)
    return UntouchedFrame(
        png=png,
        png_sha256=_sha256(png),
        stored_png=stored_png,
        stored_png_sha256=None if stored_png is None else _sha256(stored_png),
        pixels_sha256=pixels_sha256(stored),
        pixel_format=stored.format.name,
        stored_wh=(stored.width, stored.height),
        pts=stored.pts,
        time_base_s=stored.time_base,
        media_s=frame.pts_ns / NS_PER_S,
        utc=spot.best_utc,
        frame=_number(asset, stored, s3),
        picture=None,
        key_frame=bool(stored.key_frame),
    )


def _number(asset: FootageAsset, frame: av.VideoFrame, s3: S3Config) -> int | None:
    """From one pass over the packets of a file on a disk, without decoding any."""
    source = source_of(asset.uri, s3)
    if source.path is None or frame.pts is None:
        return None
    part = Part(asset.stream, asset.first_byte, asset.end_byte)
    with open_video(source, part=part) as video:
        return None if video.reorder_ticks else _earlier(video, frame.pts)


def _earlier(video: Video, pts: int) -> int | None:
    """Packets that are shown before ``pts``; None where timestamps are missing or begin anew."""
    earlier, found, last_ns = 0, False, 0
    for packet in video.packets():
        if not packet.size or packet.is_discard:
            continue
        order = packet.pts if packet.dts is None else packet.dts
        if packet.pts is None or order is None or video.timing.ns(order) < last_ns - RESTART_NS:
            return None
        last_ns = video.timing.ns(order)
        earlier += packet.pts < pts
        found |= packet.pts == pts
        if found and last_ns > video.timing.ns(pts) + RESTART_NS:
            break
    return earlier if found else None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
