"""Footage and results in a bucket, with a real HTTP server in front of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from lfr_batch.cli.app import main
from tests.e2e.cli import WHO
from tests.one_case import Casework
from tests.s3_servers import forget_buckets, server_called
from tests.work_here import work_here


@pytest.fixture
def endpoint(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Of the server that the test names, each one of the two: what differs between them is
    tried where stores are."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    with work_here(), server_called(request.param, tmp_path) as address:
        yield address
        if request.param == "moto":
            forget_buckets(address)


@pytest.mark.parametrize("endpoint", ["moto"], indirect=True)
def test_from_bucket_to_bucket(
    endpoint: str,
    casework: Casework,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LFR_HOME", str(casework.home))
    store = boto3.client("s3", endpoint_url=endpoint)
    for bucket in ("archive", "lake"):
        place = {"LocationConstraint": "eu-west-2"}
        store.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)  # type: ignore[arg-type]
    store.upload_file(str(casework.played / "passing.mp4"), "archive", "day/walk.mp4")
    store.put_object(Bucket="archive", Key="day/broken.mp4", Body=b"")
    settings = tmp_path / "s3.yaml"
    settings.write_text(f"s3: {{endpoint_url: '{endpoint}'}}\njob: {{out: 's3://lake/op-1'}}\n")

    with pytest.raises(SystemExit) as stop:
        main(["scan", "s3://archive/day", "--gallery", "people", *WHO, "--engine", "in_process",
              "--config", str(settings)])  # fmt: skip
    said = capsys.readouterr()
    assert stop.value.code == 3, said.err
    assert "astronaut" in said.out
    assert "s3://archive/day/broken.mp4" in said.err

    with pytest.raises(SystemExit) as stop:
        main(["sql", "SELECT uri, status, subject_id FROM footage LEFT JOIN sightings "
              "USING (run_id, footage_id) ORDER BY uri", "--format", "json",
              "--config", str(settings)])  # fmt: skip
    assert stop.value.code == 0
    assert json.loads(capsys.readouterr().out) == [
        {"uri": "s3://archive/day/broken.mp4", "status": "failed", "subject_id": None},
        {"uri": "s3://archive/day/walk.mp4", "status": "ok", "subject_id": "astronaut"},
    ]


@pytest.mark.parametrize("endpoint", ["rclone"], indirect=True)
def test_what_was_searched_in_a_bucket_is_not_searched_again(
    endpoint: str,
    casework: Casework,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By its ETag, as a listing has it; what is new is."""
    monkeypatch.setenv("LFR_HOME", str(casework.home))
    store = boto3.client("s3", endpoint_url=endpoint)
    for bucket in ("archive", "lake"):
        place = {"LocationConstraint": "eu-west-2"}
        store.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)  # type: ignore[arg-type]
    settings = tmp_path / "s3.yaml"
    settings.write_text(f"s3: {{endpoint_url: '{endpoint}'}}\njob: {{out: 's3://lake/op-1'}}\n")

    def look() -> dict[str, Any]:
        with pytest.raises(SystemExit) as stop:
            main(["scan", "s3://archive/day/", "--gallery", "people", *WHO, "--new-only",
                  "--engine", "in_process", "--config", str(settings), "--json"])  # fmt: skip
        said = capsys.readouterr()
        assert stop.value.code == 0, said.err
        (row,) = json.loads(said.out)
        return dict(row)

    assert (look()["files_listed"], look()["run_id"]) == (0, None)
    store.upload_file(str(casework.footage / "portrait.jpg"), "archive", "day/a.jpg")
    first = look()
    assert (first["sightings"], first["files"]) == (1, 1)
    store.upload_file(str(casework.footage / "empty.mp4"), "archive", "day/b.mp4")
    second = look()
    assert (second["files"], second["searched_before"]) == (1, {first["run_id"]: 1})
    again = look()
    assert (again["run_id"], again["searched_before"]) == (
        None,
        {first["run_id"]: 1, second["run_id"]: 1},
    )
