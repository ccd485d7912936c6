"""The datasets ``alerts`` and ``reviews`` of the results lake: one part per alert and review."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from threading import Event
from typing import Any

from lfr_batch.errors import StoreFull
from lfr_batch.live.afterwards.retention_terms import keep_until
from lfr_batch.live.alerts.sinks.delivery import Deliver, Setting, Trouble
from lfr_batch.live.records import Alert, Review
from lfr_batch.results import layout
from lfr_batch.results.lake import write_views
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.migrations import part_schema
from lfr_batch.results.parts import write_part
from lfr_batch.results.schemas import LIVE_DATASETS, OF_A_SIGHTING
from lfr_batch.storage.local_store import LocalStore, explained
from lfr_batch.storage.store import Store


def open_parquet(setting: Setting) -> Deliver:
    return partial(_deliver, setting, Event())


def alert_part(deployment_id: str, alert_id: str) -> str:
    return f"{layout.run_directory('alerts', deployment_id)}/{alert_id}.parquet"


def review_part(review: Review) -> str:
    """The alert's id comes first: its reviews go when it goes."""
    folder = layout.run_directory("reviews", review.deployment_id)
    return f"{folder}/{review.alert_id}.{review.review_id}.parquet"


def discard_half_parts(store: Store, deployment_id: str, before: datetime) -> None:
    """Remove parts that a killed process had only half written, last touched ``before``.

    They hold pictures, and no list of the store's names them. A bucket has none.
    """
    if not isinstance(store, LocalStore):
        return
    for dataset in sorted(LIVE_DATASETS):
        folder = layout.run_directory(dataset, deployment_id)
        with explained(store.root, folder, store.way_out):
            for half in (store.root / folder).glob(".*"):
                if half.stat().st_mtime < before.timestamp():
                    half.unlink(missing_ok=True)


def _deliver(setting: Setting, begun: Event, record: Alert | Review) -> Trouble | None:
    """``begun``: set once the lake is known to be one that may be written to."""
    store = setting.store
    try:
        if not begun.is_set():
            discard_half_parts(store, setting.deployment.deployment_id, datetime.now(UTC))
            check_lake(store)
            write_views(store)
            begun.set()
        _write(setting, record)
    except StoreFull:
        return Trouble(f"the disk holding {store.uri} is full; free space and it goes on")
    return None


def _write(setting: Setting, record: Alert | Review) -> None:
    if isinstance(record, Alert):
        path, rows = alert_part(record.deployment_id, record.alert_id), [alert_row(setting, record)]
        write_part(setting.store, path, rows, part_schema("alerts"))
    else:
        write_part(setting.store, review_part(record), [review_row(record)], part_schema("reviews"))


def alert_row(setting: Setting, alert: Alert) -> dict[str, Any]:
    times, until = alert.times, setting.deployment.keep_until
    period_h = setting.config.retention.period_h
    return {
        "alert_id": alert.alert_id,
        "camera_id": alert.camera,
        "captured_at": alert.captured_at,
        "first_seen_at": alert.first_seen_at,
        "raised_at": alert.raised_at,
        "keep_until": keep_until(alert.raised_at, period_h, until),
        "subject_id": alert.subject_id,
        "image_id": alert.image_id,
        "score": alert.score,
        "margin": alert.margin,
        "threshold": alert.threshold,
        "quality": alert.quality,
        "detection_score": alert.detection_score,
        "looks": alert.looks,
        "box": list(alert.box_xyxy),
        "candidate_subject_ids": [candidate.subject_id for candidate in alert.candidates],
        "candidate_scores": [candidate.score for candidate in alert.candidates],
        "best_shot_jpeg": alert.best_shot_jpeg,
        "gallery_jpeg": alert.gallery_jpeg,
        "wait_s": times.wait_s,
        "detect_s": times.detect_s,
        "compare_s": times.compare_s,
        "raise_s": times.raise_s,
        "volunteer": alert.volunteer,
    }


def review_row(review: Review) -> dict[str, Any]:
    return {
        "review_id": review.review_id,
        "alert_id": review.alert_id,
        "reviewer": review.reviewer,
        "role": review.role,
        "decided_at": review.decided_at,
        "verdict": review.verdict,
        "reason": review.reason,
        "outcome": review.outcome,
        **dict.fromkeys(OF_A_SIGHTING),
    }
