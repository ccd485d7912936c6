"""What a deployment's counts are made of. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lfr_batch.live.records import LiveCounts, Outcome, Review, Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """What is kept of an alert that retention has deleted: that it was, and how it was decided."""

    verdict: Verdict | None = None
    outcome: Outcome | None = None
    volunteer: bool = False
    """It was a volunteer's, and counts as none."""


@dataclass(frozen=True, slots=True)
class FacesSeen:
    """A camera's faces over restarts of its process, which begins to count anew."""

    before: int = 0
    """By its earlier processes."""
    now: int = 0


def with_faces(known: FacesSeen, reported: int) -> FacesSeen:
    if reported < known.now:
        return FacesSeen(known.before + known.now, reported)
    return FacesSeen(known.before, reported)


def latest_reviews(reviews: Iterable[Review]) -> dict[str, Review]:
    """Alert id → the review that counts: the last decided; of equals, the last in order."""
    latest: dict[str, Review] = {}
    for review in reviews:
        before = latest.get(review.alert_id)
        if before is None or review.decided_at >= before.decided_at:
            latest[review.alert_id] = review
    return latest


def decision_of(review: Review | None) -> Decision:
    return Decision(review.verdict, review.outcome) if review else Decision()


def decisions(alert_ids: Iterable[str], reviews: Iterable[Review]) -> list[Decision]:
    latest = latest_reviews(reviews)
    return [decision_of(latest.get(alert_id)) for alert_id in alert_ids]


def live_counts(made: Iterable[Decision], faces: Mapping[str, FacesSeen]) -> LiveCounts:
    """``made``: one decision per alert; ``faces``: by camera."""
    every = [decision for decision in made if not decision.volunteer]
    verdicts = Counter(decision.verdict for decision in every)
    outcomes = Counter(decision.outcome for decision in every if decision.outcome)
    return LiveCounts(
        faces_seen=sum(seen.before + seen.now for seen in faces.values()),
        alerts=len(every),
        true_alerts=verdicts["match"],
        false_alerts=verdicts["no_match"],
        unconfirmed=verdicts["cannot_tell"] + verdicts[None],
        outcomes=dict(sorted(outcomes.items())),
    )
