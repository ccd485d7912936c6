"""Further shots go wherever the evidence picture goes: from shards, parts, groups and what is
withheld."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lfr_batch.records import Sighting
from lfr_batch.results.compact import compact
from lfr_batch.results.forget import forget
from lfr_batch.results.forgetting_sql import Forgetting, What
from lfr_batch.results.lock import lock_run
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.results.withholding import withhold
from lfr_batch.storage.store import Store

from .publishing import published
from .synthetic import RUN_ID, archive, searched_run
from .test_forget import bytes_anywhere


def in_shards(store: Store) -> None:
    searched_run(store, RUN_ID)


def compacted(store: Store) -> None:
    published(store)
    compact(store)


def withheld(store: Store) -> None:
    published(store)
    with lock_run(StoredRun(store, RUN_ID)) as hold:
        withhold(hold, "AUTH-20260203-0001 was not decided")


WHERE: dict[str, Callable[[Store], None]] = {
    "in shards": in_shards,
    "published": published,
    "compacted": compacted,
    "withheld": withheld,
}
FIRST = archive().sightings[0]
URIS = {asset.footage_id: asset.uri for asset in archive().assets}
ASKED: dict[What, tuple[str, Callable[[Sighting], bool]]] = {
    "run": (RUN_ID, lambda _: True),
    "subject": (FIRST.subject_id, lambda s: s.subject_id == FIRST.subject_id),
    "footage": (URIS[FIRST.footage_id], lambda s: s.footage_id == FIRST.footage_id),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("what", ASKED)
def test_no_further_shot_is_left_of_what_is_forgotten(disk: Store, where: str, what: What) -> None:
    WHERE[where](disk)
    value, is_lost = ASKED[what]
    there = bytes_anywhere(disk)
    gone = {f.jpeg for s in archive().sightings if is_lost(s) for f in s.further}
    others = {f.jpeg for s in archive().sightings for f in s.further} - gone
    assert gone
    assert all(jpeg in there for jpeg in gone | others)
    forget(disk, Forgetting(what, value, "2026-11-27 of case OP-1"))
    left = bytes_anywhere(disk)
    assert not [jpeg for jpeg in gone if jpeg in left]
    if where != "in shards":  # of a run that cannot be resumed they all go
        assert all(jpeg in left for jpeg in others)
