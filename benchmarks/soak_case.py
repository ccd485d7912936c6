"""What a hit run works on: a bucket with footage in it, a gallery, and rows to compare."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import boto3

from benchmarks.planted import DOOR, DUSK, STREET
from benchmarks.planted_film import build
from benchmarks.recall_scan import enrol_gallery
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query

StoreKind = Literal["moto", "rclone"]
CLIPS = (DOOR, STREET, DUSK)
ARCHIVE, LAKE, GALLERY = "archive", "lake", "people"
FOOTAGE = f"s3://{ARCHIVE}/day"
BROKEN_BYTES = 5000
REGION = "eu-west-2"
WAIT_S = 60.0
KEYS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}
VIEWS: Mapping[str, str] = {
    "sightings": "run_id",
    "candidates": "run_id",
    "best_shots": "run_id",
    "footage": "run_id",
    "segments": "run_id, attempt, decode_s, infer_s, wall_s, host, computed_on",
}
"""What is compared, without the columns in which two undisturbed runs differ, too."""

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Bucket:
    """``endpoint`` is the server's own, without faults."""

    endpoint: str

    @property
    def client(self) -> Any:
        session = boto3.Session("testing", "testing", region_name=REGION)
        return session.client("s3", endpoint_url=self.endpoint)

    def fill(self, footage: Sequence[Path], copies: int) -> None:
        """Each file so many times, as different files; one that is cut off; one still."""
        client, place = self.client, {"LocationConstraint": REGION}
        for name in (ARCHIVE, LAKE):
            client.create_bucket(Bucket=name, CreateBucketConfiguration=place)
        for path in footage:
            data = path.read_bytes()
            for number in range(copies if path.suffix == ".mp4" else 1):
                free_atom = (12).to_bytes(4, "big") + b"free" + number.to_bytes(4, "big")
                body = data + free_atom if path.suffix == ".mp4" else data
                key = f"day/{path.stem}-{number:02d}{path.suffix}"
                client.put_object(Bucket=ARCHIVE, Key=key, Body=body)
        body = footage[0].read_bytes()[:BROKEN_BYTES]
        client.put_object(Bucket=ARCHIVE, Key="day/broken.mp4", Body=body)

    def is_planned(self, run_id: str) -> bool:
        """Whether there is something that could be resumed."""
        key = f"{run_id}/_state/run_id={run_id}/request.json"
        return bool(self.client.list_objects_v2(Bucket=LAKE, Prefix=key).get("KeyCount"))

    def receipts(self, run_id: str) -> frozenset[tuple[str, str]]:
        """What tells that the run has gone on: keys and tags of its receipts."""
        found = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=LAKE, Prefix=f"{run_id}/_state/run_id={run_id}/ledger/"
        )
        return frozenset((o["Key"], o["ETag"]) for page in found for o in page.get("Contents", []))


def results_of(run_id: str) -> str:
    return f"s3://{LAKE}/{run_id}"


def rows_of(run_id: str) -> Rows:
    """The store is the one of the environment."""
    lake = open_lake(results_of(run_id))
    return {
        view: run_query(lake, f"SELECT * EXCLUDE ({volatile}) FROM {view} ORDER BY ALL").to_pylist()
        for view, volatile in VIEWS.items()
    }


def standing(run_id: str) -> tuple[str | None, str | None]:
    """Status and error of the run's last row, None where it has none."""
    lake = open_lake(results_of(run_id))
    found = run_query(lake, "SELECT status, error FROM runs").to_pylist()
    return (found[0]["status"], found[0]["error"]) if found else (None, None)


def given_up(run_id: str) -> int:
    """Segments that `lfr resume` would try again."""
    lake = open_lake(results_of(run_id))
    found = run_query(lake, "SELECT count(*) n FROM segments WHERE status = 'quarantined'")
    count: int = found.to_pylist()[0]["n"]
    return count


def prepare(folder: Path, pack_home: Path) -> tuple[Path, list[Path]]:
    """A home with a gallery, and files to search."""
    home, films = folder / "home", folder / "films"
    (home / "models").mkdir(parents=True)
    (home / "models" / "open").symlink_to((pack_home / "models" / "open").absolute())
    pictures = build(films, pack_home / "cache" / "archives", CLIPS)
    enrol_gallery(home, GALLERY, pictures)
    still = shutil.copyfile(pictures / "obama" / "1.jpg", films / "still.jpg")
    return home, [*(films / clip.file for clip in CLIPS), still]


@contextmanager
def s3_server(kind: StoreKind, folder: Path) -> Iterator[str]:
    """moto's does what S3 does; rclone's, before a folder, knows no conditions on a write."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    beside = Path(sys.executable).parent
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    if kind == "rclone":
        rclone = shutil.which("rclone", path=str(beside)) or "rclone"
        (folder / "s3").mkdir()
        command = [rclone, "serve", "s3", "--addr", f"127.0.0.1:{port}"]
        command += ["--auth-key", "testing,testing", str(folder / "s3")]
    with (folder / "s3.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    until_s = time.monotonic() + WAIT_S
    while True:
        if server.poll() is not None or time.monotonic() > until_s:
            raise RuntimeError("the S3 server does not start")
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
