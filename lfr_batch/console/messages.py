"""What the browser is told, as plain data for JSON. Pure.

Times are ISO 8601 with their zone, durations in ms or s as named. No message holds a picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from pydantic import TypeAdapter

from lfr_batch.console.aim_words import aim_words
from lfr_batch.live.deployment.plan import PartState
from lfr_batch.live.records import (
    Acknowledged,
    AimReport,
    Alert,
    CameraHealth,
    DeploymentRecord,
    LiveCounts,
    Review,
    SinkState,
)

Message = dict[str, Any]

PICTURES = {
    "best_shot_jpeg",
    "gallery_jpeg",
    "scene_jpeg",
    "further_shots_jpeg",
    "further_gallery",
}
_ALERT, _REVIEW, _COUNTS = TypeAdapter(Alert), TypeAdapter(Review), TypeAdapter(LiveCounts)
_HEALTH, _PARTS = TypeAdapter(tuple[CameraHealth, ...]), TypeAdapter(tuple[PartState, ...])
_SINKS = TypeAdapter(tuple[SinkState, ...])
_CLASS_NAME = re.compile(r"\s*\(\w*(?:Error|Exception|Timeout)\)")
_SOON = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Handling:
    """What has been done about an alert."""

    review: Review | None = None
    """The one that counts."""
    acknowledged: Acknowledged | None = None
    shown_ms: float | None = None
    """From capture to the first screen that showed it."""


NOTHING_DONE = Handling()


def of_alert(alert: Alert, done: Handling) -> Message:
    seen = done.acknowledged
    return {
        **_ALERT.dump_python(alert, mode="json", exclude=PICTURES),
        "raised_ms": round(alert.times.total_s * 1000, 1),
        "acknowledged": seen and {"by": seen.by, "at": seen.at.isoformat()},
        "review": of_review(done.review) if done.review else None,
        "shown_ms": done.shown_ms,
        "has_scene": alert.scene_jpeg is not None,
        "further_shots": len(alert.further_shots_jpeg),
        "further_image_ids": [picture.image_id for picture in alert.further_gallery],
    }


def of_review(review: Review) -> Message:
    message: Message = _REVIEW.dump_python(review, mode="json")
    return message


def of_cameras(
    health: tuple[CameraHealth, ...],
    parts: tuple[PartState, ...],
    cameras: Iterable[str],
    unheard_since: Mapping[str, datetime],
) -> list[Message]:
    """Every camera of the deployment. Besides a camera's own states there are

    - unheard: the router knows nothing of it, as when either has just begun;
    - restarting: its part is being started anew, whatever it said of itself before.
    """
    heard = {each["camera"]: each for each in _HEALTH.dump_python(health, mode="json")}
    told: dict[str, Message] = {
        name: {"camera": name, "state": "unheard", "at": None, "since": since.isoformat()}
        for name, since in unheard_since.items()
    }
    told |= heard
    down = {part.name for part in parts if part.role == "camera" and not part.up}
    return [
        {**told[name], "state": "restarting"} if name in down else told[name]
        for name in dict.fromkeys((*cameras, *heard))
    ]


def of_aiming(watch_from: datetime, aims: Iterable[AimReport]) -> Message:
    """``from``: when watching may begin. By camera, what is seen and how to do better."""
    return {
        "from": watch_from.isoformat(),
        "cameras": {
            aim.camera: {
                "at": aim.at.isoformat(),
                "frame_wh": list(aim.guide.frame_wh),
                "least_px": aim.guide.least_px,
                "words": list(aim_words(aim.guide)),
            }
            for aim in aims
        },
    }


def of_counts(counts: LiveCounts) -> Message:
    return {
        **_COUNTS.dump_python(counts, mode="json"),
        "decided": counts.decided,
        "false_per_face": counts.false_per_face,
        "false_per_alert": counts.false_per_alert,
    }


def of_parts(parts: tuple[PartState, ...]) -> list[Message]:
    """Without process ids, which are nobody's business on a screen."""
    told: list[Message] = _PARTS.dump_python(parts, mode="json", exclude={"__all__": {"process"}})
    return told


def of_sinks(sinks: tuple[SinkState, ...]) -> list[Message]:
    told: list[Message] = _SINKS.dump_python(sinks, mode="json")
    return [{**each, "last_error": plain(each["last_error"])} for each in told]


def of_latencies(shown_ms: Sequence[float]) -> Message:
    return {
        "alerts": len(shown_ms),
        "p50_ms": percentile(shown_ms, 50),
        "p99_ms": percentile(shown_ms, 99),
    }


def of_trouble(text: str, parts: tuple[PartState, ...]) -> Message:
    """While the router does not answer; ``parts`` are known without it."""
    return {"text": plain(text), "parts": of_parts(parts)}


def of_end(deployment: DeploymentRecord, cameras: Iterable[Message], now: datetime) -> Message:
    """The last thing that a screen is told; ``cameras`` as it was told of them last."""
    states = {camera["state"] for camera in cameras}
    if now >= deployment.ends_at - _SOON:
        reason = "window"
    else:
        reason = "played" if states == {"ended"} else "stopped"
    return {"reason": reason, "at": now.isoformat()}


def plain(text: str | None) -> str | None:
    """Without the names of errors, which tell an officer nothing; the log has them."""
    return None if text is None else _CLASS_NAME.sub("", text)


def of_deployment(deployment: DeploymentRecord, *, is_over: bool) -> Message:
    """``is_over``: it was opened again, to be decided."""
    return {
        "id": deployment.deployment_id,
        "place": deployment.place,
        "case": deployment.case_ref,
        "authorising_officer": deployment.authorising_officer,
        "purpose": deployment.purpose,
        "operator": deployment.operator,
        "started_at": deployment.started_at.isoformat(),
        "ends_at": deployment.ends_at.isoformat(),
        "watchlist_size": deployment.watchlist_size,
        "threshold": deployment.threshold,
        "zone": zone_offset(deployment),
        "is_over": is_over,
    }


def zone_offset(deployment: DeploymentRecord) -> str:
    """±hh:mm: the offset in which the window's end was written; where that is UTC, this
    machine's."""
    ends_at = deployment.ends_at
    local = ends_at if ends_at.utcoffset() else ends_at.astimezone()
    return local.isoformat(timespec="minutes")[16:]


def percentile(values: Sequence[float], percent: float) -> float | None:
    """By nearest rank; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(ceil(percent / 100 * len(values)), 1) - 1]
