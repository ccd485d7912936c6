"""The examples of docs/examples run as they are written, and find whom they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import pytest

from lfr_batch.results.store import open_store
from tests.e2e.cli import surroundings
from tests.one_case import ACTOR, ASTRONAUT, Casework, installed_picture
from tests.results.exported import three_runs

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
RUN = {
    "enrol_and_search.py": ("custody", "portrait.jpg", "broken.jpg"),
    "scan_and_ask.py": ("people", "footage"),
    "walk_through.ipynb": (),
}
SAYS = {
    "enrol_and_search.py": [
        "2 templates",
        "portrait.jpg face 1: astronaut 0.",
        ", a possible match",
        "failed: ",
    ],
    "scan_and_ask.py": ["1 sightings from a score of", "1 rows as Arrow", "astronaut"],
    "walk_through.ipynb": [
        "--authority and --purpose must be stated before any face is compared",
        "2 templates; refused: 0",
        "complete 1 sightings",
        "astronaut          1",
    ],
}


OF_RESULTS = {
    "results_in_pandas.py": ["8 sightings of 2 runs", "S029", "CAM-1", "0.7812"],
    "results_in_polars.py": ["S029: 0.781 on CAM-1, best of 4", "S014: 0.512 on CAM-1, best of 4"],
    "results_in_duckdb.py": [
        "archive/yard.avi",
        "margin: Score minus the next subject's",
        "('authority', 'Insp. A. Example, ref 12/2026')",
    ],
    "results_in_datasette.py": ["S029 0.781 CAM-1", "S014 0.448 "],
}
NO_PYTZ = "raise ModuleNotFoundError('an environment without pytz')"
"""DuckDB's own ``fetchall`` wants it for moments with a time zone; nothing of ours may."""
README = EXAMPLES.parents[1] / "README.md"
NEEDS = {"results_in_polars.py": "polars", "results_in_datasette.py": "datasette"}


@pytest.fixture
def desk(casework: Casework, tmp_path: Path) -> Path:
    """Where somebody works: pictures and footage, and a home with models and a gallery."""
    for name, source in (("astronaut", ASTRONAUT), ("actor", ACTOR)):
        (tmp_path / "custody" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "custody" / name / "face.png"), installed_picture(source))
    (tmp_path / "footage").mkdir()
    (tmp_path / "footage" / "passing.mp4").symlink_to(casework.played / "passing.mp4")
    (tmp_path / "portrait.jpg").symlink_to(casework.footage / "portrait.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    home = tmp_path / "home"
    (home / "galleries").mkdir(parents=True)
    (home / "models").symlink_to(casework.home / "models")
    (home / "galleries" / "people").symlink_to(casework.home / "galleries" / "people")
    # What the models' check has found already: it takes longer than an example.
    shutil.copytree(casework.home / "cache", home / "cache")
    return tmp_path


@pytest.mark.parametrize("name", RUN)
def test_an_example_runs_as_it_is_written(desk: Path, name: str) -> None:
    check(desk, name, RUN[name], SAYS[name])


@pytest.mark.parametrize("name", OF_RESULTS)
def test_other_programs_read_what_is_exported(tmp_path: Path, name: str) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    three_runs(open_store(tmp_path / "home" / "results")).close()
    check(tmp_path, name, ("OP-LANTERN 12/26",), OF_RESULTS[name])


def test_the_readme_reads_the_lake_with_plain_duckdb(tmp_path: Path) -> None:
    three_runs(open_store(tmp_path / "results")).close()
    (shown,) = re.findall(r'^python -c "(.+)"$', README.read_text(encoding="utf-8"), re.MULTILINE)
    (tmp_path / "results" / "pytz.py").write_text(NO_PYTZ)
    rows = "print(c.sql('FROM sightings').to_arrow_table()['start_utc'][0])"
    by_row = f"{shown.rpartition(';')[0]}; {rows}"
    for code, says in ((shown, "sighting_id"), (by_row, "2026-")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path / "results",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert says in done.stdout


def check(desk: Path, name: str, words: Sequence[str], says: Sequence[str]) -> None:
    (desk / "pytz.py").write_text(NO_PYTZ)
    script = desk / "example.py"
    script.write_text(code_of(EXAMPLES / name), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", str(script), *words],
        cwd=desk,
        env=surroundings(desk / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [said for said in says if said not in done.stdout] == [], done.stdout


def test_every_example_is_run() -> None:
    assert {*RUN, *OF_RESULTS} == {path.name for path in EXAMPLES.iterdir() if path.is_file()}


def code_of(path: Path) -> str:
    """A script, or the code cells of a notebook one after another."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return "\n".join("".join(cell["source"]) for cell in cells)
