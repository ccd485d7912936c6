"""A run with many sightings in one segment, by a gallery that is gone."""

from __future__ import annotations

from dataclasses import replace

from lfr_batch.storage.store import Store
from tests.holding import publish_run
from tests.results.synthetic import (
    FINISHED,
    agreeing,
    assets,
    outcome,
    request,
    searched_run,
    segments,
    sighting,
)

SUBJECT = "S001"
"""Who is proposed for each."""


def fill_many(store: Store, many: int) -> None:
    """Their ids are a00000, a00001 and so on."""
    asked, _ = searched_run(store)
    assert asked == request()
    first, *_ = plan = segments()
    one = sighting(first, SUBJECT, 0.5, 1.0, 2.0, 1)
    found = tuple(
        replace(one, sighting_id=f"a{n:05d}", start_ns=one.start_ns + n) for n in range(many)
    )
    outcomes = agreeing({each.segment_id: outcome(each, ()) for each in plan}, found)
    publish_run(store, asked, assets(), plan, outcomes, found, "complete", at=FINISHED)
