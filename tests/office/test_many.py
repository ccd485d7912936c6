"""A run with more sightings than a screen can hold: the queue is shown in pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.results.forget import forget
from lfr_batch.results.forgetting_sql import Forgetting
from lfr_batch.results.store import open_store
from tests.console.browser import Page
from tests.office.desk import enter_office, open_queue, open_sighting
from tests.office.made import ServedOffice, decision, path_of, served_office
from tests.office.many import fill_many
from tests.results.synthetic import RUN_ID

MANY = 120


@pytest.fixture
def office(tmp_path: Path) -> Iterator[ServedOffice]:
    """Of a run of MANY sightings in one segment, by a gallery that is gone."""
    fill_many(open_store(tmp_path / "results"), MANY)
    with served_office(tmp_path) as made:
        yield made


def test_pages_by_keyboard(page: Page, office: ServedOffice) -> None:
    enter_office(page, office, "Anne")
    open_queue(page)
    entries = "document.querySelectorAll('#queue .entry').length"
    assert page.evaluate(entries) == 50
    assert page.text("#page-words") == "1 to 50 of 120"
    page.press(*"j" * 50)
    page.wait_for_text("#page-words", "51 to 100 of 120")
    page.press("j")
    open_sighting(page)
    page.wait_for_text("#sighting-title", "Sighting 52 of 120")
    assert "the gallery's snapshot has no picture" in page.text("#of-enrolled")
    page.press("k")
    page.wait_for_text("#sighting-title", "Sighting 51 of 120")
    page.press("u")
    page.wait("document.activeElement?.closest('#queue .entry')")
    assert page.text("#page-words") == "51 to 100 of 120"
    page.press("k")
    page.wait_for_text("#page-words", "1 to 50 of 120")


def test_a_decision_of_many_is_one_row_and_known_at_once(office: ServedOffice) -> None:
    anne = office.client("Anne")
    assert anne.get(f"/api/runs/{RUN_ID}")["run"]["for_me"] == MANY
    office.decide("Anne", path_of(RUN_ID, "a00007"), subject_id="S001")
    told = anne.get(f"/api/runs/{RUN_ID}")
    assert told["run"]["for_me"] == MANY - 1
    assert [each["sighting_id"] for each in told["sightings"] if each["decided_by_me"]] == [
        "a00007"
    ]


def test_what_is_forgotten_is_not_remembered(office: ServedOffice, tmp_path: Path) -> None:
    anne, path = office.client("Anne"), path_of(RUN_ID, "a00001")
    office.decide("Anne", path, subject_id="S001")
    assert anne.ask("GET", f"{path}/thumbnail.jpg").status == 200
    forget(open_store(tmp_path / "results"), Forgetting("run", RUN_ID))
    assert anne.get("/api/runs") == []
    for address in (f"/api/runs/{RUN_ID}", path, f"{path}/thumbnail.jpg"):
        assert anne.ask("GET", address).status == 404
    assert anne.ask("POST", f"{path}/decisions", decision()).status == 404
    assert office.office.desk.decisions.kept(RUN_ID).decisions == {}
