"""Cases: opened of closed lists, seen by whom it says, changed once at a time, closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfr_batch.casework.case_files import CaseFiles
from lfr_batch.casework.cases import (
    Case,
    cases_of,
    change_case,
    close_case,
    load_case,
    may_see,
    open_case,
    require_open_case,
)
from lfr_batch.config.policy import CasesPolicy, Policy
from lfr_batch.errors import AuthorityError, LfrError, StoreError, UsageError
from lfr_batch.oversight.put import lines_on_record

LISTED = ("Missing person", "threat  to life")


def opened(files: CaseFiles, **more: Any) -> Case:
    return open_case(files, "OP-1", *LISTED, "anna", **more)


def test_a_case_is_what_was_said_and_on_record(files: CaseFiles) -> None:
    made = opened(files, may_see=["anna", "ben", "anna "], retention="90d")
    assert load_case(files, "OP-1") == made
    assert (made.kind_of_use, made.harm) == ("missing person", "threat to life")
    assert (made.may_see, made.retention, made.policy_version) == (("anna", "ben"), "90d", 1)
    (line,) = lines_on_record(files.home, files.s3)
    assert (line["event"], line["case_ref"], line["by"]) == ("case.opened", "OP-1", "anna")
    assert made.log_line.sha256 == line["sha256"]


def test_it_is_changed_closed_and_opened_again(on_disk: CaseFiles) -> None:
    opened(on_disk, may_see=["anna"], retention="90d")
    changed = change_case(on_disk, "OP-1", "anna", may_see=[], as_policy=True)
    assert (changed.may_see, changed.retention) == ((), None)
    assert change_case(on_disk, "OP-1", "carl", retention="6w").retention == "6w"
    closed = close_case(on_disk, "OP-1", "ben")
    assert (closed.closed_by, closed.is_open) == ("ben", False)
    assert load_case(on_disk, "OP-1") == closed
    assert opened(on_disk).is_open
    open_case(on_disk, "OP-2", *LISTED, "anna")
    assert {case.case_ref for case in cases_of(on_disk)} == {"OP-1", "OP-2"}
    events = [line["event"] for line in lines_on_record(on_disk.home, on_disk.s3)]
    assert events[:4] == ["case.opened", "case.changed", "case.changed", "case.closed"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("", *LISTED), "Which case"),
        (("OP-2", "spying", LISTED[1]), r"--kind 'spying' is not in cases\.kinds_of_use"),
        (("OP-2", LISTED[0], "none"), r"--harm 'none' is not in cases\.harm of the policy"),
        (("OP-1", *LISTED), "Case OP-1 is open already, since"),
    ],
)
def test_what_is_not_opened(on_disk: CaseFiles, given: tuple[str, str, str], said: str) -> None:
    opened(on_disk)
    lines = list(lines_on_record(on_disk.home, on_disk.s3))
    with pytest.raises(UsageError, match=said):
        open_case(on_disk, *given, "anna")
    with pytest.raises(UsageError, match=r"--keep '9x': it is no period"):
        open_case(on_disk, "OP-3", *LISTED, "anna", retention="9x")
    assert [case.case_ref for case in cases_of(on_disk)] == ["OP-1"]
    assert list(lines_on_record(on_disk.home, on_disk.s3)) == lines


def test_lists_are_the_forces_own(on_disk: CaseFiles) -> None:
    own = Policy(cases=CasesPolicy(version=7, kinds_of_use=("art theft",), harm=("loss",)))
    made = open_case(replace(on_disk, rules=own), "OP-1", "Art theft", "loss", "anna")
    assert (made.kind_of_use, made.policy_version) == ("art theft", 7)


@pytest.mark.parametrize(
    ("name", "role", "sees"),
    [
        ("anna", None, True),
        (" ANNA ", None, True),
        ("carl", None, False),
        ("carl", "reviewer", False),
        ("carl", "auditor", True),
    ],
)
def test_who_may_see_it(on_disk: CaseFiles, name: str, role: str | None, sees: bool) -> None:
    case = opened(on_disk, may_see=["anna"])
    assert may_see(case, name, role) is sees
    assert may_see(None, name, role)
    if not sees:
        with pytest.raises(AuthorityError, match=f"{name} may not see case OP-1: somebody who may"):
            require_open_case(case, "OP-1", name, role)


@pytest.mark.parametrize(
    ("case_ref", "by", "said"),
    [
        ("OP-2", "anna", "There is no case 'OP-2' here: `lfr case open`"),
        ("OP-1", "carl", "carl may not see case OP-1"),
        ("CLOSED", "anna", "Case CLOSED is closed, since"),
    ],
)
def test_what_is_not_changed(on_disk: CaseFiles, case_ref: str, by: str, said: str) -> None:
    opened(on_disk, may_see=["anna"])
    open_case(on_disk, "CLOSED", *LISTED, "anna")
    close_case(on_disk, "CLOSED", "anna")
    before = cases_of(on_disk)
    with pytest.raises(AuthorityError, match=said):
        change_case(on_disk, case_ref, by, retention="6w")
    with pytest.raises(LfrError, match=said):
        close_case(on_disk, case_ref, by)
    assert cases_of(on_disk) == before
    with pytest.raises(UsageError, match="Change what of the case"):
        change_case(on_disk, "OP-1", "anna")


def test_a_damaged_case_is_no_open_one(on_disk: CaseFiles) -> None:
    opened(on_disk)
    (path,) = (path for path in on_disk.store.list("cases") if "/case/" in path)
    on_disk.store.write_atomic(path, b"{")
    with pytest.raises(StoreError, match="is damaged: restore it from a copy"):
        load_case(on_disk, "OP-1")
