"""What leaves a home and results that are in a bucket, command by command."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lfr_batch.cli.app import main
from lfr_batch.config.schema import S3Config
from lfr_batch.gallery.snapshot_files import shared_files
from lfr_batch.homes.change import changed_gallery
from lfr_batch.storage.s3_store import S3Store
from tests.e2e.cli import WHO
from tests.front.forgotten import OTHER, SUBJECT, URI
from tests.front.forgotten_in_bucket import fill, traces
from tests.gallery.conftest import people_of
from tests.gallery.grown import grow
from tests.results.synthetic import RUN_ID
from tests.s3_servers import team_bucket

pytestmark = pytest.mark.long

POLICY = b'retention: {cases: {"OP-LANTERN*": 90d}}\n'
Said = Callable[..., str]


@pytest.fixture(params=["moto"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    with team_bucket(request.param, tmp_path, monkeypatch) as found:
        fill(found)
        yield found


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def command(*words: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main([*words])
        out, err = capsys.readouterr()
        assert not stop.value.code, err
        return out

    return command


def snapshots(place: str) -> list[str]:
    paths = S3Store(place, S3Config()).list("home/galleries/custody/snapshots")
    return [path.rpartition("/")[2].removesuffix(".json") for path in paths]


def grown(place: str, subject_id: str) -> str:
    with changed_gallery(f"{place}/home", "custody", S3Config(), shared_files) as folder:
        return grow(folder, people_of({subject_id: 2})).snapshot_id


@pytest.mark.parametrize("place", ["rclone"], indirect=True)
def test_runs_of_which_the_time_is_over(place: str, said: Said) -> None:
    assert "2 runs put together" in said("lake", "compact")
    assert json.loads(said("lake", "check", "--json")) == []
    store = S3Store(place, S3Config())
    uses = json.loads(said("du", "--json"))
    used = {(each["kind"], each["name"]): each["bytes"] for each in uses}
    assert used["total", f"{place}/home"] == sum(store.sizes("home").values()) > 0
    for name in ("sightings", "best_shots"):
        assert used["dataset", name] == sum(store.sizes(f"results/{name}").values()) > 0
    assert json.loads(said("retention", "sweep", "--json")) == []
    store.write_atomic("home/policy.yaml", POLICY)
    swept = json.loads(said("retention", "sweep", "--json"))
    assert [(each["run_id"], each["state"]) for each in swept] == [
        (RUN_ID, "deleted"),
        (OTHER, "deleted"),
    ]
    for mark in (RUN_ID, OTHER):
        assert {path.split("/")[1] for path in traces(place, mark.encode())} <= {"_lake"}
    assert not store.list("results/sightings")
    assert len(store.list("home/audit/forget")) == 4
    assert json.loads(said("lake", "check", "--json")) == []


@pytest.mark.parametrize("place", ["moto"], indirect=True)
def test_people_of_a_gallery(place: str, said: Said) -> None:
    (first,) = snapshots(place)
    second = grown(place, "S901")
    (row,) = json.loads(said("gallery", "diff", "custody", first, second, "--json"))
    assert "S901" in str(row)
    assert traces(place, b"S900")
    said("gallery", "remove", "custody", "S900", "--yes", *WHO)
    assert [path for path in traces(place, b"S900") if "/galleries/" in path] == []
    (third,) = snapshots(place)
    assert third not in {first, second}
    fourth = grown(place, "S902")
    said("gallery", "prune", "custody", "--keep", "0", "--yes", *WHO)
    assert snapshots(place) == [fourth]
    said("gallery", "delete", "custody", "--yes", *WHO)
    store = S3Store(place, S3Config())
    assert not store.list("home/galleries")
    assert len(store.list("home/audit/galleries")) == 6


def test_what_is_to_be_forgotten(place: str, said: Said) -> None:
    for what, value in (("subject", SUBJECT), ("footage", URI)):
        (foreseen,) = json.loads(said("forget", what, value, *WHO, "--dry-run", "--json"))
        assert foreseen["rows"]["sightings"] > 0
        assert traces(place, value.encode())
        out = said("forget", what, value, "--yes", *WHO)
        assert f"receipt: {place}/home/audit/forget/" in out
        assert traces(place, value.encode()) == []
    said("forget", "run", OTHER, "--yes", *WHO)
    assert {path.split("/")[1] for path in traces(place, OTHER.encode())} <= {"_lake"}
