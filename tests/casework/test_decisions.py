"""What is decided is kept once, whoever comes at the same time and whatever dies in between."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.casework.decisions import Decisions, new_id
from lfr_batch.casework.examination import ExaminerDecision, Official, settle
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import DecisionRefused, StoreFull
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_facts import DECIDED, OUTCOME_NOTED
from lfr_batch.results import layout
from lfr_batch.results.lake import open_lake
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import table_bytes
from lfr_batch.results.rows import Row
from lfr_batch.results.sql import run_query
from lfr_batch.storage.local_store import LocalStore
from tests.casework.examined import ANNE, BILL, CANDIDATES, CARO, RUN, SIGHTING, opinion

LATE = """
import os, sys
from pathlib import Path
from lfr_batch.casework import decisions
from tests.casework.examined import *
from lfr_batch.config.schema import S3Config
from lfr_batch.storage.local_store import LocalStore
decisions.put = lambda *_, **__: os._exit(9)
root, home = map(Path, sys.argv[1:])
book = decisions.Decisions(LocalStore(root), home, S3Config())
book.decide(RUN, SIGHTING, ANNE, opinion(), CANDIDATES, decisions.new_id())
"""


@pytest.fixture
def book(tmp_path: Path) -> Decisions:
    return Decisions(LocalStore(tmp_path / "results"), tmp_path / "home", S3Config())


def decide(
    book: Decisions, who: Official, said: str = "same_strong", again: str = ""
) -> ExaminerDecision:
    what = opinion(said)  # type: ignore[arg-type]
    return book.decide(RUN, SIGHTING, who, what, CANDIDATES, again or new_id())


def lines(book: Decisions, event: str) -> list[Mapping[str, Any]]:
    assert isinstance(book.home, Path)
    return [line for line in audit.entries(book.home) if line["event"] == event]


def test_two_people(book: Decisions) -> None:
    first, second = decide(book, ANNE), decide(book, BILL)
    assert (first.stage, second.stage) == ("first", "second")
    fresh = replace(book, _read={})
    assert fresh.kept(RUN).of(SIGHTING) == (first, second)
    assert settle(fresh.kept(RUN).of(SIGHTING)).course == "confirmed"
    assert [line["name"] for line in lines(book, DECIDED)] == ["Anne", "Bill"]
    assert not any("conclusion" in line or "verdict" in line for line in lines(book, DECIDED))


def test_it_is_a_row_of_the_lake_at_once(book: Decisions) -> None:
    decide(book, ANNE)
    lake = open_lake(book.store.uri)
    asked = "SELECT reviewer, stage, verdict, conclusion, components['nose'], alert_id FROM reviews"
    (row,) = run_query(lake, asked).to_pylist()
    assert list(row.values()) == ["Anne", "first", "match", "same_strong", "similar", None]


@pytest.mark.parametrize("name", ["Anne", " anne", "An\u200bne"])
def test_nobody_decides_twice(book: Decisions, name: str) -> None:
    decide(book, ANNE)
    with pytest.raises(DecisionRefused, match="as first examiner: another person is needed"):
        decide(book, Official(name, "reviewer"), "different")
    assert len(book.kept(RUN).of(SIGHTING)) == 1


def test_what_comes_twice_is_one(book: Decisions) -> None:
    sent = new_id()
    assert decide(book, ANNE, again=sent) == decide(book, ANNE, again=sent)
    assert len(lines(book, DECIDED)) == 1


def test_what_is_settled_stays(book: Decisions) -> None:
    decide(book, ANNE)
    decide(book, BILL)
    with pytest.raises(DecisionRefused, match="is decided"):
        decide(book, CARO, "different")


def test_a_third_where_two_disagree(book: Decisions) -> None:
    decide(book, ANNE)
    decide(book, BILL, "different")
    assert decide(book, CARO, "different_strong").stage == "third"
    assert settle(book.kept(RUN).of(SIGHTING)).course == "eliminated"


@pytest.mark.parametrize(
    ("reason", "said"), [("no", "a few words"), ("x" * 2001, "2001 letters: 2000 at most")]
)
def test_reasons(book: Decisions, reason: str, said: str) -> None:
    with pytest.raises(DecisionRefused, match=said):
        book.decide(RUN, SIGHTING, ANNE, opinion(reason=reason), CANDIDATES, new_id())


def test_all_at_once_take_their_places(book: Decisions) -> None:
    """Eight people and each of them twice: three are kept, or two who agree."""
    people = [Official(f"person {n}", "reviewer") for n in range(8)] * 2

    def one(who: Official) -> str:
        own_book = replace(book, _read={})
        try:
            return decide(
                own_book, who, "different" if who.name[-1] in "02" else "same_strong"
            ).stage
        except DecisionRefused:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        stages = sorted(stage for stage in pool.map(one, people) if stage != "refused")
    kept = book.kept(RUN).of(SIGHTING)
    assert stages == sorted(each.stage for each in kept)
    assert len({each.examiner for each in kept}) == len(kept) in (2, 3)
    assert settle(kept).is_over
    assert len(lines(book, DECIDED)) == len(kept)


def test_killed_between_decision_and_log(book: Decisions) -> None:
    assert isinstance(book.home, Path)
    command = [sys.executable, "-c", LATE, book.store.uri, str(book.home)]
    assert subprocess.run(command, check=False).returncode == 9
    assert [each.examiner for each in book.kept(RUN).of(SIGHTING)] == ["Anne"]
    assert not lines(book, DECIDED)
    assert book.make_up() == 1
    assert [line["entered_late"] for line in lines(book, DECIDED)] == [True]
    assert book.make_up() == 0
    assert decide(book, BILL).stage == "second"


def test_a_log_that_cannot_be_written_loses_nothing(book: Decisions) -> None:
    assert isinstance(book.home, Path)
    book.home.write_text("in the way of the log")
    made = decide(book, ANNE)
    book.home.unlink()
    assert book.make_up() == 1
    assert lines(book, DECIDED)[0]["review_id"] == made.decision_id


class Full(LocalStore):
    def write_new(self, path: str, data: bytes) -> bool:
        raise StoreFull(f"the disk holding {path} is full")


def test_a_full_disk_decides_nothing(book: Decisions) -> None:
    full = replace(book, store=Full(Path(book.store.uri)))
    with pytest.raises(StoreFull):
        decide(full, ANNE)
    assert not book.kept(RUN).of(SIGHTING)
    assert not lines(book, DECIDED)


def test_outcomes(book: Decisions) -> None:
    with pytest.raises(DecisionRefused, match="not decided yet"):
        book.note_outcome(RUN, SIGHTING, CARO, "arrest", "found at home")
    decide(book, ANNE)
    decide(book, BILL)
    with pytest.raises(DecisionRefused, match="is no outcome"):
        book.note_outcome(RUN, SIGHTING, CARO, "hanged", "found at home")
    for outcome in ("arrest", "charge"):
        book.note_outcome(RUN, SIGHTING, CARO, outcome, "found at home")
    noted = replace(book, _read={}).kept(RUN).outcomes[SIGHTING]
    assert [each.outcome for each in noted] == ["arrest", "charge"]
    assert len(lines(book, OUTCOME_NOTED)) == 2


def test_an_outcome_that_is_sent_again_is_noted_once(book: Decisions) -> None:
    decide(book, ANNE)
    decide(book, BILL)

    def note(who: Official, outcome: str = "arrest", reason: str = "found at home") -> str:
        return replace(book, _read={}).note_outcome(RUN, SIGHTING, who, outcome, reason).outcome_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(note, [CARO] * 8))) == 1
    assert note(ANNE) != note(CARO)  # another one's does not change whose it is
    note(CARO, "charge")
    note(CARO, "charge", "at the station")
    note(CARO)  # news once more
    noted = [(n.by, n.outcome) for n in book.kept(RUN).outcomes[SIGHTING]]
    carols = [("Caro", "charge"), ("Caro", "charge"), ("Caro", "arrest")]
    assert noted == [("Caro", "arrest"), ("Anne", "arrest"), *carols]
    assert len(lines(book, OUTCOME_NOTED)) == 5


def test_reviews_of_alerts_beside_them_are_none(book: Decisions) -> None:
    row: Row = dict.fromkeys(part_schema("reviews").names)
    book.store.write_atomic(
        f"reviews/run_id={RUN}/alert-1.r1.parquet", table_bytes([row], part_schema("reviews"))
    )
    decide(book, ANNE)
    assert list(book.kept(RUN).decisions) == [SIGHTING]


@pytest.mark.parametrize("gone", [1, 2])
def test_one_that_somebody_has_removed_leaves_a_place(book: Decisions, gone: int) -> None:
    """The log names it (``lfr audit verify``); the examination goes on."""
    decide(book, ANNE)
    decide(book, BILL, "different")
    book.store.delete(f"reviews/run_id={RUN}/sighting-{SIGHTING}.{gone}.parquet")
    decide(book, CARO)
    assert len(book.kept(RUN).of(SIGHTING)) == 2


@pytest.mark.parametrize("by", ["whoever knew it", "another server"])
def test_who_takes_a_place_that_was_forgotten_is_not_who_had_it(book: Decisions, by: str) -> None:
    """As `lfr forget subject` takes what compared a sighting that stays."""
    decide(book, ANNE)
    assert book.kept(RUN).of(SIGHTING)[0].examiner == "Anne"
    book.store.delete(layout.review_of_sighting(RUN, SIGHTING, "1"))
    other = book
    if by == "another server":
        assert book.kept(RUN).of(SIGHTING) == ()
        other = Decisions(book.store, book.home, book.s3)
    made = decide(other, BILL, "different")
    (kept,) = book.kept(RUN).of(SIGHTING)
    assert (kept.decision_id, kept.examiner) == (made.decision_id, "Bill")
    assert [line["review_id"] for line in lines(book, DECIDED)][-1] == made.decision_id


def test_an_outcome_that_somebody_has_removed(book: Decisions) -> None:
    decide(book, ANNE)
    decide(book, BILL)
    for outcome in ("arrest", "charge"):
        book.note_outcome(RUN, SIGHTING, CARO, outcome, "found at home")
    book.store.delete(f"reviews/run_id={RUN}/sighting-{SIGHTING}.outcome-0001.parquet")
    book.note_outcome(RUN, SIGHTING, CARO, "no_action", "released")
    assert [each.outcome for each in book.kept(RUN).outcomes[SIGHTING]] == ["charge", "no_action"]


def test_what_is_made_up_is_of_every_run(book: Decisions) -> None:
    assert isinstance(book.home, Path)
    book.home.write_text("in the way of the log")
    for run_id in (RUN, "20260102-000000-scan-bbbb"):
        book.decide(run_id, SIGHTING, ANNE, opinion(), CANDIDATES, new_id())
    book.home.unlink()
    assert book.make_up() == 2
    assert {line["run_id"] for line in lines(book, DECIDED)} == {RUN, "20260102-000000-scan-bbbb"}


def test_of_many_runs_by_one_listing(book: Decisions, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [f"20260101-000000-scan-000{n}" for n in range(3)]
    for run_id, who in zip(runs, (ANNE, BILL, CARO), strict=True):
        book.decide(run_id, SIGHTING, who, opinion(), CANDIDATES, new_id())
    asked: list[str] = []
    listing = LocalStore.list

    def counted(store: LocalStore, prefix: str) -> tuple[str, ...]:
        asked.append(prefix)
        return tuple(listing(store, prefix))

    monkeypatch.setattr(LocalStore, "list", counted)
    kept_of = book.at_once()
    found = [[each.examiner for each in kept_of(run_id).of(SIGHTING)] for run_id in runs]
    assert found == [["Anne"], ["Bill"], ["Caro"]]
    assert kept_of("20260101-000000-scan-ffff").of(SIGHTING) == ()
    assert asked == ["reviews"]
    assert [book.kept(run_id) for run_id in runs] == [kept_of(run_id) for run_id in runs]
