"""Two people examine a sighting, neither knowing what the other says; a third where they disagree.
Pure.

The components are those that FISWG's feature list groups a face into, the conclusion is a scale of
support as the manual of ENFSI (ENFSI-BPM-DI-01) asks for: how far what is seen supports that it is
one person, or two. What only leans one way confirms nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from unicodedata import normalize

from lfr_batch.visible import plain_line

Stage = Literal["first", "second", "third"]
STAGES: tuple[Stage, ...] = get_args(Stage)
Judgement = Literal["match", "no_match", "cannot_tell"]

Conclusion = Literal[
    "same_strong",
    "same_moderate",
    "same_limited",
    "inconclusive",
    "different",
    "different_strong",
]
CONCLUSIONS: Mapping[Conclusion, str] = {
    "same_strong": "Strong support that it is the same person",
    "same_moderate": "Moderate support that it is the same person",
    "same_limited": "Limited support that it is the same person",
    "inconclusive": "Supports neither",
    "different": "Support that they are different people",
    "different_strong": "Strong support that they are different people",
}
"""The six steps, in words."""
JUDGED: Mapping[Conclusion, Judgement] = {
    "same_strong": "match",
    "same_moderate": "match",
    "same_limited": "cannot_tell",
    "inconclusive": "cannot_tell",
    "different": "no_match",
    "different_strong": "no_match",
}

Seen = Literal["similar", "different", "not_visible"]
SEEN: tuple[Seen, ...] = get_args(Seen)
COMPONENTS: Mapping[str, str] = {
    "hair": "Hair and hairline",
    "forehead": "Forehead",
    "eyes": "Eyes and eyebrows",
    "ears": "Ears",
    "nose": "Nose",
    "mouth": "Mouth",
    "chin": "Chin and jaw line",
    "marks": "Marks: scars, moles, tattoos",
}
IMAGE_FACTORS: Mapping[str, str] = {
    "resolution": "Too few pixels",
    "blur": "Blurred",
    "light": "Light or shadow",
    "pose": "Turned or tilted",
    "expression": "Expression",
    "covered": "Partly covered",
    "compression": "Compression",
    "lens": "Distorted by the lens",
    "age": "Years between the pictures",
}
"""What there is about the pictures that hinders the comparison."""

LONGEST_REASON = 2000
"""Letters."""

Course = Literal["first", "second", "third", "confirmed", "eliminated", "undecided"]
"""Of a sighting: which examiner it waits for, or what came of it."""
COURSES: tuple[Course, ...] = get_args(Course)

Result = Literal["confirmed", "eliminated", "arrest", "charge", "no_action"]
RESULTS: Mapping[Result, str] = {
    "confirmed": "Confirmed by other evidence",
    "eliminated": "Eliminated by other evidence",
    "arrest": "Arrest",
    "charge": "Charge",
    "no_action": "No action",
}
"""What became of it later, outside."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an examiner says of a sighting and one candidate."""

    subject_id: str
    conclusion: Conclusion
    components: Mapping[str, Seen]
    """Every one of ``COMPONENTS``."""
    image_factors: tuple[str, ...]
    reason: str

    @property
    def judgement(self) -> Judgement:
        return JUDGED[self.conclusion]


@dataclass(frozen=True, slots=True)
class ExaminerDecision:
    """An opinion that was kept. There is no other way to change it than a further examiner's."""

    decision_id: str
    run_id: str
    sighting_id: str
    stage: Stage
    examiner: str
    role: str
    decided_at: datetime
    opinion: Opinion


@dataclass(frozen=True, slots=True)
class OutcomeNote:
    """What became of a sighting later; the last one counts."""

    outcome_id: str
    run_id: str
    sighting_id: str
    by: str
    role: str
    at: datetime
    outcome: Result
    reason: str


@dataclass(frozen=True, slots=True)
class KeptDecisions:
    """What has been decided about the sightings of a run, by sighting, oldest first."""

    decisions: Mapping[str, tuple[ExaminerDecision, ...]]
    outcomes: Mapping[str, tuple[OutcomeNote, ...]]

    def of(self, sighting_id: str) -> tuple[ExaminerDecision, ...]:
        return self.decisions.get(sighting_id, ())


@dataclass(frozen=True, slots=True)
class Official:
    """Who is logged in, or sits at the machine."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class SettledSighting:
    course: Course
    subject_id: str | None = None
    """Of whom it is confirmed or eliminated."""
    disagreed: bool = False
    """Whether the first two did."""

    @property
    def is_over(self) -> bool:
        return self.course not in STAGES


@dataclass(frozen=True, slots=True)
class Rejected:
    """An earlier sighting of the case that two examiners have eliminated."""

    run_id: str
    sighting_id: str
    subject_id: str


def settle(decisions: Sequence[ExaminerDecision]) -> SettledSighting:
    """What comes of the decisions on one sighting, in the order in which they were kept.

    Two who say the same of the same candidate settle it; where the first two do not, whoever the
    third agrees with. Three of three minds leave it undecided.
    """
    if len(decisions) < 2:
        return SettledSighting(STAGES[len(decisions)])
    said = Counter(_said(each.opinion) for each in decisions[:3])
    disagreed = _said(decisions[0].opinion) != _said(decisions[1].opinion)
    (judgement, subject_id), times = said.most_common(1)[0]
    if times >= 2:
        return SettledSighting(_COURSE_OF[judgement], subject_id or None, disagreed)
    return SettledSighting("third" if len(decisions) < 3 else "undecided", None, disagreed)


def _said(opinion: Opinion) -> tuple[Judgement, str]:
    """Who cannot tell says it of nobody."""
    whom = "" if opinion.judgement == "cannot_tell" else opinion.subject_id
    return opinion.judgement, whom


_COURSE_OF: Mapping[Judgement, Course] = {
    "match": "confirmed",
    "no_match": "eliminated",
    "cannot_tell": "undecided",
}


def same_person(one: str, other: str) -> bool:
    """Whether two names are one person's: what cannot be seen, blanks around, large letters, wide
    ones and accents that are letters of their own make no other."""
    return _spelled(one) == _spelled(other)


def _spelled(name: str) -> str:
    return normalize("NFKC", plain_line(name)).casefold()


def own(decisions: Sequence[ExaminerDecision], name: str) -> ExaminerDecision | None:
    """What that person has decided."""
    return next((each for each in decisions if same_person(each.examiner, name)), None)


def fault_of(opinion: Opinion, candidates: Sequence[str]) -> str | None:
    """What is wrong with it, in words; None: nothing. ``candidates``: who was proposed."""
    if opinion.subject_id not in candidates:
        return f"{opinion.subject_id!r} is not among the candidates of this sighting"
    missing = [name for name in COMPONENTS if opinion.components.get(name) not in SEEN]
    if missing:
        return (
            f"say of {', '.join(missing)} whether it is similar, different or not visible: every "
            "component is compared"
        )
    if all(seen == "not_visible" for seen in opinion.components.values()) and (
        opinion.judgement != "cannot_tell"
    ):
        return (
            "nothing of the face is visible by this form, which supports neither: conclude that, "
            "or say what is visible"
        )
    return None
