"""Small valid files of every format, made here: what hostile files are made of."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from io import BytesIO
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image

from lfr_batch.records import ByteArray
from tests.footage.clips import RATE, SIZE_WH, pictures, write_clip
from tests.footage.heif import heif
from tests.footage.interlaced import MARKED, moments, woven
from tests.footage.made_stills import jpeg, saved

FRAMES = 50
STILLS = 3
TIME_LAPSE_FRAMES = 150
"""A picture a second: more than one segment of the default length."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A file that can be read whole."""

    name: str
    """Its format in words, which is its name's stem as well."""
    suffix: str
    data: bytes


BITEXACT = {"fflags": "+bitexact"}
"""No random identities and no times of writing: the same file every time."""
EXACT = {"flags": "+bitexact", "threads": "1"}
COMBED_WH = (160, 480)
"""Of pictures that are looked at for fields."""
QUICK_X265 = {"x265-params": "log-level=none:keyint=25:pools=1:frame-threads=1"}
QUICK_VP9 = {"cpu-used": "8", "threads": "1"}
QUICK_AV1 = {"preset": "12", "svtav1-params": "lp=1"}
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}

VIDEOS: dict[str, tuple[str, Mapping[str, object]]] = {
    "h264-mp4": (".mp4", {}),
    "h264-faststart": (".mp4", {"muxer": {"movflags": "faststart"}}),
    "h264-fragmented": (".mp4", {"muxer": FRAGMENTED}),
    "hevc-mp4": (".mp4", {"codec": "libx265", "encoder": QUICK_X265}),
    "mpeg4-mp4": (".mp4", {"codec": "mpeg4"}),
    "av1-mp4": (".mp4", {"codec": "libsvtav1", "encoder": QUICK_AV1}),
    "h264-mkv": (".mkv", {}),
    "hevc-mkv": (".mkv", {"codec": "libx265", "encoder": QUICK_X265}),
    "ffv1-mkv": (".mkv", {"codec": "ffv1"}),
    "vp8-webm": (".webm", {"codec": "libvpx", "encoder": {"cpu-used": "8", "threads": "1"}}),
    "vp9-webm": (".webm", {"codec": "libvpx-vp9", "encoder": QUICK_VP9}),
    "av1-webm": (".webm", {"codec": "libsvtav1", "encoder": QUICK_AV1}),
    "h264-mov": (".mov", {}),
    "mjpeg-mov": (".mov", {"codec": "mjpeg"}),
    "h264-avi": (".avi", {"encoder": {"bf": "2"}}),
    "mpeg4-avi": (".avi", {"codec": "mpeg4", "encoder": {"bf": "2"}}),
    "mjpeg-avi": (".avi", {"codec": "mjpeg"}),
    "h264-ts": (".ts", {}),
    "mpeg2-ts": (".ts", {"codec": "mpeg2video", "encoder": {"bf": "2"}}),
    "hevc-ts": (".ts", {"codec": "libx265", "encoder": QUICK_X265}),
    "mpeg2-ps": (".mpg", {"codec": "mpeg2video", "encoder": {"bf": "2"}}),
    "h264-flv": (".flv", {}),
    "flv1-flv": (".flv", {"codec": "flv"}),
    "wmv2-asf": (".wmv", {"codec": "wmv2"}),
    "h264-raw": (".h264", {"container": "h264"}),
    "mjpeg-raw": (".mjpeg", {"codec": "mjpeg", "container": "mjpeg"}),
    "interlaced-ts": (
        ".ts",
        {"codec": "mpeg2video", "encoder": {"flags": "+ildct+ilme", "top": "1"}},
    ),
}
"""Suffix, and what ``write_clip`` is told."""


def make_seeds(folder: Path) -> tuple[Seed, ...]:
    """Every seed there is; ``folder`` is where videos are written to."""
    os.environ.setdefault("SVT_LOG", "1")  # errors alone
    with _in_ones_turn():
        return (*_videos(folder), *_stills())


@contextmanager
def _in_ones_turn() -> Iterator[None]:
    """SVT-AV1 gives the thread of root's that opens it, and all that this one starts from then on,
    the machine before everybody else (``pthread_setschedparam``, as of 4.1.0)."""
    turn = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, *turn)


def _videos(folder: Path) -> Iterable[Seed]:
    for name, (suffix, told) in VIDEOS.items():
        yield _video(folder, name, suffix, FRAMES, **told)
    lapse = range(0, TIME_LAPSE_FRAMES * RATE, RATE)
    yield _video(folder, "lapse-mkv", ".mkv", TIME_LAPSE_FRAMES, ticks=lapse, keyframe_every=20)
    yield _video(folder, "lapse-mp4", ".mp4", TIME_LAPSE_FRAMES, ticks=lapse, keyframe_every=20)
    filmed = moments(2 * FRAMES, size_wh=COMBED_WH)
    for suffix in (".mp4", ".ts"):
        name = f"combed-{suffix[1:]}"
        yield _video(folder, name, suffix, woven(filmed, "top"), encoder=MARKED)
    for suffix in (".mp4", ".mkv", ".ts", ".flv", ".avi"):
        yield _with_sound(folder, f"sound-{suffix[1:]}", suffix)


def _with_sound(folder: Path, name: str, suffix: str) -> Seed:
    """H.264 and AAC, the packets of one between those of the other."""
    path = folder / f"{name}{suffix}"
    with av.open(str(path), "w", options=BITEXACT) as out:
        picture = out.add_stream("libx264", rate=RATE, options=EXACT)
        picture.width, picture.height, picture.pix_fmt = *SIZE_WH, "yuv420p"
        sound = out.add_stream("aac", rate=16000, layout="mono")
        for i, shown in enumerate(pictures(FRAMES)):
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, RATE)
            out.mux(picture.encode(frame))
            quiet = np.zeros((1, 640), np.float32)
            heard = av.AudioFrame.from_ndarray(quiet, format="fltp", layout="mono")
            heard.sample_rate, heard.pts = 16000, i * 640
            out.mux(sound.encode(heard))
        out.mux(picture.encode())
        out.mux(sound.encode())
    return Seed(name, suffix, path.read_bytes())


def _video(
    folder: Path, name: str, suffix: str, shown: int | Sequence[ByteArray], **told: object
) -> Seed:
    muxer = told.pop("muxer", {})
    encoder = told.pop("encoder", {})
    assert isinstance(muxer, dict)
    assert isinstance(encoder, dict)
    path = write_clip(
        folder / f"{name}{suffix}",
        pictures(shown) if isinstance(shown, int) else shown,
        muxer={**BITEXACT, **muxer},
        encoder={**EXACT, **encoder},
        **told,  # type: ignore[arg-type]
    )
    return Seed(name, suffix, path.read_bytes())


def _stills() -> Iterable[Seed]:
    shown = list(pictures(STILLS))
    first = shown[0]
    made: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("jpeg", ".jpg", lambda: jpeg(first, 80)),
        ("jpeg-progressive", ".jpg", lambda: saved("JPEG", [first], progressive=True)),
        ("jpeg-444", ".jpg", lambda: saved("JPEG", [first], progressive=True, subsampling=0)),
        ("jpeg-exif", ".jpg", lambda: saved("JPEG", [first], exif=_exif())),
        ("mpo", ".mpo", lambda: saved("MPO", shown)),
        ("png", ".png", lambda: saved("PNG", [first])),
        ("png-deep", ".png", partial(_by_opencv, ".png", _deep(first))),
        ("png-palette", ".png", partial(_palette, "PNG", first)),
        ("apng", ".png", lambda: saved("PNG", shown, duration=100)),
        ("gif", ".gif", lambda: saved("GIF", shown, duration=100)),
        ("webp", ".webp", lambda: saved("WEBP", [first])),
        ("webp-animated", ".webp", lambda: saved("WEBP", shown, duration=100)),
        ("tiff-lzw", ".tif", lambda: saved("TIFF", shown, compression="tiff_lzw")),
        ("tiff-raw", ".tif", lambda: saved("TIFF", shown)),
        ("tiff-jpeg", ".tif", lambda: saved("TIFF", shown, compression="jpeg")),
        ("tiff-deflate", ".tif", lambda: saved("TIFF", shown, compression="tiff_adobe_deflate")),
        ("bmp", ".bmp", lambda: saved("BMP", [first])),
        ("bmp-packed", ".bmp", partial(_packed_bmp, first)),
        ("heic", ".heic", lambda: heif(shown)),
        ("avif", ".avif", lambda: saved("AVIF", [first], quality=60, max_threads=1)),
        ("avif-several", ".avif", partial(_avif, shown)),
        ("jp2", ".jp2", lambda: _by_opencv(".jp2", first)),
        ("j2k", ".j2k", lambda: saved("JPEG2000", [first], no_jp2=True)),
    )
    for name, suffix, write in made:
        yield Seed(name, suffix, write())


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[274], exif[271], exif[306] = 6, "Maker", "2026:01:02 03:04:05"
    return exif


def _palette(format_name: str, picture: ByteArray) -> bytes:
    out = BytesIO()
    Image.fromarray(picture).quantize(64).save(out, format_name)
    return out.getvalue()


def _packed_bmp(picture: ByteArray) -> bytes:
    """Eight bits to a pixel, run-length coded: each line a run of one colour."""
    height, width = picture.shape[:2]
    rows = b"".join(bytes((width, y % 256)) + b"\0\0" for y in range(height)) + b"\0\1"
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256))
    sizes = [40, width, height, 1 | 8 << 16, 1, len(rows), 2835, 2835, 256, 0]
    info = b"".join(int(value).to_bytes(4, "little") for value in sizes)
    at = 14 + len(info) + len(palette)
    head = b"BM" + (at + len(rows)).to_bytes(4, "little") + bytes(4) + at.to_bytes(4, "little")
    return head + info + palette + rows


def _avif(shown: Sequence[ByteArray]) -> bytes:
    """Without the times of writing, which its boxes hold in 64 bits."""
    data = bytearray(saved("AVIF", shown, duration=100, max_threads=1))
    for name in (b"mvhd", b"tkhd", b"mdhd"):
        at = data.index(name) + 8
        data[at : at + 16] = bytes(16)
    return bytes(data)


def _deep(picture: ByteArray) -> np.ndarray:
    """Sixteen bits to a sample."""
    return picture.astype(np.uint16) * 257


def _by_opencv(suffix: str, picture: np.ndarray) -> bytes:
    bgr = np.ascontiguousarray(picture[..., ::-1])
    return bytes(cv2.imencode(suffix, bgr)[1])


def of_kinds(seeds: Sequence[Seed], wanted: Sequence[str]) -> tuple[Seed, ...]:
    """Those whose name holds one of these words; all without any."""
    return tuple(s for s in seeds if not wanted or any(word in s.name for word in wanted))
