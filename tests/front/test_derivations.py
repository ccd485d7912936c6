"""A gallery keeps the derivation of its pack that it was enrolled with, whatever is newest."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import lfr_batch as lfr
from lfr_batch.front.listeners import EnrolListener
from lfr_batch.front.verbs import foresee_gallery
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.open_pack import fetch_open_pack
from lfr_batch.models.store import load_pack
from tests.one_case import ACTOR, ASTRONAUT, AUTHORITY, Casework, installed_picture


@pytest.fixture
def home(tmp_path: Path, open_pack_home: Path) -> Path:
    """With version 2 of the open pack, as an earlier lfr_batch fetched it."""
    home = tmp_path / "home"
    shutil.copytree(open_pack_home / "models" / "open", home / "models" / "open")
    manifest = home / "models" / "open" / "manifest.json"
    _, version_2 = load_pack(home, "open").manifest.derivations()
    manifest.write_text(version_2.to_json())
    return home


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> lfr.Settings:
    changes = {"engine.kind": "in_process"}
    return lfr.Settings(changes=changes, home=home, results=tmp_path / "results")


def folder(path: Path, **people: Any) -> Path:
    for name, picture in people.items():
        (path / name).mkdir(parents=True)
        cv2.imwrite(str(path / name / "portrait.png"), picture)
    return path


def scan(casework: Casework, settings: lfr.Settings) -> tuple[str, float, float]:
    """With which pack, the threshold, and the score of whom it finds."""
    run = lfr.scan(casework.played / "passing.mp4", "people", AUTHORITY, settings=settings)
    (row,) = run.ask("sightings_of_run", top=5).to_pylist()
    assert row["subject_id"] == "astronaut"
    with lfr.open_results(settings) as results:
        asked = "SELECT model_pack FROM runs WHERE run_id = $run"
        (stated,) = results.arrow(asked, {"run": run.run_id}).to_pylist()
    return stated["model_pack"], run.threshold, row["score"]


def test_a_gallery_stays_with_its_own_until_it_is_enrolled_anew(
    casework: Casework, home: Path, settings: lfr.Settings, tmp_path: Path
) -> None:
    people = folder(tmp_path / "people", astronaut=installed_picture(ASTRONAUT))
    lfr.enrol("people", people, AUTHORITY, settings=settings)
    before = scan(casework, settings)
    assert before[0] == "open@2"

    fetch_open_pack(home)
    assert scan(casework, settings) == before, "the same derivation, threshold and score"

    said: list[str] = []
    listener = EnrolListener(said=said.append)
    more = folder(tmp_path / "more", actor=installed_picture(ACTOR))
    foreseen = foresee_gallery("people", more, AUTHORITY, is_all=False, settings=settings)
    assert "stays with open@2" in " ".join(foreseen.said)
    grown = lfr.add_to_gallery("people", more, AUTHORITY, settings=settings, listener=listener)
    assert grown.info.pack_id == "open@2"
    assert [sentence for sentence in said if "stays with open@2" in sentence] == [
        "Gallery 'people' stays with open@2, with which it was enrolled: enrol all its pictures "
        "anew with `lfr gallery enrol people` to have open@3."
    ]
    together = folder(
        tmp_path / "all", actor=installed_picture(ACTOR), astronaut=installed_picture(ASTRONAUT)
    )
    old = np.asarray(load_snapshot(home, "people").templates)
    anew = lfr.enrol("people", together, AUTHORITY, settings=settings)
    assert anew.info.pack_id == "open@3"
    new = np.asarray(load_snapshot(home, "people").templates)
    assert 0.9 < np.min(np.sum(old * new, axis=1)) < 0.9999, "mirror images count now"
    after = scan(casework, settings)
    assert after[0] == "open@3"
    assert after[2] != before[2]
