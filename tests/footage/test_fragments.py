"""Fragmented MP4, cut at its fragments: what segments find is what one pass over the file finds."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageError
from lfr_batch.footage import s3
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.fragments import hidden, runs_of, tracks_of
from lfr_batch.footage.ranged import glancing
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageAsset, FootageEntry, Segment
from lfr_batch.storage import s3_client

from .clips import frames_of, pictures, write_clip

SECONDS = 20
REORDERED = {"x264-params": "bframes=3:keyint=25"}
OPEN = {"x264-params": "bframes=3:open-gop=1:keyint=25"}

Seen = list[tuple[int, bytes]]
"""(time, brightness of a corner) of frames."""


def write_fragments(
    path: Path,
    movflags: str,
    *,
    cameras: int = 1,
    sound: bool = True,
    encoder: Mapping[str, str] | None = None,
    muxer: Mapping[str, str] | None = None,
    seconds: int = SECONDS,
) -> Path:
    """One stream for each camera, all with a keyframe a second, and a silent one of sound."""
    options = {"movflags": movflags, **(muxer or {})}
    with av.open(str(path), "w", options=options) as out:
        videos = []
        for _ in range(cameras):
            video = out.add_stream("libx264", rate=25, options=dict(encoder or {}))
            video.width, video.height, video.pix_fmt, video.gop_size = 160, 120, "yuv420p", 25
            videos.append(video)
        audio = out.add_stream("aac", rate=16000, layout="mono") if sound else None
        shown = zip(*(pictures(seconds * 25, seed=n) for n in range(cameras)), strict=True)
        for n, at_once in enumerate(shown):
            for video, picture in zip(videos, at_once, strict=True):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = n, Fraction(1, 25)
                out.mux(video.encode(frame))
            if audio is not None:
                silence = av.AudioFrame.from_ndarray(
                    np.zeros((1, 640), np.float32), format="fltp", layout="mono"
                )
                silence.sample_rate, silence.pts = 16000, n * 640
                out.mux(audio.encode(silence))
        for video in videos:
            out.mux(video.encode())
        if audio is not None:
            out.mux(audio.encode())
    return path


@cache
def fragments(movflags: str, seconds: int) -> bytes:
    """A file of one silent camera, written once."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.mp4"
        return write_fragments(path, movflags, sound=False, seconds=seconds).read_bytes()


def assets_of(path: Path) -> tuple[FootageAsset, ...]:
    return probe(FootageEntry(str(path)), FootageConfig(), S3Config())


def seen(segments: list[Segment], s3: S3Config | None = None) -> Seen:
    """Frames up to the damage, where there is any."""
    found: Seen = []
    for segment in segments:
        try:
            for frame in frames_of(segment, s3 or S3Config()):
                found.append((frame.pts_ns, frame.luma(40, 30).tobytes()))
        except FootageError:
            continue
    return found


def one_pass(asset: FootageAsset) -> Seen:
    plain = replace(asset, keyframes_ns=(0,), entry_bytes=(), head_end_byte=None)
    (segment,) = plan_segments(plain, 60.0, "key")
    return seen([segment])


def require_the_same(asset: FootageAsset, segments: list[Segment]) -> None:
    whole = one_pass(asset)
    assert whole
    assert seen(segments) == whole


WRITTEN: dict[str, tuple[str, dict[str, object]]] = {
    "one fragment a keyframe": ("frag_keyframe+empty_moov", {}),
    "without an index": ("frag_keyframe+empty_moov+skip_trailer", {}),
    "without sound": ("frag_keyframe+empty_moov+skip_trailer", {"sound": False}),
    "several streams": ("frag_keyframe+empty_moov", {"cameras": 2}),
    "fragments for each stream": ("frag_keyframe+empty_moov+separate_moof", {"cameras": 2}),
    "every frame": ("frag_every_frame+empty_moov", {"seconds": 15}),
    "an index for each": ("frag_keyframe+dash", {}),
    "one index in front": ("frag_keyframe+dash+global_sidx", {}),
    "nothing but that": ("frag_keyframe+dash+global_sidx+skip_trailer", {"cameras": 2}),
    "the beginning in moov": ("frag_keyframe", {}),
    "reordered frames and an edit list": ("frag_keyframe+delay_moov", {"encoder": REORDERED}),
    "open groups": ("frag_keyframe+empty_moov+skip_trailer", {"encoder": OPEN}),
    "shown before they are decoded": ("frag_keyframe+cmaf", {"encoder": OPEN}),
    "bytes counted from the fragment": ("frag_keyframe+empty_moov+default_base_moof", {}),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_segments_find_what_one_pass_finds(tmp_path: Path, how: str) -> None:
    movflags, more = WRITTEN[how]
    path = write_fragments(tmp_path / "a.mp4", movflags, **more)  # type: ignore[arg-type]
    for asset in assets_of(path):
        assert (asset.status, asset.error) == ("ok", None)
        segments = plan_segments(asset, 5.0, "key")
        assert len(segments) >= (asset.duration_s or 0) // 6
        assert all(segment.enter_byte for segment in segments[1:])
        require_the_same(asset, segments)


def test_fragments_that_begin_anywhere_are_entered_where_they_begin_with_a_keyframe(
    tmp_path: Path,
) -> None:
    path = write_fragments(tmp_path / "a.mp4", "empty_moov", muxer={"frag_duration": "700000"})
    (asset,) = assets_of(path)
    require_the_same(asset, plan_segments(asset, 5.0, "key"))


def test_joined_fragmented_recordings_are_entered_each(tmp_path: Path) -> None:
    first = write_fragments(tmp_path / "a.mp4", "frag_keyframe+empty_moov")
    second = write_fragments(tmp_path / "b.mp4", "frag_keyframe+dash+global_sidx")
    path = tmp_path / "joined.mp4"
    path.write_bytes(b"".join(each.read_bytes() for each in (first, second, first)))
    assets = assets_of(path)
    assert [asset.recording for asset in assets] == [1, 2, 3]
    for asset in assets:
        segments = plan_segments(asset, 5.0, "key")
        assert len(segments) > 3
        require_the_same(asset, segments)


@pytest.mark.parametrize("movflags", ["frag_keyframe+empty_moov", "frag_keyframe+dash+global_sidx"])
def test_a_file_cut_off_within_a_fragment_keeps_the_segments_before(
    tmp_path: Path, movflags: str
) -> None:
    path = write_fragments(tmp_path / "a.mp4", movflags + "+skip_trailer", seconds=30)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 7 // 10])
    (asset,) = assets_of(path)
    segments = plan_segments(asset, 5.0, "key")
    assert len(segments) >= 4
    require_the_same(asset, segments)
    with pytest.raises(FootageError):
        list(frames_of(segments[-1]))


def boxes(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield at, data[at + 4 : at + 8], at + length
        at += length


def changed(data: bytes, kind: bytes, which: int, at: int, value: int) -> bytes:
    """With the four bytes at ``at`` behind the type of a top box replaced, or of one inside."""
    places = [n for n in range(len(data)) if data.startswith(kind, n)]
    place = places[which] + 4 + at
    return data[:place] + value.to_bytes(4, "big") + data[place + 4 :]


LIES: dict[str, tuple[str, bytes, int, int, int]] = {
    "a moof too long": ("skip_trailer", b"moof", 9, -8, 1 << 30),
    "a moof too short": ("skip_trailer", b"moof", 9, -8, 40),
    "a traf beyond its moof": ("skip_trailer", b"traf", 9, -8, 1 << 20),
    "more samples than fit": ("skip_trailer", b"trun", 9, 4, 0xFFFF_FFFF),
    "a time that goes back": ("skip_trailer", b"tfdt", 18, 8, 0),
    "a leap of time": ("skip_trailer", b"tfdt", 18, 4, 1000),
    "no time": ("skip_trailer", b"tfdt", 18, -4, int.from_bytes(b"free", "big")),
    "an index that points nowhere": ("empty_moov", b"tfra", 0, 28, 77),
    "a length of sidx": ("dash+global_sidx", b"sidx", 0, 28 + 24, 5000),
    "a count of sidx": ("dash+global_sidx", b"sidx", 0, 28, 3),
}


@pytest.mark.parametrize("lie", LIES)
def test_boxes_that_lie_lose_nothing(tmp_path: Path, lie: str) -> None:
    flags, kind, which, at, value = LIES[lie]
    path = tmp_path / "a.mp4"
    whole = fragments(f"frag_keyframe+empty_moov+{flags}", SECONDS)
    path.write_bytes(changed(whole, kind, which, at, value))
    for asset in assets_of(path):
        if asset.status == "failed":
            continue  # FFmpeg opens it neither way
        found = set(seen(plan_segments(asset, 5.0, "key")))
        assert found >= set(one_pass(asset))


@pytest.mark.parametrize("seed", range(10))
def test_any_damage_to_the_boxes_loses_nothing(tmp_path: Path, seed: int) -> None:
    """Frames that damage spoils may differ: those that one pass shows are shown, by their times."""
    rng = np.random.default_rng(seed)
    path = tmp_path / "a.mp4"
    how = ("frag_keyframe+empty_moov", "frag_keyframe+dash+global_sidx")[seed % 2]
    data = bytearray(fragments(how, seconds=15))
    heads = [n for at, kind, end in boxes(bytes(data)) if kind != b"mdat" for n in range(at, end)]
    for n in rng.choice(heads, 3):
        data[n] = rng.integers(256)
    path.write_bytes(data)
    for asset in assets_of(path):
        if asset.status == "failed":
            continue
        segments = plan_segments(asset, 5.0, "key")
        times = {time_ns for time_ns, _ in seen(segments)}
        missing = {time_ns for time_ns, _ in one_pass(asset)} - times
        assert all(said_of(time_ns, segments) for time_ns in missing)


def said_of(time_ns: int, segments: list[Segment]) -> bool:
    """Whether the segment to which the time belongs says that it is damaged."""
    mine = [s for s in segments if s.start_ns <= time_ns and (not s.end_ns or time_ns < s.end_ns)]
    try:
        return not [list(frames_of(segment)) for segment in mine]
    except FootageError:
        return True


def tiny(path: Path, fragments: int) -> Path:
    """A file of so many fragments of one frame, each a keyframe, 25 a second."""
    one = write_clip(
        path, 2, muxer={"movflags": "frag_every_frame+empty_moov+skip_trailer+default_base_moof"},
        keyframe_every=1, encoder={"x264-params": "bframes=0:keyint=1"},
    )  # fmt: skip
    data = one.read_bytes()
    (start, _, moof_end), (_, _, mdat_end) = list(boxes(data))[-2:]
    head, fragment = (
        data[: next(at for at, kind, _ in boxes(data) if kind == b"moof")],
        data[start:mdat_end],
    )
    time = fragment.index(b"tfdt") + 8
    assert moof_end - start > time
    parts = (
        fragment[:time] + struct.pack(">Q", n * 512) + fragment[time + 8 :]
        for n in range(fragments)
    )
    path.write_bytes(head + b"".join(parts))
    return path


def test_tiny_fragments_are_cut_into_segments_that_open_alone(tmp_path: Path) -> None:
    (asset,) = assets_of(tiny(tmp_path / "a.mp4", 5_000))
    segments = plan_segments(asset, 60.0, "key")
    assert (asset.status, len(segments)) == ("ok", 3)
    times = [time_ns for time_ns, _ in seen(segments)]
    assert len(times) == 5_000
    assert all(later - earlier == 40_000_000 for earlier, later in pairwise(times))


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("movflags", ["skip_trailer", "dash+global_sidx+skip_trailer"])
def test_in_a_bucket_a_segment_fetches_its_own_share(
    store: S3Config, tmp_path: Path, movflags: str
) -> None:
    path = write_clip(
        tmp_path / "a.mp4", noise(40 * 5),
        muxer={"movflags": f"frag_keyframe+empty_moov+{movflags}"},
        keyframe_every=5, ticks=range(0, 40 * 125, 25), encoder={"qp": "5", "preset": "ultrafast"},
    )  # fmt: skip
    client = s3_client.client(store)
    client.put_object(Bucket="archive", Key="a.mp4", Body=path.read_bytes())
    sent: list[int] = []
    client.meta.events.register(
        "after-call.s3.GetObject",
        lambda parsed, **_: sent.append(int(parsed.get("ContentLength", 0))),
    )
    (asset,) = probe(FootageEntry("s3://archive/a.mp4"), FootageConfig(), store)
    (local,) = assets_of(path)
    assert asset.keyframes_ns == local.keyframes_ns
    segments = plan_segments(asset, 50.0, "key")
    assert len(segments) == 4
    sent.clear()
    middle = seen(segments[1:2], store)
    assert sum(sent) < path.stat().st_size / 2
    assert middle == [each for each in one_pass(local) if 50e9 <= each[0] < 100e9]


def noise(frames: int) -> Iterator[np.ndarray]:
    rng = np.random.default_rng(0)
    for _ in range(frames):
        yield rng.integers(0, 255, (240, 320, 3), np.uint8)


def test_whoever_glances_at_an_object_transfers_little_and_reading_on_few_requests(
    store: S3Config, bucket: str
) -> None:
    data = np.random.default_rng(0).bytes(12 << 20)
    client = s3_client.client(store)
    client.put_object(Bucket=bucket, Key="big", Body=data)
    sent: list[int] = []
    client.meta.events.register(
        "after-call.s3.GetObject",
        lambda parsed, **_: sent.append(int(parsed.get("ContentLength", 0))),
    )
    with s3.S3Object(f"s3://{bucket}/big", store).open_bytes() as file:
        glance = glancing(file)
        for at in range(0, len(data), 2 << 20):
            glance.seek(at)
            assert glance.read(100) == data[at : at + 100]
        assert sum(sent) <= 7 * 16 * 1024
        sent.clear()
        glance.seek(0)
        assert glance.read() == data
        assert len(sent) < 30
        assert sum(sent) < 2 * len(data)


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 7, b"\0\0\0\1traf", box(b"traf", b"\0" * 9), b"x" * 99]
)
def test_what_is_broken_is_nothing(data: bytes) -> None:
    assert not runs_of(data, {})
    assert not tracks_of(data)


def test_a_hole_is_a_free_box_wherever_it_is_read() -> None:
    data = bytes(range(1, 101))
    covered = hidden(data, 0, ((10, 60), (70, 80)))
    assert covered[:10] + covered[26:] == data[:10] + data[26:]
    assert covered[10:26] == struct.pack(">I4sQ", 1, b"free", 50)
    for at in range(100):
        assert hidden(data[at : at + 7], at, ((10, 60),)) == covered[at : at + 7]
