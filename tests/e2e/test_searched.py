"""What of a file was searched, from a scan to its rows: streams, recordings, and what is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.e2e.cli import WHO
from tests.e2e.here import lfr, sql
from tests.one_case import Casework
from tests.s3_servers import moto_server

HERE = ("--engine", "in_process", "--gallery", "people", *WHO)
FOOTAGE = """
SELECT parse_filename(uri) AS file, stream, recording, status, error, unsearched_share,
  round(searched_s, 1) AS searched_s, sightings
FROM footage ORDER BY uri, recording, stream
"""
SIGHTINGS = """
SELECT parse_filename(uri) AS file, recording, subject_id, start_s
FROM sightings JOIN footage USING (run_id, footage_id) ORDER BY uri
"""


def joined(casework: Casework, path: Path) -> Path:
    """Nobody for three seconds, then, in a recording of its own, somebody."""
    parts = casework.footage / "empty.mp4", casework.played / "passing.mp4"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def scanned(casework: Casework, out: Path, *given: str | Path) -> tuple[int, list[dict[str, Any]]]:
    done = lfr(casework.home, "scan", *given, *HERE, "--out", out, "--json")
    assert done.returncode in {0, 3}, done.stderr
    return done.returncode, sql(casework.home, FOOTAGE, out)


def test_joined_recordings_are_searched_each_and_a_partly_searched_file_is_finished_and_said(
    casework: Casework, tmp_path: Path
) -> None:
    out, more = tmp_path / "results", tmp_path / "more.mp4"
    whole = joined(casework, tmp_path / "joined.mp4")
    more.write_bytes((casework.played / "passing.mp4").read_bytes() + b"x" * 5_000_000)
    code, (*both, partly) = scanned(casework, out, whole, more)
    assert code == 3
    assert [(f["recording"], f["status"], f["searched_s"], f["sightings"]) for f in both] == [
        (1, "ok", 3.0, 0),
        (2, "ok", 4.0, 1),
    ]
    assert (partly["status"], partly["sightings"]) == ("partly", 1)
    assert "5000000 bytes" in partly["error"]
    assert 0.5 < partly["unsearched_share"] < 1.0
    (run,) = sql(casework.home, "SELECT * FROM runs", out)
    assert (run["status"], run["exit_code"]) == ("complete_partly", 3)
    assert (run["footage_partly"], run["footage_damaged"], run["footage_failed"]) == (1, 0, 0)
    sightings = sql(casework.home, SIGHTINGS, out)
    assert [(s["file"], s["subject_id"]) for s in sightings] == [
        ("joined.mp4", "astronaut"),
        ("more.mp4", "astronaut"),
    ]
    assert [s["start_s"] for s in sightings] == pytest.approx([1.0, 1.0], abs=0.21)
    again = lfr(casework.home, "resume", run["run_id"], "--engine", "in_process", "--out", out)
    assert again.returncode == 3
    assert sql(casework.home, SIGHTINGS, out) == sightings
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
