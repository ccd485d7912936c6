"""A few seconds of a video, cut without encoding anew: the packets as they are in the file.

It begins at the keyframe at or before what is wanted, and holds the video alone. What came out is
decoded beside the original and compared, pixel by pixel, before it is given away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from types import MappingProxyType

import av

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import FootageDamaged, FootageUnreadable
from lfr_batch.evidence.packets import KeptPackets, kept_packets, open_at
from lfr_batch.evidence.spot import Spot, asset_of, stretch
from lfr_batch.evidence.untouched import pixels_sha256
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.pyav_frame import PyavFrame
from lfr_batch.footage.pyav_input import Part, Video, open_video
from lfr_batch.footage.sources import source_of
from lfr_batch.records import NS_PER_S, FootageAsset, nanoseconds

AROUND_S = 5.0
MATROSKA = "matroska"
SAME_CONTAINER: Mapping[str, str] = MappingProxyType(
    {
        "mov,mp4,m4a,3gp,3g2,mj2": "mp4",
        "matroska,webm": MATROSKA,
        "mpegts": "mpegts",
        "avi": "avi",
        "mjpeg": "mjpeg",
        "h264": "h264",
        "hevc": "hevc",
    }
)
"""Whose packets come out as they are; of all others Matroska is tried."""
BY_ENDING = MappingProxyType({".mov": "mov", ".webm": "webm"})
ENDINGS: Mapping[str, str] = MappingProxyType({MATROSKA: "mkv", "mpegts": "ts"})
"""Of containers that are not called like their files."""


@dataclass(frozen=True, slots=True)
class CutClip:
    """``data`` is a whole file in ``container``, FFmpeg's name. Times are media time."""

    data: bytes
    sha256: str
    container: str
    ending: str
    """Of a file's name, without a dot."""
    codec: str
    start_s: float
    """Of its first frame, the keyframe at or before what was wanted."""
    end_s: float
    """Of its last frame."""
    offset_s: float
    """What has to be added to a timestamp of the clip to have the original's."""
    frames: int
    """All of them were compared with the original's, and are the same."""
    left_out: tuple[str, ...]
    """What of the original is not in it, in words."""


def cut_clip(
    spot: Spot, s3: S3Config, before_s: float = AROUND_S, after_s: float = AROUND_S
) -> CutClip:
    """From ``before_s`` before the sighting's best moment to ``after_s`` after it, as far as there
    is footage.

    Raises FootageGone, FootageChanged, StoreUnreachable, and FootageUnreadable where it is a still,
    or where no container takes its packets so that the same pictures come out.
    """
    if spot.kind == "still":
        raise FootageUnreadable(f"{spot.uri} is a still, of which no clip is cut: take its frame")
    asset = asset_of(spot, s3)
    start_ns = max(0, spot.best_ns - nanoseconds(before_s))
    end_ns = spot.best_ns + nanoseconds(after_s)
    for container in _containers(spot.uri, asset, s3):
        clip = _cut_into(container, asset, s3, (start_ns, end_ns))
        if clip is not None:
            return clip
    raise FootageUnreadable(
        f"{spot.uri} cannot be cut without encoding it anew: give the whole file, whose sha256 is "
        "known, in place of a clip"
    )


def _containers(uri: str, asset: FootageAsset, s3: S3Config) -> tuple[str, ...]:
    with open_video(source_of(uri, s3), part=_part(asset)) as video:
        name = SAME_CONTAINER.get(video.container.format.name, MATROSKA)
    if name in {"mp4", MATROSKA}:
        name = BY_ENDING.get(PurePosixPath(uri).suffix.lower(), name)
    return tuple(dict.fromkeys((name, MATROSKA)))


def _part(asset: FootageAsset) -> Part:
    return Part(asset.stream, asset.first_byte, asset.end_byte)


def _cut_into(
    container: str, asset: FootageAsset, s3: S3Config, span_ns: tuple[int, int]
) -> CutClip | None:
    """None where that container does not take it, or not so that the same frames come out."""
    source = source_of(asset.uri, s3)
    with open_at(source, _part(asset), asset.keyframes_ns, span_ns[0]) as video:
        kept = kept_packets(video, span_ns)
        left_out = _left_out(video)
        codec = video.stream.codec_context.name
        try:
            data = _muxed(container, video, kept)
        except (av.FFmpegError, ValueError):
            return None
    compared = _compared(data, asset, kept, s3)
    if compared is None:
        return None
    shown, offset_s = compared
    return CutClip(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        container=container,
        ending=ENDINGS.get(container, container),
        codec=codec,
        start_s=shown[0] / NS_PER_S,
        end_s=shown[-1] / NS_PER_S,
        offset_s=offset_s,
        frames=len(shown),
        left_out=left_out,
    )


def _muxed(container: str, video: Video, kept: KeptPackets) -> bytes:
    file = BytesIO()
    with av.open(file, "w", format=container, options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream_from_template(video.stream)
        for packet in kept.packets:
            packet.stream = stream
            packet.pts = None if packet.pts is None else packet.pts - kept.first_tick
            packet.dts = None if packet.dts is None else packet.dts - kept.first_tick
            out.mux(packet)
    return file.getvalue()


def _left_out(video: Video) -> tuple[str, ...]:
    kinds = [stream.type for stream in video.container.streams if stream is not video.stream]
    words = {"audio": "sound", "subtitle": "subtitles", "video": "other video"}
    return tuple(dict.fromkeys(words.get(kind, "data") for kind in kinds))


def _compared(
    data: bytes, asset: FootageAsset, kept: KeptPackets, s3: S3Config
) -> tuple[list[int], float] | None:
    """Media times of the clip's frames in nanoseconds, and how far its timestamps lie before the
    original's; None where its frames are not those of the original, one after the other."""
    mine, theirs = _decoded(data), _original(asset, kept, s3)
    own = next(mine, None)
    there = next((each for each in theirs if own is not None and each[2] == own[1]), None)
    if own is None or there is None:
        return None
    offset_s = (there[1] or 0.0) - (own[0] or 0.0)
    shown = [there[0]]
    for own in mine:
        other = next(theirs, None)
        if other is None or other[2] != own[1]:
            return None
        shown.append(other[0])
    return shown, offset_s


def _decoded(data: bytes) -> Iterator[tuple[float | None, str]]:
    """Every frame of the clip: its own timestamp in seconds, and what it shows."""
    with av.open(BytesIO(data), "r") as clip:
        for frame in clip.decode(video=0):
            yield frame.time, pixels_sha256(frame)


def _original(
    asset: FootageAsset, kept: KeptPackets, s3: S3Config
) -> Iterator[tuple[int, float | None, str]]:
    """The same of the original, decoded as it is searched, with media times in nanoseconds."""
    before = None
    with closing(open_segment(stretch(asset, kept.start_ns, kept.end_ns), s3)) as frames:
        try:
            for frame in frames:
                stored = frame.stored if isinstance(frame, PyavFrame) else None
                if stored is not None and stored is not before:
                    before = stored
                    yield frame.pts_ns, stored.time, pixels_sha256(stored)
        except FootageDamaged:
            return
