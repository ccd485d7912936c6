from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.results.store import open_store
from tests.cli.here import lfr
from tests.holding import record_run
from tests.results.exported import three_runs
from tests.results.runs_asked import EARLIER, LATER
from tests.results.synthetic import LEFT_RUN_ID, STARTED, searched_run

CASE = "OP-LANTERN 12/26"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.setenv("LFR_CASE", "a case that was exported to the shell")
    monkeypatch.chdir(tmp_path)
    three_runs(open_store(tmp_path / "results")).close()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ((EARLIER,), f"report-{EARLIER}.html"),
        (("--case", CASE), "report-OP-LANTERN-12-26.html"),
        (("--subject", "S029"), "report-S029.html"),
        (("--subject", "S029", "--case", CASE), "report-OP-LANTERN-12-26-S029.html"),
    ],
)
def test_of_a_run_a_case_or_a_person(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], name: str
) -> None:
    code, out, err = lfr(capsys, "report", *words)
    assert (code, out.strip()) == (0, str(home / name))
    assert "lacks enrolled pictures: Gallery 'custody' has no snapshot 's-0007'" in err
    assert "Candidate S029" in (home / name).read_text(encoding="utf-8")


def test_what_was_never_searched_is_said_on_the_terminal_too(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(home / "results")
    left, _ = searched_run(store, LEFT_RUN_ID)
    record_run(store, left, "failed", at=STARTED, error="the disk is full")
    code, out, err = lfr(capsys, "report", LEFT_RUN_ID)
    assert (code, out.strip()) == (3, str(home / f"report-{LEFT_RUN_ID}.html"))
    assert (
        f"run {LEFT_RUN_ID} failed: the disk is full; what it would find is not in the report\n"
        in err
    )
    page = Path(out.strip()).read_text(encoding="utf-8")
    assert "<strong>This run failed: </strong>the disk is full" in page
    assert page.index("This run failed") < page.index("<h2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "A report of what? Name a run (`lfr runs`), or give --case or --subject."),
        (("--subject", "S9"), "nobody called S9 was seen in any finished run"),
        ((LATER, "--case", "OP-2"), f"run {LATER} is of case {CASE}"),
    ],
)
def test_what_is_asked_wrongly(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, out, err = lfr(capsys, "report", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert not list(home.glob("*.html"))
