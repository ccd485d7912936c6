"""When a deployment may begin, and when it is over. Pure.

It ends at the earliest of three times: the end of its window, the expiry of its watchlist, and 24
hours after its start. A rehearsal, of played files alone, has a window that begins when it starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal

from lfr_batch.config.live import STATED, CameraConfig, DeploymentConfig, LiveConfig
from lfr_batch.errors import AuthorityError, UsageError
from lfr_batch.footage.stream_address import kind_of
from lfr_batch.live.records import CameraHealth
from lfr_batch.visible import plain_line

LONGEST = timedelta(hours=24)
"""No deployment lasts longer, and no copy of a watchlist."""

AIMED_BEFORE = timedelta(hours=2)
"""So long before its window a deployment may be aimed."""

Reason = Literal["window", "watchlist", "longest", "played", "stopped", "failed", "died"]
REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        "window": "its window ended",
        "watchlist": "its watchlist expired",
        "longest": "it had lasted for 24 hours",
        "played": "every file was played to its end",
        "stopped": "it was stopped",
        "failed": "it failed",
        "died": "its process had died",
    }
)


@dataclass(frozen=True, slots=True)
class Term:
    """A deployment's time."""

    starts_at: datetime
    ends_at: datetime
    ends_by: Reason
    """Which of the three times is the earliest."""
    watch_from: datetime | None = None
    """It is aimed first, and watching may begin then; None: it watches at once."""

    @property
    def duration_s(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds()


def require_authority(deployment: DeploymentConfig) -> None:
    """Raises AuthorityError naming what was left blank."""
    blank = [f"deployment.{name}" for name in STATED if not plain_line(getattr(deployment, name))]
    if blank:
        raise AuthorityError(
            f"{' and '.join(blank)} must be stated before any face is compared; "
            "conf/live.yaml shows an example."
        )


def term_of(
    config: LiveConfig, enrolled_at: datetime, now: datetime, rehearse: bool, aim: bool = False
) -> Term:
    """The time of a deployment that starts ``now``; ``enrolled_at``: its watchlist, the last time.
    With ``aim`` it may start before its window, and nobody is looked for until that begins.

    Raises UsageError outside the window, for an expired watchlist, for a camera that is a file,
    and for a rehearsal with one that is none.
    """
    window = _rehearsal(config, now) if rehearse else _window(config.deployment, now, aim)
    if not rehearse:
        _require_a_street(config)
    expires_at = enrolled_at + timedelta(hours=config.watchlist.max_age_h)
    if now >= expires_at:
        raise UsageError(_expired(config, enrolled_at, now))
    ends: dict[Reason, datetime] = {
        "window": window,
        "watchlist": expires_at,
        "longest": now + LONGEST,
    }
    first = min(ends, key=lambda reason: ends[reason])
    opens_at = now if rehearse else max(now, config.deployment.starts_at)
    return Term(now, ends[first], first, watch_from=opens_at if aim else None)


def is_over(term: Term, now: datetime, elapsed_s: float) -> bool:
    """By whichever clock is ahead: that of the wall, or the time that has passed since the start.

    A wall clock that is put back cannot prolong a deployment.
    """
    return now >= term.ends_at or elapsed_s >= term.duration_s


def played_since_s(
    cameras: Sequence[CameraConfig],
    health: Iterable[CameraHealth],
    now_s: float,
    before_s: float | None,
) -> float | None:
    """Since when every file has been played to its end; ``before_s``: what was said the last time.

    None as long as one has not, and for good where there is a camera, or a file that is repeated.
    """
    endless = any(camera.loop or not _is_file(camera) for camera in cameras)
    ended = {each.camera for each in health if each.state == "ended"}
    if endless or ended != {camera.name for camera in cameras}:
        return None
    return now_s if before_s is None else before_s


def _window(deployment: DeploymentConfig, now: datetime, aim: bool) -> datetime:
    starts_at, ends_at = deployment.starts_at, deployment.ends_at
    what = f"Deployment {deployment.name!r} may run from {starts_at:%d %b %Y %H:%M %Z} to "
    what += f"{ends_at:%d %b %Y %H:%M %Z}"
    if now < starts_at - (AIMED_BEFORE if aim else timedelta(0)):
        raise UsageError(
            f"{what}, which has not begun: wait {_span(starts_at - now)}, aim its cameras with "
            f"--aim from {_span(AIMED_BEFORE)} before it, or try it out on files with --rehearse."
        )
    if now >= ends_at:
        raise UsageError(
            f"{what}, which ended {_span(now - ends_at)} ago: a new window needs a new authority."
        )
    return ends_at


def _require_a_street(config: LiveConfig) -> None:
    """What is played must not be counted as people in the street."""
    played = [camera.name for camera in config.cameras if _is_file(camera)]
    if played:
        raise UsageError(
            f"Camera {played[0]} is a file, and a deployment looks at a street: play files with "
            "--rehearse, which marks it as a rehearsal, or name a stream as its source."
        )


def _is_file(camera: CameraConfig) -> bool:
    return kind_of(camera.source) == "file"


def _rehearsal(config: LiveConfig, now: datetime) -> datetime:
    real = [camera.name for camera in config.cameras if not _is_file(camera)]
    if real:
        raise UsageError(
            f"A rehearsal plays files alone, and camera {real[0]} is none: nobody may watch a "
            "street as a rehearsal; name a file as its source, or leave out --rehearse."
        )
    return now + (config.deployment.ends_at - config.deployment.starts_at)


def _expired(config: LiveConfig, made_at: datetime, now: datetime) -> str:
    wanted = config.watchlist
    return (
        f"Watchlist {wanted.gallery!r} expired: it was enrolled {_span(now - made_at)} ago and is "
        f"good for {wanted.max_age_h:g} h; enrol it anew with `lfr gallery enrol "
        f"{wanted.gallery}`, also if it is unchanged."
    )


def _span(duration: timedelta) -> str:
    minutes = -(-int(duration.total_seconds()) // 60)
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"
