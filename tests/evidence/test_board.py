"""Boards: both pictures at one eye line, every review, and names as they are written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lfr_batch.evidence.board import BoardContent, board
from lfr_batch.evidence.board_pictures import EYES_APART, BoardPicture, scale_of
from lfr_batch.evidence.fonts import PLAIN, fitting, fonts, shown
from tests.evidence.runs import RunCase
from tests.evidence.test_nothing_found import facts_of

REVIEW: dict[str, Any] = {
    "stage": "first",
    "reviewer": "a.examiner",
    "decided_at": datetime(2026, 11, 28, tzinfo=UTC),
    "conclusion": "moderate_support",
    "reason": "ears and mole <agree>",
    "components": [("ears", "similar"), ("hair", "not_visible")],
    "image_factors": ["blur"],
}


@pytest.fixture(scope="module")
def facts(finished: RunCase) -> BoardContent:
    run = facts_of(finished, finished.run_id)
    seen = run.sightings[0]
    file = next(f for f in run.footage if f["footage_id"] == seen.row["footage_id"])
    said = {"models": {"digest": "d"}, "software": {"run": "0.3.0"}}
    jpegs = {seen.candidates[0]["image_id"]: seen.shot["jpeg"]}
    return BoardContent(run.row, seen, file, jpegs, {}, said, {"crop.jpg": "0" * 64})


def test_the_same_facts_give_the_same_bytes(facts: BoardContent) -> None:
    assert board(facts) == board(facts)
    assert board(facts).count(b"/FontFile2") >= 2


def drawn(facts: BoardContent, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every text of the board, as it was written."""
    texts: list[str] = []

    def keep(said: str) -> str:
        texts.append(said)
        return shown(said)

    monkeypatch.setattr("lfr_batch.evidence.pages.shown", keep)
    board(facts)
    return "\n".join(texts)


def test_reviews_stand_in_it_with_their_components(
    facts: BoardContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "None was made" in drawn(facts, monkeypatch)
    second = {
        **REVIEW,
        "stage": "second",
        "reviewer": "b.examiner",
        "components": [("ears", "different")],
    }
    reviewed = replace(facts, sighting=replace(facts.sighting, reviews=(REVIEW, second)))
    said = drawn(reviewed, monkeypatch)
    for text in ("moderate support", "ears and mole <agree>", "not visible", "different", "blur"):
        assert text in said
    assert "second b.examiner" in said


def test_a_candidate_without_a_picture_is_said(
    facts: BoardContent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "none" in drawn(replace(facts, enrolled={}), monkeypatch)


def test_eyes_are_equally_far_apart() -> None:
    near = BoardPicture(b"", ((10.0, 50.0), (40.0, 50.0)), "", ())
    far = BoardPicture(b"", ((100.0, 80.0), (220.0, 80.0)), "", ())
    assert 30 * scale_of(near, (80, 80), 300, 300) == pytest.approx(EYES_APART)
    assert 120 * scale_of(far, (320, 320), 300, 300) == pytest.approx(EYES_APART)
    assert scale_of(replace(near, eyes=None), (100, 50), 300, 300) == 3.0


@pytest.mark.parametrize("name", ["Zoë Ångström", "<b>&amp;", "a\nb"])
def test_a_name_is_shown_as_it_is(name: str) -> None:
    assert shown(name) == name


def test_what_the_font_lacks_is_shown_by_its_number() -> None:
    assert 0x674E not in fonts().face.charToGlyph
    assert shown("李 x") == "[U+674E] x"
    assert shown("a\u202eb\x00") == "a[U+202E]b[U+0000]"


def test_what_is_long_is_broken_or_cut_and_never_refused(facts: BoardContent) -> None:
    review = {**REVIEW, "reason": "word " * 8000, "reviewer": "x" * 3000}
    file = {**facts.footage, "uri": "/archive/" + "a/" * 4000}
    seen = replace(facts.sighting, reviews=(review,))
    assert board(replace(facts, sighting=seen, footage=file)).startswith(b"%PDF")
    cut = fitting("/archive/" + "a" * 4000 + "/walk.mp4", 200, PLAIN, 8)
    assert cut.startswith("…")
    assert cut.endswith("/walk.mp4")
    assert fitting("walk.mp4", 200, PLAIN, 8) == "walk.mp4"
