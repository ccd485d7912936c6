"""Rendered footage that several tests read, and a store with some of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.storage import s3_client
from tests.s3_servers import moto_server

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


class Rendered(dict[str, Path]):
    """Clips by name, each encoded when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __missing__(self, name: str) -> Path:
        made = write_clip(self._folder / name, **CONTAINERS[name])  # type: ignore[arg-type]
        return self.setdefault(name, made)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same four seconds (100 frames, a keyframe a second) in many containers."""
    return Rendered(tmp_path_factory.mktemp("rendered"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def store(endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[S3Config]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    s3_client.client.cache_clear()
    yield S3Config(endpoint_url=endpoint, region="us-east-1", read_ahead_mib=1)
    s3_client.client.cache_clear()


@pytest.fixture
def bucket(store: S3Config, rendered: dict[str, Path]) -> Iterator[str]:
    client = boto3.client(
        "s3",
        endpoint_url=store.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    client.create_bucket(Bucket="archive")
    for key in ("cam1/a.mp4", "cam1/b #1?.mp4", "cam1/list.csv", "cam1/.x/c.mp4", "cam2/d.mp4"):
        client.put_object(Bucket="archive", Key=key, Body=rendered["plain.mp4"].read_bytes())
    client.put_object(Bucket="archive", Key="cam1/", Body=b"")
    yield "archive"
    for item in client.list_objects_v2(Bucket="archive").get("Contents", []):
        client.delete_object(Bucket="archive", Key=item["Key"])
    client.delete_bucket(Bucket="archive")
