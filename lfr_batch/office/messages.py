"""What the browser is told of runs and sightings, as plain data for JSON. Pure.

Times are ISO 8601 with their zone, durations in s. No message holds a picture, and none a score or
somebody else's decision but where ``Insight.is_revealed``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from lfr_batch.casework.blind import Insight
from lfr_batch.casework.examination import (
    COMPONENTS,
    CONCLUSIONS,
    IMAGE_FACTORS,
    LONGEST_REASON,
    RESULTS,
    ExaminerDecision,
    KeptDecisions,
    OutcomeNote,
    Rejected,
)
from lfr_batch.faces.picture_quality import eyes_apart_px
from lfr_batch.faces.view import FaceInCut, face_in_cut

Message = dict[str, Any]
SEEN_WORDS = {"similar": "Similar", "different": "Different", "not_visible": "Not visible"}
_RUN = (
    "run_id", "kind", "case_ref", "authority", "purpose", "operator", "gallery", "status",
    "sightings", "inputs", "model_pack", "footage_partly", "footage_damaged", "footage_failed",
)  # fmt: skip
_SIGHTING = (
    "run_id", "sighting_id", "subject_id", "subject_name", "camera", "site", "footage_kind",
    "start_s", "end_s", "best_s", "picture", "start_source",
)  # fmt: skip
_SIDES = ("left", "top", "right", "bottom")
_SCORES = ("score", "relative_score", "margin", "threshold")


def form() -> Message:
    """The tables that a comparison is stated in."""
    return {
        "conclusions": _pairs(CONCLUSIONS),
        "components": _pairs(COMPONENTS),
        "seen": _pairs(SEEN_WORDS),
        "image_factors": _pairs(IMAGE_FACTORS),
        "outcomes": _pairs(RESULTS),
        "reason_letters": [3, LONGEST_REASON],
    }


def of_run(
    run: Mapping[str, Any], courses: Mapping[str, int], for_me: int, rejected: int
) -> Message:
    return {
        **{name: run[name] for name in _RUN},
        "started_at": _iso(run["started_at"]),
        "finished_at": _iso(run["finished_at"]),
        "courses": dict(courses),
        "for_me": for_me,
        "rejected_before": rejected,
    }


def of_sighting(
    row: Mapping[str, Any],
    known: Insight,
    kept: KeptDecisions,
    rejected: Mapping[str, Rejected],
) -> Message:
    outcomes = kept.outcomes.get(row["sighting_id"], ())
    earlier = None  # where it has decisions of its own, these count
    if not kept.of(row["sighting_id"]):
        earlier = rejected.get(row["sighting_id"])
    return {
        **{name: row[name] for name in _SIGHTING},
        "start_utc": _iso(row["start_utc"]),
        "best_utc": _iso(row["best_utc"]),
        "file": row["uri"].rsplit("/", 1)[-1],
        "course": "eliminated" if earlier else known.settled.course,
        "disagreed": known.settled.disagreed,
        "settled_on": known.settled.subject_id,
        "for_me": known.can_decide,
        "decided_by_me": known.has_decided,
        "rejected_before": earlier
        and {"run_id": earlier.run_id, "sighting_id": earlier.sighting_id},
        "outcome": outcomes[-1].outcome if outcomes else None,
    }


def of_whole_sighting(
    row: Mapping[str, Any],
    known: Insight,
    kept: KeptDecisions,
    rejected: Mapping[str, Rejected],
    candidates: Sequence[Message],
    shots: Sequence[Message],
) -> Message:
    scores = {name: row[name] for name in _SCORES} if known.is_revealed else {}
    return {
        **of_sighting(row, known, kept, rejected),
        **scores,
        "uri": row["uri"],
        "has_moment": row["footage_kind"] == "video",
        "candidates": list(candidates),
        "shots": list(shots),
        "can_decide": known.can_decide,
        "why_not": known.why_not,
        "revealed": known.is_revealed,
        "decisions": [of_decision(each) for each in known.decisions],
        "outcomes": [of_outcome(each) for each in kept.outcomes.get(row["sighting_id"], ())],
    }


def of_shots(shots: Sequence[Mapping[str, Any]], width_px: int | None) -> list[Message]:
    """The first has landmarks; ``width_px``: of the upright footage. ``face``: as a FaceInCut, or
    None. Of the others no eyes are kept: their boxes say how large the same face is in them."""
    faces: list[FaceInCut | None] = [None] * len(shots)
    if shots and width_px and shots[0]["landmarks"] and all(each["box"] for each in shots):
        boxes = [[each["box"][side] for side in _SIDES] for each in shots]
        tall = [max(box[3] - box[1], 1.0) for box in boxes]
        eyes = eyes_apart_px(np.reshape(np.asarray(shots[0]["landmarks"], np.float32), (5, 2)))
        of_best = [eyes * each / tall[0] for each in tall]
        faces = [face_in_cut(*each, width_px) for each in zip(boxes, of_best, strict=True)]
    return [
        {"media_s": each["media_s"], "face": face} for each, face in zip(shots, faces, strict=True)
    ]


def of_candidate(
    row: Mapping[str, Any], faces: Sequence[FaceInCut | None], is_revealed: bool
) -> Message:
    """``faces``: where the face is in each of its pictures, as ``of_shots`` says it."""
    names = ("score", "relative_score", "above_threshold") if is_revealed else ()
    return {
        "rank": row["rank"],
        "subject_id": row["subject_id"],
        "name": row["name"] or row["subject_id"],
        "attributes": dict(row["attributes"] or ()),
        "pictures": len(faces),
        "faces": list(faces),
        **{name: row[name] for name in names},
    }


def of_decision(made: ExaminerDecision) -> Message:
    opinion = made.opinion
    return {
        "stage": made.stage,
        "examiner": made.examiner,
        "role": made.role,
        "decided_at": _iso(made.decided_at),
        "subject_id": opinion.subject_id,
        "conclusion": opinion.conclusion,
        "verdict": opinion.judgement,
        "components": dict(opinion.components),
        "image_factors": list(opinion.image_factors),
        "reason": opinion.reason,
    }


def of_outcome(made: OutcomeNote) -> Message:
    return {
        "outcome": made.outcome,
        "by": made.by,
        "role": made.role,
        "at": _iso(made.at),
        "reason": made.reason,
    }


def _pairs(table: Mapping[Any, str]) -> list[list[str]]:
    return [[key, words] for key, words in table.items()]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
