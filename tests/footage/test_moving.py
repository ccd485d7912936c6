"""Probing files of several streams, and what of a file is not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageDamaged
from lfr_batch.footage import moving
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import NS_PER_S, FootageAsset, FootageEntry, seconds

from .clips import RATE, frames_of, pictures, whole_bgr, write_clip

SIZE_WH = (160, 120)


def probed(path: Path) -> tuple[FootageAsset, ...]:
    return probe(FootageEntry(str(path)), FootageConfig(), S3Config())


def write_streams(
    path: Path, *streams: Mapping[str, str], sound_s: float = 0.0, tags: Mapping[str, str] = {}
) -> Path:
    """Two seconds of several streams, each of its own brightness; sound alone goes before them."""
    with av.open(str(path), "w") as out:
        out.metadata.update(tags)
        added = [_add_stream(out, **stream) for stream in streams]
        sound = out.add_stream("aac", rate=16000, layout="mono") if sound_s else None
        events: list[tuple[float, int, int]] = [
            (sound_s + i / RATE, n, i) for n in range(len(added)) for i in range(2 * RATE)
        ]
        if sound is not None:
            events += [(i * 1024 / 16000, -1, i) for i in range(int((sound_s + 2) * 16000) // 1024)]
        for at_s, n, i in sorted(events):
            if n < 0 and sound is not None:
                quiet = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                quiet.sample_rate, quiet.pts = 16000, i * 1024
                out.mux(sound.encode(quiet))
                continue
            stream = added[n]
            frame = av.VideoFrame.from_ndarray(
                np.full((SIZE_WH[1], SIZE_WH[0], 3), 40 + 100 * n, np.uint8), format="rgb24"
            ).reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = round(at_s * RATE), Fraction(1, RATE)
            out.mux(stream.encode(frame))
        for encoder in (*added, *([sound] if sound else [])):
            out.mux(encoder.encode())  # type: ignore[attr-defined]
    return path


def _add_stream(
    out: av.container.OutputContainer,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    name: str = "",
    disposition: str = "",
) -> av.VideoStream:
    stream = cast("av.VideoStream", out.add_stream(codec, rate=RATE))
    stream.width, stream.height, stream.pix_fmt = *SIZE_WH, pix_fmt
    if name:
        stream.metadata["title"] = name
    if disposition:
        stream.disposition = av.stream.Disposition[disposition]
    return stream


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "avi", "mov"])
def test_each_video_stream_is_footage_of_its_own(tmp_path: Path, ending: str) -> None:
    path = write_streams(tmp_path / f"a.{ending}", {}, {})
    assets = probed(path)
    assert [(a.status, a.stream, a.recording) for a in assets] == [("ok", 0, 1), ("ok", 1, 1)]
    assert len({a.footage_id for a in assets}) == 2
    for asset, luma in zip(assets, (40, 140), strict=True):
        (segment,) = plan_segments(asset, 60.0, "key")
        frames = list(frames_of(segment))
        assert len(frames) == 2 * RATE
        assert whole_bgr(frames[9]).mean() == pytest.approx(luma, abs=4)


def test_what_a_player_would_show_comes_first(tmp_path: Path) -> None:
    path = write_streams(tmp_path / "a.mkv", {}, {"disposition": "default"})
    assert [asset.stream for asset in probed(path)] == [1, 0]


@pytest.mark.parametrize(
    "beside",
    [
        {"codec": "ffv1", "pix_fmt": "gray16le"},
        {"name": "Depth"},
        {"name": "disparity map"},
        {"name": "Thumbnails"},
    ],
    ids=["16 bits of grey", "named", "named otherwise", "thumbnails"],
)
def test_depth_maps_and_thumbnails_are_no_footage(tmp_path: Path, beside: dict[str, str]) -> None:
    (asset,) = probed(write_streams(tmp_path / "a.mkv", {}, beside))
    assert (asset.status, asset.stream) == ("ok", 0)
    what = "thumbnails" if beside.get("name") == "Thumbnails" else "a depth map"
    assert asset.notes == f"video stream 1 holds {what} and is not searched"


def test_a_cover_picture_is_no_footage(tmp_path: Path) -> None:
    cover = {"codec": "mjpeg", "pix_fmt": "yuvj420p", "disposition": "attached_pic"}
    (asset,) = probed(write_streams(tmp_path / "a.mp4", {}, cover))
    assert (asset.status, asset.stream, asset.notes) == ("ok", 0, None)


def test_a_depth_map_alone_is_searched_as_it_is(tmp_path: Path) -> None:
    (asset,) = probed(write_streams(tmp_path / "a.mkv", {"codec": "ffv1", "pix_fmt": "gray16le"}))
    assert (asset.status, asset.stream, asset.notes) == ("ok", 0, None)


def test_a_name_that_holds_the_word_is_no_depth_map(tmp_path: Path) -> None:
    assets = probed(write_streams(tmp_path / "a.mkv", {}, {"name": "In-depth cam 2"}))
    assert [asset.status for asset in assets] == ["ok", "ok"]


@pytest.mark.parametrize("ending", ["mp4", "mov", "mkv", "ts", "flv"])
@pytest.mark.parametrize("sound_s", [0.0, 5.0, 20.0])
def test_media_time_begins_with_the_pictures_whatever_begins_before(
    tmp_path: Path, ending: str, sound_s: float
) -> None:
    path = write_streams(tmp_path / f"a.{ending}", {}, sound_s=sound_s)
    (asset,) = probed(path)
    (segment,) = plan_segments(asset, 60.0, "key")
    times = [frame.pts_ns for frame in frames_of(segment)]
    assert asset.status == "ok"
    assert [seconds(times[0]), seconds(times[-1])] == pytest.approx([0.0, 1.96], abs=0.03)
    assert asset.duration_s == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
def test_a_containers_time_is_when_it_begins_and_the_pictures_come_later(
    tmp_path: Path, ending: str
) -> None:
    tags = {"creation_time": "2024-01-31T12:00:00Z"}
    path = write_streams(tmp_path / f"a.{ending}", {}, sound_s=5.0, tags=tags)
    (asset,) = probed(path)
    assert asset.start_source == "container"
    begun = datetime(2024, 1, 31, 12, 0, 5, tzinfo=UTC)
    assert asset.start_utc is not None
    assert abs(asset.start_utc - begun) < timedelta(seconds=0.1)


def test_a_second_recording_begins_when_its_own_container_says(tmp_path: Path) -> None:
    one, two = (
        write_clip(tmp_path / f"{n}.mp4", 25, tags={"creation_time": f"2024-01-31T1{n}:00:00Z"})
        for n in range(2)
    )
    path = tmp_path / "20240131_090000.mp4"
    path.write_bytes(one.read_bytes() + two.read_bytes())
    starts = [(a.start_utc and a.start_utc.hour, a.start_source) for a in probed(path)]
    assert starts == [(9, "filename"), (11, "container")]


def test_media_data_behind_the_last_picture_of_the_index_is_said(tmp_path: Path) -> None:
    """A recorder that lost power wrote more than the index knows."""
    path = write_clip(tmp_path / "a.mp4", 25, muxer={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    at = data.rfind(b"mdat") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    data[at : at + 4] = (length + 50_000).to_bytes(4, "big")
    path.write_bytes(bytes(data) + b"\x5a" * 50_000)
    (asset,) = probed(path)
    assert asset.status == "partly"
    assert "50000 bytes" in (asset.unsearched or "")
    assert 0.5 < asset.unsearched_share < 1


def test_frames_too_large_to_decode_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_clip(tmp_path / "a.mp4", 5)
    monkeypatch.setattr(moving, "MAX_PIXELS", 160 * 120 - 1)
    (asset,) = probed(path)
    assert asset.status == "failed"
    assert "160 x 120 pixels" in (asset.error or "")


def test_a_recording_that_cannot_be_read_does_not_hide_the_other(tmp_path: Path) -> None:
    sound = write_clip(tmp_path / "a.mp4", 25).read_bytes()
    broken = sound.replace(b"avc1", b"xxxx").replace(b"trak", b"skip")
    path = tmp_path / "joined.mp4"
    path.write_bytes(broken + sound)
    first, second = probed(path)
    assert (first.status, second.status) == ("failed", "ok")
    assert "recording 1 of" in (first.error or "")


def test_cameras_that_take_turns_are_counted(tmp_path: Path) -> None:
    rooms = [next(pictures(1, (640, 480), seed)) for seed in range(4)]
    shown = [rooms[i % 4] for i in range(40)]
    (asset,) = probed(write_clip(tmp_path / "a.avi", shown, codec="mjpeg"))
    assert (asset.status, asset.views) == ("ok", 4)
    assert "4 cameras take turns" in (asset.notes or "")


def edited(path: Path, from_s: float, to_s: float) -> Path:
    """Four seconds of MP4, of which its edit list shows a part; nothing else is changed."""
    data = bytearray(write_clip(path, 4 * RATE, encoder={"bf": "0"}).read_bytes())
    entry = data.index(b"elst") + 12  # behind type, version, flags and count
    movie_unit = int.from_bytes(data[(at := data.index(b"mvhd") + 16) : at + 4], "big")
    media_unit = int.from_bytes(data[(at := data.index(b"mdhd") + 16) : at + 4], "big")
    data[entry : entry + 4] = round((to_s - from_s) * movie_unit).to_bytes(4, "big")
    data[entry + 4 : entry + 8] = round(from_s * media_unit).to_bytes(4, "big")
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("from_s", "to_s", "hidden"),
    [(0, 4, 0), (0, 3.9, 0), (2, 4, 50), (1.2, 4, 30), (0, 2, 50), (1, 3, 50)],
    ids=["whole", "a little less", "from a keyframe", "between keyframes", "the end", "both ends"],
)
def test_pictures_that_an_edit_list_leaves_out_are_said(
    tmp_path: Path, from_s: float, to_s: float, hidden: int
) -> None:
    (asset,) = probed(edited(tmp_path / "trimmed.mp4", from_s, to_s))
    if not hidden:
        assert (asset.status, asset.unsearched) == ("ok", None)
        return
    assert asset.status == "partly"
    assert f"{hidden} of 100 pictures" in (asset.unsearched or "")
    assert asset.unsearched_share == pytest.approx(hidden / 100)


@pytest.mark.parametrize("first", [1, 2, 10])
def test_pictures_may_change_their_size_at_any_moment(tmp_path: Path, first: int) -> None:
    small = write_clip(tmp_path / "a", first, codec="mjpeg", container="mjpeg")
    large = pictures(20, (320, 240))
    write_clip(tmp_path / "b", large, codec="mjpeg", container="mjpeg")
    path = tmp_path / "joined.mjpeg"
    path.write_bytes(small.read_bytes() + (tmp_path / "b").read_bytes())
    (asset,) = probed(path)
    assert (asset.status, asset.error, asset.views) == ("ok", None, 1)
    (segment,) = plan_segments(asset, 60.0, "key")
    sizes = [frame.size_wh for frame in frames_of(segment)]
    assert sizes == [SIZE_WH] * first + [(320, 240)] * 20


@pytest.mark.parametrize("container", ["mkv", "mov"])
def test_a_leap_of_time_that_no_recording_makes_is_no_time(tmp_path: Path, container: str) -> None:
    ticks = [0, 1, 2, 10**12, 10**12 + 25, 10**12 + 50, 10**12 + 75]
    path = write_clip(tmp_path / f"a.{container}", len(ticks), ticks=ticks, codec="mjpeg")
    (asset,) = probed(path)
    (segment,) = plan_segments(asset, 60.0, "key")
    assert (segment.start_ns, segment.end_ns) == (0, None)
    seen: list[int] = []
    # A header may announce that it is as long as that.
    with suppress(FootageDamaged):
        seen.extend(frame.pts_ns for frame in frames_of(segment))
    assert len(seen) == len(ticks)
    assert seen == sorted(seen)
    assert max(seen) < NS_PER_S
