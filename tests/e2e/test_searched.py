"""What of a file was searched, from a scan to its rows: streams, recordings, and what is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.cli import WHO, lfr, sql
from tests.one_case import Casework
from tests.s3_servers import moto_server

HERE = ("--engine", "in_process", "--gallery", "people", *WHO)
FOOTAGE = """
SELECT parse_filename(uri) AS file, stream, recording, status, error, unsearched_share,
  round(searched_s, 1) AS searched_s, sightings
FROM footage ORDER BY uri, recording, stream
"""


def joined(casework: Casework, path: Path) -> Path:
    """Nobody for three seconds, then, in a recording of its own, somebody."""
    parts = [casework.footage / name for name in ("empty.mp4", "walk.mp4")]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def scanned(casework: Casework, out: Path, *given: str | Path) -> tuple[int, list[dict[str, Any]]]:
    done = lfr(casework.home, "scan", *given, *HERE, "--out", out, "--json")
    assert done.returncode in {0, 3}, done.stderr
    return done.returncode, sql(casework.home, FOOTAGE, out)


def test_someone_in_the_second_of_two_joined_recordings_is_found(
    casework: Casework, tmp_path: Path
) -> None:
    path = joined(casework, tmp_path / "joined.mp4")
    code, found = scanned(casework, tmp_path / "results", path)
    assert code == 0
    assert [(f["recording"], f["status"], f["searched_s"], f["sightings"]) for f in found] == [
        (1, "ok", 3.0, 0),
        (2, "ok", 9.0, 1),
    ]
    (seen,) = sql(casework.home, "SELECT subject_id, start_s FROM sightings", tmp_path / "results")
    assert seen["subject_id"] == "astronaut"
    assert seen["start_s"] == pytest.approx(1.0, abs=0.21)


def test_a_partly_searched_file_is_finished_and_said(casework: Casework, tmp_path: Path) -> None:
    path, out = tmp_path / "more.mp4", tmp_path / "results"
    path.write_bytes((casework.footage / "walk.mp4").read_bytes() + b"x" * 5_000_000)
    code, (found,) = scanned(casework, out, path)
    assert code == 3
    assert (found["status"], found["sightings"]) == ("partly", 1)
    assert "5000000 bytes" in found["error"]
    assert 0.5 < found["unsearched_share"] < 1.0
    (run,) = sql(casework.home, "SELECT * FROM runs", out)
    assert (run["status"], run["exit_code"]) == ("complete_partly", 3)
    assert (run["footage_partly"], run["footage_damaged"], run["footage_failed"]) == (1, 0, 0)
    again = lfr(casework.home, "resume", run["run_id"], "--engine", "in_process", "--out", out)
    assert again.returncode == 3
    assert len(sql(casework.home, "SELECT * FROM sightings", out)) == 1
    assert list((out / "_state").rglob("shards/*.parquet")) == []


def test_joined_recordings_in_a_bucket(
    casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "eu-west-2")
    with moto_server() as endpoint:
        store = boto3.client("s3", endpoint_url=endpoint)
        place = {"LocationConstraint": "eu-west-2"}
        store.create_bucket(Bucket="joins", CreateBucketConfiguration=place)  # type: ignore[arg-type]
        store.upload_file(str(joined(casework, tmp_path / "joined.mp4")), "joins", "joined.mp4")
        where = ("--set", f"s3.endpoint_url={json.dumps(endpoint)}")
        code, found = scanned(casework, tmp_path / "results", "s3://joins/joined.mp4", *where)
    assert code == 0
    assert [(f["recording"], f["status"], f["sightings"]) for f in found] == [
        (1, "ok", 0),
        (2, "ok", 1),
    ]
