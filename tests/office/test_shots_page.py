"""The shots of a track in a real browser, a key or a touch apart, beside the enrolled picture: the
eyes equally far apart, the faces at one height, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.office.enrolled import EnrolledPictures
from tests.console.browser import Page
from tests.console.screens import PHONE, TABLET
from tests.console.test_seen import PORTRAIT
from tests.office.desk import enter_office, open_queue, open_sighting
from tests.office.made import ServedOffice, path_of
from tests.office.test_office_seen import look

LOADED = "[...document.querySelectorAll('#both img')].every(each => each.complete)"
FACES = """
(([shot, known]) => {
  const seen = (id, [x_share, y_share, eyes]) => {
    const image = document.getElementById(id);
    const pane = image.closest('.pane').getBoundingClientRect();
    const { x, y, width, height } = image.getBoundingClientRect();
    const fit = Math.min(width / image.naturalWidth, height / image.naturalHeight);
    const [w, h] = [fit * image.naturalWidth, fit * image.naturalHeight];
    const at = { x: x + (width - w) / 2, y: y + (height - h) / 2 };
    return {
      middle: at.y + w * y_share - pane.y,
      across: at.x + w * x_share - pane.x - pane.width / 2,
      eyes: w * eyes,
      pane: pane.y,
      outside: Math.max(
        pane.x - at.x, pane.y - at.y, at.x + w - pane.right, at.y + h - pane.bottom),
    };
  };
  return [seen('evidence', shot), seen('enrolled', known)];
})
"""
TRANSFORMS = "[...document.querySelectorAll('#both .pane img')].map(i => i.style.transform)"
CAPTION = "#of-evidence"


def with_shots(office: ServedOffice) -> str:
    """The path of a sighting of the newest run that has several."""
    run = office.runs()[0]
    paths = [path_of(run, each) for each in office.sightings(run)]
    return next(p for p in paths if len(office.client("Anne").get(p)["shots"]) > 3)


def open_with_shots(page: Page, office: ServedOffice) -> str:
    enter_office(page, office, "Anne")
    open_queue(page)
    path = with_shots(office)
    sighting_id = path.rsplit("/", 1)[-1]
    page.evaluate(f"document.querySelector('#queue [data-sighting=\"{sighting_id}\"]').focus()")
    open_sighting(page)
    page.wait(LOADED)
    return path


def test_a_key_or_a_touch_shows_another(page: Page, undecided: ServedOffice) -> None:
    path = open_with_shots(page, undecided)
    shots = undecided.client("Anne").get(path)["shots"]
    most = len(shots)
    moments = page.evaluate("[...document.querySelectorAll('#shots span')].map(s => s.innerText)")
    assert moments == [f"0:00:{each['media_s']:04.1f}" for each in shots]
    assert page.text(CAPTION) == f"1 of {most}, the best, at {moments[0]}"
    page.press(".")
    page.wait(f"document.querySelector('#evidence').src.endsWith('{path}/shots/2.jpg')")
    assert page.text(CAPTION) == f"2 of {most}, at {moments[1]}"
    assert page.evaluate("document.querySelector('#evidence').alt").endswith(f"shot 2 of {most}")
    page.press(*"." * most)
    assert page.text(CAPTION) == f"{most} of {most}, at {moments[-1]}"
    page.press(",")
    pressed = "[...document.querySelectorAll('#shots button')].map(b => b.ariaPressed)"
    assert page.evaluate(pressed).index("true") == most - 2
    page.evaluate("document.querySelector('#shots button').click()")
    assert page.text(CAPTION) == f"1 of {most}, the best, at {moments[0]}"
    page.press("u")
    page.wait("document.activeElement?.closest('#queue .entry')")
    open_sighting(page)
    assert page.evaluate("document.querySelectorAll('#shots button').length") == most


def test_the_enlargement_stays_and_both_are_moved(page: Page, undecided: ServedOffice) -> None:
    open_with_shots(page, undecided)
    page.press("+", "ArrowLeft", ".")
    page.wait(LOADED)
    begins = (
        "[...document.querySelectorAll('#both .pane img')].map(i => i.style.transform.slice(0, 29))"
    )
    assert page.evaluate(begins) == ["translate(15%, 0%) scale(1.5)"] * 2


def test_eyes_are_as_far_apart_and_faces_at_one_height(page: Page, undecided: ServedOffice) -> None:
    path = open_with_shots(page, undecided)
    told = undecided.client("Anne").get(path)
    for size in (TABLET, PORTRAIT, PHONE):
        page.size(*size)
        for rank, candidate in enumerate(told["candidates"], 1):
            page.press(str(rank))
            for number, shot in enumerate(told["shots"], 1):
                page.evaluate(f"document.querySelectorAll('#shots button')[{number - 1}].click()")
                page.wait(f"document.querySelector('#evidence').src.endsWith('/{number}.jpg')")
                page.wait(LOADED)
                faces = f"{FACES}([{shot['face']}, {candidate['faces'][0]}])"
                page.wait(f"(([a, b]) => Math.abs(a.eyes - b.eyes) < 1)({faces})")
                one, other = page.evaluate(faces)
                assert one["eyes"] > 12
                for each in (one, other):
                    assert abs(each["middle"] - one["middle"]) < 1, (size, rank, number)
                    assert abs(each["across"]) < 1
                    assert each["outside"] < 1
                assert one["pane"] == other["pane"]


def test_where_a_face_is_not_known_pictures_are_as_large_as_fits(
    page: Page, undecided: ServedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EnrolledPictures, "faces", lambda *_: {})
    open_with_shots(page, undecided)
    assert page.evaluate(TRANSFORMS) == ["translate(0%, 0%) scale(1)"] * 2


def test_everybody_can_read_it(page: Page, undecided: ServedOffice, tmp_path: Path) -> None:
    open_with_shots(page, undecided)
    page.press(".")
    page.wait(LOADED)
    look(page, tmp_path / "shots")
