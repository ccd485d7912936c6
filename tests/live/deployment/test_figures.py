from __future__ import annotations

from lfr_batch.live.deployment.figures import (
    AlertFigures,
    counts,
    engagements,
    grouped,
)
from tests.live.made import (
    figures,
)


def test_both_denominators_and_what_came_of_it() -> None:
    total = counts(figures())
    assert (total.faces_seen, total.alerts) == (1000, 6)
    assert (total.true_alerts, total.false_alerts, total.unconfirmed) == (2, 2, 2)
    assert (total.false_per_face, total.false_per_alert) == (0.002, 2 / 6)
    assert (engagements(total), total.outcomes["arrested"]) == (4, 1)
    assert counts(figures(), "north").false_alerts == 0


def test_alike_alerts_are_counted_together() -> None:
    once = AlertFigures(camera="north", minute=1)
    other = AlertFigures(camera="north", minute=0, verdict="match")
    assert grouped([once, other, once]) == (other, once.model_copy(update={"alerts": 2}))
