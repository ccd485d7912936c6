"""Alerts and reviews in their one count, under the names of their files. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lfr_batch.errors import UsageError
from lfr_batch.live.records import Alert, EventKind, Review
from lfr_batch.results.layout import is_run_id

ALERTS, REVIEWS = "alerts", "reviews"
"""The folders of their files."""


@dataclass(frozen=True, slots=True)
class Item:
    number: int
    """From 1, over alerts and reviews, in the order in which they were written."""
    record: Alert | Review


def file_name(record: Alert | Review) -> str:
    """Raises UsageError for an id that must not become part of a path."""
    if isinstance(record, Alert):
        return f"{ALERTS}/{checked_id(record.alert_id)}"
    return f"{REVIEWS}/{checked_id(record.alert_id)}.{checked_id(record.review_id)}"


def checked_id(name: str) -> str:
    """Raises UsageError for an id that must not become part of a path."""
    if not is_run_id(name):
        raise UsageError(f"{name!r} cannot be an id: use letters, digits, - and _")
    return name


def check_own(record: Alert | Review, deployment_id: str) -> None:
    """Raises UsageError for what is of another deployment, or can have no file."""
    file_name(record)
    if record.deployment_id != deployment_id:
        raise UsageError(f"this is deployment {deployment_id}, not {record.deployment_id}")


def require_decidable(alert: Alert) -> None:
    """Raises UsageError for a volunteer's."""
    if alert.volunteer:
        raise UsageError(
            f"{alert.subject_id} is a volunteer who passes on purpose: there is nothing to decide"
        )


def subject_of(record: Alert | Review) -> tuple[EventKind, str]:
    """What an ``Event`` about it says: its kind and its id."""
    if isinstance(record, Alert):
        return "alert", record.alert_id
    return "review", record.review_id


def bare_item(item: Item) -> Item:
    record = item.record
    return replace(item, record=bare_alert(record)) if isinstance(record, Alert) else item


def bare_alert(alert: Alert) -> Alert:
    """Without its pictures, as it is kept in memory."""
    return replace(listed_alert(alert), best_shot_jpeg=b"", gallery_jpeg=b"")


def listed_alert(alert: Alert) -> Alert:
    """Without its further pictures, which a list does not show; how many there are is kept."""
    return replace(
        alert,
        scene_jpeg=None if alert.scene_jpeg is None else b"",
        further_shots_jpeg=tuple(b"" for _ in alert.further_shots_jpeg),
        further_gallery=tuple(replace(each, jpeg=b"") for each in alert.further_gallery),
    )
