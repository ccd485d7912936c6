"""Finished runs over the invented archive, and questions to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from lfr_batch.records import FootageAsset, Sighting
from lfr_batch.results.ask import ask
from lfr_batch.results.publish import ReadEnrolled, nobody_known
from lfr_batch.results.run_state import create_run
from lfr_batch.results.sql import Lake
from lfr_batch.storage.store import Store
from tests.holding import publish_run

from .synthetic import (
    FINISHED,
    agreeing,
    archive,
    request,
    segments,
    sighting,
)

Made = tuple[Sighting, ...]
EARLIER, LATER, NEWEST = (f"202602{day:02d}-080000-scan-0001" for day in (1, 2, 3))


def asked(lake: Lake, name: str, **given: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask(lake, name, given).to_pylist()
    return rows


def publish(
    store: Store,
    run_id: str,
    sightings: Made | None = None,
    assets: tuple[FootageAsset, ...] | None = None,
    day: int = 0,
    enrolled: ReadEnrolled = nobody_known,
    **changes: object,
) -> None:
    """A finished run over the invented archive, ``day`` days after the first."""
    made = archive()
    asked_for = request(run_id, **changes)
    found = made.sightings if sightings is None else sightings
    files = assets or made.assets
    there = {asset.footage_id for asset in files}
    plan = tuple(segment for segment in made.segments if segment.footage_id in there)
    create_run(store, asked_for, files, plan)
    publish_run(
        store, asked_for, files, plan, agreeing(made.outcomes, found), found,
        "complete_with_failures", enrolled, at=FINISHED + timedelta(days=day),
    )  # fmt: skip


def of(subject_id: str) -> Made:
    return tuple(s for s in archive().sightings if s.subject_id == subject_id)


def seen(subject_id: str, *spans_s: tuple[float, float], segment: int = 0) -> Made:
    """Sightings of somebody at the gate."""
    at = segments()[segment]
    return tuple(sighting(at, subject_id, 0.6, start, end, 1) for start, end in spans_s)


def copied(assets: tuple[FootageAsset, ...]) -> tuple[FootageAsset, ...]:
    """Gate and yard are the same bytes."""
    return tuple(
        replace(a, content_id="c" * 64) if a.footage_id in {"f-gate", "f-yard"} else a
        for a in assets
    )
