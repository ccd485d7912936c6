"""Decisions that are not as the log says they were made are named."""

from __future__ import annotations

from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.casework.decisions import Decisions, new_id
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuditBroken
from lfr_batch.front.audit import compare_with_records
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results import layout
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import read_part, write_part
from lfr_batch.results.store import open_store
from tests.casework.examined import ANNE, BILL, CANDIDATES, SIGHTING, opinion
from tests.front.test_audit import RUNS, began

RUN = RUNS[0]
FIRST = layout.review_of_sighting(RUN, SIGHTING, "1")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """One run of which a sighting was decided by two."""
    began(tmp_path, RUN)
    book = Decisions(open_store(tmp_path / "results"), tmp_path, S3Config())
    for person in (ANNE, BILL):
        book.decide(RUN, SIGHTING, person, opinion(), CANDIDATES, new_id())
    return tmp_path


def remarks(home: Path) -> tuple[str, ...]:
    return compare_with_records(lfr.Settings(home=home, results=home / "results"), verify(home))


def test_as_they_were_made(home: Path) -> None:
    assert remarks(home) == ()


def test_altered(home: Path) -> None:
    store = open_store(home / "results")
    (row,) = read_part(store, FIRST, "")
    write_part(store, FIRST, [{**row, "verdict": "no_match"}], part_schema("reviews"))
    with pytest.raises(AuditBroken, match=r"what Anne decided .* is not as it was made"):
        remarks(home)


def test_gone(home: Path) -> None:
    open_store(home / "results").delete(FIRST)
    with pytest.raises(AuditBroken, match=f"a decision of run {RUN} is gone"):
        remarks(home)


@pytest.mark.parametrize(
    ("what", "runs", "is_told"),
    [
        ("subject", (RUN,), False),
        ("footage", (RUN,), False),
        ("subject", ("20260101-000000-scan-ffff",), True),
        ("run", (RUN,), True),
    ],
)
def test_gone_where_something_was_forgotten(
    home: Path, what: str, runs: tuple[str, ...], is_told: bool
) -> None:
    """Of that run, and before: what is decided later is not gone by that."""
    store = open_store(home / "results")
    intention = {"what": what, "value": "x", "runs": runs}
    audit.record(home, "trial", [{"intention": intention}])
    store.delete(FIRST)
    if is_told:
        with pytest.raises(AuditBroken, match=f"a decision of run {RUN} is gone"):
            remarks(home)
        return
    assert remarks(home) == ()
    Decisions(store, home, S3Config()).decide(RUN, SIGHTING, ANNE, opinion(), CANDIDATES, new_id())
    store.delete(FIRST)
    with pytest.raises(AuditBroken, match=f"a decision of run {RUN} is gone"):
        remarks(home)


def test_put_there(home: Path) -> None:
    store = open_store(home / "results")
    (row,) = read_part(store, FIRST, "")
    path = layout.review_of_sighting(RUN, "beef", "1")
    write_part(store, path, [{**row, "review_id": new_id()}], part_schema("reviews"))
    (said,) = remarks(home)
    assert said.startswith("the log has no line of what Anne decided about sighting")
