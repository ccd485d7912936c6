"""Evidence packs asked for in a browser: made, sent, verified, and not kept."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.cli.review import packed_with
from lfr_batch.office.packs import PackWish, words_of
from lfr_batch.oversight import audit
from tests.office.made import ServedOffice

MADE_IN_S = 300.0
"""On a machine that is busy with others' tests."""


@pytest.fixture(autouse=True)
def its_home(office: ServedOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `lfr serve` has it, and hands it on to `lfr evidence`."""
    monkeypatch.setenv("LFR_HOME", str(office.home))


def asked(office: ServedOffice, name: str = "Otto", **body: Any) -> Any:
    run_id = office.runs()[0]
    order = {"redact": True, "why": "for disclosure", **body}
    path = f"/api/runs/{run_id}/evidence"
    return office.client(name).ask("POST", path, order, timeout=MADE_IN_S)


def test_it_is_made_sent_and_verified(office: ServedOffice, tmp_path: Path) -> None:
    sightings = office.client("Otto").get(f"/api/runs/{office.runs()[0]}")["sightings"]
    still = next(each["sighting_id"] for each in sightings if each["footage_kind"] == "still")
    answer = asked(office, sightings=[still])
    assert answer.status == 200, answer.data
    pack = tmp_path / "pack.zip"
    pack.write_bytes(answer.data)
    with zipfile.ZipFile(pack) as opened:
        (tmp_path / "verify.py").write_bytes(opened.read("verify.py"))
        run = json.loads(opened.read("run.json"))
    assert office.runs()[0] in json.dumps(run)
    command = [sys.executable, "-I", str(tmp_path / "verify.py"), str(pack)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "by Otto" in said.stdout
    made = [line for line in audit.entries(office.home) if line["event"] == "evidence.made"]
    assert made[-1]["by"] == "Otto"
    assert not list(
        Path(tempfile.gettempdir()).glob(f"lfr-evidence-*/evidence-{office.runs()[0]}*")
    )


REFUSED: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    ("Otto", {"redact": False}, 409, "untouched frames"),
    ("Otto", {"redact": False, "to": ["nobody"]}, 409, "nobody"),
    ("Otto", {"to": ["/etc/passwd"]}, 422, "to is not understood"),
    ("Otto", {"sightings": ["--out=x"]}, 422, "sightings is not understood"),
    ("Otto", {"sightings": ["feed"]}, 409, "feed"),
    ("Otto", {"redact": False, "nothing_found": True}, 409, "sighting"),
    ("Uma", {}, 403, "authoriser"),
)


def test_refusals(office: ServedOffice) -> None:
    for who, body, status, said in REFUSED:
        answer = asked(office, who, **body)
        assert answer.status == status, body
        assert said in answer.json()["error"]


def test_what_was_set_for_the_server_goes_with_it(office: ServedOffice) -> None:
    root = str(office.home / "results")
    office.office.packs.options = packed_with(root, Path("my.yaml"), ["s3.retries=1", "no.such=1"])
    assert f"--config={Path('my.yaml').absolute()}" in office.office.packs.options
    office.office.packs.options = packed_with(root, None, ["no.such=1"])
    answer = asked(office)
    assert answer.status == 409
    assert "there is no setting 'no'" in answer.json()["error"]


def test_words() -> None:
    wish = PackWish("run", ("a", "b"), ("court",), False, False, "Otto", "--redact")
    words = words_of(wish, Path("/tmp/x.zip"), ("--results=r",))
    assert words == [
        "evidence",
        "--out=/tmp/x.zip",
        "--operator=Otto",
        "--why=--redact",
        "--to=court",
        "--results=r",
        "--",
        "run",
        "a",
        "b",
    ]
