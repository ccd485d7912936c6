from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.errors import StoreUnreachable, UsageError
from lfr_batch.front.report import default_name
from lfr_batch.results.copies import copies_known
from lfr_batch.results.report_rows import ReportScope
from lfr_batch.results.store import open_store
from tests.refused import refused
from tests.results.exported import three_runs
from tests.results.runs_asked import EARLIER, LATER
from tests.results.synthetic import RUN_ID


@pytest.fixture
def settings(tmp_path: Path) -> lfr.Settings:
    three_runs(open_store(tmp_path / "results")).close()
    return lfr.Settings(home=tmp_path, results=tmp_path / "results")


def test_the_lake_knows_where_a_report_lies(tmp_path: Path, settings: lfr.Settings) -> None:
    store = open_store(tmp_path / "results")
    of_run = lfr.report(tmp_path / "r.html", run=EARLIER, settings=settings)
    of_case = lfr.report(tmp_path / "c.html", case="OP-LANTERN 12/26", settings=settings)
    assert (of_run.run_ids, of_case.run_ids) == ((EARLIER,), (EARLIER, LATER))
    known = copies_known(store, EARLIER)
    assert all(copy.is_report for copy in known)
    assert [copy.place for copy in known] == [str(tmp_path / "r.html"), str(tmp_path / "c.html")]
    assert {copy.by for copy in known} == {getpass.getuser()}
    assert [copy.rows for copy in known] == [4, 4]
    assert copies_known(store, RUN_ID) == ()


def test_a_report_of_nothing_is_refused(settings: lfr.Settings) -> None:
    with pytest.raises(UsageError, match="A report of what"):
        lfr.report(settings=settings)


def test_a_report_does_not_take_the_place_of_a_pipe_and_nothing_is_noted_of_it(
    tmp_path: Path, settings: lfr.Settings
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(StoreUnreachable, match=r"pipe: it is no file but .*; name another file"):
        lfr.report(path, run=EARLIER, settings=settings)
    assert path.is_fifo()
    assert copies_known(open_store(tmp_path / "results"), EARLIER) == ()


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (ReportScope("20260131-1"), "report-20260131-1.html"),
        (ReportScope(case_ref="OP-1/26: ü"), "report-OP-1-26-ü.html"),
        (ReportScope(case_ref="../../x", subject_id="S 1"), "report-x-S-1.html"),
        (ReportScope(subject_id="S1"), "report-S1.html"),
    ],
)
def test_what_it_is_called_where_nobody_says(asked: ReportScope, name: str) -> None:
    assert default_name(asked) == name


def test_a_lake_that_is_only_read_here_has_its_report_and_that_is_said(
    tmp_path: Path, settings: lfr.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lfr_batch.front import report

    def refuses(*_: object) -> None:
        raise StoreUnreachable("cannot use it: Read-only file system")

    said: list[str] = []
    monkeypatch.setattr(report, "note_copy", refuses)
    report.write_report(tmp_path / "r.html", EARLIER, None, None, settings, said.append)
    assert (tmp_path / "r.html").is_file()
    assert any("`lfr forget` will not find it: cannot use it" in each for each in said)


def test_where_the_audit_log_cannot_be_written_that_is_said(
    tmp_path: Path, settings: lfr.Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "audit").mkdir(exist_ok=True)
    with refused(tmp_path / "audit"):
        lfr.report(tmp_path / "r.html", run=EARLIER, settings=settings)
    assert (tmp_path / "r.html").is_file()
    assert "the audit log has no line of this opening of results: " in caplog.text
