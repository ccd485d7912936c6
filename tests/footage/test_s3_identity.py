"""What an object is known by, and that it stays the one that was planned."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.errors import FootageChanged, FootageUnreadable
from lfr_batch.footage import s3
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageEntry, Segment
from lfr_batch.storage import s3_client
from tests.probing import probe

MIB = 1024 * 1024


def b64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()


def test_an_object_that_changed_since_it_was_planned_is_refused(
    store: S3Config, bucket: str, rendered: dict[str, Path]
) -> None:
    uri = f"s3://{bucket}/cam1/a.mp4"
    (segment,) = plan_segments(probe(FootageEntry(uri), FootageConfig(), store), 60.0, "key")
    assert next(open_segment(segment, store)).pts_ns == 0
    other = rendered["clip.ts"].read_bytes()
    s3_client.client(store).put_object(Bucket=bucket, Key="cam1/a.mp4", Body=other)
    with pytest.raises(FootageUnreadable, match=f"changed .*had {segment.bytes} bytes"):
        next(open_segment(segment, store))


def planned(uri: str, store: S3Config) -> Segment:
    (segment,) = plan_segments(probe(FootageEntry(uri), FootageConfig(), store), 60.0, "key")
    return segment


def other_bytes(data: bytes) -> bytes:
    """As many, one of them different."""
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.fixture
def versions(store: S3Config) -> Iterator[str]:
    """A bucket that keeps versions."""
    client = s3_client.client(store)
    client.create_bucket(Bucket="versions")
    client.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    yield "versions"
    listed = client.list_object_versions(Bucket="versions")
    for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        client.delete_object(Bucket="versions", Key=item["Key"], VersionId=item["VersionId"])
    client.delete_bucket(Bucket="versions")


@pytest.mark.usefixtures("bucket", "versions")
@pytest.mark.parametrize("bucket_name", ["archive", "versions"])
@pytest.mark.parametrize("checksum", [{}, {"ChecksumAlgorithm": "SHA256"}])
def test_another_object_of_the_same_size_is_refused(
    store: S3Config, rendered: dict[str, Path], bucket_name: str, checksum: Any
) -> None:
    client, bucket, key = s3_client.client(store), bucket_name, "a.mp4"
    uri, data = f"s3://{bucket}/{key}", rendered["plain.mp4"].read_bytes()
    client.put_object(Bucket=bucket, Key=key, Body=data, **checksum)
    segment = planned(uri, store)
    assert (segment.version_id is not None) == (bucket == "versions")
    assert len(list(open_segment(segment, store))) == 100
    client.put_object(Bucket=bucket, Key=key, Body=data, **checksum)
    assert len(list(open_segment(segment, store))) == 100, "the same bytes put there again"
    client.put_object(Bucket=bucket, Key=key, Body=other_bytes(data), **checksum)
    with pytest.raises(FootageChanged, match=f"{uri} has changed .*its size is the same"):
        next(open_segment(segment, store))
    client.delete_object(Bucket=bucket, Key=key)
    with pytest.raises(FootageUnreadable, match=f"{uri} is gone since the run was planned"):
        next(open_segment(segment, store))


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_an_object_that_does_not_stay_does_not_count(
    store: S3Config, bucket: str, rendered: dict[str, Path], change: str
) -> None:
    """It is so small that it was read in one go, before that."""
    client, uri = s3_client.client(store), f"s3://{bucket}/cam1/a.mp4"
    frames = open_segment(planned(uri, store), store)
    next(frames)
    if change == "deleted":
        client.delete_object(Bucket=bucket, Key="cam1/a.mp4")
    else:
        data = other_bytes(rendered["plain.mp4"].read_bytes())
        client.put_object(Bucket=bucket, Key="cam1/a.mp4", Body=data)
    with pytest.raises(FootageChanged, match=f"{uri} was changed, replaced or moved away while"):
        list(frames)


@pytest.mark.usefixtures("bucket")
def test_a_store_that_ignores_conditions_is_not_believed(store: S3Config) -> None:
    client = s3_client.client(store)

    def ignored(params: dict[str, object], **_: object) -> None:
        params.pop("IfMatch")

    client.meta.events.register("before-parameter-build.s3.GetObject", ignored)
    client.put_object(Bucket="archive", Key="x", Body=bytes(3 * MIB))
    with s3.S3Object("s3://archive/x", store).open_bytes() as file:
        file.read(10)
        client.put_object(Bucket="archive", Key="x", Body=b"1" * 3 * MIB)
        file.seek(2 * MIB)
        with pytest.raises(FootageChanged, match="was replaced while it was being read"):
            file.read(10)


ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.usefixtures("bucket")
@pytest.mark.parametrize(
    ("said", "checksum", "content_id"),
    [
        ({}, "etag:900150983cd24fb0d6963f7d28e17f72", None),
        ({"ChecksumSHA256": b64(ABC)}, f"sha256:{ABC}", ABC),
        ({"ChecksumSHA256": b64(ABC) + "-2"}, "etag:900150983cd24fb0d6963f7d28e17f72", None),
        ({"ETag": ""}, "modified:2026-01-01T00:00:00+00:00", None),
        ({"ETag": '"d41d-2"'}, "etag:d41d-2", None),
    ],
)
def test_what_identifies_an_object(
    store: S3Config, said: dict[str, str], checksum: str, content_id: str | None
) -> None:
    client = s3_client.client(store)
    client.put_object(Bucket="archive", Key="abc", Body=b"abc")

    def answer(parsed: dict[str, object], **_: object) -> None:
        parsed.update({"LastModified": datetime(2026, 1, 1, tzinfo=UTC), **said})

    client.meta.events.register("after-call.s3.HeadObject", answer)
    facts = s3.S3Object("s3://archive/abc", store).facts()
    assert (facts.checksum, facts.content_id) == (checksum, content_id)
    assert s3.S3Object("s3://archive/abc", store).state() == facts.state


@pytest.mark.usefixtures("bucket")
def test_a_store_without_etags_can_be_read(store: S3Config) -> None:
    client = s3_client.client(store)
    client.put_object(Bucket="archive", Key="abc", Body=b"abc")
    for operation in ("HeadObject", "GetObject"):
        client.meta.events.register(
            f"after-call.s3.{operation}", lambda parsed, **_: parsed.pop("ETag")
        )
    with s3.S3Object("s3://archive/abc", store).open_bytes() as file:
        assert file.read() == b"abc"


@pytest.mark.usefixtures("bucket")
def test_a_store_checksum_is_used(store: S3Config) -> None:
    s3_client.client(store).put_object(
        Bucket="archive", Key="sum", Body=b"abc", ChecksumAlgorithm="SHA256"
    )
    known = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert s3.S3Object("s3://archive/sum", store).facts().checksum == known


@pytest.mark.usefixtures("bucket")
def test_an_object_replaced_while_reading_is_refused(store: S3Config) -> None:
    client = s3_client.client(store)
    client.put_object(Bucket="archive", Key="x", Body=bytes(3 * MIB))
    with s3.S3Object("s3://archive/x", store).open_bytes() as file:
        file.read(10)
        client.put_object(Bucket="archive", Key="x", Body=b"1" * 3 * MIB)
        file.seek(2 * MIB)
        with pytest.raises(FootageUnreadable, match="was replaced"):
            file.read(10)
