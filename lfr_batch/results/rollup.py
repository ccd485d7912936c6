"""Rows of the published datasets from records: what its segments say of a file, and so on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lfr_batch.records import FootageAsset, Segment, SegmentOutcome, Sighting, seconds
from lfr_batch.results.jpeg import jpeg_size
from lfr_batch.results.progress import SEARCHED
from lfr_batch.results.rows import row_of
from lfr_batch.results.run_schemas import FOOTAGE, SEGMENTS
from lfr_batch.results.run_state import RunRequest
from lfr_batch.results.searched import PENDING

Row = dict[str, Any]
NAME_COLUMN = "name"
"""Column of an enrolment's table that names a subject, in whatever case."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A subject as a gallery's snapshot knows it."""

    attributes: Mapping[str, str]
    """The other columns of the enrolment's table."""
    templates: int


_ERRORS_SHOWN = 3


def segment_row(segment: Segment, outcome: SegmentOutcome | None) -> Row:
    """The receipt, or for a segment that was never tried a row that says so."""
    blank = SegmentOutcome(
        segment.segment_id, segment.footage_id, segment.start_s, segment.end_s, "failed", 0
    )
    row = row_of(outcome) if outcome else {**row_of(blank), "status": PENDING}
    return {name: value for name, value in row.items() if name in SEGMENTS.names}


def footage_row(asset: FootageAsset, receipts: Sequence[Mapping[str, Any]], sightings: int) -> Row:
    """``receipts``: the segment rows of this asset, in order of time."""
    lost = sum(r["status"] != "done" for r in receipts)
    row = {name: value for name, value in row_of(asset).items() if name in FOOTAGE.names}
    status = asset.status if asset.known_from else _footage_status(asset, receipts, lost)
    return {
        **row,
        "status": status,
        "error": _footage_error(asset, receipts),
        "unsearched_share": _unsearched_share(asset, receipts, status),
        "duration_s": _duration_s(asset, receipts),
        "segments": len(receipts),
        "segments_failed": lost,
        "searched_s": searched_s(receipts),
        "frames_analysed": sum(r["frames_analysed"] for r in receipts),
        "faces_detected": sum(r["faces_detected"] for r in receipts),
        "faces_rejected": sum(r["faces_rejected"] for r in receipts),
        "sightings": sightings,
    }


def searched_s(receipts: Sequence[Mapping[str, Any]]) -> float:
    """Media time that was searched; of a failed segment, what could be read before it failed."""
    return float(sum(r["media_s"] for r in receipts if r["status"] in SEARCHED))


def _duration_s(asset: FootageAsset, receipts: Sequence[Mapping[str, Any]]) -> float | None:
    """What was seen is there, whatever a truncated file says of itself."""
    return None if asset.duration_s is None else max(asset.duration_s, searched_s(receipts))


def _footage_status(asset: FootageAsset, receipts: Sequence[Mapping[str, Any]], lost: int) -> str:
    """'failed' only where not one frame was decoded: what was seen of the rest stands."""
    nothing_seen = not any(r["frames_decoded"] for r in receipts)
    if nothing_seen and (asset.status == "failed" or lost == len(receipts)):
        return "failed"
    if lost or asset.status in {"damaged", "failed"} or any(r["error"] for r in receipts):
        return "damaged"
    if asset.unsearched or not receipts or any(r["unsearched"] for r in receipts):
        return "partly"
    return "ok"


def _unsearched_share(
    asset: FootageAsset, receipts: Sequence[Mapping[str, Any]], status: str
) -> float | None:
    """Of all that probing knew of and all that its segments met; None where that is not known."""
    if asset.known_from:
        return asset.unsearched_share if status == "ok" else asset.unsearched_share or None
    if status in {"ok", "failed"}:
        return 1.0 if status == "failed" else 0.0
    searched = searched_s(receipts)
    met_s = searched + sum(r["unsearched_s"] for r in receipts)
    lost = any(r["status"] not in SEARCHED or r["error"] for r in receipts)
    whole_s = max(met_s, asset.duration_s or 0.0) if lost else met_s
    seen = searched / whole_s if whole_s > 0 else 1.0
    missing = asset.unsearched_share
    # Of an end that is cut off, the bytes and the time that are missing are the same.
    share = max(missing, 1.0 - seen) if asset.error else 1.0 - (1.0 - missing) * seen
    return share if share > 0.0 else None


def _footage_error(asset: FootageAsset, receipts: Sequence[Mapping[str, Any]]) -> str | None:
    never = sum(r["status"] == PENDING for r in receipts)
    said = [asset.error, *(r["error"] for r in receipts)]
    said += [asset.unsearched, *(r["unsearched"] for r in receipts)]
    if never:
        said.append(f"never searched: {never} of {len(receipts)} segments")
    if not receipts and asset.status != "failed" and not asset.known_from:
        said.append("no part of it was planned to be searched")
    return _joined(dict.fromkeys(text for text in said if text))


def _joined(texts: Iterable[str]) -> str | None:
    """Without what another says with more words."""
    everything = list(texts)
    different = [t for t in everything if not any(o != t and o.startswith(t) for o in everything)]
    more = len(different) - _ERRORS_SHOWN
    tail = [f"and {more} more"] if more > 0 else []
    return "; ".join(different[:_ERRORS_SHOWN] + tail) or None


def sighting_row(sighting: Sighting, asset: FootageAsset, threshold: float) -> Row:
    return {
        "sighting_id": sighting.sighting_id,
        "footage_id": sighting.footage_id,
        "segment_id": sighting.segment_id,
        "camera_id": asset.camera_id,
        "start_s": seconds(sighting.start_ns),
        "end_s": seconds(sighting.end_ns),
        "start_utc": wall_clock(asset.start_utc, sighting.start_ns),
        "end_utc": wall_clock(asset.start_utc, sighting.end_ns),
        "best_s": seconds(sighting.best_ns),
        "best_utc": wall_clock(asset.start_utc, sighting.best_ns),
        "start_source": asset.start_source or "none",
        "box": box_of(sighting.box_xyxy),
        "quality": sighting.quality,
        "detection_score": sighting.detection_score,
        "frames": sighting.frames,
        "pieces": sighting.pieces,
        "subject_id": sighting.subject_id,
        "image_id": sighting.candidates[0].image_id,
        "score": sighting.score,
        "relative_score": sighting.relative_score,
        "margin": sighting.margin,
        "threshold": threshold if sighting.threshold is None else sighting.threshold,
        "picture": sighting.picture,
    }


def candidate_rows(sighting: Sighting) -> list[Row]:
    return [
        {"sighting_id": sighting.sighting_id, **candidate}
        for candidate in row_of(sighting)["candidates"]
    ]


def subject_row(subject_id: str, request: RunRequest, known: Enrolled | None) -> Row:
    """``known``: None where the snapshot has no such subject, or is gone."""
    return {
        "subject_id": subject_id,
        "gallery": request.gallery,
        "gallery_snapshot": request.snapshot_id,
        "name": known and _name(subject_id, known.attributes),
        "attributes": known and sorted(_others(known.attributes)),
        "templates": known and known.templates,
    }


def _name(subject_id: str, attributes: Mapping[str, str]) -> str:
    return next((text for key, text in attributes.items() if _is_name(key)), subject_id)


def _others(attributes: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key, text) for key, text in attributes.items() if not _is_name(key)]


def _is_name(column: str) -> bool:
    return column.strip().lower() == NAME_COLUMN


def best_shot_row(sighting: Sighting) -> Row:
    width, height = jpeg_size(sighting.jpeg) or (None, None)
    return {
        "sighting_id": sighting.sighting_id,
        "jpeg": sighting.jpeg,
        "thumbnail": sighting.thumbnail,
        "mime": "image/jpeg",
        "width": width,
        "height": height,
        "box": box_of(sighting.box_xyxy),
        "landmarks": sighting.landmarks_xy,
        "media_s": seconds(sighting.best_ns),
        "further": [
            {
                "media_s": seconds(shot.pts_ns),
                "quality": shot.quality,
                "box": box_of(shot.box_xyxy),
            }
            for shot in sighting.further
        ],
        "further_jpegs": [shot.jpeg for shot in sighting.further],
    }


def picture_bytes(sighting: Sighting) -> int:
    """Of all pictures that are kept of it."""
    return len(sighting.jpeg) + sum(len(shot.jpeg) for shot in sighting.further)


def box_of(box_xyxy: Sequence[float]) -> Row:
    return dict(zip(("left", "top", "right", "bottom"), box_xyxy, strict=True))


def wall_clock(start_utc: datetime | None, time_ns: int) -> datetime | None:
    """The moment ``time_ns`` after the first frame, to the microsecond."""
    return start_utc + timedelta(microseconds=time_ns // 1000) if start_utc else None


def run_totals(
    footage: Sequence[Mapping[str, Any]],
    segments: Sequence[Mapping[str, Any]],
    sightings: int,
) -> Row:
    """The counting columns of a ``runs`` row."""
    files, pieces = Counter(f["status"] for f in footage), Counter(s["status"] for s in segments)
    return {
        "footage": len(footage),
        "footage_partly": files["partly"],
        "footage_damaged": files["damaged"],
        "footage_failed": files["failed"],
        "segments_planned": len(segments),
        "segments_done": pieces["done"],
        "segments_failed": pieces["failed"],
        "segments_quarantined": pieces["quarantined"],
        "sightings": sightings,
        "media_s": searched_s(segments),
        "worker_s": sum(s["wall_s"] for s in segments),
    }


def added(totals: Mapping[str, Any], more: Mapping[str, Any]) -> Row:
    """The totals of two disjoint parts of a run as one."""
    return {name: amount + more[name] for name, amount in totals.items()}
