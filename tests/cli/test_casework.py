"""`lfr case` and `lfr authorise`, and what they allow: a run, a watch, a resumption."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import lfr_batch as lfr_api
from lfr_batch.casework.authorisations import grant, request_authorisation
from lfr_batch.casework.case_files import case_files
from lfr_batch.casework.cases import change_case
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import AuthorityError
from lfr_batch.oversight.audit import entries
from tests.one_case import Casework

from .here import lfr as run_lfr

LISTED = ("--kind", "missing person", "--harm", "threat to life")
Lfr = Callable[..., tuple[Any, str, str]]


@pytest.fixture
def home(casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    place.mkdir()
    for name in ("models", "galleries"):
        (place / name).symlink_to(casework.home / name)
    (place / "policy.yaml").write_text("authorisation: {urgent: 24h}\n")
    monkeypatch.setenv("LFR_HOME", str(place))
    return place


@pytest.fixture
def lfr(capsys: pytest.CaptureFixture[str], home: Path) -> Lfr:
    return lambda *words: run_lfr(capsys, *map(str, words))


def scanned(lfr: Lfr, casework: Casework, authority: str, *more: str) -> tuple[Any, str, str]:
    return lfr(
        "scan", casework.footage / "portrait.jpg", "--gallery", "people", "--engine", "in_process",
        "--case", "OP-1", "--authority", authority, "--json", *more,
    )  # fmt: skip


def asked(lfr: Lfr, *more: str, says: str = "") -> str:
    code, out, err = lfr(
        "authorise", "request", "--case", "OP-1", "--purpose", "find him", "--operator", "anna",
        *more,
    )  # fmt: skip
    assert code == 0, err
    assert says in err
    return out.strip()


def test_a_case_from_request_to_a_run(lfr: Lfr, casework: Casework, home: Path) -> None:
    assert lfr("case", "open", "OP-1", *LISTED, "--keep", "90d", "--operator", "anna")[:2] == (
        0,
        "OP-1\n",
    )
    name = asked(lfr)
    assert asked(lfr, says="; it waits already, and is asked for once") == name
    code, _, err = scanned(lfr, casework, name, "--operator", "anna")
    assert (code, "is not granted yet" in err, "Traceback" in err) == (2, True, False)
    assert not (home / "results").exists()
    assert lfr("authorise", "grant", name, "--operator", "anna")[0] == 2
    assert lfr("authorise", "grant", name, "--operator", "chief", "--valid-for", "14d")[0] == 0
    code, out, err = scanned(lfr, casework, name, "--operator", "anna")
    assert code == 0, err
    run_id = json.loads(out)[0]["run_id"]
    (row,) = json.loads(lfr("sql", "FROM runs", "--json")[1])
    assert (row["authorisation_id"], row["authority"], row["purpose"]) == (name, name, "find him")
    assert json.loads(lfr("status", run_id, "--json")[1])[0]["authorisation_id"] == name
    begun = [line for line in entries(home) if line["event"] == "run.begun"]
    assert [line["authorisation_id"] for line in begun] == [name]
    page = home / "r.html"
    assert lfr("report", run_id, "--out", page)[0] == 0
    assert name in page.read_text()
    (shown,) = json.loads(lfr("case", "show", "OP-1", "--json")[1])
    assert [each["state"] for each in shown["authorisations"]] == ["granted"]
    (listed,) = json.loads(lfr("authorise", "list", "--json")[1])
    assert (listed["authorisation_id"], listed["decided_by"]) == (name, "chief")
    assert lfr("authorise", "show", name)[1].startswith(f"authorisation_id {name}\n")
    assert lfr("case", "close", "OP-1")[0] == 0
    code, _, err = scanned(lfr, casework, name)
    assert (code, "Case OP-1 is closed" in err) == (2, True)


def test_a_list_without_a_case_says_whose_it_is(lfr: Lfr) -> None:
    lfr("case", "open", "OP-1", *LISTED, "--may-see", "anna")
    assert "bert may see no case that is open: `lfr" in lfr("case", "list", "--operator", "bert")[2]
    lfr("case", "close", "OP-1", "--operator", "anna")
    said = lfr("case", "list", "--operator", "anna")[2]
    assert "anna may see no case that is open (`--all` has closed ones)" in said
    assert "OP-1" in lfr("case", "list", "--operator", "anna", "--all")[1]


def test_an_urgent_run_is_withheld_and_destroyed(lfr: Lfr, casework: Casework, home: Path) -> None:
    lfr("case", "open", "OP-1", *LISTED)
    name = asked(lfr, "--urgent")
    code, out, err = scanned(lfr, casework, name, "--operator", "anna")
    assert (code, f"{name} is not granted yet: unless it is by" in err) == (0, True)
    run_id = json.loads(out)[0]["run_id"]
    (clock,) = (home / "cases" / "_clocks").iterdir()
    said = json.loads(clock.read_text())
    clock.write_text(json.dumps({**said, "deadline": said["started_at"]}))
    code, out, err = lfr("sql", "SELECT count(*) AS n FROM sightings", "--json")
    assert json.loads(out) == [{"n": 0}]
    assert f"run {run_id} of case OP-1 is withheld until it is authorised" in err
    assert "withheld (until it is authorised)" in lfr("status", run_id)[1]
    code, _, err = lfr("resume", run_id, "--operator", "anna")
    assert (code, f"Run {run_id} is withheld until" in err) == (2, True)
    for words in (("evidence", run_id, "--redact", "--out", home / "p.zip"), ("review", run_id)):
        code, _, err = lfr(*words, "--operator", "anna")
        assert (code, f"Run {run_id} is withheld until" in err) == (2, True)
        assert f"`lfr authorise grant {name}` puts it back" in err
    refused = ("authorise", "refuse", name, "--reason", "no ground", "--operator", "chief")
    code, _, err = lfr(*refused)
    assert (code, f"run {run_id} is destroyed: {name} was refused" in err) == (0, True)
    assert lfr("status", run_id)[0] == 2
    (receipt,) = (home / "audit" / "receipts").iterdir()
    assert json.loads(receipt.read_text())["intention"]["value"] == run_id
    assert lfr("audit", "verify")[0] == 0


def test_a_policy_that_takes_no_text(lfr: Lfr, casework: Casework, home: Path) -> None:
    (home / "policy.yaml").write_text("authorisation: {text: false}\ncases: {known_only: true}\n")
    code, _, err = scanned(lfr, casework, "Insp. A", "--purpose", "find him")
    assert (code, "There is no case 'OP-1' here" in err) == (2, True)
    lfr("case", "open", "OP-1", *LISTED)
    code, _, err = scanned(lfr, casework, "Insp. A", "--purpose", "find him")
    assert (code, "authorisation.text is false" in err) == (2, True)
    assert not (home / "results").exists()


def test_authorisations_of_a_case_are_shown_to_whoever_may_see_it(lfr: Lfr) -> None:
    lfr("case", "open", "OP-1", *LISTED, "--may-see", "anna", "--operator", "anna")
    name = asked(lfr)
    for who, listed in (("anna", [name]), ("ben", [])):
        for more in ((), ("--case", "OP-1"), ("--waiting",)):
            out = lfr("authorise", "list", "--operator", who, "--json", *more)[1]
            assert [each["authorisation_id"] for each in json.loads(out)] == listed
    assert lfr("authorise", "show", name, "--operator", "anna")[0] == 0
    code, out, err = lfr("authorise", "show", name, "--operator", "ben")
    assert (code, out) == (2, "")
    assert "ben may not see case OP-1" in err


def test_a_watch_ends_once_nothing_authorises_it(
    lfr: Lfr, casework: Casework, home: Path, tmp_path: Path
) -> None:
    lfr("case", "open", "OP-1", *LISTED)
    files = case_files(home, S3Config())
    now = datetime.now(UTC)
    found = request_authorisation(files, "OP-1", "find him", "anna", now=now)
    grant(files, found.authorisation_id, "chief", valid_for="1h", now=now - timedelta(minutes=59))
    archive = tmp_path / "archive"
    archive.mkdir()
    stated = lfr_api.Authority("OP-1", found.authorisation_id, "", "anna")
    how: Any = {"every_s": 0.0, "still_s": 0.0, "settings": lfr_api.Settings(home=home)}
    ticks = lfr_api.watch(archive, "people", stated, **how)
    assert next(ticks).run is None
    change_case(files, "OP-1", "anna", may_see=["ben"])
    with pytest.raises(AuthorityError, match="anna may not see case OP-1"):
        next(ticks)


def test_everybody_may_be_an_authoriser(lfr: Lfr) -> None:
    assert lfr("user", "add", "chief", "--role", "authoriser")[0] == 0
    assert json.loads(lfr("live-user", "list", "--json")[1]) == [
        {"name": "chief", "role": "authoriser"}
    ]
