"""Cases and authorisations in a real browser, by keyboard: asked for by one, granted by another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.browser import Page
from tests.console.pages import answer_of
from tests.office.cases_made import (
    CASE,
    LONG_AGO,
    asked,
    case_office,
    cases,
    choose,
    enter,
    enter_cases,
    form_is_closed,
    form_is_open,
    open_form,
    opened,
    send,
    tell,
    told,
    waiting_run,
    write,
)
from tests.office.desk import leave_office
from tests.office.made import ServedOffice
from tests.office.test_office_seen import look
from tests.results.synthetic import RUN_ID

HTML = "document.documentElement.outerHTML"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ServedOffice]:
    with case_office(tmp_path) as made:
        yield made


def open_the_case(page: Page) -> None:
    page.press("Enter")
    page.wait("document.activeElement?.id === 'case-title'")


def test_one_asks_and_another_grants_by_keyboard_alone(page: Page, office: ServedOffice) -> None:
    enter_cases(page, office, "Otto")
    assert page.text("#no-cases") == "No case that you may see."
    page.press("n")
    form_is_open(page)
    send(page)
    page.wait_for_text("#case-refused", "Not sent: give the case its reference.")
    write(page, "case-ref", "OP LANTERN")
    choose(page, "case-kind", "missing person")
    choose(page, "case-harm", "threat to life")
    write(page, "case-keep", "90d")
    send(page)
    page.wait_for_text("#case-title", "Case OP LANTERN")
    page.wait_for_text("#said", "The case is open.")
    assert "for 90 days" in page.text("#case-facts")

    page.press("a")
    form_is_open(page)
    assert "for 24 hours: until" in page.text("#auth-urgent-hint")
    assert "withheld" in page.text("#auth-urgent-hint")
    assert "destroyed" in page.text("#auth-urgent-hint")
    write(page, "auth-purpose", "find her on the station's cameras")
    send(page)
    page.wait_for_text("#authorisations", "You have asked for it: somebody else decides.")
    name = cases(office, "Otto")["OP LANTERN"]["authorisations"][0]["authorisation_id"]
    assert page.evaluate("document.activeElement.innerText") == name
    assert "Grant" not in page.text("#authorisations")
    assert "lfr scan" not in page.text("#authorisations")
    assert tell(office, "Otto", f"authorisations/{name}/grant").status == 403
    leave_office(page)

    enter_cases(page, office, "Uma")
    assert page.text("#to-cases") == "Cases1 waiting for you"
    open_the_case(page)
    open_form(page, "Grant…")
    write(page, "auth-valid", "60d")
    send(page)
    page.wait_for_text("#case-refused", "30 days at most")
    write(page, "auth-valid", "14d")
    write(page, "auth-reason", "proportionate")
    send(page)
    page.wait_for_text("#authorisations", "Granted by Uma")
    page.problems.clear()  # the browser notes the 400
    words = page.text("#authorisations")
    assert "proportionate" in words
    assert "13 days left" in words
    assert f"--case 'OP LANTERN' --authority {name}" in words
    assert page.evaluate("document.querySelector('#cases-waiting').hidden")
    leave_office(page)
    assert "LANTERN" not in page.evaluate(HTML)


def test_a_refusal_says_before_what_it_destroys(page: Page, office: ServedOffice) -> None:
    opened(office)
    asked(office)
    enter_cases(page, office, "Uma")
    open_the_case(page)
    open_form(page, "Refuse…")
    assert "is destroyed, with a receipt" in page.text("#case-fields")
    send(page)
    page.wait_for_text("#case-refused", "Not sent: say why it is refused.")
    write(page, "auth-reason", "no ground")
    send(page)
    page.wait_for_text("#authorisations", "no ground")
    assert page.text("#authorisations .pill") == "Refused"


def test_what_somebody_else_decided_meanwhile_stands(page: Page, office: ServedOffice) -> None:
    opened(office)
    name = asked(office)
    enter_cases(page, office, "Uma")
    open_the_case(page)
    open_form(page, "Grant…")
    told(office, "Ugo", f"authorisations/{name}/refuse", reason="no ground")
    write(page, "auth-reason", "proportionate")
    send(page)
    page.wait_for_text("#case-refused", "was refused already, by Ugo")
    assert page.evaluate("document.querySelector('#auth-reason').value") == "proportionate"
    page.press("Escape")
    form_is_closed(page)
    page.wait_for_text("#authorisations", "Refused by Ugo")
    page.problems.clear()  # the browser notes the 409


def test_a_case_is_changed_closed_and_opened_again(page: Page, office: ServedOffice) -> None:
    opened(office)
    enter_cases(page, office, "Otto")
    open_the_case(page)
    open_form(page, "Change…")
    page.press("ArrowDown")
    write(page, "case-names", "Anne")
    page.wait_for_text("#case-names-hint", "You (Otto) are not among them")
    write(page, "case-names", "Anne\nOtto")
    send(page)
    page.wait_for_text("#case-facts", "Anne, Otto")
    open_form(page, "Close…")
    assert page.text("#case-form-title") == f"Close case {CASE}?"
    page.press("Escape")
    form_is_closed(page)
    assert cases(office, "Otto")[CASE]["is_open"]
    open_form(page, "Close…")
    send(page)
    page.wait_for_text("#case-state", "Closed")
    open_form(page, "Open again…")
    send(page)
    page.wait_for_text("#case-state", "Open")
    assert cases(office, "Otto")[CASE]["may_see"] == ["Anne", "Otto"]


def test_a_form_that_follows_at_once_on_another_stays(page: Page, office: ServedOffice) -> None:
    opened(office)
    enter_cases(page, office, "Otto")
    open_the_case(page)
    open_form(page, "Close…")
    assert page.is_open_again(
        "#case-form",
        "[...document.querySelectorAll('button')]"
        ".find((each) => each.textContent.includes('Change…')).click()",
    )
    assert page.text("#case-fields")


def test_an_urgent_one_says_that_its_results_are_withheld(page: Page, office: ServedOffice) -> None:
    waiting_run(office, LONG_AGO)
    enter_cases(page, office, "Ida")
    open_the_case(page)
    page.wait_for_text("#authorisations", "what was found is withheld until it is granted")
    assert page.text("#authorisations .pill") == "Waits for an authoriser"
    assert (
        page.evaluate(
            "[...document.querySelectorAll('#case-screen button')]"
            ".filter(each => each.checkVisibility()).length"
        )
        == 1
    )


def test_a_reload_and_a_step_back(page: Page, office: ServedOffice) -> None:
    opened(office)
    enter_cases(page, office, "Otto")
    open_the_case(page)
    assert CASE not in page.evaluate("JSON.stringify(history.state) + location.href")
    page.evaluate("history.back()")
    page.wait("document.activeElement?.closest('#cases .entry')")
    page.press("g")
    page.wait("document.activeElement?.closest('#runs .entry')")
    page.press("g")
    page.wait("document.activeElement?.closest('#cases .entry')")
    page.reload()
    page.wait("document.activeElement?.closest('#cases .entry')")


LEFT = (
    ("2026-03-01T12:00:00Z", "2026-03-01T11:59:30Z", "0 min left"),
    ("2026-03-01T12:00:00Z", "2026-03-01T12:00:01Z", "time over"),
    ("2026-03-01T12:00:00Z", "2026-03-01T10:00:01Z", "119 min left"),
    ("2026-03-01T12:00:00Z", "2026-02-28T12:00:00Z", "24 h left"),
    ("2026-03-03T12:00:00Z", "2026-03-01T12:00:00Z", "2 days left"),
)
COMMANDS = (
    ("OP-1", "OP-1"),
    ("OP LANTERN 12/26", "'OP LANTERN 12/26'"),
    ("it's $(here)", r"'it'\''s $(here)'"),
)


def test_words_and_commands(page: Page, office: ServedOffice) -> None:
    enter_cases(page, office, "Ida")
    asked = json.dumps([each[:2] for each in LEFT])
    said = answer_of(
        page, "case_words", f"{asked}.map(([at, now]) => m.leftWords(at, Date.parse(now)))"
    )
    assert said == [each[2] for each in LEFT]
    asked = json.dumps([{"case_ref": each[0], "authorisation_id": "AUTH-1"} for each in COMMANDS])
    said = answer_of(page, "case_words", f"{asked}.map(m.commandOf)")
    assert [each.split(" --case ")[1] for each in said] == [
        f"{quoted} --authority AUTH-1" for _, quoted in COMMANDS
    ]


def test_where_one_run_is_shown_there_are_no_cases(page: Page, tmp_path: Path) -> None:
    with case_office(tmp_path, only_run=RUN_ID) as office:
        enter(page, office, "Otto")
        page.wait("document.activeElement?.closest('#queue .entry, #run-screen h2')")
        assert page.evaluate("document.querySelector('#to-cases')") is None
        page.press("g")
        assert page.evaluate("document.querySelector('#cases-screen').hidden")


def test_everybody_can_read_it(page: Page, office: ServedOffice, tmp_path: Path) -> None:
    waiting_run(office, LONG_AGO)
    opened(office, "OP-QUAY 7/26", ("Otto", "Uma"))
    for whom in ("him", "her", "them"):
        asked(office, "OP-QUAY 7/26", f"find {whom}", urgent=True)
    granted, refused, _ = (
        each["authorisation_id"] for each in cases(office, "Otto")["OP-QUAY 7/26"]["authorisations"]
    )
    told(office, "Uma", f"authorisations/{granted}/grant", reason="proportionate")
    told(office, "Uma", f"authorisations/{refused}/refuse", reason="no ground")
    for case in ("CLOSED-1", "OP-QUIET"):
        opened(office, case)
    told(office, "Otto", "cases/close", case_ref="CLOSED-1")

    enter_cases(page, office, "Uma")
    look(page, tmp_path / "list")
    page.evaluate("document.querySelector('[data-ref=\"OP-QUAY 7/26\"]').focus()")
    open_the_case(page)
    look(page, tmp_path / "case")
    for words, picture in (("Grant…", "grant"), ("Refuse…", "refuse")):
        open_form(page, words)
        look(page, tmp_path / picture)
        page.press("Escape")
        form_is_closed(page)
    leave_office(page)

    enter_cases(page, office, "Otto")
    page.press("n")
    form_is_open(page)
    page.evaluate("document.querySelector('[name=case-who][value=some]').click()")
    send(page)
    look(page, tmp_path / "new")
    page.press("Escape")
    page.evaluate("document.querySelector('[data-ref=\"OP-QUAY 7/26\"]').focus()")
    open_the_case(page)
    look(page, tmp_path / "own")
    page.press("a")
    form_is_open(page)
    look(page, tmp_path / "ask")
