"""Frames that are no samples may be left out; the samples are those of a full decode."""

from __future__ import annotations

from contextlib import AbstractContextManager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageError
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.places import Source
from lfr_batch.footage.pyav_input import Video, open_video
from lfr_batch.footage.sampling import SamplerState, sample
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageEntry, Segment
from tests.probing import probe

from .clips import frames_of, whole, write_clip
from .conftest import CONTAINERS

S3 = S3Config()
Sample = tuple[int, bytes]
"""Its time and its pixels, as stored."""


def samples(
    segment: Segment, fps: float, *, spare: bool, threads: int = 1
) -> tuple[list[Sample], int]:
    """The samples of a segment, and how many frames were decoded for them."""
    state, taken, decoded = SamplerState(), list[Sample](), 0
    how = Decoding(threads=threads, sample_fps=fps if spare else 0.0)
    with suppress(FootageError):
        for frame in frames_of(segment, how=how):
            decoded += 1
            take, state = sample(state, frame.pts_ns, fps)
            if take:
                taken.append(
                    (frame.pts_ns, np.asarray(frame._decoded.frame.to_ndarray()).tobytes())
                )
    return taken, decoded


def assert_same_samples(segment: Segment, fps: float, threads: int = 1) -> tuple[int, int]:
    """How many frames were decoded, sparing and in full."""
    every, decoded = samples(segment, fps, spare=False)
    spared, fewer = samples(segment, fps, spare=True, threads=threads)
    assert [pts_ns for pts_ns, _ in spared] == [pts_ns for pts_ns, _ in every]
    assert spared == every
    assert len(every) <= fewer <= decoded
    return fewer, decoded


def keyed(path: Path) -> list[Segment]:
    return plan_segments(probe(FootageEntry(str(path)), FootageConfig(), S3), 1.0, "key")


def between(path: Path, *borders_ns: int) -> list[Segment]:
    """Segments that begin anywhere, not at keyframes, nor at frames."""
    ends = [*borders_ns, None]
    return [
        Segment("s", "f", str(path), "video", start_ns or 0, end_ns, 4.0)
        for start_ns, end_ns in pairwise([0, *ends])
    ]


@pytest.mark.parametrize("fps", [1.0, 5.0, 8.0, 25.0])
@pytest.mark.parametrize("name", CONTAINERS)
def test_the_samples_of_a_file(rendered: dict[str, Path], name: str, fps: float) -> None:
    assert_same_samples(whole(rendered[name], 4.0), fps)


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_samples_of_segments_at_keyframes(rendered: dict[str, Path], name: str) -> None:
    for segment in keyed(rendered[name]):
        assert_same_samples(segment, 5.0)


@pytest.mark.parametrize(
    "name", ["plain.mp4", "opengop.mp4", "hevc.mp4", "clip.ts", "mpeg2.ts", "mjpeg.avi", "h264.avi"]
)
def test_the_samples_of_segments_anywhere(rendered: dict[str, Path], name: str) -> None:
    borders_ns = 700_000_000, 1_990_000_001, 2_050_000_000, 3_990_000_000
    for segment in between(rendered[name], *borders_ns):
        assert_same_samples(segment, 5.0)


@pytest.mark.parametrize("name", ["plain.mp4", "opengop.mp4", "hevc.mp4", "mpeg2.ts", "mjpeg.avi"])
def test_decoding_with_several_threads(rendered: dict[str, Path], name: str) -> None:
    for segment in (whole(rendered[name], 4.0), *between(rendered[name], 700_000_000)):
        assert_same_samples(segment, 5.0, threads=2)


@pytest.mark.parametrize(
    ("how", "most"),
    [
        ({"codec": "mjpeg", "container": "avi"}, 20),
        ({"codec": "mpeg2video", "encoder": {"bf": "2"}}, 55),
        ({"encoder": {"x264-params": "bframes=3:b-pyramid=none"}}, 75),
        ({"encoder": {"x264-params": "bframes=3:b-pyramid=normal"}}, 85),
        ({"codec": "libx265", "encoder": {"x265-params": "log-level=none:bframes=4"}}, 80),
        ({"encoder": {"bf": "0"}}, 100),
    ],
    ids=["mjpeg", "mpeg2", "h264", "h264 pyramid", "hevc", "P only"],
)
def test_frames_on_which_nothing_depends_are_not_decoded(
    tmp_path: Path, how: dict[str, Any], most: int
) -> None:
    path = write_clip(tmp_path / "a.mkv", **how)
    fewer, decoded = assert_same_samples(whole(path, 4.0), 5.0)
    assert decoded == 100
    assert 20 <= fewer <= most


def test_every_frame_is_a_sample_where_no_rate_is_set(rendered: dict[str, Path]) -> None:
    for name in ("opengop.mp4", "mpeg2.ts", "mjpeg.avi"):
        assert assert_same_samples(whole(rendered[name], 4.0), 0.0) == (100, 100)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "mjpeg"])
def test_variable_frame_rate_and_gaps(tmp_path: Path, codec: str) -> None:
    rng = np.random.default_rng(1)
    ticks = np.cumsum(rng.choice([1, 1, 1, 2, 7, 30], 120)).tolist()
    path = write_clip(tmp_path / "a.mkv", 120, ticks=ticks, codec=codec)
    for segment in (whole(path), *between(path, 3_010_000_000, 9_500_000_000)):
        assert_same_samples(segment, 5.0)


@pytest.mark.parametrize("frames", [93, 97, 100])
@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_a_recorder_that_began_anew(tmp_path: Path, codec: str, frames: int) -> None:
    path = write_clip(tmp_path / "a.ts", frames, codec=codec, encoder={"bf": "2"})
    path.write_bytes(path.read_bytes() * 2)
    for fps in (3.0, 5.0, 8.0):
        assert_same_samples(whole(path), fps)


def test_a_frame_that_cannot_be_decoded_is_stood_in_for(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    """The one that would have been the sample is damaged: the next one of its slot is taken."""
    data = bytearray(rendered["mjpeg.avi"].read_bytes())
    with av.open(str(rendered["mjpeg.avi"])) as container:
        packets = [packet for packet in container.demux() if packet.size]
    damaged = packets[50]
    assert damaged.pos is not None
    start = damaged.pos + 8
    data[start : start + damaged.size] = bytes(damaged.size)
    path = tmp_path / "mjpeg.avi"
    path.write_bytes(data)
    spared, _ = samples(whole(path, 4.0), 5.0, spare=True)
    assert [pts_ns for pts_ns, _ in spared][9:12] == [1_800_000_000, 2_040_000_000, 2_200_000_000]
    assert spared == samples(whole(path, 4.0), 5.0, spare=False)[0]


@pytest.mark.parametrize("name", ["mjpeg.avi", "plain.mp4", "clip.ts"])
def test_a_segment_that_begins_between_frames_is_found_at_the_first_try(
    rendered: dict[str, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes before it is not decoded, but for the frame that tells where a seek has led."""
    opened: list[str] = []

    def noting(source: Source, *how: Any) -> AbstractContextManager[Video]:
        opened.append(source.uri)
        return open_video(source, *how)

    monkeypatch.setattr("lfr_batch.footage.pyav.open_video", noting)
    segment = Segment("s", "f", str(rendered[name]), "video", 2_010_000_000, 3 * 10**9, 4.0)
    assert len(samples(segment, 5.0, spare=True)[0]) == 5
    assert len(opened) == 1


def test_real_footage(shared_data: Path) -> None:
    for path in sorted((shared_data / "footage" / "codecs").glob("*.*")):
        fewer, decoded = assert_same_samples(whole(path), 5.0)
        assert fewer <= decoded, path
    for name in ("known_answer/stage_clip.mp4", "known_answer/custody_S029.avi"):
        for segment in keyed(shared_data / "footage" / name)[:3]:
            assert_same_samples(segment, 5.0)
