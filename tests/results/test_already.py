"""Whose verdict is final: what need not be searched again, and what is."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.footage.unchanged import changed_sentence, disturbed_sentence, gone_sentence
from lfr_batch.records import FootageAsset, FootageEntry, SegmentOutcome
from lfr_batch.results import run_log
from lfr_batch.results.already import Already, content_of, interrupted
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lock import lock_run
from lfr_batch.results.run_state import begin_run, create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.store import Store
from tests.holding import publish_run, record_run
from tests.results import runs_asked
from tests.results.runs_asked import EARLIER, LATER, NEWEST, asked
from tests.results.synthetic import STARTED, archive, request, segments, sighting

KEY = "k1"
CASE = "OP-LANTERN 12/26"


def marked(asset: FootageAsset) -> FootageAsset:
    """As probing marks it: with the name of its state, and of its bytes."""
    name = asset.footage_id
    return replace(asset, state_id=f"state {name}", content_id=f"content {name}", stream=0)


def publish(
    store: Store,
    run_id: str,
    outcomes: dict[str, dict[str, Any]] | None = None,
    assets: dict[str, dict[str, Any]] | None = None,
    **changes: Any,
) -> None:
    """A finished run in which segments and assets by their ids are as they are said to be."""
    made = archive()
    whole = {
        name: replace(each, status="done", error=None, sightings=0)
        for name, each in made.outcomes.items()
    }
    receipts: dict[str, SegmentOutcome] = {
        name: replace(each, **(outcomes or {}).get(name, {})) for name, each in whole.items()
    }
    changed = tuple(
        replace(marked(asset), **(assets or {}).get(asset.footage_id, {})) for asset in made.assets
    )
    asked_for = request(run_id, **{"search_key": KEY, **changes})
    create_run(store, asked_for, changed, made.segments)
    publish_run(store, asked_for, changed, made.segments, receipts, (), "complete_with_failures")


def known(store: Store, case: str = CASE, key: str = KEY) -> dict[str, str]:
    with closing(Already(store, S3Config(), case, key)) as already:
        return {name.removeprefix("state f-"): run for name, run in already.by_state().items()}


WHOLE = ("gate", "phone", "still", "yard")
CUT_OFF = {"f-yard-0120": {"status": "failed", "media_s": 3.0, "error": "cut off after 123 s"}}


def test_what_was_searched_whole_is_known(store: Store) -> None:
    assert known(store) == {}
    publish(store, EARLIER)
    assert known(store) == dict.fromkeys(WHOLE, EARLIER)
    publish(store, LATER)
    assert known(store)["gate"] == LATER
    assert set(known(store)) == {*WHOLE, "broken"}


def test_another_case_or_key_knows_nothing(disk: Store) -> None:
    publish(disk, EARLIER)
    for case, key in (("another", KEY), (CASE, "k2"), (CASE, "")):
        assert known(disk, case, key) == {}


def test_what_a_search_or_an_unfinished_run_saw_is_not_known(disk: Store) -> None:
    publish(disk, EARLIER, kind="search")
    made, left = archive(), request(LATER, search_key=KEY)
    create_run(disk, left, tuple(map(marked, made.assets)), made.segments)
    record_run(disk, left, "running")
    assert known(disk) == {}


def test_a_fault_is_final_once_two_runs_say_the_same(disk: Store) -> None:
    publish(disk, EARLIER, CUT_OFF)
    assert "yard" not in known(disk)
    publish(disk, LATER, {"f-yard-0120": {**CUT_OFF["f-yard-0120"], "media_s": 9.0}})
    assert "yard" not in known(disk)
    publish(disk, NEWEST, CUT_OFF)
    assert known(disk)["yard"] == NEWEST


@pytest.mark.parametrize(
    "receipt",
    [
        {"status": "quarantined", "error": "its worker was killed twice"},
        {"status": "failed", "error": changed_sentence("archive/yard.avi", 5, 6)},
        {"status": "failed", "error": gone_sentence("archive/yard.avi")},
        {"status": "failed", "error": disturbed_sentence("archive/yard.avi")},
        {"status": "failed", "error": "archive/yard.avi does not exist: check the path"},
    ],
    ids=["given up", "changed", "gone", "disturbed", "absent"],
)
def test_what_may_pass_is_never_final(disk: Store, receipt: dict[str, Any]) -> None:
    for run_id in (EARLIER, LATER):
        publish(disk, run_id, {"f-yard-0060": receipt})
    assert set(known(disk)) == {"gate", "phone", "still", "broken"}


def test_what_could_not_be_got_at_has_no_name_and_is_never_final(disk: Store) -> None:
    for run_id in (EARLIER, LATER):
        publish(disk, run_id, assets={"f-broken": {"state_id": None}})
    assert set(known(disk)) == set(WHOLE)
    with closing(Already(disk, S3Config(), CASE, KEY)) as already:
        assert already.by_content(["content f-broken"]) == {}


def test_what_was_partly_searched_by_design_is_known(disk: Store) -> None:
    publish(disk, EARLIER, assets={"f-still": {"unsearched": "3 pages of it", "status": "partly"}})
    assert known(disk)["still"] == EARLIER
    with closing(Already(disk, S3Config(), CASE, KEY)) as already:
        (verdict,) = already.by_content(["content f-still"]).values()
    assert (verdict.run_id, verdict.status, verdict.error) == (EARLIER, "partly", "3 pages of it")


SHOWN: tuple[tuple[dict[str, Any], bool], ...] = (
    ({}, True),
    ({"uri": "elsewhere/copy.mp4", "camera_id": "7"}, True),
    ({"rotation_deg": 90}, False),
    ({"sample_aspect": 1.5}, False),
    ({"fields": "top"}, False),
    ({"recording": 2}, False),
    ({"content_id": "other"}, False),
)
"""What is changed of a file, and whether it is known then."""


def test_bytes_are_known_where_they_are_shown_alike(disk: Store) -> None:
    publish(disk, EARLIER)
    with closing(Already(disk, S3Config(), CASE, KEY)) as already:
        for change, is_known in SHOWN:
            gate = replace(marked(archive().assets[0]), **change)
            found = already.by_content([gate.content_id or "", "nothing"])
            assert (content_of(gate) in found) == is_known, change


def test_bytes_that_another_run_knew_lead_to_who_searched_them(disk: Store) -> None:
    publish(disk, EARLIER)
    copy = {"known_from": EARLIER, "status": "damaged", "error": "cut off"}
    publish(disk, LATER, assets={"f-phone": copy})
    assert known(disk)["phone"] == EARLIER


def test_what_others_search_now_and_what_was_interrupted(disk: Store) -> None:
    run = StoredRun(disk, EARLIER)
    with lock_run(run) as hold:
        asked_for = begin_run(
            hold,
            request(EARLIER, search_key=KEY, standing="j"),
            [FootageEntry("a"), FootageEntry("b")],
        )
        record_run_of(hold, asked_for)
        with closing(Already(disk, S3Config(), CASE, KEY)) as already:
            assert already.under_way() == {"a": EARLIER, "b": EARLIER}
        assert interrupted(disk, S3Config(), "j") == []
    with closing(Already(disk, S3Config(), CASE, KEY)) as already:
        assert already.under_way() == {}
    assert interrupted(disk, S3Config(), "j") == [run]
    assert interrupted(disk, S3Config(), "k") == []


def record_run_of(hold: Any, asked_for: Any) -> None:
    run_log.record_run(hold, asked_for, run_log.RunEntry("planning"))


def test_how_footage_was_searched_otherwise(disk: Store) -> None:
    publish(disk, EARLIER, search_key="k0", snapshot_id="s-0006")
    publish(disk, LATER, search_key="k0", gallery="another")
    publish(disk, NEWEST, search_key=KEY)
    with closing(Already(disk, S3Config(), CASE, KEY)) as already:
        found = already.otherwise("custody")
    assert len(found) == 5
    gate = found["archive/depot gate <north>.mp4"]
    assert gate == ("s-0006", "0.1.0", 180.0)


SAME, MOVED, SOMEBODY = (("S029", 12.2, 20.4), ("S029", 40.0, 44.0), ("S031", 12.2, 20.4))


@pytest.mark.parametrize(
    ("earlier", "changes", "new"),
    [
        ([SAME], {}, 0),
        ([("S029", 20.0, 30.0)], {}, 0),
        ([MOVED], {}, 1),
        ([SOMEBODY], {}, 1),
        ([], {}, 1),
        ([SAME], {"case_ref": "another"}, 1),
        ([SAME], {"gallery": "another"}, 1),
        ([SAME], {"snapshot_id": "s-0001", "search_key": "k0"}, 0),
    ],
)
def test_sightings_are_new_that_no_earlier_run_of_the_case_has(
    disk: Store, earlier: list[tuple[str, float, float]], changes: dict[str, Any], new: int
) -> None:
    for day, (run_id, spans, more) in enumerate([(EARLIER, earlier, changes), (LATER, [SAME], {})]):
        publish_seen(disk, run_id, day, spans, more)
    rows = asked(open_lake(disk.uri), "new_sightings", run_id=LATER)
    assert len(rows) == new


def publish_seen(
    store: Store,
    run_id: str,
    day: int,
    spans: list[tuple[str, float, float]],
    changes: dict[str, Any],
) -> None:
    at = segments()[0]
    found = tuple(sighting(at, name, 0.6, start, end, 1) for name, start, end in spans)
    started = STARTED + timedelta(days=day)
    runs_asked.publish(store, run_id, found, day=day, started_at=started, **changes)


def test_a_results_root_that_is_not_there_knows_nothing(tmp_path: Any) -> None:
    assert known(open_store(tmp_path / "none")) == {}
