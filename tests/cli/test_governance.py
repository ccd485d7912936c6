"""`lfr report --governance`: a period's figures, of searches that were really decided."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from lfr_batch.casework.decisions import Decisions, new_id
from lfr_batch.config.schema import S3Config
from lfr_batch.front.governance.counted import NOT_DECIDED, board_figures
from lfr_batch.front.governance.facts import board_facts
from lfr_batch.front.governance.known import BoardFacts
from lfr_batch.oversight import audit
from lfr_batch.results.lake import open_lake
from lfr_batch.results.rollup import Enrolled
from lfr_batch.results.store import open_store
from tests.casework.examined import ANNE, BILL, CARO, opinion
from tests.cli.here import lfr
from tests.results.runs_asked import publish
from tests.results.synthetic import STARTED

RUNS = tuple(f"20260131-{n:06d}-scan-0001" for n in range(14))
EMPTY = 6
"""Of them without a result."""
PERIOD = ("--from", "2026-01-01", "--to", "2026-01-31")
Out = pytest.CaptureFixture[str]


def known(subject_ids: Collection[str]) -> Mapping[str, Enrolled]:
    return {each: Enrolled({"region": "north"}, 1) for each in subject_ids}


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight searches of four sightings each, six without any. Of each first sighting two say that
    it is the same person, of each second two disagree; in the first six runs a third decides.
    Read only."""
    place = tmp_path_factory.mktemp("decided")
    store = open_store(place / "results")
    for n, run_id in enumerate(RUNS):
        sightings = () if n < EMPTY else None
        publish(store, run_id, sightings, enrolled=known, case_ref=f"OP-{n % 2}")
    book = Decisions(store, place, S3Config())
    for n, run_id in enumerate(RUNS[EMPTY:]):
        first, second = "f-gate-0000-S029-12200", "f-gate-0060-S014-70000"
        for who in (ANNE, BILL):
            book.decide(run_id, first, who, opinion("same_strong", "S029"), ["S029"], new_id())
        for who, said in ((ANNE, "same_strong"), (BILL, "different")):
            book.decide(run_id, second, who, opinion(said, "S014"), ["S014"], new_id())  # type: ignore[arg-type]
        if n < 6:
            book.decide(run_id, second, CARO, opinion("different", "S014"), ["S014"], new_id())
        book.note_outcome(run_id, first, ANNE, "arrest", "at the depot")
    return place


@pytest.fixture
def home(decided: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(decided, tmp_path, dirs_exist_ok=True)


def facts_of(home: Path) -> BoardFacts:
    begin = STARTED.replace(day=1)
    decisions = Decisions(open_store(home / "results"), home, S3Config())
    with closing(open_lake(home / "results")) as lake:
        return board_facts(lake, decisions.at_once(), begin, begin + timedelta(days=40))


def counted(home: Path) -> dict[str, int]:
    cells = board_figures(facts_of(home), {}, 1).strata[0].cells
    return {cell.name: cell.count or 0 for cell in cells}


def rows_of(path: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(r["by"], r["value"], r["figure"]): r for r in csv.DictReader(file)}


def test_a_period_in_figures(home: Path, capsys: Out) -> None:
    words = ("--governance", *PERIOD, "--group", "region", "--out", "b.html", "--csv", "b.csv")
    code, out, err = lfr(capsys, "report", *words)
    assert (code, out.strip()) == (0, str(home / "b.html")), err
    rows = rows_of(home / "b.csv")
    counts = {name: row["count"] for (by, _, name), row in rows.items() if by == "all"}
    expected = {
        "searches": 14, "with_result": 8, "without_result": 6, "sightings": 32, "decided": 14,
        "confirmed": 8, "eliminated": 6, "examined_twice": 16, "agreed": 8, "disagreed": 8,
        "outcome_arrest": 8, "outcome_none": 6, "undecided": 0,
    }  # fmt: skip
    assert {name: counts[name] for name in expected} == {k: str(v) for k, v in expected.items()}
    assert (counts["under_review"], counts["people"]) == ("", "")
    assert rows["all", "", "under_review"]["hidden"] == "True"
    assert counts["not_reviewed"] == "", "32 - 14 - 16 would tell that two are under review"
    shared = rows["all", "", "with_result"]
    assert (shared["among"], shared["share"]) == ("14", "0.5714")
    assert float(shared["low"]) < 8 / 14 < float(shared["high"])
    assert float(counts["longest_h"]) >= float(counts["median_h"]) > 24
    assert {by for by, _, _ in rows} == {"all", "live"}, "two people are too few to be groups"
    page = (home / "b.html").read_text(encoding="utf-8")
    assert "Not told apart by kind of use, harm, region" in page
    assert "their difference may tell what neither does" in page
    for told in ("S029", "S014", "OP-0", "Anne", "north", "<img", "<script", "http"):
        assert told not in page
    (line,) = [each for each in audit.entries(home) if each["event"] == "results.opened"]
    assert (line["what"], line["cases"]) == ("report", "every case")


def test_by_kind_of_use_and_harm(home: Path) -> None:
    kinds = {"OP-0": ("missing person", "threat to life"), "OP-1": ("testing", "other")}
    facts = facts_of(home)
    figures = board_figures(facts, kinds, 1)
    searched = {
        (s.dimension, s.value): s.cells[0].count for s in figures.strata if s.dimension != "all"
    }
    assert searched == {
        ("kind of use", "missing person"): 7, ("kind of use", "testing"): 7,
        ("harm", "other"): 7, ("harm", "threat to life"): 7,
    }  # fmt: skip
    alone = board_figures(facts, kinds, 1, "testing").strata[0]
    assert {cell.name: cell.count for cell in alone.cells}["sightings"] == 16


def test_what_an_earlier_search_of_the_case_rejected_waits_for_nobody(home: Path) -> None:
    before = counted(home)
    publish(
        open_store(home / "results"),
        "20260131-000020-scan-0001",
        None,
        enrolled=known,
        case_ref="OP-0",
    )
    after = counted(home)
    more = {name: after[name] - before[name] for name in ("sightings", *NOT_DECIDED)}
    assert more == {"sightings": 4, "not_reviewed": 3, "rejected_before": 1, "under_review": 0}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--governance", "--from", "2026-01-01"), "--to is not given: give 2026-03-12"),
        (("--governance", "--from", "soon", "--to", "2026-01-01"), "--from 'soon' is no day"),
        (("--governance", "--from", "2026-02-01", "--to", "2026-01-01"), "swap them"),
        (("--governance", *PERIOD, "--case", "OP-1"), "are of a period: leave out"),
        (("--governance", *PERIOD, "--case-kind", "?"), "No case is of the kind '?'"),
        (("--governance", *PERIOD, "--group", "eyes"), "has a column 'eyes'"),
        (("--governance", *PERIOD, "--out", "a.csv"), "a.csv would be both"),
        ((RUNS[0], "--from", "2026-01-01"), "go with --governance"),
    ],
)
def test_what_is_asked_wrongly(home: Path, capsys: Out, words: tuple[str, ...], said: str) -> None:
    code, out, err = lfr(capsys, "report", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert not [*home.glob("*.html"), *home.glob("*.csv")]
