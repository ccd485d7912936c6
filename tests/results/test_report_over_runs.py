"""One report of a case or a person over many runs, its orders and its limits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lfr_batch.errors import QueryError, RunNotFound
from lfr_batch.results import report
from lfr_batch.results.lake import open_lake
from lfr_batch.results.report import Report, make_report, write_page
from lfr_batch.results.report_rows import ReportScope
from lfr_batch.results.run_state import create_run
from lfr_batch.storage.store import Store
from tests.holding import publish_run, record_run

from .runs_asked import EARLIER, LATER, copied, of, publish, seen
from .synthetic import LEFT_RUN_ID, RUN_ID, STARTED, archive, request, searched_run

CASE = "OP-LANTERN 12/26"
PARIS = {"footage": {"time_zone": "Europe/Paris"}}


def shown(store: Store, asked: ReportScope, folder: Path) -> tuple[Report, str]:
    lake = open_lake(store.uri)
    made = make_report(lake, store, asked)
    lake.close()
    write_page(made, folder / "r.html")
    return made, (folder / "r.html").read_text(encoding="utf-8")


def cards(html: str) -> list[str]:
    """In the order of the document, which is by person."""
    return html.split('<article class="sighting"')[1:]


def in_time(html: str) -> list[str]:
    """Candidates as they stand when ordered by time."""
    placed = re.findall(r'<article class="sighting" .*?--t:(\d+)".*?Candidate (\w+)', html, re.S)
    return [who for _, who in sorted(placed, key=lambda each: int(each[0]))]


def test_a_case_is_one_report_and_the_same_bytes_are_shown_once(
    disk: Store, tmp_path: Path
) -> None:
    publish(disk, EARLIER)
    publish(disk, LATER, day=1, threshold=0.5, threshold_source="override", authority="Supt. B")
    publish(disk, RUN_ID, day=2, case_ref="another case")
    made, html = shown(disk, ReportScope(case_ref=CASE), tmp_path)
    assert made.run_ids == (EARLIER, LATER)
    assert made.sightings == len(cards(html)) == 4
    assert "4 more are of the same bytes, searched again or in a copy" in html
    for told in (EARLIER, LATER, "Insp. A. Example, AUTH-778", "Supt. B", "set by the operator"):
        assert told in html
    assert all(f"run {LATER}" in card for card in cards(html))
    assert RUN_ID not in html
    assert "Of 10 files 2 could not be searched at all" in html


def test_a_person_over_cases(disk: Store, tmp_path: Path) -> None:
    publish(disk, EARLIER)
    publish(disk, LATER, of("S014"), day=1)
    publish(disk, RUN_ID, of("S029"), day=2, case_ref="another case")
    made, html = shown(disk, ReportScope(subject_id="S029"), tmp_path)
    assert set(made.run_ids) == {EARLIER, RUN_ID}
    assert made.sightings == 4
    assert "another case" in html
    assert "Candidate S014" not in html
    of_case, _ = shown(disk, ReportScope(case_ref=CASE, subject_id="S029"), tmp_path)
    assert set(of_case.run_ids) == {EARLIER, LATER}


def test_by_person_and_by_time(disk: Store, tmp_path: Path) -> None:
    publish(disk, RUN_ID, config=PARIS)
    _, html = shown(disk, ReportScope(RUN_ID), tmp_path)
    assert re.findall(r"<h3>Candidate (\w+)", html) == ["S029", "S029", "S014", "S014"]
    assert in_time(html) == ["S029", "S029", "S014", "S014"]
    gate, yard, later, still = cards(html)
    assert "23:00:12 CET (22:00:12 UTC)" in gate
    assert "23:00:33 CET" in yard
    assert "time of day not known" in still
    days = re.findall(r'<h3 class="day" style="--p:0;--t:(\d+)">(.*?)</h3>', html)
    assert days == [("0", "Friday 30 January 2026"), ("6", "Time of day not known")]
    assert "23:01:10 CET" in later


def test_everybody_is_shown_before_anybody_is_twice_and_the_rest_is_said(
    disk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MAX_OF_PERSON", 2)
    monkeypatch.setattr(report, "MAX_SIGHTINGS", 3)
    many = seen("S001", *((float(at), at + 1.0) for at in range(0, 50, 5)))
    publish(disk, RUN_ID, many + of("S014"))
    made, html = shown(disk, ReportScope(RUN_ID), tmp_path)
    assert made.sightings == 3
    assert re.findall(r"<h3>Candidate (\w+)", html) == ["S001", "S001", "S014"]
    assert "Sightings: 12" in html
    assert "The 3 strongest are shown" in html
    assert f"lfr export --run {RUN_ID} --view sightings" in html
    assert "10 sightings, of which the 2 strongest are shown" in html


def test_long_lists_are_cut_and_say_so(
    disk: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MAX_FILES", 1)
    monkeypatch.setattr(report, "MAX_TIMELINES", 1)
    monkeypatch.setattr(report, "MAX_RUNS", 1)
    publish(disk, EARLIER, ())
    publish(disk, LATER, (), day=1)
    _, html = shown(disk, ReportScope(LATER), tmp_path)
    assert "Not searched, or only in part: 2" in html
    assert "The first 1 are listed" in html
    assert "3 files searched whole, nobody of the gallery seen; the first 1 are listed" in html
    _, html = shown(disk, ReportScope(case_ref=CASE), tmp_path)
    assert "The last 1 are listed" in html
    assert f"<td>{EARLIER}" not in html


def test_of_copies_in_one_run_each_moment_counts(disk: Store, tmp_path: Path) -> None:
    """What was seen in one copy and not in the other, at that moment, is seen in the content."""
    publish(disk, RUN_ID, assets=copied(archive().assets))
    made, _ = shown(disk, ReportScope(RUN_ID), tmp_path)
    assert made.sightings == 4


def test_runs_without_results_are_said_here_and_there(disk: Store, tmp_path: Path) -> None:
    publish(disk, RUN_ID)
    left, _ = searched_run(disk, LEFT_RUN_ID)
    record_run(disk, left, "running", at=STARTED)
    made, html = shown(disk, ReportScope(case_ref=CASE), tmp_path)
    assert made.notes == (
        f"run {LEFT_RUN_ID} was interrupted; what it would find is not in the report",
    )
    assert f"Run {LEFT_RUN_ID} is not finished." in html


def test_where_nobody_looked_it_is_said(disk: Store, tmp_path: Path) -> None:
    broken = tuple(a for a in archive().assets if a.status == "failed")
    create_run(disk, request(), broken, ())
    publish_run(disk, request(), broken, (), {}, (), "complete_with_failures")
    made, _ = shown(disk, ReportScope(RUN_ID), tmp_path)
    assert made.notes == (
        f"nothing of run {RUN_ID} was searched, so nobody can be ruled out in it",
    )


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (ReportScope("nope"), RunNotFound, RUN_ID),
        (ReportScope(case_ref="OP-2"), QueryError, "there is no run of case OP-2"),
        (ReportScope(RUN_ID, "OP-2"), QueryError, f"run {RUN_ID} is of case {CASE}"),
        (
            ReportScope(subject_id="S999"),
            QueryError,
            "nobody called S999 was seen in any finished run",
        ),
        (ReportScope(case_ref=CASE, subject_id="S9"), QueryError, f"nobody called S9 .* in {CASE}"),
    ],
)
def test_an_empty_page_would_read_as_nobody(
    disk: Store, asked: ReportScope, error: type[Exception], said: str
) -> None:
    publish(disk, RUN_ID)
    with pytest.raises(error, match=said):
        make_report(open_lake(disk.uri), disk, asked)


def test_each_enrolled_picture_is_asked_for_once_newest_snapshot_first(disk: Store) -> None:
    calls: list[tuple[str, tuple[str, ...]]] = []

    def enrolled(gallery: str, snapshot: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        calls.append((snapshot, tuple(ids)))
        return {i: b"\xff\xd8" for i in ids if i != "S014-01"}

    publish(disk, EARLIER, of("S014"), snapshot_id="s-1")
    publish(disk, LATER, of("S029"), day=1, snapshot_id="s-2")
    made = make_report(open_lake(disk.uri), disk, ReportScope(case_ref=CASE), enrolled)
    assert [snapshot for snapshot, _ in calls] == ["s-2", "s-1"]
    assert calls[0][1] == ("S014-01", "S029-01", "S902-01", "S903-01")
    assert calls[1][1] == ("S014-01",)
    assert len(made.context["pictures"]) == 3


def test_pictures_of_what_is_not_shown_are_not_read(
    disk: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "MAX_SIGHTINGS", 1)
    publish(disk, RUN_ID)
    made = make_report(open_lake(disk.uri), disk, ReportScope(RUN_ID))
    (only,) = made.context["sightings"]
    strongest = max(archive().sightings, key=lambda sighting: sighting.score)
    assert only["jpeg"] == strongest.jpeg
    assert strongest.subject_id == only["subject_id"]
