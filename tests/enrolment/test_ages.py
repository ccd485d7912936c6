from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cv2
import pytest

from lfr_batch.config.schema import Config
from lfr_batch.enrolment.ages import QUESTION, AgeRules, ages_said
from lfr_batch.enrolment.growing import GrowOrder
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.errors import UsageError
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.growing import foresee_order, grow_order
from lfr_batch.front.machinery import HERE
from lfr_batch.gallery.records import AgesSaid, Listing, Subject
from lfr_batch.gallery.store import load_snapshot, read_outcomes, read_subjects
from lfr_batch.gallery.warned import warning_of
from tests.one_case import ACTOR, ASTRONAUT, AUTHORITY, Casework, installed_picture

TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOTHING_SAID = AgeRules()


def said(
    *attributes: dict[str, str],
    rules: AgeRules = NOTHING_SAID,
    answer: str | None = None,
) -> tuple[AgesSaid, list[str]]:
    asked: list[str] = []

    def ask(question: str) -> str | None:
        asked.append(question)
        return answer

    listing = Listing((), (), {f"S{i}": Subject(f"S{i}", a) for i, a in enumerate(attributes)})
    return ages_said(listing, rules, TODAY, ask), asked


def test_a_column_that_states_all_is_enough() -> None:
    assert said({"age": "30"}, {"born": "1990"}) == ("stated", [])


def test_where_a_column_does_not_it_is_asked_once() -> None:
    assert said({"age": "30"}, {}, answer=None) == ("not stated", [QUESTION])
    assert said({}, rules=AgeRules(adults=True)) == ("adults", [])
    assert said({}, rules=AgeRules(accept_children=True)) == ("not stated", [])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("", "adults"), (" no ", "adults"), ("17", "minors"), ("6", "minors"), ("30", "adults")],
)
def test_what_the_answer_means(answer: str, expected: AgesSaid) -> None:
    assert said({}, answer=answer)[0] == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [("yes", "'yes' is no age"), ("5", "--accept-children"), ("0", "column 'age' of --subjects")],
)
def test_an_answer_that_is_none_and_the_youngest(answer: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        said({}, answer=answer)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    for name, source in (("child", ASTRONAUT), ("adult", ACTOR)):
        (folder / name).mkdir(parents=True)
        cv2.imwrite(str(folder / name / "portrait.png"), installed_picture(source))
    return folder


def order(
    casework: Casework,
    pictures: Path,
    rules: AgeRules = NOTHING_SAID,
    rows: str = "child,4\nadult,40\n",
) -> EnrolOrder:
    table = pictures.parent / "subjects.csv"
    table.write_text(f"subject,age\n{rows}", encoding="utf-8")
    return EnrolOrder(
        "young", pictures, table, (), AUTHORITY, None, Config(), casework.home, ages=rules
    )


def enrolled_noted(home: Path) -> dict[str, object]:
    """The last line of the audit log about an enrolment."""
    lines = (home / "audit" / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    found: dict[str, object] = [
        line for line in map(json.loads, lines) if line["event"] == "gallery.enrolled"
    ][-1]
    return found


def test_a_child_is_refused_and_everybody_else_enrolled(casework: Casework, pictures: Path) -> None:
    info = enrol_order(order(casework, pictures), machinery=HERE, now=NOW).info
    snapshot = load_snapshot(casework.home, "young")
    outcomes = {file.subject_id: (file.outcome, file.reason) for file in read_outcomes(snapshot)}
    assert list(snapshot.subject_ids) == ["adult"]
    assert outcomes["child"] == (
        "refused", "a child under 6: 4 years; --accept-children enrols it",
    )  # fmt: skip
    assert (info.ages, info.accepts_children) == ("stated", False)
    assert {*read_subjects(snapshot)} == {"adult"}, "nothing is kept of who was refused"
    assert warning_of(snapshot, TODAY) is None


def test_who_accepts_children_is_on_record(casework: Casework, pictures: Path) -> None:
    accepting = order(casework, pictures, AgeRules(accept_children=True))
    info = enrol_order(accepting, machinery=HERE, now=NOW).info
    assert (info.subjects, info.accepts_children) == (2, True)
    noted = enrolled_noted(casework.home)
    assert (noted["ages"], noted["accepts_children"]) == ("stated", True)
    # what was accepted stays on record when the gallery grows
    grown = grow_order(
        GrowOrder(order(casework, pictures, rows="adult,40\n"), is_all=False), machinery=HERE
    )
    assert grown.info.accepts_children
    assert set(load_snapshot(casework.home, "young").subject_ids) == {"adult", "child"}


def test_added_and_synced_children_are_refused_too(casework: Casework, pictures: Path) -> None:
    adult = pictures / "adult"
    child = (pictures / "child").rename(pictures.parent / "later")
    table = replace(order(casework, pictures), gallery="added")
    enrol_order(EnrolOrder("added", pictures, None, (), AUTHORITY, None, Config(), casework.home,
                           ages=AgeRules(adults=True)), machinery=HERE, now=NOW)  # fmt: skip
    child.rename(pictures / "child")
    assert adult.is_dir()
    for is_all in (False, True):
        foreseen = foresee_order(GrowOrder(table, is_all=is_all), machinery=HERE)
        assert (foreseen.growth.new, foreseen.growth.unchanged) == (0, 1)
        grown = grow_order(GrowOrder(table, is_all=is_all), machinery=HERE)
        assert [file.subject_id for file in grown.growth.enrolment.refusals] == ["child"]
        assert grown.growth.enrolment.report.subjects_without_template == ("child",)
        assert grown.info.ages == "adults"
        assert list(load_snapshot(casework.home, "added").subject_ids) == ["adult"]


def test_only_new_pictures_are_asked_about(casework: Casework, pictures: Path) -> None:
    asked: list[str] = []

    def ask(question: str) -> str | None:
        asked.append(question)
        return "12"

    plain = EnrolOrder("new", pictures, None, (), AUTHORITY, None, Config(), casework.home)
    info = enrol_order(plain, machinery=HERE, ask_ages=ask, now=NOW).info
    assert (info.ages, len(asked)) == ("minors", 1)
    again = grow_order(GrowOrder(plain, is_all=True), machinery=HERE, ask_ages=ask)
    assert (again.info.snapshot_id, len(asked)) == (info.snapshot_id, 1)
    (pictures / "child" / "again.png").write_bytes(
        cv2.imencode(".png", installed_picture(ASTRONAUT)[:, ::-1])[1].tobytes()
    )
    grown = grow_order(GrowOrder(plain, is_all=True), machinery=HERE, ask_ages=lambda _: "")
    assert grown.info.ages == "minors"


def test_who_asks_nobody_finds_the_snapshot_of_who_was_asked(
    casework: Casework, pictures: Path
) -> None:
    plain = EnrolOrder("asked", pictures, None, (), AUTHORITY, None, Config(), casework.home)
    ids = set()
    for day, (answer, expected) in enumerate(
        [(None, "not stated"), ("15", "minors"), (None, "minors"), ("", "adults"), (None, "adults")]
    ):
        when = NOW + timedelta(days=day)
        ask = dict.fromkeys([QUESTION], answer).get
        info = enrol_order(plain, machinery=HERE, ask_ages=ask, now=when).info
        assert info.ages == load_snapshot(casework.home, "asked").ages == expected
        assert enrolled_noted(casework.home)["ages"] == expected
        ids.add(info.snapshot_id)
    assert len(ids) == 1
