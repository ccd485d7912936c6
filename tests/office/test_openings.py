"""Where the house asks why a run is opened, nothing of it is told before somebody says it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.oversight import audit
from tests.console.browser import Page
from tests.office.cases_made import case_office, enter, form_is_open, opened, send, tell, write
from tests.office.desk import leave_office
from tests.office.made import ServedOffice, decision, path_of
from tests.office.test_office_seen import look
from tests.results.synthetic import RUN_ID

POLICY = "opening: {ask_why: [review]}"
RUN = f"runs/{RUN_ID}"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ServedOffice]:
    with case_office(tmp_path, POLICY) as made:
        yield made


def openings(office: ServedOffice) -> list[dict[str, Any]]:
    lines = [line for line in audit.entries(office.home) if line["event"] == "results.opened"]
    names = ("what", "by", "cases", "run_ids", "why")
    return [{name: line[name] for name in names} for line in lines]


def said_by(office: ServedOffice, *lines: tuple[str, str]) -> list[dict[str, Any]]:
    (case_ref,) = {run["case_ref"] for run in office.client("Ida").get("/api/runs")}
    return [
        {"what": "review", "by": by, "cases": [case_ref], "run_ids": [RUN_ID], "why": why}
        for by, why in lines
    ]


def test_nothing_of_it_is_told_before(office: ServedOffice) -> None:
    anne = office.client("Anne")
    assert RUN_ID in [run["run_id"] for run in anne.get("/api/runs")]
    at = path_of(RUN_ID, "5e1ec7ed")
    paths = ("", "/shots/1.jpg", "/thumbnail.jpg", "/enrolled/1/1.jpg", "/moment")
    for path in (f"/api/{RUN}", *(f"{at}{each}" for each in paths)):
        answer = anne.ask("GET", path)
        assert (answer.status, "say it first" in answer.json()["error"]) == (428, True), path
        assert office.client().ask("GET", path).status == 401
    assert anne.ask("POST", f"{at}/decisions", decision()).status == 428
    assert openings(office) == []


def test_it_is_asked_once_for_each_session_and_run(office: ServedOffice) -> None:
    assert tell(office, "Anne", f"{RUN}/opening", why="order of the court").status == 204
    at = path_of(RUN_ID, office.sightings(RUN_ID, "Anne")[0])
    assert office.client("Anne").ask("GET", at).status == 200
    assert office.client("Bill").ask("GET", at).status == 428
    other = next(run for run in office.runs("Anne") if run != RUN_ID)
    assert office.client("Anne").ask("GET", f"/api/runs/{other}").status == 428
    assert openings(office) == said_by(office, ("Anne", "order of the court"))
    office.client("Anne").login(office.tokens["Anne"])
    assert office.client("Anne").ask("GET", at).status == 428


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"why": " \u200b"}, 400, "Opened why?"),
        ({"why": "x" * 2001}, 422, "2000 letters at most"),
        ({}, 422, "2000 letters at most"),
    ],
)
def test_what_is_no_reason(
    office: ServedOffice, body: dict[str, str], status: int, said: str
) -> None:
    answer = tell(office, "Anne", f"{RUN}/opening", **body)
    assert (answer.status, said in answer.json()["error"]) == (status, True)
    assert office.client("Anne").ask("GET", f"/api/{RUN}").status == 428
    assert openings(office) == []


def test_who_may_not_see_it_opens_nothing(office: ServedOffice) -> None:
    case_ref = office.client("Ida").get("/api/runs")[0]["case_ref"]
    opened(office, case_ref, ("Otto",))
    assert tell(office, "Anne", f"{RUN}/opening", why="curious").status == 404
    assert openings(office) == []


@pytest.mark.parametrize(
    ("policy", "only_run"), [("opening: {ask_why: [sql]}", None), (POLICY, RUN_ID)]
)
def test_it_is_not_asked(policy: str, only_run: str | None, tmp_path: Path) -> None:
    """Not where the house does not ask; `lfr review` has asked whoever began it."""
    with case_office(tmp_path, policy, only_run) as office:
        assert office.sightings(RUN_ID, "Anne")


def test_by_keyboard_alone(page: Page, office: ServedOffice, tmp_path: Path) -> None:
    enter(page, office, "Anne")
    page.wait("document.activeElement?.closest('#runs .entry')")
    page.press("Enter")
    form_is_open(page)
    page.wait("document.activeElement?.id === 'open-why'")
    assert f"Run {office.runs('Anne')[0]}." in page.text("#case-form-intro")
    look(page, tmp_path / "why")
    send(page)
    page.wait_for_text("#case-refused", "Not sent: say why you open it.")
    page.press("Escape")
    page.wait_for_text("#said", "Not done: no reason was given.")
    assert not page.evaluate("document.querySelector('#runs-screen').hidden")
    page.press("Enter")
    form_is_open(page)
    write(page, "open-why", "order of the court")
    send(page)
    page.wait("document.activeElement?.closest('#queue .entry, #run-screen h2')")
    assert [each["why"] for each in openings(office)] == ["order of the court"]
    page.press("u")
    page.wait("document.activeElement?.closest('#runs .entry')")
    page.press("Enter")  # it is not asked twice
    page.wait("document.activeElement?.closest('#queue .entry, #run-screen h2')")
    page.reload()
    page.wait("document.activeElement?.closest('#queue .entry, #run-screen h2')")
    leave_office(page)
    page.problems.clear()  # the browser logs the refusals
    assert "order of the court" not in json.dumps(page.evaluate("document.body.outerHTML"))


def test_who_comes_back_to_a_sighting_is_asked_first(page: Page, office: ServedOffice) -> None:
    """As after a server that was started anew: the page is where it was, the session is another."""
    told = {"name": "Anne", "run": RUN_ID, "sighting": "gone"}
    enter(page, office, "Anne")
    page.wait("document.activeElement?.closest('#runs .entry')")
    page.evaluate(f"history.replaceState({json.dumps(told)}, '', '/')")
    page.reload()
    form_is_open(page)
    page.press("Escape")
    page.wait_for_text("#said", "Not opened: no reason was given.")
    page.wait("document.activeElement?.closest('#runs .entry')")
    page.problems.clear()  # the browser logs the refusal
