"""A case whose home and results are in a bucket, from an urgent request to its evidence."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

from lfr_batch.casework.decisions import Decisions, new_id
from lfr_batch.config.schema import S3Config
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store
from tests.casework.examined import ANNE, BILL, opinion
from tests.cli.here import lfr
from tests.one_case import ASTRONAUT, Casework, installed_picture
from tests.s3_servers import team_bucket

pytestmark = pytest.mark.long

ANNA = ("--operator", "anna")
Said = Callable[..., str]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with team_bucket("moto", tmp_path, monkeypatch) as found:
        policy = b"authorisation: {urgent: 24h}\ngovernance: {fewest: 1}\n"
        S3Store(found, S3Config()).write_atomic("home/policy.yaml", policy)
        yield found


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    def command(*words: str | Path, code: int = 0) -> str:
        ended, out, err = lfr(capsys, *map(str, words))
        assert (ended or 0) == code, err
        return out if code == 0 else err

    return command


def searched(said: Said, place: str, casework: Casework, tmp_path: Path) -> tuple[str, str]:
    """The run that was begun on an urgent request, and what was asked for."""
    (tmp_path / "people" / "astronaut").mkdir(parents=True)
    picture = str(tmp_path / "people" / "astronaut" / "portrait.png")
    cv2.imwrite(picture, installed_picture(ASTRONAUT))
    said("models", "add", casework.home / "models" / "open")
    stated = ("--case", "OP-1", "--authority", "Insp. A")
    said("gallery", "enrol", "people", "--images", tmp_path / "people", *stated)
    said("case", "open", "OP-1", "--kind", "missing person", "--harm", "threat to life", *ANNA)
    asked = ("authorise", "request", "--case", "OP-1", "--purpose", "find her", "--urgent", *ANNA)
    name = said(*asked).strip()
    assert said(*asked).strip() == name
    found = said(
        "scan", casework.footage / "portrait.jpg", "--gallery", "people", "--engine", "in_process",
        "--case", "OP-1", "--authority", name, "--json", *ANNA,
    )  # fmt: skip
    return json.loads(found)[0]["run_id"], name


def statuses(said: Said) -> list[str]:
    return [each["status"] for each in json.loads(said("sql", "FROM runs", "--json", *ANNA))]


def test_all_of_it(place: str, said: Said, casework: Casework, tmp_path: Path) -> None:
    run_id, name = searched(said, place, casework, tmp_path)
    store = S3Store(f"{place}/home", S3Config())
    (clock,) = store.list("cases/_clocks")
    over = json.loads(store.read(clock)) | {"deadline": "2026-01-01T00:00:00Z"}
    store.write_atomic(clock, json.dumps(over).encode())
    assert statuses(said) == ["withheld"]
    pack = tmp_path / "pack.zip"
    packing = ("evidence", run_id, "--out", pack, "--without-footage", "--why", "court", *ANNA)
    for words in (packing, ("review", run_id, *ANNA)):
        assert f"Run {run_id} is withheld until it is authorised" in said(*words, code=2)
    said("authorise", "grant", name, "--operator", "chief")
    assert statuses(said) == ["complete"]

    (seen,) = json.loads(said("sql", "SELECT sighting_id FROM sightings", "--json", *ANNA))
    book = Decisions(open_store(f"{place}/results"), f"{place}/home", S3Config())
    for who in (ANNE, BILL):
        found = opinion("same_strong", "astronaut")
        book.decide(run_id, seen["sighting_id"], who, found, ["astronaut"], new_id())
    for _ in "ab":
        book.note_outcome(run_id, seen["sighting_id"], ANNE, "arrest", "at the depot")

    said(*packing)
    with zipfile.ZipFile(pack) as archive:
        archive.extract("verify.py", tmp_path)
    alone: list[str | Path] = [sys.executable, "-I", tmp_path / "verify.py", pack]
    assert subprocess.run(alone, capture_output=True, check=False).returncode == 0
    assert "the same" in said("rerun", pack, *ANNA)
    board = ("--from", "2026-01-01", "--to", "2099-12-31", "--csv", tmp_path / "b.csv")
    said("report", "--governance", *board, "--out", tmp_path / "b.html", *ANNA)
    figures = (tmp_path / "b.csv").read_text().splitlines()
    assert any(line.startswith("all,,confirmed,1,") for line in figures), figures
    shown = said("audit", "show", "--case", "OP-1")
    for each in ("anna", "chief", "an evidence pack was made"):
        assert each in shown
    said("audit", "verify")
