from __future__ import annotations

import pytest

from lfr_batch.errors import ResultsError
from lfr_batch.results.copies import (
    Copy,
    copies_known,
    copy_of,
    note_copy,
)
from lfr_batch.storage.store import Store

ONE, OTHER = "20260131-104502-scan-0001", "20260131-104502-scan-0002"


def test_a_run_knows_the_copies_that_show_it(store: Store) -> None:
    report = copy_of("report", "/desk/r.html", "j.doe", [ONE], 4)
    both = copy_of("export", "/desk/all.duckdb", "j.doe", [ONE, OTHER], 9, case_ref="OP-1")
    for copy in (report, both):
        note_copy(store, copy)
    assert copies_known(store, ONE) == (report, both)
    assert copies_known(store, OTHER) == (both,)
    assert (report.is_report, both.is_report) == (True, False)
    assert copies_known(store, "20260131-104502-scan-0003") == ()
    assert report.machine


def test_a_damaged_note_is_named_and_not_passed_over(disk: Store) -> None:
    note_copy(disk, copy_of("report", "/desk/r.html", "j.doe", [ONE], 4))
    (path,) = disk.list(f"_state/run_id={ONE}/copies")
    disk.write_atomic(path, b"{")
    with pytest.raises(ResultsError, match=f"{path} .* is damaged: it names a copy"):
        copies_known(disk, ONE)


def test_a_note_of_a_newer_version_is_understood() -> None:
    newer = copy_of("report", "/r.html", "j.doe", [ONE], 1).model_dump() | {"colour": "red"}
    assert Copy.model_validate(newer).place == "/r.html"
