"""The benchmark's footage, rendered once into a cache folder and never into the repository.

    python -m benchmarks.clips [--clips FOLDER]

``street`` is a junction filmed by a fixed camera, with cars that come and go and people who pass
close by; ``street_b`` the same with B-frames; ``cctv_static`` a wall past which the known person
walks once; ``talk`` a 1080p camera that pans over a table with six people and the known person.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from benchmarks.scenes import (
    KNOWN,
    PASSERS_BY,
    RATE,
    Crossing,
    cut_out,
    fill_frame,
    to_and_fro,
    walk_through,
    with_noise,
)
from lfr_batch.demo.camera import View, see, view_at
from lfr_batch.demo.materials import read_material, read_picture
from lfr_batch.demo.pyav_writer import read_frames
from lfr_batch.records import ByteArray

RECIPE = "1"
"""To be raised with any change of what is rendered."""

DEFAULT_FOLDER = Path("~/.cache/lfr-benchmarks").expanduser()
HD, FULL_HD = (1280, 720), (1920, 1080)
STREET_SHOT = slice(137, 187)
WALL_FRAME = 238
"""Frames of the "bikes" clip: a junction, and a wall with a parked bicycle."""

CAMERA = MappingProxyType(
    {
        "preset": "veryfast",
        "b": "3000k",
        "maxrate": "4000k",
        "bufsize": "4000k",
        "g": "50",
        "keyint_min": "50",
        "sc_threshold": "0",
        "bf": "0",
    }
)
"""x264 as network cameras do it: a keyframe every two seconds, no B-frames, a bounded rate."""

RECORDER = MappingProxyType({**{k: v for k, v in CAMERA.items() if k != "b"}, "crf": "21"})
"""The same at an even quality: where nothing happens, the bits go into the grain."""

STREET = (
    Crossing(None, 1.0, 5.5, 60),
    Crossing(2, 3.0, 9.0, 70, leftwards=True),
    Crossing(0, 10.0, 16.0, 55),
    Crossing(1, 14.0, 19.0, 45, leftwards=True),
    Crossing(2, 21.0, 28.0, 50),
    Crossing(0, 27.0, 33.0, 75, leftwards=True),
    Crossing(1, 31.0, 38.0, 65),
    Crossing(None, 40.0, 47.0, 48, leftwards=True),
    Crossing(2, 45.0, 51.0, 60),
    Crossing(0, 52.0, 58.0, 42),
    Crossing(1, 55.0, 60.0, 80, leftwards=True),
)
STATIC = (Crossing(None, 30.0, 36.0, 64),)
TALK = (
    View(0.0, 520, 400, 1000),
    View(4.0, 520, 400, 1000),
    View(9.0, 900, 420, 1100),
    View(14.0, 1690, 420, 1000),
    View(20.0, 1690, 420, 1000),
)


@dataclass(frozen=True, slots=True)
class Clip:
    """``known_s``: when the known person is to be seen, in seconds of media time."""

    size_wh: tuple[int, int]
    duration_s: float
    known_s: tuple[tuple[float, float], ...]
    frames: Callable[[Path], Iterator[ByteArray]]
    """From the folder of fetched archives to the frames, BGR."""
    options: Mapping[str, str]


def clip_path(folder: Path, name: str) -> Path:
    return folder / f"{name}-{RECIPE}.mp4"


def render_clips(
    folder: Path, cache: Path, names: Sequence[str], say: Callable[[str], None] = print
) -> dict[str, Path]:
    """The named clips, rendered if they are not there. ``cache`` holds the fetched archives.

    Raises StoreUnreachable without a registry, PackDamaged if the material is not what it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = clip_path(folder, name)
        if not path.is_file():
            say(f"rendering {path} (once)")
            encode(path, CLIPS[name], cache)
    return {name: clip_path(folder, name) for name in names}


def encode(path: Path, clip: Clip, cache: Path) -> None:
    """Whole or not at all."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".rendering-") as temporary:
        fresh = Path(temporary) / path.name
        with av.open(str(fresh), "w") as container:
            stream = container.add_stream("libx264", rate=RATE, options=dict(clip.options))
            if not isinstance(stream, VideoStream):
                raise TypeError("libx264 is no video codec")
            stream.width, stream.height = clip.size_wh
            stream.pix_fmt = "yuv420p"
            for frame_bgr in clip.frames(cache):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_bgr, format="bgr24")))
            container.mux(stream.encode(None))
        fresh.replace(path)


def known_portrait(cache: Path) -> ByteArray:
    """The photograph from which the known person is enrolled, BGR."""
    return read_picture(KNOWN.picture, cache)


def _street(cache: Path) -> Iterator[ByteArray]:
    shot = [fill_frame(frame, HD) for frame in _bikes(cache)[STREET_SHOT]]
    return _peopled(to_and_fro(shot, 60 * RATE), STREET, cache, seed=1)


def _cctv_static(cache: Path) -> Iterator[ByteArray]:
    wall = fill_frame(_bikes(cache)[WALL_FRAME], HD)
    return _peopled(to_and_fro([wall, wall], 60 * RATE), STATIC, cache, seed=2)


def _talk(cache: Path) -> Iterator[ByteArray]:
    guests, known = read_picture("t1.jpg", cache), known_portrait(cache)[:, ::-1]
    side = guests.shape[0]
    beside = cv2.resize(known, (side, side), interpolation=cv2.INTER_CUBIC)
    scene = np.hstack([guests, beside]).astype(np.uint8, copy=False)
    views = (view_at(TALK, number / RATE) for number in range(20 * RATE))
    return with_noise((see(scene, view, FULL_HD) for view in views), seed=3)


def _peopled(
    scene: Iterator[ByteArray], crossings: Sequence[Crossing], cache: Path, seed: int
) -> Iterator[ByteArray]:
    outlines = [KNOWN if c.person is None else PASSERS_BY[c.person] for c in crossings]
    people = [
        cut_out(read_picture(outline.picture, cache), outline, crossing.face_px)
        for outline, crossing in zip(outlines, crossings, strict=True)
    ]
    return with_noise(walk_through(scene, crossings, people), seed)


def _bikes(cache: Path) -> list[ByteArray]:
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "bikes.mp4"
        source.write_bytes(read_material("bikes.mp4", cache))
        return read_frames(source)[0]


def _known(crossings: Sequence[Crossing]) -> tuple[tuple[float, float], ...]:
    return tuple((c.from_s, c.until_s) for c in crossings if c.person is None)


CLIPS: Mapping[str, Clip] = MappingProxyType(
    {
        "street": Clip(HD, 60.0, _known(STREET), _street, CAMERA),
        "street_b": Clip(HD, 60.0, _known(STREET), _street, {**CAMERA, "bf": "3"}),
        "cctv_static": Clip(HD, 60.0, _known(STATIC), _cctv_static, RECORDER),
        "talk": Clip(FULL_HD, 20.0, ((9.0, 20.0),), _talk, {**CAMERA, "b": "4000k"}),
    }
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Render the benchmark's footage.")
    parser.add_argument("--clips", type=Path, default=DEFAULT_FOLDER)
    folder = parser.parse_args().clips
    for name, path in render_clips(folder, folder / "archives", tuple(CLIPS)).items():
        sys.stdout.write(f"{name}: {path}, {path.stat().st_size / 2**20:.1f} MiB\n")


if __name__ == "__main__":
    main()
