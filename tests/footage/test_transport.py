"""Transport streams whose later video their first tables do not announce."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage.catalogue import probe
from lfr_batch.footage.segments import plan_segments
from lfr_batch.footage.transport import next_recording, packet_bytes
from lfr_batch.records import FootageEntry

from .clips import frames_of, write_clip
from .test_moving import write_streams

OTHER_PID = {"mpegts_start_pid": "512"}
OTHER_PROGRAMME = {
    **OTHER_PID,
    "mpegts_pmt_start_pid": "300",
    "mpegts_service_id": "2",
}


def clips(folder: Path, codec: str = "libx264", **muxer: str) -> list[bytes]:
    """Two seconds, and three of another recorder."""
    first = write_clip(folder / "first.ts", 50)
    second = write_clip(folder / "second.ts", 75, codec=codec, muxer=muxer)
    return [first.read_bytes(), second.read_bytes()]


def after(data: bytes) -> int:
    return next_recording(io.BytesIO(data), 0, len(data))


@pytest.mark.parametrize(
    ("codec", "muxer"),
    [("libx264", OTHER_PID), ("libx264", OTHER_PROGRAMME), ("mpeg2video", {})],
    ids=["another number", "another programme", "another codec"],
)
def test_the_video_of_two_recorders_is_searched(
    tmp_path: Path, codec: str, muxer: dict[str, str]
) -> None:
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(clips(tmp_path, codec, **muxer)))
    assets = probe(FootageEntry(str(path)), FootageConfig(), S3Config())
    assert [(a.status, a.recording) for a in assets] == [("ok", 1), ("ok", 2)]
    segments = [segment for asset in assets for segment in plan_segments(asset, 60.0, "key")]
    frames = [sum(1 for _ in frames_of(segment)) for segment in segments]
    assert frames == [50, 75]


@pytest.mark.parametrize("size", [188, 192, 204])
@pytest.mark.parametrize("lost_bytes", [0, 100], ids=["whole packets", "cut in a packet"])
def test_the_other_video_begins_with_its_tables(tmp_path: Path, size: int, lost_bytes: int) -> None:
    first, second = (_packed(each, size) for each in clips(tmp_path, **OTHER_PROGRAMME))
    cut = first[: len(first) - lost_bytes]
    begins = after(cut + second) - len(cut)
    assert 0 <= begins < 5 * size
    assert packet_bytes(second[begins:]) == size


def _packed(data: bytes, size: int) -> bytes:
    before = size - 188 if size == 192 else 0
    rows = np.frombuffer(data, np.uint8).reshape(-1, 188)
    padded = np.pad(rows, ((0, 0), (before, size - 188 - before)))
    return padded.astype(np.uint8).tobytes()


def test_what_goes_on_is_one_recording(tmp_path: Path) -> None:
    plain, _ = clips(tmp_path)
    together = write_streams(tmp_path / "two.ts", {}, {}).read_bytes()
    assert [after(each) for each in (plain * 2, together)] == [2 * len(plain), len(together)]


def test_a_damaged_table_announces_nothing(tmp_path: Path) -> None:
    first, second = clips(tmp_path, **OTHER_PID)
    damaged = bytearray(second)
    for at in range(0, len(damaged), 188):
        if damaged[at + 1] & 0x5F == 0x50 and damaged[at + 2] == 0:  # a table of programme 1
            damaged[at + 20] ^= 1
    data = first + bytes(damaged)
    assert after(data) == len(data)


@pytest.mark.parametrize("data", [b"", b"\x47" * 3000, bytes(5000)])
def test_what_holds_no_tables_ends_where_it_ends(data: bytes) -> None:
    assert after(data) == len(data)
