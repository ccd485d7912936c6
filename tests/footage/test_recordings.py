"""Where recordings lie in a file: real containers joined, and boxes made by hand."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.recordings import MOST, FileLayout, layout_of
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageEntry, seconds

from .clips import frames_of, write_clip

CONTAINERS: dict[str, dict[str, object]] = {
    "mp4": {},
    "faststart.mp4": {"muxer": {"movflags": "faststart"}},
    "fragmented.mp4": {"muxer": {"movflags": "frag_keyframe+empty_moov"}},
    "mov": {},
    "3gp": {"codec": "mpeg4"},
    "flv": {},
    "wmv": {"codec": "wmv2", "container": "asf"},
    "avi": {"codec": "mpeg4"},
    "mkv": {},
    "live.webm": {"codec": "libvpx", "muxer": {"live": "1"}},
}
READ_THROUGH: dict[str, dict[str, object]] = {
    "ts": {},
    "mpg": {"codec": "mpeg2video"},
    "h264": {"container": "h264"},
}


def joined(folder: Path, ending: str, how: dict[str, object]) -> Path:
    """Two seconds and, behind them, three."""
    parts = [
        write_clip(folder / f"{n}.{ending}", frames, **how)  # type: ignore[arg-type]
        for n, frames in enumerate((50, 75))
    ]
    whole = folder / f"joined.{ending}"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    return whole


def layout(data: bytes) -> FileLayout:
    return layout_of(io.BytesIO(data), len(data))


@pytest.mark.parametrize("ending", CONTAINERS)
def test_both_of_two_joined_recordings_are_read(tmp_path: Path, ending: str) -> None:
    path = joined(tmp_path, ending, CONTAINERS[ending])
    assets = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    assert [(a.status, a.recording) for a in assets] == [("ok", 1), ("ok", 2)]
    assert len({asset.footage_id for asset in assets}) == 2
    lasts = []
    for asset in assets:
        (segment,) = plan_segments(asset, 60.0, "key")
        times = [frame.pts_ns for frame in frames_of(segment)]
        assert times[0] == 0
        lasts.append(seconds(times[-1]))
    assert lasts == pytest.approx([1.96, 2.96], abs=0.05)


@pytest.mark.parametrize("ending", ["mp4", "mov", "flv", "wmv", "mkv"])
@pytest.mark.parametrize(
    "between", [bytes(3_000_000), b"\xff" * 5000, b"ftyp and FLV\x01 and so on" * 300]
)
def test_what_lies_between_recordings_hides_none(
    tmp_path: Path, ending: str, between: bytes
) -> None:
    parts = [
        write_clip(tmp_path / f"{n}.{ending}", frames, **CONTAINERS[ending])  # type: ignore[arg-type]
        for n, frames in enumerate((50, 75))
    ]
    path = tmp_path / f"joined.{ending}"
    path.write_bytes(between.join(part.read_bytes() for part in parts))
    assets = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    segments = [segment for asset in assets for segment in plan_segments(asset, 60.0, "key")]
    assert sum(1 for each in segments for _ in frames_of(each)) == 125


@pytest.mark.parametrize("ending", READ_THROUGH)
def test_what_a_demuxer_reads_through_is_one_recording_and_sound(
    tmp_path: Path, ending: str
) -> None:
    path = joined(tmp_path, ending, READ_THROUGH[ending])
    (asset,) = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    (segment,) = plan_segments(asset, 60.0, "key")
    times = [frame.pts_ns for frame in frames_of(segment)]
    assert (asset.status, len(times)) == ("ok", 125)
    assert seconds(times[-1]) == pytest.approx(4.96, abs=0.05)


@pytest.mark.parametrize("ending", ["mp4", "wmv"])
@pytest.mark.parametrize(
    ("behind", "counted"),
    [(bytes(200_000), 0), (b"note" * 10, 0), (b"x" * 200_000, 200_000)],
    ids=["padding", "a few", "many"],
)
def test_bytes_behind_a_recording_are_counted_unless_they_are_padding(
    tmp_path: Path, ending: str, behind: bytes, counted: int
) -> None:
    path = write_clip(tmp_path / f"a.{ending}", 10, **CONTAINERS[ending])  # type: ignore[arg-type]
    path.write_bytes(path.read_bytes() + behind)
    (asset,) = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    assert layout(path.read_bytes()).behind_bytes == counted
    assert asset.status == ("partly" if counted else "ok")
    if counted:
        assert f"{counted} bytes of" in (asset.unsearched or "")
        assert asset.unsearched_share > 0.9


def box(kind: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


MOOV, MDAT = box(b"moov", b"m" * 20), box(b"mdat", b"d" * 40)
LONG_MDAT = b"\0\0\0\1mdat" + (56).to_bytes(8, "big") + b"d" * 40
FTYP = box(b"ftyp", b"isom")


@pytest.mark.parametrize(
    ("parts", "lengths"),
    [
        ([FTYP, MOOV, MDAT], [3]),
        ([FTYP, MDAT, MOOV, FTYP, MOOV, MDAT], [3, 3]),
        ([FTYP, LONG_MDAT, MOOV, FTYP, LONG_MDAT, MOOV], [3, 3]),
        ([FTYP, box(b"free"), MOOV, MDAT], [4]),
        ([FTYP, box(b"gps ", b"g" * 9), MOOV, MDAT, box(b"infi"), box(b"free")], [6]),
        ([FTYP, MDAT, box(b"frea"), MOOV, FTYP, box(b"frea"), MOOV, MDAT], [4, 4]),
        ([MDAT, MOOV, MDAT, MOOV], [2, 2]),
        ([MOOV, MDAT, MOOV, MDAT], [2, 2]),
        ([box(b"wide"), MDAT, MOOV, box(b"wide"), MDAT, MOOV], [3, 3]),
        ([FTYP, MOOV, box(b"moof"), MDAT, FTYP, MOOV, box(b"moof"), MDAT], [4, 4]),
    ],
)
def test_boxes_tell_where_the_next_recording_begins(parts: list[bytes], lengths: list[int]) -> None:
    ends, at = [], 0
    for length in lengths:
        at += length
        ends.append(sum(map(len, parts[:at])))
    assert [r.end_byte for r in layout(b"".join(parts)).recordings] == ends


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"\xff\xd8\xff\xe0" * 10,
        FTYP[:6],
        FTYP + MDAT[:-10],
        box(b"mdat") + b"\0\0\0\0mdat" + b"d" * 100,
        b"FLV\x01\x05\0\0\0\x09\0\0\0\0",
        b"\x1a\x45\xdf\xa3" + b"\xff" * 60,
        b"RIFF\0\0\0\0AVI " + bytes(40),
    ],
)
def test_a_damaged_container_ends_with_its_file_at_the_latest(data: bytes) -> None:
    found = layout(data)
    assert all(r.first_byte < r.end_byte <= len(data) for r in found.recordings)


def test_a_file_of_endless_recordings_is_walked_so_far_only() -> None:
    assert len(layout((FTYP + MOOV + MDAT) * (MOST + 5)).recordings) == MOST
