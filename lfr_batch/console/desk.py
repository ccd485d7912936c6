"""What officers do with alerts, and what a screen is told of them."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from lfr_batch.console.messages import (
    NOTHING_DONE,
    Handling,
    Message,
    of_aiming,
    of_alert,
    of_cameras,
    of_counts,
    of_end,
    of_latencies,
    of_parts,
    of_review,
    of_sinks,
    of_trouble,
)
from lfr_batch.console.roles import may
from lfr_batch.console.roster import Roster
from lfr_batch.console.users import User
from lfr_batch.errors import UsageError
from lfr_batch.live.alerts.acknowledged import Acknowledgements
from lfr_batch.live.deployment.counts import latest_reviews
from lfr_batch.live.deployment.plan import RunningDeployment
from lfr_batch.live.records import (
    Acknowledged,
    Alert,
    DeploymentRecord,
    Outcome,
    Review,
    Verdict,
)

logger = logging.getLogger(__name__)

INSTANT = timedelta(microseconds=1)

Section = Callable[["Desk"], object]


class DecidedMeanwhile(UsageError):
    """Somebody else has decided since the officer looked: ``review``."""

    def __init__(self, review: Review) -> None:
        super().__init__(
            f"{review.reviewer} has decided about this alert meanwhile; look at it again"
        )
        self.review = review


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What an officer sends. ``seen_review_id``: the review that the officer saw last."""

    verdict: Verdict
    reason: str
    outcome: Outcome | None = None
    seen_review_id: str | None = None


@dataclass(slots=True)
class Desk:
    """Every method may be called from any thread, and raises what the router raises.

    Latencies are of this console: they are gone when it ends. Decisions and acknowledgements are
    not.
    """

    deployment: DeploymentRecord
    running: RunningDeployment
    acknowledged: Acknowledgements
    roster: Roster
    watch_from: datetime | None = None
    """Of one that is aimed first: from then on watching may begin."""
    _shown_ms: dict[str, float] = field(default_factory=dict)
    _unheard_since: dict[str, datetime] = field(default_factory=dict)
    """Cameras that a router that answers knows nothing of."""
    _changing: Lock = field(default_factory=Lock)
    _deciding: Lock = field(default_factory=Lock)
    """One decision at a time: the next one must see it."""

    def alert(self, alert_id: str) -> Alert:
        """With its pictures. Raises UsageError for one that is not there."""
        alert = self.running.router.alert(alert_id)
        if alert is None:
            raise _not_there(alert_id)
        return alert

    def alerts(self, limit: int) -> list[Message]:
        """Newest first."""
        newest = self.running.router.alerts(limit)
        return self._told(newest, latest_reviews(self.running.router.reviews()))

    def told(self, alert_ids: Iterable[str]) -> list[Message]:
        """Those of them that are still kept."""
        found = (self.running.router.known(alert_id) for alert_id in alert_ids)
        alerts = [alert for alert in found if alert]
        return self._told(alerts, latest_reviews(self.running.router.reviews())) if alerts else []

    def reviews(self) -> list[Message]:
        return [of_review(review) for review in self.running.router.reviews()]

    def acknowledge(self, user: User, alert_id: str) -> None:
        """The first one counts."""
        if self.running.router.known(alert_id) is None:
            raise _not_there(alert_id)
        self.acknowledged.add(alert_id, Acknowledged(user.name, datetime.now(UTC)))
        logger.info("alert %s acknowledged by %s", alert_id, user.name)

    def decide(self, user: User, alert_id: str, decision: ReviewRequest) -> Review:
        """The review that counts now: the one that is there already where it is the same officer's
        and says the same. Raises DecidedMeanwhile, UsageError for an alert that is not there."""
        review = Review(
            review_id=secrets.token_hex(8),
            deployment_id=self.deployment.deployment_id,
            alert_id=alert_id,
            reviewer=user.name,
            role=user.role,
            decided_at=datetime.now(UTC),
            verdict=decision.verdict,
            reason=decision.reason,
            outcome=decision.outcome,
        )
        with self._deciding:
            latest = latest_reviews(self.running.router.reviews()).get(alert_id)
            if latest is not None and _says_the_same(latest, review):
                return latest
            if latest is not None and latest.review_id != decision.seen_review_id:
                raise DecidedMeanwhile(latest)
            if latest is not None and latest.decided_at >= review.decided_at:
                # The clock was put back; what was decided last must still count.
                review = replace(review, decided_at=latest.decided_at + INSTANT)
            self.running.router.review(review)
        return review

    def shown(self, alert_id: str, latency_ms: float) -> None:
        """A screen shows the alert; the first screen counts. An unknown alert is nothing."""
        if self.running.router.known(alert_id) is not None:
            with self._changing:
                self._shown_ms.setdefault(alert_id, latency_ms)

    def status(self) -> Message:
        """All sections of the console's panels."""
        return {name: section(self) for name, section in SECTIONS.items()}

    def trouble(self, text: str) -> Message:
        """What can be told while the router does not answer."""
        return of_trouble(text, self.running.parts())

    def end(self, cameras: Iterable[Message]) -> Message:
        """``cameras``: as they were told of last, since the router may be gone already."""
        return of_end(self.deployment, cameras, datetime.now(UTC))

    def aiming(self) -> Message | None:
        """None where people are looked for; while cameras are aimed, what they see."""
        if self.watch_from is None or self.running.router.watching() is not None:
            return None
        return of_aiming(self.watch_from, self.running.router.aims())

    def preview(self, camera: str) -> bytes:
        """Raises UsageError where there is none, as once watching has begun."""
        aim = self.running.router.aim(camera)
        if aim is None:
            raise UsageError(f"there is no preview of camera {camera!r}")
        return aim.preview_jpeg

    def begin_watching(self, user: User) -> bool:
        """Whether it begins by that. Raises TooEarly."""
        return self.running.router.begin_watching(user.name)

    def try_again(self, user: User, camera: str) -> None:
        """Raises UsageError for a camera that is not there."""
        if camera not in self.deployment.cameras:
            raise UsageError(f"there is no camera {camera!r} in this deployment")
        self.running.router.try_again(camera)
        logger.info("%s has told camera %s to try its password again", user.name, camera)

    def cameras(self) -> list[Message]:
        health, cameras = self.running.router.health(), self.deployment.cameras
        unheard = self._unheard({each.camera for each in health})
        return of_cameras(health, self.running.parts(), cameras, unheard)

    def may_be_decided(self) -> bool:
        """Whether there is anybody who may decide."""
        return any(may(user.role, "decide") for user in self.roster.now().people)

    def latencies_ms(self) -> list[float]:
        with self._changing:
            return list(self._shown_ms.values())

    def _told(self, alerts: Iterable[Alert], reviews: Mapping[str, Review]) -> list[Message]:
        with self._changing:
            return [of_alert(alert, self._handling(alert.alert_id, reviews)) for alert in alerts]

    def _handling(self, alert_id: str, reviews: Mapping[str, Review]) -> Handling:
        review, acknowledged = reviews.get(alert_id), self.acknowledged.of(alert_id)
        shown_ms = self._shown_ms.get(alert_id)
        known = review or acknowledged or shown_ms is not None
        return Handling(review, acknowledged, shown_ms) if known else NOTHING_DONE

    def _unheard(self, heard: set[str]) -> dict[str, datetime]:
        now = datetime.now(UTC)
        with self._changing:
            before = self._unheard_since
            silent = [name for name in self.deployment.cameras if name not in heard]
            self._unheard_since = {name: before.get(name, now) for name in silent}
            return self._unheard_since


def _not_there(alert_id: str) -> UsageError:
    return UsageError(f"there is no alert {alert_id!r} in this deployment")


def _says_the_same(one: Review, other: Review) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("reviewer", "verdict", "reason", "outcome")
    )


SECTIONS: Mapping[str, Section] = {
    "cameras": Desk.cameras,
    "counts": lambda desk: of_counts(desk.running.router.counts()),
    "parts": lambda desk: of_parts(desk.running.parts()),
    "sinks": lambda desk: of_sinks(desk.running.router.sink_states()),
    "shown": lambda desk: of_latencies(desk.latencies_ms()),
    "may_be_decided": Desk.may_be_decided,
    "aiming": Desk.aiming,
}
"""Each is a panel of the page and an address of its own."""
