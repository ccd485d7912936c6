"""Volunteers are on the watchlist and are no entries of it: on real snapshots."""

from __future__ import annotations

from pathlib import Path

from lfr_batch.config.live import SeedingConfig
from lfr_batch.config.policy import WatchlistPolicy
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.deployment.listed import look_through, require_allowed
from tests.live.deployment.test_listed import NOW, SAID, deployed, enrolled

STRICT = WatchlistPolicy(refuse=("missing",))
VOLUNTEER = {"blue_list": "yes", "sex": "F"}


def test_nothing_is_asked_of_their_entries_nor_counted(tmp_path: Path) -> None:
    enrolled(tmp_path, {"S1": 1, "V1": 1, "V2": 1}, {"S1": SAID, "V1": VOLUNTEER, "V2": VOLUNTEER})
    found = look_through(
        tmp_path, load_snapshot(tmp_path, "list"), STRICT, NOW, SeedingConfig(groups=("sex",))
    )
    require_allowed(found, STRICT)
    assert found.faults == ()
    assert (found.composition.entries, found.composition.categories) == (1, {"wanted": 1})
    assert found.seeding.volunteers == {"V1": {"sex": "F"}, "V2": {"sex": "F"}}


def test_that_they_come_and_go_is_no_change_of_the_watchlist(tmp_path: Path) -> None:
    said = {"S1": SAID, "V1": VOLUNTEER, "V2": VOLUNTEER}
    before = enrolled(tmp_path, {"S1": 1, "V1": 1, "V2": 1}, said)
    deployed(tmp_path, 1, before)
    after = {"S1": SAID, "V2": {**SAID, "blue_list": "no"}, "V3": VOLUNTEER}
    enrolled(tmp_path, {"S1": 1, "V2": 1, "V3": 1}, after)
    found = look_through(tmp_path, load_snapshot(tmp_path, "list"), WatchlistPolicy(), NOW)
    assert found.changes is not None
    assert (found.changes.new, found.changes.gone) == (("V2",), ())
