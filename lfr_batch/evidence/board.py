"""The comparison board of a sighting: both pictures, components, candidates, provenance, hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Spacer

from lfr_batch.evidence.board_pictures import BoardPicture, PicturePair
from lfr_batch.evidence.eyes import Eyes
from lfr_batch.evidence.facts import SightingFacts, plain
from lfr_batch.evidence.pages import (
    PdfSheet,
    Rows,
    columns_table,
    facts_table,
    heading,
    pdf,
    text,
    thumbnail,
)
from lfr_batch.evidence.words import NO_IDENTIFICATION
from lfr_batch.results.answers import Row

THUMBNAIL, FURTHER = 16 * mm, 30 * mm
_REVIEWED = ("stage", "reviewer", "decided_at", "conclusion", "verdict", "outcome", "reason")
_RUN_FACTS = (
    ("Case", "case_ref"), ("Authority", "authority"), ("Purpose", "purpose"),
    ("Operator", "operator"), ("Run", "run_id"), ("Begun", "started_at"),
    ("Finished", "finished_at"), ("Status", "status"), ("Model pack", "model_pack"),
    ("Licence stated", "licence_statement"), ("Gallery", "gallery"),
    ("Snapshot", "gallery_snapshot"), ("Entries compared with", "comparisons"),
    ("Threshold of the run", "threshold"), ("Of a face seen once", "lone_threshold"),
    ("Score that decides", "score_kind"), ("Threshold is", "threshold_source"),
    ("Derived from", "threshold_method"), ("Wanted FPIR", "target_fpir"),
    ("Expected FPIR, from", "expected_fpir_low"), ("Expected FPIR, to", "expected_fpir_high"),
    ("Settings", "config_hash"), ("Computed on", "computed_on"),
)  # fmt: skip
_SIGHTING_FACTS = (
    ("Sighting", "sighting_id"), ("Camera", "camera_id"), ("First moment, s", "start_s"),
    ("Last moment, s", "end_s"), ("Moment of the picture, s", "best_s"),
    ("The same, UTC", "best_utc"), ("Clock from", "start_source"), ("Page of the still", "picture"),
    ("Quality", "quality"), ("Detector's confidence", "detection_score"), ("Looks", "frames"),
    ("Score", "score"), ("Relative score", "relative_score"), ("Margin to the next", "margin"),
    ("Score it had to reach", "threshold"),
)  # fmt: skip

_FRAME_FACTS = (
    ("Frame, timestamp", "pts"), ("In units of, s", "time_base_s"), ("Frame number", "frame"),
    ("Untouched frame, sha256 of the PNG", "png_sha256"),
    ("Its decoded pixels, sha256", "pixels_sha256"), ("Of the format", "pixel_format"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BoardContent:
    """What a board shows."""

    run: Row
    sighting: SightingFacts
    footage: Row
    enrolled: Mapping[str, bytes]
    """JPEGs by image id."""
    eyes: Mapping[bytes, Eyes]
    run_said: Mapping[str, Any]
    """The member ``run.json``."""
    hashes: Mapping[str, str]
    """sha256 of the members that it is of, by name."""
    frame: Mapping[str, Any] = field(default_factory=dict)
    """Of the untouched frame; empty where there is none."""


def board(facts: BoardContent) -> bytes:
    """The member ``board.pdf``."""
    run, seen = facts.run, facts.sighting
    foot = f"Case {run['case_ref']} · run {run['run_id']} · sighting {seen.sighting_id}"
    sheet = PdfSheet("Comparison board", foot)
    width, height = sheet.inner
    parts: list[Flowable] = [text(NO_IDENTIFICATION), Spacer(1, 2 * mm)]
    parts += [_pictures(facts, width, height - 12 * mm), PageBreak()]
    parts += [*heading("Candidates, as the search ranked them"), _candidates(facts, width)]
    parts += _further(seen.shot, width)
    parts += [*heading("Reviews"), *_reviews(seen.reviews, width)]
    parts += [*heading("The sighting"), facts_table(_sighting_rows(facts), width)]
    parts += [*heading("The search"), facts_table(run_rows(run, facts.run_said), width)]
    parts += [*heading("Hashes (sha256)"), facts_table(facts.hashes.items(), width)]
    return pdf(sheet, parts)


def _pictures(facts: BoardContent, width: float, height: float) -> PicturePair:
    seen = facts.sighting
    first = seen.candidates[0]
    probe = seen.shot["jpeg"]
    enrolled = facts.enrolled.get(first["image_id"])
    left = BoardPicture(probe, facts.eyes.get(probe), "From the footage", (facts.footage["uri"],))
    name = _name(seen, first["subject_id"])
    if enrolled is None:
        return PicturePair(width, height, left, None)
    said = f"picture {first['image_id']}, candidate 1 of {len(seen.candidates)}"
    right = BoardPicture(enrolled, facts.eyes.get(enrolled), f"From the gallery: {name}", (said,))
    return PicturePair(width, height, left, right)


def _candidates(facts: BoardContent, width: float) -> Flowable:
    names = ("Rank", "Picture", "Subject", "Name", "Image", "Score", "Relative", "Reaches it")
    rows = []
    for each in facts.sighting.candidates:
        jpeg = facts.enrolled.get(each["image_id"])
        rows.append(
            (
                str(each["rank"]),
                thumbnail(jpeg, THUMBNAIL) if jpeg else "none",
                each["subject_id"],
                _name(facts.sighting, each["subject_id"]),
                each["image_id"],
                f"{each['score']:.4f}",
                "–" if each["relative_score"] is None else f"{each['relative_score']:.4f}",
                "yes" if each["above_threshold"] else "no",
            )
        )
    shares = (0.05, 0.09, 0.2, 0.24, 0.18, 0.08, 0.08, 0.08)
    return columns_table(names, rows, [width * share for share in shares])


def _further(shot: Row, width: float) -> list[Flowable]:
    """The other shots of the track; none of runs that kept none."""
    jpegs, known = shot.get("further_jpegs") or (), shot.get("further") or ()
    if not jpegs:
        return []
    rows = [
        (f"shot-{n}.jpg", thumbnail(jpeg, FURTHER), f"{of['media_s']:.3f}", f"{of['quality']:.3f}")
        for n, (jpeg, of) in enumerate(zip(jpegs, known, strict=True), 2)
    ]
    names = ("Member", "Picture", "Moment, s", "Quality")
    table = columns_table(names, rows, [width * share for share in (0.2, 0.4, 0.2, 0.2)])
    return [*heading("Further shots of the track, best first"), table]


def _reviews(reviews: Sequence[Row], width: float) -> list[Flowable]:
    if not reviews:
        return [text("None was made when this board was.")]
    said = [{name: _said(row.get(name)) for name in _REVIEWED} for row in reviews]
    shown = [name for name in _REVIEWED if any(row[name] for row in said)]
    names = [name.replace("_", " ").capitalize() for name in shown]
    rows = [[row[name] for name in shown] for row in said]
    parts: list[Flowable] = [columns_table(names, rows, [width / len(shown)] * len(shown))]
    components = _components(reviews)
    if components:
        of = [f"{_said(row.get('stage'))} {_said(row.get('reviewer'))}".strip() for row in reviews]
        share = width / (len(of) + 1)
        parts += [
            Spacer(1, 2 * mm),
            columns_table(["Component", *of], components, [share] * (len(of) + 1)),
        ]
    return parts


def _components(reviews: Sequence[Row]) -> list[list[str]]:
    """A row for each component and for the image factors, a column for each review."""
    each = [plain(row.get("components")) or {} for row in reviews]
    names = list(dict.fromkeys(name for said in each for name in said))
    rows = [[name.replace("_", " "), *(_said(said.get(name)) for said in each)] for name in names]
    factors = [", ".join(map(str, row.get("image_factors") or ())) for row in reviews]
    return [*rows, ["image factors", *factors]] if any(factors) else rows


def _said(value: object) -> str:
    return "" if value is None else str(plain(value)).replace("_", " ")


def _sighting_rows(facts: BoardContent) -> Rows:
    row, file = facts.sighting.row, facts.footage
    yield "File", file["uri"]
    yield "sha256 when it was searched", file["content_id"] or file["sha256"]
    yield "Size, bytes", file["bytes"]
    yield from ((name, plain(row.get(column))) for name, column in _SIGHTING_FACTS)
    box = row["box"]
    sides = " ".join(f"{box[side]:.1f}" for side in ("left", "top", "right", "bottom"))
    yield "Face, pixels of the upright picture", sides
    yield from ((name, plain(facts.frame.get(column))) for name, column in _FRAME_FACTS)


def run_rows(row: Row, run_said: Mapping[str, Any]) -> Rows:
    """How the search was made, in words. ``run_said``: the member ``run.json``."""
    models = run_said["models"]
    yield from ((name, plain(row.get(column))) for name, column in _RUN_FACTS)
    yield "Models (digest)", models["digest"]
    yield "Licence of the pack", (models.get("now") or {}).get("licence")
    yield "Software of the run", run_said["software"]["run"]


def _name(seen: SightingFacts, subject_id: str) -> str:
    known = seen.subjects.get(subject_id)
    return str(known["name"] or subject_id) if known else subject_id
