from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageUnreadable, StoreUnreachable, UsageError
from lfr_batch.footage import s3
from lfr_batch.footage.segments import plan_segments
from lfr_batch.footage.sources import list_footage, source_of
from lfr_batch.records import ByteArray, FootageEntry
from lfr_batch.storage import s3_client
from tests.probing import probe

from .clips import frames_of, plain_pts, whole, write_clip

MIB = 1024 * 1024
BIG = 24 * MIB


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ("s3://archive", ["cam1/a.mp4", "cam1/b #1?.mp4", "cam2/d.mp4"]),
        ("s3://archive/cam1/", ["cam1/a.mp4", "cam1/b #1?.mp4"]),
        ("s3://archive/cam1/b #1?.mp4", ["cam1/b #1?.mp4"]),
        ("s3://archive/cam1/list.csv", ["cam1/list.csv"]),
        ("s3://archive/cam*/[ad].mp4", ["cam1/a.mp4", "cam2/d.mp4"]),
    ],
)
def test_listing(store: S3Config, given: str, keys: list[str]) -> None:
    assert [e.uri for e in list_footage([given], store).entries] == [
        f"s3://archive/{k}" for k in keys
    ]


@pytest.mark.usefixtures("bucket")
def test_listing_goes_on_page_after_page(store: S3Config) -> None:
    pages: list[object] = []

    def two_at_a_time(params: dict[str, object], **_: object) -> None:
        params["MaxKeys"] = 2
        pages.append(params)

    s3_client.client(store).meta.events.register(
        "before-parameter-build.s3.ListObjectsV2", two_at_a_time
    )
    assert len(list_footage(["s3://archive"], store).entries) == 3
    assert len(pages) == 3


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("name", ["plain.mp4", "clip.ts", "clip.mkv", "mpeg4.avi"])
def test_segments_of_an_object_give_the_frames_of_the_file(
    store: S3Config, rendered: dict[str, Path], name: str
) -> None:
    s3_client.client(store).put_object(Bucket="archive", Key=name, Body=rendered[name].read_bytes())
    asset = probe(FootageEntry(f"s3://archive/{name}"), FootageConfig(), store)
    assert (asset.status, asset.bytes) == ("ok", rendered[name].stat().st_size)
    assert (asset.sha256 or "").startswith("etag:")
    segments = plan_segments(asset, 1.0, "key")
    assert len(segments) > 1
    times = [f.pts_ns for segment in segments for f in frames_of(segment, store)]
    assert len(times) == 100
    if name != "mpeg4.avi":
        assert times == pytest.approx(plain_pts(rendered[name]), abs=2)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("frames", [(100, 50), (50, 100), (75, 75)])
def test_joined_transport_streams_are_read_whole_however_they_are_cut(
    store: S3Config, tmp_path: Path, frames: tuple[int, int]
) -> None:
    """Both begin at the same time: whoever seeks by time finds one of them alone."""
    parts = [write_clip(tmp_path / f"{n}.ts", count) for n, count in enumerate(frames)]
    joined = b"".join(part.read_bytes() for part in parts)
    s3_client.client(store).put_object(Bucket="archive", Key="joined.ts", Body=joined)
    asset = probe(FootageEntry("s3://archive/joined.ts"), FootageConfig(), store)
    segments = plan_segments(asset, 1.0, "key")
    times = [f.pts_ns for segment in segments for f in frames_of(segment, store)]
    assert len(times) == sum(frames)
    assert times == sorted(times)


@pytest.mark.usefixtures("bucket")
def test_reading_the_head_of_a_large_object_transfers_little(
    store: S3Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = np.random.default_rng(0).bytes(BIG)
    client = s3_client.client(store)
    client.put_object(Bucket="archive", Key="big", Body=data)
    sent: list[int] = []

    def count(parsed: dict[str, object], **_: object) -> None:
        sent.append(int(str(parsed.get("ContentLength", 0))))

    client.meta.events.register("after-call.s3.GetObject", count)
    with s3.S3Object("s3://archive/big", store).open_bytes() as file:
        assert file.read(1000) == data[:1000]
        file.seek(-1000, io.SEEK_END)
        assert file.read() == data[-1000:]
        file.seek(500)
        assert file.read(500) == data[500:1000]
        file.seek(5 * MIB - 10)
        assert file.read(20) == data[5 * MIB - 10 : 5 * MIB + 10]
    client.meta.events.unregister("after-call.s3.GetObject", count)
    assert sum(sent) <= 4 * MIB
    assert max(sent) <= MIB


def noise(frames: int) -> Iterator[ByteArray]:
    rng = np.random.default_rng(0)
    for _ in range(frames):
        yield rng.integers(0, 255, (240, 320, 3), np.uint8)


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("gone", ["object", "store"])
def test_what_goes_wrong_half_way_is_not_taken_for_damage(
    store: S3Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    path = write_clip(tmp_path / "long.avi", noise(150), codec="mjpeg", encoder={"qmax": "3"})
    client = s3_client.client(store)
    client.put_object(Bucket="archive", Key="long.avi", Body=path.read_bytes())
    assert path.stat().st_size > 4 * MIB
    frames = frames_of(whole("s3://archive/long.avi"), store)
    next(frames)
    if gone == "object":
        client.delete_object(Bucket="archive", Key="long.avi")
        with pytest.raises(FootageUnreadable, match="does not exist"):
            list(frames)
        return

    def cut_off(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://store")

    client.meta.events.register("before-call.s3.GetObject", cut_off)
    with pytest.raises(StoreUnreachable, match="cannot be reached at http://store"):
        list(frames)


def test_what_cannot_be_reached_is_said(
    store: S3Config, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreUnreachable, match="bucket of s3://nowhere-at-all does not exist"):
        list_footage(["s3://nowhere-at-all"], store)
    with pytest.raises(UsageError, match="holds no footage"):
        list_footage([f"s3://{bucket}/none/"], store)
    failed = probe(FootageEntry(f"s3://{bucket}/none.mp4"), FootageConfig(), store)
    assert "does not exist" in (failed.error or "")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    nobody = S3Config(endpoint_url="http://127.0.0.1:1", region="us-east-1")
    with pytest.raises(StoreUnreachable, match=r"cannot be reached at http://127\.0\.0\.1:1"):
        list_footage(["s3://archive"], nobody)


@pytest.mark.usefixtures("bucket")
def test_missing_credentials_are_said(store: S3Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    s3_client.client.cache_clear()
    with pytest.raises(StoreUnreachable, match="there are no credentials"):
        list_footage(["s3://archive"], store)


@pytest.mark.parametrize(
    ("code", "part"),
    [("403", "403"), ("AccessDenied", "403"), ("ExpiredToken", "renew"), ("SlowDown", "SlowDown")],
)
def test_refusals_of_the_store(
    store: S3Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, part: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client = s3_client.client(store)

    def refuse(**_: object) -> tuple[object, dict[str, object]]:
        class Reply:
            status_code = 403

        return Reply(), {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {}}

    client.meta.events.register("before-call.s3.ListObjectsV2", cast("Callable[..., None]", refuse))
    with pytest.raises((StoreUnreachable, UsageError), match=part):
        list_footage(["s3://archive"], store)
    (tmp_path / "1.mp4").write_bytes(b"x")
    both = ["s3://archive/closed/", str(tmp_path)]
    if part == "403":
        listing = list_footage(both, store)
        assert [entry.uri for entry in listing.entries] == [str(tmp_path / "1.mp4")]
        assert ["s3://archive/closed/ may not be read" in gap for gap in listing.gaps] == [True]
    else:
        with pytest.raises(StoreUnreachable, match=part):
            list_footage(both, store)


@pytest.mark.usefixtures("bucket")
def test_objects_left_out_are_said(store: S3Config) -> None:
    client = s3_client.client(store)
    client.put_object(Bucket="archive", Key="cam1/player.dat", Body=b"MZ\x90\0")
    client.put_object(Bucket="archive", Key="cam1/AVSEQ01.DAT", Body=b"RIFF")
    listing = list_footage(["s3://archive/cam1/"], store)
    assert "s3://archive/cam1/AVSEQ01.DAT" in [entry.uri for entry in listing.entries]
    (line,) = listing.said
    assert "2 files that are no footage (list.csv, player.dat), 1 file that is hidden" in line


@pytest.mark.usefixtures("bucket")
def test_a_key_in_another_normal_form_is_found(store: S3Config) -> None:
    key = unicodedata.normalize("NFD", "Café.mp4")
    s3_client.client(store).put_object(Bucket="archive", Key=key, Body=b"x")
    there = f"s3://archive/{key}"
    assert source_of("s3://archive/Caf\u00e9.mp4", store).stored() == there
    assert source_of(there, store).stored() == there
    assert source_of("s3://archive/M\u00fcll.mp4", store).stored() == "s3://archive/M\u00fcll.mp4"


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize("pays", [True, False])
def test_the_requester_pays_where_it_is_told_to(store: S3Config, pays: bool) -> None:
    config = store.model_copy(update={"requester_pays": pays})
    asked: dict[str, object] = {}

    def note(params: dict[str, object], model: Any, **_: object) -> None:
        asked[model.name] = params["headers"].get("x-amz-request-payer")  # type: ignore[attr-defined]

    s3_client.client(config).meta.events.register("before-call.s3", note)
    (entry, *_) = list_footage(["s3://archive/cam1/"], config).entries
    assert probe(entry, FootageConfig(), config).status == "ok"
    wanted = "requester" if pays else None
    assert asked == dict.fromkeys(("ListObjectsV2", "HeadObject", "GetObject"), wanted)
