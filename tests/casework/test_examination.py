"""Two who agree settle a sighting, else whoever the third agrees with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lfr_batch.casework.examination import (
    COMPONENTS,
    CONCLUSIONS,
    JUDGED,
    STAGES,
    Conclusion,
    Course,
    ExaminerDecision,
    fault_of,
    own,
    same_person,
    settle,
)
from lfr_batch.results.constraints import ENUMS
from tests.casework.examined import CANDIDATES, opinion

Said = tuple[Conclusion, str]
YES: Said = ("same_strong", "s1")
NO: Said = ("different", "s1")
UNSURE: Said = ("inconclusive", "s1")
WEAKLY: Said = ("same_limited", "s2")
OTHER: Said = ("same_moderate", "s2")
NOT_OTHER: Said = ("different", "s2")


def decisions(*said: Said) -> list[ExaminerDecision]:
    return [
        ExaminerDecision(
            f"{n}" * 16,
            "r",
            "x",
            stage,
            f"person {n}",
            "reviewer",
            datetime(2026, 1, n + 1, tzinfo=UTC),
            opinion(*each),
        )
        for n, (stage, each) in enumerate(zip(STAGES, said, strict=False))
    ]


@pytest.mark.parametrize(
    ("said", "course", "whom", "disagreed"),
    [
        ((), "first", None, False),
        ((YES,), "second", None, False),
        ((YES, YES), "confirmed", "s1", False),
        ((YES, ("same_moderate", "s1")), "confirmed", "s1", False),
        ((NO, ("different_strong", "s1")), "eliminated", "s1", False),
        ((UNSURE, WEAKLY), "undecided", None, False),
        ((YES, NO), "third", None, True),
        ((YES, OTHER), "third", None, True),
        ((NO, NOT_OTHER), "third", None, True),
        ((YES, WEAKLY), "third", None, True),
        ((YES, NO, YES), "confirmed", "s1", True),
        ((YES, NO, NO), "eliminated", "s1", True),
        ((YES, OTHER, OTHER), "confirmed", "s2", True),
        ((YES, NO, UNSURE), "undecided", None, True),
        ((YES, UNSURE, WEAKLY), "undecided", None, True),
    ],
)
def test_settle(said: tuple[Said, ...], course: Course, whom: str | None, disagreed: bool) -> None:
    settled = settle(decisions(*said))
    assert (settled.course, settled.subject_id, settled.disagreed) == (course, whom, disagreed)


def test_only_more_than_limited_support_confirms() -> None:
    assert [each for each in CONCLUSIONS if JUDGED[each] == "match"] == [
        "same_strong",
        "same_moderate",
    ]
    assert JUDGED.keys() == CONCLUSIONS.keys()
    assert ENUMS["reviews", "conclusion"] == tuple(CONCLUSIONS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Anne", " anne ", True),
        ("A  B", "a b", True),
        ("Ren\u00e9", "Rene\u0301", True),
        ("Anne", "\uff21nne", True),
        ("Rene", "Ren\u00e9", False),
        ("Anne", "Anna", False),
    ],
)
def test_one_person_by_any_spelling(one: str, other: str, same: bool) -> None:
    assert same_person(one, other) == same


def test_own() -> None:
    made = decisions(YES, NO)
    assert own(made, "PERSON 1") == made[1]
    assert own(made, "person 7") is None


def test_faults() -> None:
    whole = opinion()
    assert fault_of(whole, CANDIDATES) is None
    stranger = fault_of(replace(whole, subject_id="s9"), CANDIDATES)
    assert stranger == "'s9' is not among the candidates of this sighting"
    half = replace(whole, components={"nose": "similar"})
    assert "hair, forehead, eyes, ears, mouth, chin, marks" in (fault_of(half, CANDIDATES) or "")
    blind = replace(whole, components=dict.fromkeys(COMPONENTS, "not_visible"))
    assert "nothing of the face" in (fault_of(blind, CANDIDATES) or "")
    assert fault_of(replace(blind, conclusion="inconclusive"), CANDIDATES) is None
