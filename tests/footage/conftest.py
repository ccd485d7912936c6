"""Rendered footage that several tests read."""

from __future__ import annotations

from pathlib import Path

import pytest

from .clips import write_clip

CONTAINERS: dict[str, dict[str, object]] = {
    "plain.mp4": {},
    "faststart.mp4": {"muxer": {"movflags": "faststart"}},
    "fragmented.mp4": {"muxer": {"movflags": "frag_keyframe+empty_moov"}},
    "opengop.mp4": {"encoder": {"x264-params": "open-gop=1:bframes=3:keyint=25"}},
    "hevc.mp4": {"codec": "libx265", "encoder": {"x265-params": "log-level=none:keyint=25"}},
    "clip.mkv": {},
    "clip.ts": {},
    "mpeg2.ts": {"codec": "mpeg2video", "encoder": {"bf": "2"}},
    "program.mpg": {"codec": "mpeg2video", "encoder": {"bf": "2"}},
    "clip.flv": {},
    "vp9.webm": {"codec": "libvpx-vp9", "encoder": {"cpu-used": "8"}},
    "mpeg4.avi": {"codec": "mpeg4", "encoder": {"bf": "2"}},
    "h264.avi": {"encoder": {"bf": "2"}},
    "mjpeg.avi": {"codec": "mjpeg"},
    "stream.mjpeg": {"codec": "mjpeg", "container": "mjpeg"},
    "raw.h264": {"container": "h264"},
    "interlaced.ts": {"codec": "mpeg2video", "encoder": {"flags": "+ildct+ilme", "top": "1"}},
}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same four seconds (100 frames, a keyframe a second) in many containers."""
    folder = tmp_path_factory.mktemp("rendered")
    return {name: write_clip(folder / name, **how) for name, how in CONTAINERS.items()}  # type: ignore[arg-type]
