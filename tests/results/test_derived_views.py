"""The views that are made of others, by runs of which the right answer is known."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lfr_batch.records import FootageAsset, Sighting
from lfr_batch.results.lake import open_lake
from lfr_batch.results.rollup import Enrolled
from lfr_batch.results.run_views import DERIVED_VIEWS
from lfr_batch.results.sql import Lake, run_query
from lfr_batch.results.views import column_type
from lfr_batch.storage.store import Store
from tests.results.runs_asked import (
    EARLIER,
    LATER,
    NEWEST,
    Made,
    asked,
    copied,
    of,
    publish,
    seen,
)

from .synthetic import archive

LONDON = {"footage": {"time_zone": "Europe/London"}}
JULY = datetime(2026, 7, 1, 12, tzinfo=UTC)


def rows(lake: Lake, sql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_query(lake, sql).to_pylist()
    return found


def starting(at: datetime | None, **changes: Any) -> tuple[FootageAsset, ...]:
    """The archive, with the gate filmed at another time."""
    gate, *rest = archive().assets
    return (replace(gate, start_utc=at, **changes), *rest)


def scored(sightings: Made, score: float) -> Made:
    return tuple(_scored(each, score) for each in sightings)


def _scored(sighting: Sighting, score: float) -> Sighting:
    first, *others = sighting.candidates
    return replace(sighting, candidates=(replace(first, score=score), *others))


@pytest.mark.parametrize(
    ("root", "filled"), [("disk", False), ("disk", True), ("bucket", True)], indirect=["root"]
)
def test_each_has_the_columns_that_are_documented(store: Store, root: str, filled: bool) -> None:
    if filled:
        publish(store, EARLIER)
    lake = open_lake(root)
    for name, view in DERIVED_VIEWS.items():
        types = {row["column_name"]: row["column_type"] for row in rows(lake, f"DESCRIBE {name}")}
        assert types == {field.name: column_type(field) for field in view.schema}
        assert bool(rows(lake, f"FROM {name}")) == filled


def known(subject_ids: Collection[str]) -> Mapping[str, Enrolled]:
    """A gallery in which two of the three that are proposed have a row of the table."""
    everyone = {
        "S029": Enrolled({"Name": "Ann Example", "born": "1990"}, 3),
        "S014": Enrolled({}, 1),
        "S500": Enrolled({"Name": "Nobody's candidate"}, 1),
    }
    return {name: everyone[name] for name in subject_ids if name in everyone}


def test_subjects_are_those_that_were_proposed_as_the_snapshot_knows_them(disk: Store) -> None:
    publish(disk, EARLIER, enrolled=known)
    lake = open_lake(disk.uri)
    found = {row["subject_id"]: row for row in rows(lake, "FROM subjects")}
    assert {
        name: (row["name"], row["attributes"], row["templates"]) for name, row in found.items()
    } == {
        "S029": ("Ann Example", [("born", "1990")], 3),
        "S014": ("S014", [], 1),
        "S902": (None, None, None),
        "S903": (None, None, None),
    }
    assert {(r["gallery"], r["gallery_snapshot"]) for r in found.values()} == {
        ("custody", "s-0007")
    }
    born = (
        "SELECT DISTINCT name, attributes['born'] AS born FROM sightings_wide WHERE name <> 'S014'"
    )
    assert rows(lake, born) == [{"name": "Ann Example", "born": "1990"}]
    assert {row["name"] for row in asked(lake, "subjects")} == {"Ann Example", "S014"}


def test_sightings_wide_say_where_and_when_in_local_time(disk: Store) -> None:
    publish(disk, EARLIER, seen("A", (61.5, 62)), starting(JULY), config=LONDON)
    publish(disk, LATER, seen("A", (61.5, 62)), starting(None), day=1)
    by_run = {row["run_id"]: row for row in rows(open_lake(disk.uri), "FROM sightings_wide")}
    row = by_run[EARLIER]
    assert (row["start_utc"].hour, row["time_zone"]) == (12, "Europe/London")
    assert row["start_local"] == datetime(2026, 7, 1, 13, 1, 1, 500_000)
    assert (row["uri"], row["site"], row["camera_id"], row["case_ref"]) == (
        "archive/depot gate <north>.mp4",
        "Depot, north gate",
        "CAM-1",
        "OP-LANTERN 12/26",
    )
    assert (by_run[LATER]["start_local"], by_run[LATER]["time_zone"]) == (None, "UTC")


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        (
            scored(seen("A", (0, 2)), 0.8),
            scored(seen("A", (1, 3)), 0.6),
            [(EARLIER, 0.0)],
        ),
        (
            scored(seen("A", (0, 2)), 0.6),
            scored(seen("A", (1, 3)), 0.6),
            [(LATER, 1.0)],
        ),
        (
            scored(seen("A", (0, 2), (20, 22)), 0.8),
            scored(seen("A", (40, 42)), 0.6),
            [(EARLIER, 0.0), (EARLIER, 20.0), (LATER, 40.0)],
        ),
        (
            scored(seen("A", (0, 2), (3, 4)), 0.6),
            scored(seen("A", (0, 4)), 0.7),
            [(LATER, 0.0)],
        ),
        (seen("A", (0, 2)), seen("B", (0, 2)), [(EARLIER, 0.0), (LATER, 0.0)]),
    ],
    ids=[
        "the best is kept",
        "of equals the last",
        "nothing is lost",
        "as one search",
        "two people",
    ],
)
def test_of_one_event_the_best_search_counts(
    disk: Store, earlier: Made, later: Made, expected: list[tuple[str, float]]
) -> None:
    publish(disk, EARLIER, earlier)
    publish(disk, LATER, later, day=1)
    found = rows(open_lake(disk.uri), "FROM sightings_distinct ORDER BY start_s, run_id")
    assert [(row["run_id"], row["start_s"]) for row in found] == expected


def test_scores_of_two_packs_are_not_compared(disk: Store) -> None:
    publish(disk, EARLIER, scored(seen("A", (0, 2)), 0.8), pack_id="old@1")
    publish(disk, LATER, scored(seen("A", (0, 2)), 0.6), day=1, pack_id="new@1")
    (row,) = rows(open_lake(disk.uri), "FROM sightings_distinct")
    assert (row["run_id"], row["score"]) == (LATER, 0.6)


def test_copies_and_cases(disk: Store) -> None:
    both = seen("A", (0, 1)) + seen("A", (0, 1), segment=3)
    publish(disk, EARLIER, both, copied(archive().assets), case_ref="OP-1")
    publish(disk, LATER, both, copied(archive().assets), day=1, case_ref="OP-2")
    lake = open_lake(disk.uri)
    assert len(rows(lake, "FROM sightings")) == 4
    found = rows(lake, "FROM sightings_distinct ORDER BY case_ref")
    assert [row["case_ref"] for row in found] == ["OP-1", "OP-2"]


@pytest.mark.parametrize(
    ("minutes", "visits"),
    [
        (None, [(0.0, 322.0, 3), (640.0, 641.0, 1)]),
        (0.5, [(0.0, 22.0, 2), (321.0, 322.0, 1), (640.0, 641.0, 1)]),
        (10, [(0.0, 641.0, 4)]),
    ],
)
def test_sightings_are_joined_to_visits(
    disk: Store, minutes: float | None, visits: list[tuple[float, float, int]]
) -> None:
    made = seen("A", (0, 1), (20, 22), (321, 322), (640, 641)) + seen("B", (100, 200))
    publish(disk, EARLIER, made)
    lake = open_lake(disk.uri)
    found = asked(lake, "visits", minutes=minutes, subject_id="A")
    begins = archive().assets[0].start_utc
    assert begins is not None
    assert [
        (
            (row["from_utc"] - begins).total_seconds(),
            (row["to_utc"] - begins).total_seconds(),
            row["sightings"],
        )
        for row in found
    ] == visits
    assert [row["visit"] for row in found] == list(range(1, len(visits) + 1))
    assert {row["camera"] for row in found} == {"CAM-1"}
    if minutes is None:
        assert len(rows(lake, "FROM visits WHERE subject_id = 'A'")) == len(visits)


def test_a_visit_leads_to_its_best_picture(disk: Store) -> None:
    made = scored(seen("A", (0, 1)), 0.7) + scored(seen("A", (9, 10)), 0.9)
    publish(disk, EARLIER, made)
    (row,) = rows(
        open_lake(disk.uri),
        "SELECT v.best_score, b.media_s FROM visits v JOIN best_shots b "
        "ON b.run_id = v.best_run_id AND b.sighting_id = v.best_sighting_id",
    )
    assert row == {"best_score": 0.9, "media_s": 9.5}


def test_without_a_clock_a_visit_is_within_a_file(disk: Store) -> None:
    publish(disk, EARLIER, of("S014"))
    by_clock = {row["by_media_time"]: row for row in rows(open_lake(disk.uri), "FROM visits")}
    still = by_clock[True]
    assert (still["camera"], still["from_utc"], still["from_media_s"]) == (
        "archive/still.jpg",
        None,
        0,
    )
    assert by_clock[False]["from_media_s"] is None


def test_the_timeline_goes_across_cameras_and_says_how_long_between(disk: Store) -> None:
    gate, yard, *rest = archive().assets
    later = replace(yard, start_utc=(gate.start_utc or JULY) + timedelta(hours=1))
    made = seen("A", (10, 20)) + seen("A", (30, 31), segment=3) + of("S014")
    publish(disk, EARLIER, made, (gate, later, *rest))
    found = asked(open_lake(disk.uri), "timeline", subject_id="A")
    assert [(r["step"], r["camera"], r["camera_before"], r["after_s"]) for r in found] == [
        (1, "CAM-1", None, None),
        (2, "CAM-2", "CAM-1", 3610.0),
    ]
    still = asked(open_lake(disk.uri), "timeline", subject_id="S014")
    assert [(row["step"], row["camera"]) for row in still] == [
        (1, "CAM-1"),
        (None, "archive/still.jpg"),
    ]


def test_overlapping_visits_are_less_than_nothing_apart(disk: Store) -> None:
    publish(disk, EARLIER, seen("A", (10, 30)) + seen("A", (20, 25), segment=3))
    first, second = asked(open_lake(disk.uri), "timeline")
    assert (first["camera"], second["camera"], second["after_s"]) == ("CAM-1", "CAM-2", -10.0)


def test_together_at_a_site_is_wider_than_at_a_camera(disk: Store) -> None:
    gate, yard, *rest = archive().assets
    assets = (gate, replace(yard, site=gate.site), *rest)
    publish(disk, EARLIER, seen("A", (0, 1)) + seen("B", (31, 32), segment=3), assets)
    lake = open_lake(disk.uri)
    assert rows(lake, "FROM together") == asked(lake, "together", per="camera") == []
    (row,) = asked(lake, "together", per="site")
    assert (row["camera_or_file"], row["times"], row["closest_s"]) == ("Depot, north gate", 1, 30.0)
    assert asked(lake, "together", per="site", minutes=0.4) == []


def at(row: dict[str, Any]) -> tuple[Any, ...]:
    hour = row["hour_utc"] and row["hour_utc"].hour
    return (hour, row["hours"], row["state"], row["files"], row["footage_s"], row["searched_s"])


def test_coverage_says_hours_gaps_and_files_without_a_time(disk: Store) -> None:
    gate, yard, *rest = archive().assets
    before = replace(gate, start_utc=datetime(2026, 1, 30, 18, 58, 30, tzinfo=UTC))
    same = replace(yard, camera_id="CAM-1", site=gate.site)
    publish(disk, EARLIER, (), (before, same, *rest), config=LONDON)
    found = asked(open_lake(disk.uri), "coverage_by_hour")
    assert [at(row) for row in found if row["camera"] == "CAM-1"] == [
        (18, 1, "searched", 1, 90.0, 90.0),
        (19, 1, "searched", 1, 90.0, 90.0),
        (20, 2, "no footage", 0, 0.0, 0.0),
        (22, 1, "in part", 1, 180.0, 60.0),
    ]
    gap = next(row for row in found if row["state"] == "no footage")
    assert (gap["missing_s"], gap["hour_local"].hour, gap["time_zone"]) == (
        7200,
        20,
        "Europe/London",
    )
    untimed = {row["camera"]: at(row) for row in found if row["hour_utc"] is None}
    assert untimed["archive/phone.mov"] == (None, None, "no time", 1, 60.0, 60.0)
    assert untimed["archive/broken.mp4"][:4] == (None, None, "no time", 1)


def test_what_several_runs_searched_is_covered_once(disk: Store) -> None:
    for day, run_id in enumerate((EARLIER, LATER)):
        publish(disk, run_id, (), day=day)
    gate = next(r for r in rows(open_lake(disk.uri), "FROM coverage") if r["camera"] == "CAM-1")
    assert (gate["run_id"], gate["runs"], gate["footage_s"], gate["searched_s"]) == (
        LATER,
        2,
        180.0,
        180.0,
    )


def test_refusals_say_where_to_look_by_hand(disk: Store) -> None:
    publish(disk, EARLIER, ())
    found = asked(open_lake(disk.uri), "refusals")
    gate = [row for row in found if row["camera"] == "CAM-1"]
    assert [(r["minute_utc"].minute, r["reason"], r["faces"], r["start_s"]) for r in gate] == [
        (minute, reason, faces, 60.0 * minute)
        for minute in range(3)
        for reason, faces in (("small", 6), ("blurred", 3))
    ]
    phone = next(row for row in found if row["uri"] == "archive/phone.mov")
    assert (phone["camera"], phone["minute_utc"], phone["end_s"]) == (
        "archive/phone.mov",
        None,
        60.0,
    )


def test_the_latest_runs_are_those_whose_footage_was_not_searched_again(disk: Store) -> None:
    gate, yard, phone, still, broken = archive().assets
    publish(disk, EARLIER, (), (gate, yard, phone, still), case_ref="OP-1")
    publish(disk, LATER, (), (gate, yard, broken), day=1, case_ref="OP-1")
    publish(disk, NEWEST, (), (gate, yard, phone, still, broken), day=2, case_ref="OP-2")
    lake = open_lake(disk.uri)
    latest = {row["run_id"]: row["footage_latest"] for row in rows(lake, "FROM latest_runs")}
    assert latest == {EARLIER: 2, LATER: 3, NEWEST: 5}
    again = "20260204-080000-scan-0001"
    publish(disk, again, (), (phone, still), day=3, case_ref="OP-1")
    lake = open_lake(disk.uri)
    latest = {row["run_id"]: row["footage_latest"] for row in rows(lake, "FROM latest_runs")}
    assert latest == {LATER: 3, NEWEST: 5, again: 2}


@pytest.mark.parametrize("view", ["sightings_wide", "refusals"])
def test_of_one_run_only_its_own_rows_are_read(disk: Store, view: str) -> None:
    for day, run_id in enumerate((EARLIER, LATER, NEWEST)):
        publish(disk, run_id, day=day)
    lake = open_lake(disk.uri)
    query = f"EXPLAIN ANALYZE SELECT * FROM {view} WHERE run_id = '{EARLIER}'"
    (plan,) = lake.connection.sql(query).fetchall()
    read = re.findall(r"Row Groups Scanned: (\d+) / 3", plan[1])
    assert read, plan[1]
    assert set(read) == {"1"}, plan[1]
