"""How much of an object is fetched, and in how many requests."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageChanged
from lfr_batch.footage import kept
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import ByteArray, FootageAsset, FootageEntry, Segment
from lfr_batch.storage import s3_client
from tests.probing import probe

from .clips import write_clip

MIB = 1 << 20
SEGMENT_S = 5.0


MUXERS: dict[str, dict[str, str]] = {
    "front.mp4": {"movflags": "faststart"},
    "end.mp4": {},
    "clip.mkv": {},
    "clip.ts": {},
    "fragments.mp4": {"movflags": "frag_keyframe+empty_moov"},
}


def noise(frames: int) -> Iterator[ByteArray]:
    """Grain over a picture that stays: of one camera."""
    rng = np.random.default_rng(0)
    scene = rng.integers(60, 140, (30, 40, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    for _ in range(frames):
        yield scene + rng.integers(0, 100, scene.shape, np.uint8)


def copied(source: Path, path: Path, muxer: dict[str, str]) -> Path:
    """The same packets in another container."""
    with av.open(str(source)) as video, av.open(str(path), "w", options=muxer) as out:
        stream = out.add_stream_from_template(video.streams.video[0])
        for packet in video.demux(video.streams.video[0]):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """20 s in 100 frames of 50 kB, a keyframe a second."""
    folder = tmp_path_factory.mktemp("written")
    first = write_clip(
        folder / "first.mp4", noise(100), codec="mpeg2video", keyframe_every=5,
        ticks=range(0, 500, 5), encoder={"qmin": "2", "qmax": "2"},
    )  # fmt: skip
    return {name: copied(first, folder / name, muxer) for name, muxer in MUXERS.items()}


@pytest.fixture(autouse=True)
def shelf(monkeypatch: pytest.MonkeyPatch) -> kept.KeptObjects:
    fresh = kept.KeptObjects()
    monkeypatch.setattr("lfr_batch.footage.s3.KEPT_OBJECTS", fresh)
    return fresh


@pytest.fixture
def sent(store: S3Config) -> list[int]:
    """Bytes of each answer to a GET."""
    found: list[int] = []

    def note(parsed: dict[str, Any], **_: object) -> None:
        found.append(int(parsed.get("ContentLength", 0)))

    s3_client.client(store).meta.events.register("after-call.s3.GetObject", note)
    return found


@pytest.fixture
def heads(store: S3Config) -> list[object]:
    found: list[object] = []

    def note(**_: object) -> None:
        found.append(None)

    s3_client.client(store).meta.events.register("after-call.s3.HeadObject", note)
    return found


def put(store: S3Config, key: str, data: bytes) -> str:
    s3_client.client(store).put_object(Bucket="archive", Key=key, Body=data)
    return f"s3://archive/{key}"


def probed(uri: str, store: S3Config) -> FootageAsset:
    return probe(FootageEntry(uri), FootageConfig(), store)


def seen(segment: Segment, store: S3Config) -> list[int]:
    return [frame.pts_ns for frame in open_segment(segment, store)]


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("name", "probing", "requests", "searching"),
    [
        # Shares of the object's bytes, and how many requests probing makes.
        ("front.mp4", 0.15, 5, 1.5),
        ("end.mp4", 0.15, 6, 1.5),
        ("clip.mkv", 0.25, 9, 1.5),
        ("clip.ts", 1.1, 20, 1.6),  # that nothing is joined to it shows nowhere else
        (
            "fragments.mp4",
            1.5,
            20,
            1.6,
        ),  # too short to be passed over, and all within the first 20 s
    ],
)
def test_a_large_object_is_fetched_once_and_looked_into_for_little(
    store: S3Config, written: dict[str, Path], sent: list[int], heads: list[object],
    monkeypatch: pytest.MonkeyPatch, name: str, probing: float, requests: int, searching: float,
) -> None:  # fmt: skip
    """As if all but the smallest were large."""
    monkeypatch.setattr("lfr_batch.footage.s3.WHOLE_BYTES", 2 * MIB)
    size = written[name].stat().st_size
    assert size > 4 * MIB
    asset = probed(put(store, name, written[name].read_bytes()), store)
    assert sum(sent) <= probing * size
    assert len(sent) <= requests
    assert len(heads) == 2
    segments = plan_segments(asset, SEGMENT_S, "key")
    assert len(segments) == 4
    sent.clear()
    heads.clear()
    assert sum(len(seen(segment, store)) for segment in segments) == 100
    assert sum(sent) <= searching * size
    assert len(sent) <= 24
    assert len(heads) == 2 * len(segments)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("name", MUXERS)
def test_a_small_object_is_fetched_once_for_all_its_segments(
    store: S3Config, written: dict[str, Path], sent: list[int], shelf: kept.KeptObjects,
    monkeypatch: pytest.MonkeyPatch, name: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("lfr_batch.footage.s3.WHOLE_BYTES", 16 * MIB)
    size = written[name].stat().st_size
    uri = put(store, name, written[name].read_bytes())
    segments = plan_segments(probed(uri, store), SEGMENT_S, "key")
    # The last lets it go: it comes when the others are done.
    sent.clear()
    with ThreadPoolExecutor(3) as pool:
        times = list(pool.map(lambda segment: seen(segment, store), segments[:-1]))
    times.append(seen(segments[-1], store))
    assert sent == [size]
    assert sum(map(len, times)) == 100
    assert shelf.bytes == 0


@pytest.mark.usefixtures("bucket")
def test_a_still_is_fetched_once_and_let_go(
    store: S3Config, sent: list[int], shelf: kept.KeptObjects
) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (900, 900, 3), np.uint8)
    data = cv2.imencode(".png", picture)[1].tobytes()
    assert len(data) > 2 * MIB
    asset = probed(put(store, "a.png", data), store)
    assert sum(sent) == len(data)
    sent.clear()
    (segment,) = plan_segments(asset, SEGMENT_S, "key")
    assert len(seen(segment, store)) == 1
    assert sent == [len(data)]
    assert shelf.bytes == 0


@pytest.mark.usefixtures("bucket")
def test_what_is_kept_of_an_object_is_not_taken_for_another(
    store: S3Config, written: dict[str, Path], sent: list[int]
) -> None:
    data = written["end.mp4"].read_bytes()
    uri = put(store, "a.mp4", data)
    first, second, *_ = plan_segments(probed(uri, store), SEGMENT_S, "key")
    was = seen(first, store)
    put(store, "a.mp4", data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(FootageChanged, match="has changed since the run was planned"):
        seen(second, store)
    put(store, "a.mp4", data)
    sent.clear()
    assert seen(first, store) == was
    # It is as it was again, so that what was kept of it counts.
    assert sum(sent) < len(data)


@pytest.mark.usefixtures("bucket")
def test_what_is_replaced_while_kept_bytes_of_it_are_read_does_not_count(
    store: S3Config, written: dict[str, Path], sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lfr_batch.footage.s3.WHOLE_BYTES", 16 * MIB)
    data = written["end.mp4"].read_bytes()
    uri = put(store, "a.mp4", data)
    first, second, *_ = plan_segments(probed(uri, store), SEGMENT_S, "key")
    assert seen(first, store)
    sent.clear()
    frames = open_segment(second, store)
    next(frames)
    assert sent == []
    put(store, "a.mp4", data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(FootageChanged, match="was changed, replaced or moved away while"):
        list(frames)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("etag", ["", 'W/"abc"'])
def test_without_an_etag_that_tells_contents_apart_nothing_is_kept(
    store: S3Config, rendered: dict[str, Path], shelf: kept.KeptObjects, etag: str
) -> None:
    uri = put(store, "a.mp4", rendered["plain.mp4"].read_bytes())

    def weak(parsed: dict[str, Any], **_: object) -> None:
        parsed["ETag"] = etag

    for operation in ("HeadObject", "GetObject"):
        s3_client.client(store).meta.events.register(f"after-call.s3.{operation}", weak)
    first, *_ = plan_segments(probed(uri, store), 1.0, "key")
    assert seen(first, store)
    assert shelf.bytes == 0
