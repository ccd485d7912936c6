"""Forgetting where home and results are in a bucket: no object of it has anything left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import UsageError
from lfr_batch.front.forget import What, finish_forgetting
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.homes.at_hand import snapshot_at_hand
from lfr_batch.results import lock
from lfr_batch.results.compact import compact
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store
from tests.front.forgotten import OTHER, STATED, SUBJECT, URI
from tests.front.forgotten_in_bucket import copied, fill, settings_of, traces
from tests.gallery.conftest import people_of
from tests.results.synthetic import RUN_ID, archive
from tests.results.test_readers import answer
from tests.s3_servers import moto_server, new_bucket, rclone_server

pytestmark = pytest.mark.long

ROOT = Path(lfr.__file__).parents[1]
SERVERS = ["moto", "rclone"]
VALUES: dict[What, str] = {"subject": SUBJECT, "run": OTHER, "footage": URI}
PICTURES = tuple(s.jpeg for s in archive().sightings if s.subject_id == SUBJECT)
TEMPLATES = tuple(face.template.tobytes() for face in people_of({SUBJECT: 2}))


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("rclone")
    with moto_server() as moto, rclone_server(folder) as rclone:
        yield {"moto": moto, "rclone": rclone}


@pytest.fixture(params=SERVERS)
def place(
    request: pytest.FixtureRequest,
    addresses: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "cache"))
    with new_bucket(addresses[request.param], tmp_path) as bucket:
        yield f"s3://{bucket}/team a"


def said_of(place: str, value: str) -> list[str]:
    """Manifests of before name runs for a while, and nothing else of them."""
    return [path for path in traces(place, value.encode()) if "_lake/manifest" not in path]


def templates_in(cache: Path) -> list[Path]:
    """Files of this node that have one of the subject."""
    paths = [path for path in cache.rglob("*") if path.is_file()]
    assert paths
    return [path for path in paths if any(one in path.read_bytes() for one in TEMPLATES)]


def on_record(place: str) -> list[str]:
    """Intentions and receipts, beside the log."""
    home = S3Store(f"{place}/home", S3Config())
    paths = [*home.list("audit/forget"), *home.list("audit/galleries")]
    return sorted(path.split("/")[1] + path[path.index(".") :] for path in paths)


def test_of_a_subject_no_object_has_anything(place: str, tmp_path: Path) -> None:
    settings = fill(place)
    assert templates_in(tmp_path / "cache")
    assert {path.split("/")[1] for path in said_of(place, SUBJECT)} == {
        "galleries", "sightings", "candidates", "best_shots", "subjects"
    }  # fmt: skip
    for mark in (*PICTURES, *TEMPLATES):
        assert traces(place, mark)
    receipt = lfr.forget("subject", SUBJECT, STATED, settings=settings)
    for mark in (SUBJECT.encode(), *PICTURES, *TEMPLATES):
        assert traces(place, mark) == []
    assert receipt.intention.rows["sightings"] == 4
    assert on_record(place) == [
        "forget.done.json", "forget.intended.json", "galleries.done.json", "galleries.intended.json"
    ]  # fmt: skip
    home = S3Store(f"{place}/home", S3Config())
    kept = json.loads(home.read(f"audit/forget/{receipt.intention.id}.done.json"))
    assert kept["intention"]["authority"] == STATED.authority
    here = snapshot_at_hand(f"{place}/home", "custody", None, S3Config())
    assert {*load_snapshot(here, "custody").subject_ids} == {"S900"}
    assert templates_in(tmp_path / "cache") == []
    with pytest.raises(UsageError, match=f"Nobody is called '{SUBJECT}'"):
        lfr.forget("subject", SUBJECT, STATED, settings=settings)


@pytest.mark.parametrize(
    ("place", "what"), [("moto", "run"), ("rclone", "footage")], indirect=["place"]
)
def test_of_a_run_or_a_file_no_object_has_anything(place: str, what: What) -> None:
    settings, value = fill(place), VALUES[what]
    assert len(said_of(place, value)) > 5
    lfr.forget(what, value, STATED, settings=settings)
    assert said_of(place, value) == []
    assert on_record(place) == ["forget.done.json", "forget.intended.json"]
    left = [RUN_ID] if what == "run" else [RUN_ID, OTHER]
    with lfr.open_results(settings) as results:
        assert results.arrow("SELECT run_id FROM runs").column(0).to_pylist() == left


def killed(place: str, steps: Sequence[int], *asked: str) -> list[int]:
    """How each process ended, behind the steps that it took where it lived."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.front.forgotten_in_bucket", place,
         ",".join(map(str, steps)), *asked],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [int(line) for line in done.stdout.splitlines()]


def killed_at_some(place: str, *asked: str) -> list[str]:
    """Copies of what ``place``/0 is filled with, in each of which somebody was killed at another
    step; there nobody was."""
    whole = S3Store(f"{place}/0", S3Config())
    content = {path: whole.read(path) for path in whole.list("")}
    steps, code = killed(place, [0], *asked)
    assert code == 0
    some = sorted({steps * n // 4 for n in range(1, 4)})
    copies = [f"{place}/{step}" for step in some]
    for copy in copies:
        copied(copy, content)
    assert killed(place, some, *asked) == [-9] * len(some)
    return copies


@pytest.fixture
def leases_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a minute after whoever had them was killed."""
    monkeypatch.setattr(lock, "LEASE_S", 0.0)
    at_once = partial(lock.lock_run, lease_s=0.0)
    monkeypatch.setattr("lfr_batch.results.forget.lock_run", at_once)


@pytest.mark.parametrize(
    ("place", "what"),
    [("moto", "subject"), ("rclone", "run"), ("rclone", "footage")],
    indirect=["place"],
)
@pytest.mark.usefixtures("leases_are_over")
def test_whatever_kills_it_the_next_call_ends_it(place: str, what: What, tmp_path: Path) -> None:
    value = VALUES[what]
    fill(f"{place}/0")
    for copy in killed_at_some(place, what, value):
        settings = settings_of(copy)
        assert said_of(copy, value), "there is something left to be done"
        if on_record(copy):
            assert len(finish_forgetting(settings)) == 1
        else:  # nothing was begun: in a home without a log its key and note come first
            assert lfr.forget(what, value, STATED, settings=settings)
        assert said_of(copy, value) == []
        assert finish_forgetting(settings) == []
        with lfr.open_results(settings) as results:
            left = results.arrow("SELECT run_id FROM runs").column(0).to_pylist()
        assert left == ([RUN_ID] if what == "run" else [RUN_ID, OTHER])
    assert what != "subject" or templates_in(tmp_path / "cache") == [], "of none of the copies"


@pytest.mark.parametrize("place", ["moto"], indirect=True)
def test_a_killed_compaction_changes_no_row(place: str) -> None:
    fill(f"{place}/0")
    before = answer(f"{place}/0/results")
    for copy in killed_at_some(place):
        assert answer(f"{copy}/results") == before
        compact(open_store(f"{copy}/results"))
        assert answer(f"{copy}/results") == before
        there = open_store(f"{copy}/results").folders("sightings")
        assert there == ("month=2026-01",)
