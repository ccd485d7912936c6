"""What is asked of cases and authorisations over HTTP: who may, who was first, who sees nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.casework.authorisations import request_authorisation
from lfr_batch.casework.clocks import clocks_of
from lfr_batch.oversight.put import lines_on_record
from tests.office.cases_made import (
    CASE,
    HARM,
    KIND,
    LONG_AGO,
    MORE_PEOPLE,
    asked,
    case_office,
    cases,
    files_of,
    opened,
    tell,
    told,
    waiting_run,
)
from tests.office.made import ServedOffice, decision
from tests.results.synthetic import RUN_ID

HIDDEN = "OP-NIGHTJAR"
ROLES, DONE, TWICE, BOTH, OWN = "OP-ROLES", "OP-DONE", "OP-TWICE", "OP-BOTH", "OP-OWN"
"""Cases of a test each."""
NEW = {"case_ref": "OP-2", "kind_of_use": KIND, "harm": HARM, "may_see": []}
ROUTES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("cases", {**NEW, "case_ref": "OP-4"}, "operator"),
    ("cases/change", {"case_ref": ROLES, "may_see": []}, "operator"),
    ("authorisations", {"case_ref": ROLES, "purpose": "find her"}, "operator"),
    ("authorisations/NAME/grant", {}, "authoriser"),
    ("authorisations/NAME/refuse", {"reason": "no ground"}, "authoriser"),
    ("cases/close", {"case_ref": ROLES}, "operator"),
)
"""(path, body, role that may)."""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ServedOffice]:
    with case_office(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedOffice]:
    """One office for those who open a case of their own in it."""
    with case_office(tmp_path_factory.mktemp("shared")) as made:
        yield made


def said_of(answer: Any) -> str:
    return str(answer.json()["error"])


def events(office: ServedOffice, case_ref: str | None = None) -> list[dict[str, Any]]:
    """Of all cases or of one."""
    files = files_of(office)
    kinds = ("case.", "authorisation.", "run.", "forget.")
    return [
        line
        for line in lines_on_record(files.home, files.s3)
        if line["event"].startswith(kinds) and case_ref in (None, line.get("case_ref"))
    ]


def test_each_is_for_one_role(shared: ServedOffice) -> None:
    opened(shared, ROLES)
    for number, (route, body, role) in enumerate(ROUTES):
        path = route.replace("NAME", asked(shared, ROLES, f"find {number}"))
        before = cases(shared, "Ida"), events(shared)
        assert shared.client().ask("POST", f"/api/{path}", body).status == 401
        for name in [each for each, own in MORE_PEOPLE.items() if own != role]:
            answer = tell(shared, name, path, **body)
            assert answer.status == 403, (name, answer.data)
        assert (cases(shared, "Ida"), events(shared)) == before, path
        who = next(each for each, own in MORE_PEOPLE.items() if own == role)
        told(shared, who, path, **body)
        assert (cases(shared, "Ida"), events(shared)) != before, path


def test_everybody_who_is_logged_in_reads(shared: ServedOffice) -> None:
    for path in ("/api/cases", "/api/policy"):
        assert shared.client().ask("GET", path).status == 401
        for name in MORE_PEOPLE:
            shared.client(name).get(path)


def test_the_lists_are_the_policys(tmp_path: Path) -> None:
    policy = "cases: {version: 7, kinds_of_use: [a, b], harm: [c]}\nauthorisation: {valid_for: 6w}"
    with case_office(tmp_path, policy) as office:
        lists = office.client("Anne").get("/api/policy")
        assert (lists["kinds_of_use"], lists["harm"], lists["version"]) == (["a", "b"], ["c"], 7)
        assert (lists["valid_for"], lists["urgent"]) == ("6w", None)
        told(office, "Otto", "cases", **{**NEW, "kind_of_use": "b", "harm": "c"})
        answer = tell(office, "Otto", "authorisations", case_ref="OP-2", purpose="x", urgent=True)
        assert (answer.status, said_of(answer)[:35]) == (400, "Nothing is urgent by this policy (a")


REFUSALS: tuple[tuple[str, dict[str, Any], int, str], ...] = (
    ("cases", {"kind_of_use": "fishing"}, 400, "'fishing' is not in cases.kinds_of_use"),
    ("cases", {"harm": "none"}, 400, "'none' is not in cases.harm"),
    ("cases", {"retention": "soon"}, 400, "write 12h, 90d or 6w"),
    ("cases", {"case_ref": CASE}, 400, f"Case {CASE} is open already"),
    ("cases", {"case_ref": ""}, 422, "1 to 200 letters"),
    ("cases", {"more": 1}, 422, "more is not understood"),
    ("cases/change", {"case_ref": "OP-3"}, 409, "There is no such case that you may see."),
    ("authorisations", {"purpose": " "}, 400, "Authorised for what?"),
    ("authorisations", {"purpose": "x" * 501}, 422, "500 letters at most"),
    ("authorisations", {"case_ref": "OP-3"}, 409, "There is no such case that you may see."),
    ("authorisations/NAME/grant", {"valid_for": "31d"}, 400, "30 days at most"),
    ("authorisations/NAME/refuse", {"reason": " "}, 400, "Refused why?"),
    ("authorisations/AUTH-1/grant", {}, 409, "no such authorisation that you may decide"),
)


def test_a_refusal_is_a_sentence_and_does_nothing(shared: ServedOffice) -> None:
    opened(shared)
    authorisation = asked(shared)
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "cases": ("Otto", NEW),
        "cases/change": ("Otto", {"case_ref": CASE, "may_see": []}),
        "authorisations": ("Otto", {"case_ref": CASE, "purpose": "find him"}),
    }
    before = cases(shared, "Ida"), events(shared)
    for path, changes, status, words in REFUSALS:
        name, body = bodies.get(path, ("Uma", {}))
        answer = tell(shared, name, path.replace("NAME", authorisation), **{**body, **changes})
        assert (answer.status, words in said_of(answer)) == (status, True), answer.data
        assert (cases(shared, "Ida"), events(shared)) == before, (path, changes)


def test_a_request_that_is_sent_twice_is_one(shared: ServedOffice) -> None:
    opened(shared, TWICE)
    shared.client("Otto")
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: asked(shared, TWICE), range(4)))
    assert len(found) == len(cases(shared, "Otto")[TWICE]["authorisations"]) == 1
    assert [line["event"] for line in events(shared, TWICE)].count("authorisation.requested") == 1


def at_once(office: ServedOffice, auth: str) -> list[Any]:
    """What Uma and Ugo are answered, who grant it and refuse it."""
    orders = [("Uma", "grant", {}), ("Ugo", "refuse", {"reason": "no ground"})]
    with ThreadPoolExecutor(2) as pool:
        waiting = [
            pool.submit(tell, office, name, f"authorisations/{auth}/{path}", **said)
            for name, path, said in orders
        ]
        return [each.result() for each in waiting]


def test_of_two_who_decide_at_once_one_does(shared: ServedOffice) -> None:
    opened(shared, BOTH)
    for name in ("Uma", "Ugo"):
        shared.client(name)
    for _ in range(4):
        auth = asked(shared, BOTH)
        answers = at_once(shared, auth)
        assert sorted(each.status for each in answers) == [200, 409]
        (lost,) = (said_of(each) for each in answers if each.status == 409)
        found = cases(shared, "Ida")[BOTH]["authorisations"]
        (now,) = (each for each in found if each["authorisation_id"] == auth)
        assert f"{auth} was {now['state']} already, by {now['decided_by']}" in lost


def test_who_has_asked_does_not_decide(shared: ServedOffice) -> None:
    opened(shared, OWN)
    made = request_authorisation(files_of(shared), OWN, "find him", "UMA")
    name = made.authorisation_id
    for path, body in (("grant", {}), ("refuse", {"reason": "no ground"})):
        answer = tell(shared, "Uma", f"authorisations/{name}/{path}", **body)
        assert answer.status == 409
        assert "somebody else decides it" in said_of(answer)
    (seen,) = cases(shared, "Uma")[OWN]["authorisations"]
    assert (seen["state"], seen["for_me"], seen["asked_by_me"]) == ("requested", False, True)
    (other,) = cases(shared, "Ugo")[OWN]["authorisations"]
    assert (other["for_me"], other["asked_by_me"]) == (True, False)
    assert told(shared, "Ugo", f"authorisations/{name}/grant")["state"] == "granted"


def test_a_case_that_one_may_not_see_is_nowhere(office: ServedOffice) -> None:
    opened(office, CASE, ("Otto", "Uma"))
    opened(office, HIDDEN, ("Otto", "Uma"))
    auth, seen = asked(office, HIDDEN), office.sightings(RUN_ID, "Otto")[0]
    run = f"/api/runs/{RUN_ID}"
    at = f"{run}/sightings/{seen}"
    pictures = ("shots/1.jpg", "thumbnail.jpg", "enrolled/1/1.jpg", "moment")
    for name in ("Anne", "Oda", "Ugo"):
        client = office.client(name)
        assert (client.get("/api/cases"), client.get("/api/runs")) == ([], [])
        for path in (run, at, *(f"{at}/{each}" for each in pictures)):
            answer = client.ask("GET", path)
            assert answer.status == 404, path
            assert CASE not in answer.data.decode()
    noted = {"outcome": "arrest", "reason": "at the depot"}
    for name, path, body in (
        ("Anne", f"{at}/decisions", decision()),
        ("Oda", f"{at}/outcomes", noted),
        ("Oda", f"{run}/evidence", {"why": "for court"}),
    ):
        answer = office.client(name).ask("POST", path, body)
        assert (answer.status, CASE in answer.data.decode()) == (404, False), answer.data
    for name, path, said in (
        ("Oda", "cases/change", {"case_ref": HIDDEN, "may_see": []}),
        ("Oda", "cases/close", {"case_ref": HIDDEN}),
        ("Oda", "authorisations", {"case_ref": HIDDEN, "purpose": "find him"}),
        ("Ugo", f"authorisations/{auth}/grant", {}),
        ("Ugo", f"authorisations/{auth}/refuse", {"reason": "no ground"}),
    ):
        there = tell(office, name, path, **said)
        nowhere = {**said, "case_ref": "OP-NONE"} if "case_ref" in said else said
        none = tell(office, name, path.replace(auth, "AUTH-20200101-0000"), **nowhere)
        assert (there.status, there.data) == (409, none.data)
        assert HIDDEN not in there.data.decode()
    assert set(cases(office, "Uma")) == {CASE, HIDDEN} == set(cases(office, "Ida"))


def test_nobody_takes_a_case_that_they_may_not_see(shared: ServedOffice) -> None:
    opened(shared, HIDDEN, ("Otto",))
    order = {**NEW, "case_ref": f" {HIDDEN}\n", "may_see": ["Oda"]}
    for _ in range(2):
        answer = tell(shared, "Oda", "cases", **order)
        assert (answer.status, said_of(answer)[:29]) == (409, "That reference cannot be used")
        tell(shared, "Otto", "cases/close", case_ref=HIDDEN)  # nor once it is closed
    assert HIDDEN not in cases(shared, "Oda")
    assert not cases(shared, "Otto")[HIDDEN]["is_open"]


def test_what_is_done_is_on_record_under_the_name(shared: ServedOffice) -> None:
    opened(shared, DONE)
    told(shared, "Oda", "cases/change", case_ref=DONE, may_see=[], retention="90d")
    granted, refused = asked(shared, DONE), asked(shared, DONE, "find her")
    told(shared, "Uma", f"authorisations/{granted}/grant", valid_for="2w", reason="fair")
    told(shared, "Ugo", f"authorisations/{refused}/refuse", reason="no ground")
    told(shared, "Otto", "cases/close", case_ref=DONE)
    lines = events(shared, DONE)
    assert [(line["event"], line["by"], line["case_ref"]) for line in lines] == [
        ("case.opened", "Otto", DONE),
        ("case.changed", "Oda", DONE),
        ("authorisation.requested", "Otto", DONE),
        ("authorisation.requested", "Otto", DONE),
        ("authorisation.granted", "Uma", DONE),
        ("authorisation.refused", "Ugo", DONE),
        ("case.closed", "Otto", DONE),
    ]
    assert [line["reason"] for line in lines[4:6]] == ["fair", "no ground"]
    until = datetime.fromisoformat(lines[4]["valid_until"])
    assert timedelta(days=13) < until - datetime.now(UTC) < timedelta(days=15)


def test_a_run_whose_time_is_over_is_gone_until_it_is_granted(office: ServedOffice) -> None:
    name = waiting_run(office)
    assert RUN_ID not in office.runs("Anne")
    assert office.client("Anne").ask("GET", f"/api/runs/{RUN_ID}").status == 404
    (seen,) = cases(office, "Anne")[CASE]["authorisations"]
    assert (seen["state"], seen["urgent"]) == ("requested", True)
    told(office, "Uma", f"authorisations/{name}/grant", reason="late")
    assert RUN_ID in office.runs("Anne")
    assert office.sightings(RUN_ID)
    assert clocks_of(files_of(office)) == []
    kinds = [line["event"] for line in events(office)][-3:]
    assert kinds == ["run.withheld", "authorisation.granted", "run.put_back"]


def test_a_run_that_was_read_is_gone_at_the_end_of_its_time(office: ServedOffice) -> None:
    now = datetime.now(UTC)
    waiting_run(office, now)
    (clock,) = clocks_of(files_of(office))
    assert office.sightings(RUN_ID)
    path = office.home / "cases" / "_clocks" / f"{RUN_ID}.json"
    ended = json.loads(path.read_text()) | {"deadline": LONG_AGO.isoformat()}
    path.write_text(json.dumps(ended))
    assert clock.deadline > now
    assert RUN_ID not in office.runs("Anne")


def test_a_run_that_is_refused_is_destroyed(office: ServedOffice) -> None:
    name = waiting_run(office)
    told(office, "Uma", f"authorisations/{name}/refuse", reason="no ground")
    assert RUN_ID not in office.runs("Ida")
    assert not [each for each in (office.home / "results").rglob("*") if RUN_ID in str(each)]
    assert list((office.home / "audit" / "receipts").iterdir())
    assert "forget.done" in [line["event"] for line in events(office)]
