"""Cases and authorisations that are not as the log says they came to be are named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lfr_batch as lfr
from lfr_batch.casework.authorisations import grant, refuse, request_authorisation
from lfr_batch.casework.case_files import CaseFiles, case_file, decision_file, request_file
from lfr_batch.casework.cases import change_case, close_case, open_case
from lfr_batch.config.policy import AuthorisationPolicy, Policy
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuditBroken
from lfr_batch.front.audit import compare_with_records
from lfr_batch.oversight.audit_verify import verify


@pytest.fixture
def files(tmp_path: Path) -> CaseFiles:
    files = CaseFiles(tmp_path, S3Config())
    open_case(files, "OP-1", "missing person", "threat to life", "anna")
    return files


def asked(files: CaseFiles, why: str) -> str:
    return request_authorisation(files, "OP-1", why, "anna").authorisation_id


def remarks(files: CaseFiles) -> tuple[str, ...]:
    assert isinstance(files.home, Path)
    settings = lfr.Settings(home=files.home, results=files.home / "results")
    return compare_with_records(settings, verify(files.home))


def test_as_they_came_to_be(files: CaseFiles) -> None:
    grant(files, asked(files, "find him"), "chief", valid_for="14d", reason="fair")
    refuse(files, asked(files, "find her"), "chief", "no ground")
    rules = Policy(authorisation=AuthorisationPolicy(urgent="24h"))
    request_authorisation(replace(files, rules=rules), "OP-1", "find them", "anna", urgent=True)
    change_case(files, "OP-1", "anna", may_see=["anna", "ben"], retention="90d")
    close_case(files, "OP-1", "ben")
    open_case(files, "OP-1", "missing person", "threat to life", "ben")
    assert remarks(files) == ()


def test_a_grant_that_somebody_put_there(files: CaseFiles) -> None:
    """That of another one, for one that nobody has granted."""
    first, second = (asked(files, why) for why in ("find him", "find her"))
    grant(files, first, "chief")
    real = json.loads(files.store.read(decision_file("OP-1", first)))
    asked_line = json.loads(files.store.read(request_file("OP-1", second)))["log_line"]
    for line in (real["log_line"], {**real["log_line"], "n": 999}, asked_line):
        forged = {**real, "log_line": line}
        files.store.write_atomic(decision_file("OP-1", second), json.dumps(forged).encode())
        with pytest.raises(AuditBroken, match=rf"{second}\.json says what the log has no line of"):
            remarks(files)


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": "2099-01-01T00:00:00Z"},
        {"decided_by": "boss"},
        {"state": "refused", "valid_until": None},
    ],
)
def test_a_grant_that_somebody_changed(files: CaseFiles, changes: dict[str, Any]) -> None:
    name = asked(files, "find him")
    grant(files, name, "chief")
    path = decision_file("OP-1", name)
    files.store.write_atomic(
        path, json.dumps(json.loads(files.store.read(path)) | changes).encode()
    )
    with pytest.raises(AuditBroken, match=f"{path} says what the log has no line of"):
        remarks(files)


def test_a_case_that_somebody_changed(files: CaseFiles) -> None:
    path = case_file("OP-1", 1)
    changed = json.loads(files.store.read(path)) | {"may_see": ["mallory"]}
    files.store.write_atomic(path, json.dumps(changed).encode())
    with pytest.raises(AuditBroken, match=f"{path} says what"):
        remarks(files)


def test_a_grant_that_somebody_took_away(files: CaseFiles) -> None:
    name = asked(files, "find him")
    grant(files, name, "chief")
    files.store.delete(decision_file("OP-1", name))
    (said,) = remarks(files)
    assert said.startswith(f"line 3 (authorisation.granted {name}) has no record")


def test_one_that_is_damaged(files: CaseFiles) -> None:
    name = asked(files, "find him")
    files.store.write_atomic(decision_file("OP-1", name), b"{")
    with pytest.raises(AuditBroken, match=f"{name}.json .* is damaged"):
        remarks(files)
