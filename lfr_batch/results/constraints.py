"""What holds of the lake's columns: their few values, keys, what refers where, what is never null.
Pure.

DuckDB keeps none of it with a view: it is said in ``columns`` and in the comments, and tests hold
published rows to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import get_args

from lfr_batch.gallery.relative import ScoreKind
from lfr_batch.gallery.thresholds import METHODS

_START_SOURCES = ("manifest", "filename", "container", "none")

ENUMS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        ("runs", "kind"): ("scan", "search", "live", "evaluation"),
        ("runs", "status"): (
            "planning",
            "running",
            "complete",
            "complete_partly",
            "complete_with_failures",
            "failed",
            "cancelled",
            "withheld",
        ),
        ("runs", "score_kind"): get_args(ScoreKind),
        ("runs", "threshold_source"): ("derived", "override"),
        ("runs", "threshold_method"): METHODS,
        ("footage", "kind"): ("video", "still"),
        ("footage", "start_source"): _START_SOURCES,
        ("footage", "fields"): ("progressive", "top", "bottom"),
        ("footage", "status"): ("ok", "partly", "damaged", "failed"),
        ("segments", "status"): ("done", "failed", "quarantined", "pending"),
        ("sightings", "start_source"): _START_SOURCES,
        ("reviews", "role"): ("operator", "reviewer", "auditor", "authoriser"),
        ("reviews", "verdict"): ("match", "no_match", "cannot_tell"),
        ("reviews", "outcome"): ("engaged", "arrested", "no_action"),
    }
)
"""(dataset, column) → its values, in an order that means something where there is one: they sort in
it, best or first come first."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """What holds of the rows of a dataset, over all runs together."""

    key: tuple[str, ...]
    """Columns that tell its rows apart; they are never null."""
    never_null: frozenset[str]
    """Besides the key: also in rows that version 0.1 wrote."""
    refers_to: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """Its columns → the dataset in whose rows all of their values are, under the same names."""


def _all(names: str) -> frozenset[str]:
    return frozenset(names.split())


CONSTRAINTS: Mapping[str, Constraints] = MappingProxyType(
    {
        "runs": Constraints(
            ("run_id",),
            _all(
                "kind case_ref authority purpose operator started_at status model_pack "
                "gallery gallery_snapshot threshold threshold_source config_hash config "
                "software_version inputs"
            ),
        ),
        "footage": Constraints(
            ("run_id", "footage_id"),
            _all(
                "uri kind rotation_deg status segments segments_failed searched_s "
                "frames_analysed faces_detected faces_rejected sightings"
            ),
            {("run_id",): "runs"},
        ),
        "segments": Constraints(
            ("run_id", "segment_id"),
            _all(
                "footage_id start_s end_s status attempt frames_decoded frames_analysed "
                "faces_detected faces_rejected rejections tracks sightings media_s "
                "decode_s infer_s wall_s"
            ),
            {("run_id", "footage_id"): "footage"},
        ),
        "sightings": Constraints(
            ("run_id", "sighting_id"),
            _all(
                "footage_id segment_id start_s end_s best_s box quality detection_score "
                "frames pieces subject_id image_id score threshold"
            ),
            {("run_id", "footage_id"): "footage", ("run_id", "segment_id"): "segments"},
        ),
        "candidates": Constraints(
            ("run_id", "sighting_id", "rank"),
            _all("subject_id image_id score above_threshold"),
            {("run_id", "sighting_id"): "sightings"},
        ),
        "subjects": Constraints(
            ("run_id", "subject_id"),
            _all("gallery gallery_snapshot"),
            {("run_id",): "runs"},
        ),
        "evaluations": Constraints(
            ("run_id", "figure_id"),
            _all("figure"),
            {("run_id",): "runs"},
        ),
        "best_shots": Constraints(
            ("run_id", "sighting_id"),
            _all("jpeg mime box landmarks media_s"),
            {("run_id", "sighting_id"): "sightings"},
        ),
        "alerts": Constraints(
            ("run_id", "alert_id"),
            _all(
                "camera_id captured_at first_seen_at raised_at keep_until subject_id "
                "image_id score threshold quality detection_score looks box "
                "candidate_subject_ids candidate_scores best_shot_jpeg gallery_jpeg "
                "wait_s detect_s compare_s raise_s"
            ),
            {("run_id",): "runs"},
        ),
        "reviews": Constraints(
            ("run_id", "review_id"),
            _all("alert_id reviewer role decided_at verdict reason"),
            {("run_id",): "runs"},
        ),
    }
)
"""A review outlives its alert by no more than a sweep takes, so that nothing is promised of it. The
subjects that sightings and candidates name are in ``subjects`` of runs of version 0.3 and later."""


def is_in_key(dataset: str, column: str) -> bool:
    return column in CONSTRAINTS[dataset].key


def is_never_null(dataset: str, column: str) -> bool:
    return is_in_key(dataset, column) or column in CONSTRAINTS[dataset].never_null


def referred_to(dataset: str, column: str) -> str | None:
    """``sightings(run_id, sighting_id)`` for the column of a reference that is its own."""
    for columns, target in CONSTRAINTS[dataset].refers_to.items():
        if columns[-1] == column:
            return f"{target}({', '.join(columns)})"
    return None
