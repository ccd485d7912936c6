"""Alerts without their pictures, as they are kept in memory."""

from __future__ import annotations

from dataclasses import replace

from lfr_batch.live.alerts.spool import Item
from lfr_batch.live.records import Alert


def bare_item(item: Item) -> Item:
    record = item.record
    return replace(item, record=bare_alert(record)) if isinstance(record, Alert) else item


def bare_alert(alert: Alert) -> Alert:
    return replace(alert, best_shot_jpeg=b"", gallery_jpeg=b"")
