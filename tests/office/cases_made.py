"""An office with cases: results of two synthetic runs of a case, a policy with urgency, and one run
that waits for its authorisation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from lfr_batch.casework.authorisations import request_authorisation
from lfr_batch.casework.case_files import CaseFiles, case_files
from lfr_batch.casework.cases import open_case
from lfr_batch.casework.clocks import Clock, start_clock
from lfr_batch.config.live import ConsoleConfig
from lfr_batch.config.schema import S3Config
from lfr_batch.console.roster import Roster
from lfr_batch.console.serve import serve
from lfr_batch.console.users import make_user
from lfr_batch.front.clocks import act_on_clocks_of
from lfr_batch.office.app import create_office
from lfr_batch.office.opened import opened_office
from lfr_batch.results.store import open_store
from tests.console.browser import Page
from tests.front.forgotten import fill_results
from tests.office.made import PEOPLE, ServedOffice
from tests.results.synthetic import RUN_ID

CASE = "OP-LANTERN 12/26"
"""Of the runs that there are."""
KIND, HARM = "missing person", "threat to life"
LONG_AGO = datetime.now(UTC) - timedelta(days=2)
MORE_PEOPLE = {**PEOPLE, "Ugo": "authoriser", "Oda": "operator"}


@contextmanager
def case_office(
    folder: Path, policy: str = "authorisation: {urgent: 24h}", only_run: str | None = None
) -> Iterator[ServedOffice]:
    home = folder / "home"
    root = str(home / "results")
    fill_results(open_store(root))
    (home / "policy.yaml").write_text(policy)
    tokens = {name: make_user(home, name, role) for name, role in MORE_PEOPLE.items()}
    look = partial(act_on_clocks_of, home, S3Config(), root)
    with (
        opened_office(home, root, S3Config(), Roster(home), look, only_run=only_run) as office,
        serve(create_office(office), ConsoleConfig(port=0)) as url,
        closing(ServedOffice(url, home, office, tokens)) as made,
    ):
        yield made


def files_of(office: ServedOffice) -> CaseFiles:
    return case_files(office.home, S3Config())


def tell(office: ServedOffice, name: str, path: str, **said: Any) -> Any:
    """The answer to what somebody asks for below /api."""
    return office.client(name).ask("POST", f"/api/{path}", said)


def told(office: ServedOffice, name: str, path: str, **said: Any) -> Any:
    """What the answer says, where it is done."""
    answer = tell(office, name, path, **said)
    assert answer.status in (200, 201), answer.data
    return answer.json()


def opened(office: ServedOffice, case_ref: str = CASE, may_see: tuple[str, ...] = ()) -> Any:
    said = {"case_ref": case_ref, "kind_of_use": KIND, "harm": HARM, "may_see": list(may_see)}
    return told(office, "Otto", "cases", **said)


def asked(
    office: ServedOffice, case_ref: str = CASE, purpose: str = "find him", *, urgent: bool = False
) -> str:
    """The name of what Otto asks for."""
    said = told(office, "Otto", "authorisations", case_ref=case_ref, purpose=purpose, urgent=urgent)
    return str(said["authorisation_id"])


def cases(office: ServedOffice, name: str) -> dict[str, Any]:
    """Those that somebody may see, by reference."""
    return {each["case_ref"]: each for each in office.client(name).get("/api/cases")}


def waiting_run(office: ServedOffice, when: datetime = LONG_AGO) -> str:
    """The authorisation that Otto asked for then, urgently, of the run that began on it."""
    files, store = files_of(office), open_store(office.home / "results")
    open_case(files, CASE, KIND, HARM, "Otto", now=when)
    found = request_authorisation(files, CASE, "find him", "Otto", urgent=True, now=when)
    clock = Clock(
        run_id=RUN_ID, case_ref=CASE, authorisation_id=found.authorisation_id, results=store.uri,
        started_at=when, deadline=when + timedelta(days=1),
    )  # fmt: skip
    start_clock(files, clock)
    return found.authorisation_id


def enter(page: Page, office: ServedOffice, name: str) -> None:
    """By the link."""
    page.open("about:blank")
    page.open(f"{office.url}/#{office.tokens[name]}")
    page.wait(f"document.body?.dataset.name === '{name}'")


def enter_cases(page: Page, office: ServedOffice, name: str) -> None:
    """By the link, and by keyboard to the cases."""
    enter(page, office, name)
    page.wait("document.activeElement?.closest('#runs .entry, #runs-screen h2')")
    page.press("g")
    page.wait("document.activeElement?.closest('#cases .entry, #cases-screen h2')")


def write(page: Page, field: str, text: str) -> None:
    """In the field of the form, in place of what is there."""
    page.evaluate(f"document.querySelector('#{field}').focus()")
    page.evaluate("document.activeElement.select()")
    page.call("Input.insertText", text=text)


def choose(page: Page, field: str, value: str) -> None:
    page.evaluate(f"document.querySelector('#{field}').value = '{value}'")


def send(page: Page) -> None:
    """The form, by Ctrl + Enter."""
    told = {"key": "Enter", "windowsVirtualKeyCode": 13, "modifiers": 2}
    page.call("Input.dispatchKeyEvent", type="keyDown", **told)
    page.call("Input.dispatchKeyEvent", type="keyUp", **told)


def press_button(page: Page, words: str) -> None:
    """The visible one whose text begins so: focus, Enter."""
    page.evaluate(
        "[...document.querySelectorAll('button')].find(each => each.checkVisibility()"
        f" && each.innerText.replace(/^[A-Z?]\\n?(?=[A-Z])/, '').startsWith('{words}')).focus()"
    )
    page.press("Enter")


def form_is_open(page: Page) -> None:
    page.wait("document.querySelector('#case-form').open")


def open_form(page: Page, words: str) -> None:
    """By the button whose text begins so."""
    press_button(page, words)
    form_is_open(page)


def form_is_closed(page: Page) -> None:
    page.wait("!document.querySelector('#case-form').open")
