"""A home in a bucket: install, enrol, search on another node, forget."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from lfr_batch.cli.app import main
from lfr_batch.config.schema import S3Config
from lfr_batch.homes.cache import folder_of
from lfr_batch.storage.files import sha256_of
from lfr_batch.storage.s3_store import S3Store
from tests.e2e.cli import WHO
from tests.one_case import ACTOR, ASTRONAUT, Casework, installed_picture
from tests.s3_servers import team_bucket
from tests.work_here import work_here

NODES = ("first", "second", "third")
"""Caches of the home: one for each machine."""


@pytest.fixture
def home(
    request: pytest.FixtureRequest,
    casework: Casework,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """On the server that the test names, each on one of the two: what differs between them is
    tried where stores are."""
    with work_here(), team_bucket(request.param, tmp_path, monkeypatch) as place:
        monkeypatch.setenv("LFR_CACHE", str(tmp_path / "first"))
        for node in NODES:
            # What the models' check has found already: it takes longer than the rest.
            known = folder_of(tmp_path / node, f"{place}/home") / "cache"
            shutil.copytree(casework.home / "cache", known)
        yield f"{place}/home"


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert stop.value.code == code, err
    return out + err


def templates_in(cache: Path) -> list[Path]:
    return [*cache.rglob("templates.parquet"), *cache.rglob("index.faiss")]


@pytest.mark.parametrize("home", ["moto"], indirect=True)
def test_a_case_with_all_of_it_in_a_bucket(
    home: str,
    casework: Casework,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, source in (("astronaut", ASTRONAUT), ("actor", ACTOR)):
        (tmp_path / "people" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "people" / name / "portrait.png"), installed_picture(source))
    pack = casework.home / "models" / "open"
    assert f"is in {home}/models/open" in said(capsys, "models", "add", pack)
    enrol = ("gallery", "enrol", "people", "--images", tmp_path / "people", *WHO[:4])
    assert "people: 2 pictures of 2 subjects enrolled" in said(capsys, *enrol)
    assert "unchanged: the same snapshot as before" in said(capsys, *enrol)

    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "second"))
    portrait = casework.footage / "portrait.jpg"
    scan = ("scan", portrait, "--gallery", "people", *WHO, "--engine", "in_process")
    assert "astronaut" in said(capsys, *scan)
    (listed,) = json.loads(said(capsys, "gallery", "list", "--json"))
    assert (listed["gallery"], listed["templates"], listed["damage"]) == ("people", 2, None)
    assert "astronaut" in said(capsys, "gallery", "show", "people")
    assert "2 templates is intact" in said(capsys, "gallery", "verify", "people")
    assert "verified" in said(capsys, "models", "verify")
    here = folder_of(tmp_path / "second", home)
    kept = sha256_of(here / "models/open/yunet.onnx")
    assert sha256_of(tmp_path / "second" / "files" / kept) == kept

    assert "people is gone" in said(capsys, "gallery", "delete", "people", "--yes", *WHO)
    assert templates_in(tmp_path / "second") == []
    assert "There is no gallery 'people'" in said(capsys, *scan, code=2)
    assert templates_in(tmp_path / "first")  # until that node opens the home again
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "first"))
    said(capsys, "models", "list")
    assert templates_in(tmp_path / "first") == []
    shutil.rmtree(tmp_path / "first")


@pytest.mark.parametrize("home", ["rclone"], indirect=True)
def test_a_gallery_in_a_bucket_follows_pictures_in_a_bucket(
    home: str,
    casework: Casework,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    astronaut, actor = (
        cv2.imencode(".png", installed_picture(source))[1].tobytes()
        for source in (ASTRONAUT, ACTOR)
    )
    custody = S3Store(f"{home.rpartition('/')[0]}/custody", S3Config())
    custody.write_atomic("astronaut/portrait.png", astronaut)
    said(capsys, "models", "add", casework.home / "models" / "open")
    said(capsys, "gallery", "enrol", "people", "--images", custody.uri, *WHO[:4])
    S3Store(f"{custody.uri}-new", S3Config()).write_atomic("actor/portrait.png", actor)
    add = ("gallery", "add", "people", "--images", f"{custody.uri}-new", *WHO[:4], "--json")
    (row,) = json.loads(said(capsys, *add))
    assert (row["added"], row["unchanged"]) == (1, 1)
    custody.write_atomic("actor/portrait.png", actor)
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "second"))
    sync = ("gallery", "sync", "people", "--images", custody.uri, *WHO[:4], "--json")
    (row,) = json.loads(said(capsys, *sync))
    counts = (row["added"], row["changed"], row["removed"], row["unchanged"])
    assert counts == (0, 1, 0, 1), "the actor's picture has another name"
    monkeypatch.setenv("LFR_CACHE", str(tmp_path / "third"))
    scan = ("scan", casework.footage / "portrait.jpg", "--gallery", "people", *WHO)
    assert "astronaut" in said(capsys, *scan, "--engine", "in_process")
    removal = ("gallery", "remove", "people", "actor", *WHO, "--yes")
    assert "out of reach: caches of other machines" in said(capsys, *removal)
    store = S3Store(home, S3Config())
    stored = [store.read(path) for path in store.list("galleries/people")]
    assert not any(b"actor" in data for data in stored)
    assert len(store.list("audit/galleries")) == 2
