"""The examiners' page in a real browser, by keyboard: three people, drafts, refusals, log-out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from lfr_batch.console.users import remove_user
from lfr_batch.front.machinery import HERE
from lfr_batch.front.runs import run_order
from tests.console.browser import Page, new_page
from tests.footage.clips import write_clip
from tests.office.desk import (
    SIGHTING_OPEN,
    enter_office,
    leave_office,
    open_queue,
    open_sighting,
    save,
    state_comparison,
)
from tests.office.made import ServedOffice, path_of
from tests.one_case import Casework

HTML = "document.documentElement.outerHTML"
KEPT = "Object.entries({...localStorage}).filter(([key]) => key.startsWith('lfr.office'))"
WAITS = "Saved. It waits for another person."
IN_SIGHT = """
(box => document.elementFromPoint(box.x + 5, box.y + 5)?.closest('#statement') !== null)(
  document.activeElement.getBoundingClientRect())
"""
LOST = """
(() => {
  const ask = window.fetch;
  window.fetch = async (...order) => {
    const answer = await ask(...order);
    if (order[1]?.method !== 'POST') return answer;
    window.fetch = ask;
    throw new TypeError('the answer is lost');
  };
})()
"""


def first_path(office: ServedOffice) -> str:
    run = office.runs()[0]
    return path_of(run, office.sightings(run)[0])


def to_the_form(page: Page, office: ServedOffice, name: str) -> None:
    enter_office(page, office, name)
    open_queue(page)
    open_sighting(page)


def test_three_people_and_an_outcome_by_keyboard_alone(page: Page, office: ServedOffice) -> None:
    to_the_form(page, office, "Anne")
    assert page.text("#sighting-state") == "Waits for you"
    assert page.evaluate("document.querySelector('#revealed').hidden")
    state_comparison(page, "ssssssss", 0, "the same freckle below the eye")
    save(page)
    page.wait_for_text("#said", WAITS)
    assert page.text("#scores").startswith("Score 0.")
    assert page.text("#sighting-state") == "Yours is saved: waits for another person"
    page.press("w")
    page.wait_for_text("#sighting-title", "Sighting 2 of 2")
    leave_office(page)

    to_the_form(page, office, "Bill")
    seen = page.evaluate(HTML)
    assert "Anne" not in seen
    assert "freckle" not in seen
    assert page.evaluate("document.querySelector('#revealed').hidden")
    state_comparison(page, "sssdssns", 4, "the ears differ")
    save(page)
    page.wait_for_text("#said", WAITS)
    assert page.evaluate("document.querySelectorAll('.unequal').length") == 3
    leave_office(page)

    to_the_form(page, office, "Caro")
    assert page.text("#sighting-state") == "Two disagree: waits for you"
    assert "Anne" not in page.evaluate(HTML)
    state_comparison(page, "sssdssss", 5, "the ears differ indeed")
    save(page)
    page.wait_for_text("#said", "Saved. The sighting is decided.")
    assert page.text("#sighting-state") == "Eliminated"
    heads = "[...document.querySelectorAll('#decisions thead th b')].map(b => b.innerText)"
    assert page.evaluate(heads) == ["First examiner", "Second examiner", "Third examiner"]

    page.press("o", " ", "ArrowDown", "Tab")
    page.call("Input.insertText", text="was abroad on that day")
    save(page)
    page.wait_for_text("#outcomes", "Eliminated by other evidence was abroad on that day Caro")
    made = office.client("Ida").get(first_path(office))
    assert [each["stage"] for each in made["decisions"]] == ["first", "second", "third"]
    assert made["decisions"][1]["components"]["chin"] == "not_visible"
    assert made["decisions"][0]["image_factors"] == ["resolution"]


def test_what_is_begun_survives_a_reload_and_not_the_person(
    page: Page, undecided: ServedOffice
) -> None:
    to_the_form(page, undecided, "Anne")
    page.press("s", "d", "r")
    page.call("Input.insertText", text="half a reason")
    ((_, kept),) = page.evaluate(KEPT)
    assert "astronaut" not in kept
    page.reload()
    page.wait(f"{SIGHTING_OPEN} && document.querySelector('#reason')?.value === 'half a reason'")
    checked = "[...document.querySelectorAll('#comparison :checked')].map(each => each.value)"
    assert page.evaluate(checked) == ["similar", "different"]
    assert page.evaluate(KEPT)[0][1] == kept
    page.press("Escape", "u")
    page.wait_for_text("#queue", "Begun")
    leave_office(page)
    assert page.evaluate(KEPT) == []
    assert "astronaut" not in page.evaluate(HTML)
    page.evaluate("localStorage['lfr.office.Anne/r/s'] = '{}'")
    enter_office(page, undecided, "Bill")
    assert page.evaluate(KEPT) == []


def test_an_answer_that_is_lost_is_asked_for_again_and_what_was_changed_since_is_said(
    page: Page, office: ServedOffice
) -> None:
    to_the_form(page, office, "Anne")
    state_comparison(page, "ssssssss", 0, "the same ear")
    page.evaluate(LOST)
    save(page)
    page.wait_for_text("#said", "Not done")
    ((_, kept),) = page.evaluate(KEPT)
    save(page)
    page.wait_for_text("#said", WAITS)
    assert page.evaluate(KEPT) == []
    (made,) = office.client("Ida").get(first_path(office))["decisions"]
    assert made["reason"] == json.loads(kept)["reason"]
    page.press("w")
    page.wait_for_text("#sighting-title", "Sighting 2 of 2")
    state_comparison(page, "ssssssss", 0, "the same ear")
    page.evaluate(LOST)
    save(page)
    page.wait_for_text("#said", "Not done")
    page.evaluate(
        "document.querySelector('[data-of=conclusion] input[value=inconclusive]').click()"
    )
    save(page)
    page.wait_for_text("#said", "It had been saved already, as it was sent first")


def test_what_is_missing_is_said_and_has_the_focus_and_a_step_back_is_to_the_queue(
    page: Page, undecided: ServedOffice
) -> None:
    to_the_form(page, undecided, "Anne")
    page.press(*"sssssss")
    save(page)
    page.wait_for_text("#said", "Not saved: say of each")
    assert page.evaluate("document.activeElement.name") == "component-marks"
    assert page.evaluate(IN_SIGHT)
    page.press("n")
    assert page.text("#said") == ""
    save(page)
    page.wait_for_text("#said", "Not saved: choose one of the six conclusions.")
    assert page.evaluate("document.activeElement.name") == "conclusion"
    page.press(" ", "Enter")
    assert undecided.client("Ida").get(first_path(undecided))["decisions"] == []
    page.evaluate("history.back()")
    page.wait("document.activeElement?.closest('#queue .entry')")
    assert page.evaluate("location.pathname + location.hash") == "/"
    page.evaluate("history.back()")
    page.wait("document.activeElement?.closest('#runs .entry')")


def test_a_refusal_is_said_as_it_is_and_takes_nothing_away(
    page: Page, office: ServedOffice
) -> None:
    to_the_form(page, office, "Anne")
    state_comparison(page, "ssssssss", 0, "the same ear")
    for name in ("Bill", "Caro"):
        office.decide(name, first_path(office))
    save(page)
    page.wait_for_text("#said", "Not done: this sighting is decided")
    page.wait_for_text("#said", "no other comparison of it is taken, go on with the next.")
    assert page.evaluate("document.querySelector('#reason').value") == "the same ear"
    page.problems.clear()  # the browser notes the 409


def test_pictures_move_together_and_another_candidate_takes_nothing_away(
    page: Page, undecided: ServedOffice
) -> None:
    to_the_form(page, undecided, "Anne")
    where = "[...document.querySelectorAll('#both .pane img')].map(each => each.style.transform)"
    page.press("+", "+", "ArrowLeft")
    for transform in page.evaluate(where):
        assert transform.startswith("translate(15%, 0%) scale(2.25)")
    page.press("0")
    assert page.text("#scale") == "100 %"
    page.press("s", "2")
    page.wait("document.querySelector('#enrolled').src.endsWith('/enrolled/2/1.jpg')")
    assert page.evaluate("document.querySelector('#stated').disabled")
    page.press("s")
    assert page.evaluate("document.querySelectorAll('#comparison :checked').length") == 1
    page.press("1")
    assert not page.evaluate("document.querySelector('#stated').disabled")
    page.press("2")
    page.evaluate("document.querySelectorAll('#other-candidate button')[1].click()")
    assert page.evaluate("document.querySelectorAll('#comparison :checked').length") == 0
    assert page.text("#compared-with") == "About candidate 2, actor."


def test_what_was_rejected_before_is_shown_as_such(page: Page, office: ServedOffice) -> None:
    _, earlier = office.runs()
    for name in ("Anne", "Bill"):
        at = path_of(earlier, office.sightings(earlier)[0])
        office.decide(name, at, conclusion="different")
    enter_office(page, office, "Caro")
    page.wait_for_text("#runs", "1 rejected before")
    open_queue(page)
    page.press("f")
    page.evaluate(
        "(s => { s.value = 'rejected'; s.dispatchEvent(new Event('change')) })"
        "(document.querySelector('#showing'))"
    )
    page.wait_for_text("#queue", f"Rejected before, in {earlier}")
    page.evaluate("document.querySelector('#queue .entry').focus()")
    open_sighting(page)
    page.wait_for_text("#earlier", f"rejected this in run {earlier} of the same case")
    assert page.evaluate("document.querySelector('#comparison').hidden")


def test_who_decides_nothing_is_offered_nothing(page: Page, office: ServedOffice) -> None:
    office.decide("Anne", first_path(office))
    for name, revealed in (("Otto", False), ("Ida", True), ("Uma", False)):
        to_the_form(page, office, name)
        assert page.text("#why-not") == "Only a reviewer decides."
        assert page.evaluate("document.querySelector('#comparison').hidden")
        assert page.evaluate("document.querySelector('#revealed').hidden") is not revealed, name
        assert ("Anne" in page.text("#decisions")) is revealed, name
        page.press("s", "c", "r", "o", "w")


def test_no_picture_is_asked_for_after_a_logout(page: Page, undecided: ServedOffice) -> None:
    to_the_form(page, undecided, "Anne")
    page.press("w")
    page.wait_for_text("#sighting-title", "Sighting 2 of 2")
    assert page.pictures_asked_for_after("document.querySelector('#logout').click()") == []


def test_what_was_asked_for_before_a_logout_is_not_answered(
    page: Page, undecided: ServedOffice
) -> None:
    to_the_form(page, undecided, "Anne")
    page.evaluate(
        "window.asked = []; window.fetch = (path, { signal }) => new Promise(() => {"
        " window.asked.push([path.split('/').at(1), signal]); })"
    )
    page.press("u")
    page.evaluate("document.querySelector('#logout').click()")
    page.wait("window.asked.length > 1")
    told = "window.asked.map(([what, signal]) => [what, signal?.aborted ?? null])"
    assert page.evaluate(told) == [["api", True], ["logout", None]]


def test_other_pages_of_the_browser_are_left_with_it_and_the_removed_are_asked_to_log_in(
    page: Page, devtools: str, office: ServedOffice
) -> None:
    to_the_form(page, office, "Anne")
    with new_page(devtools) as other:
        other.open(office.url)
        other.wait("document.querySelector('#runs .entry')")
        leave_office(other)
        page.wait("document.querySelector('#token') && !document.body.dataset.name")
    to_the_form(page, office, "Anne")
    remove_user(office.home, "Anne")
    page.press("u")
    page.wait("document.querySelector('#token') && !document.body.dataset.name")
    assert "astronaut" not in page.evaluate(HTML)
    page.problems.clear()  # the browser notes the 401


def test_what_could_not_be_searched_is_said(
    page: Page, office: ServedOffice, home: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mp4"
    write_clip(cut, [np.full((90, 160, 3), grey, np.uint8) for grey in range(50)])
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    order = Casework(home, tmp_path, tmp_path).order(cut.name)
    run_order(order, str(home / "results"), machinery=HERE)
    enter_office(page, office, "Anne")
    page.wait_for_text("#runs", "0 found not all was searched: 1 failed 0 waiting for you")
    open_queue(page)
    page.wait_for_text("#run-counts", "not all was searched: 1 failed")
    page.wait_for_text("#no-sightings", "No face in what was searched reached the threshold.")
