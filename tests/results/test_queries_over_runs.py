"""Questions over all finished runs: what counts once, where somebody was, who was together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lfr_batch.records import FootageAsset
from lfr_batch.results.lake import open_lake
from lfr_batch.storage.store import Store
from tests.results.runs_asked import EARLIER, LATER, NEWEST, asked, copied, of, publish, seen

from .synthetic import (
    archive,
)


@pytest.mark.parametrize(
    ("runs", "assets", "sightings", "files"),
    [
        ((EARLIER,), archive().assets, 2, 2),
        ((EARLIER, LATER), archive().assets, 2, 2),
        ((EARLIER,), copied(archive().assets), 2, 1),
        ((EARLIER, LATER), copied(archive().assets), 2, 1),
    ],
    ids=["once", "searched twice", "copies", "copies searched twice"],
)
def test_footage_searched_twice_counts_once(
    disk: Store,
    runs: tuple[str, ...],
    assets: tuple[FootageAsset, ...],
    sightings: int,
    files: int,
) -> None:
    for day, run_id in enumerate(runs):
        publish(disk, run_id, assets=assets, day=day)
    lake = open_lake(disk.uri)
    (row,) = (r for r in asked(lake, "subjects") if r["subject_id"] == "S029")
    assert (row["sightings"], row["files"], row["runs"]) == (sightings, files, 1)
    assert row["run_id"] == runs[-1]
    cameras = asked(lake, "first_last", subject_id="S029")
    assert sum(camera["sightings"] for camera in cameras) == sightings
    assert {camera["run_id"] for camera in cameras} == {runs[-1]}


NO_MANIFEST = {"camera_id": None, "site": None, "start_utc": None, "start_source": None}
AT_ELEVEN = {"start_utc": datetime(2026, 1, 30, 23, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("earlier", "later", "camera", "hour", "accounts"),
    [
        ({}, NO_MANIFEST, "CAM-1", 22, 1),
        (NO_MANIFEST, {}, "CAM-1", 22, 1),
        ({}, {**AT_ELEVEN, "camera_id": None, "start_source": "container"}, "CAM-1", 22, 1),
        ({}, {**AT_ELEVEN, "start_source": "filename"}, "CAM-1", 22, 1),
        ({"start_source": "container"}, {**AT_ELEVEN, "start_source": "filename"}, "CAM-1", 23, 1),
        ({}, AT_ELEVEN, "CAM-1", 23, 2),
        ({}, {"camera_id": "CAM-9"}, "CAM-9", 22, 2),
    ],
    ids=["forgot", "learned", "no camera", "worse", "better", "other time", "other camera"],
)
def test_of_runs_over_one_file_the_one_that_knows_camera_and_time_counts(
    disk: Store,
    earlier: dict[str, Any],
    later: dict[str, Any],
    camera: str,
    hour: int,
    accounts: int,
) -> None:
    gate, *rest = archive().assets
    publish(disk, EARLIER, seen("A", (0, 1)), (replace(gate, **earlier), *rest))
    publish(disk, LATER, seen("A", (0, 1)), (replace(gate, **later), *rest), day=1)
    (row,) = asked(open_lake(disk.uri), "first_last")
    assert (row["camera"], row["first_seen_utc"].hour) == (camera, hour)
    assert (row["sightings"], row["accounts"]) == (1, accounts)


def test_who_was_found_without_the_manifest_is_where_the_footage_was(disk: Store) -> None:
    gate, *rest = archive().assets
    forgot = replace(gate, **NO_MANIFEST)  # type: ignore[arg-type]
    publish(disk, EARLIER, seen("A", (0, 1)))
    publish(disk, LATER, seen("B", (2, 3)), (forgot, *rest), day=1)
    lake = open_lake(disk.uri)
    found = {row["subject_id"]: row for row in asked(lake, "first_last")}
    assert found["B"]["first_seen_utc"] - found["A"]["first_seen_utc"] == timedelta(seconds=2)
    assert {row["site"] for row in found.values()} == {gate.site}
    (row,) = asked(lake, "together")
    assert (row["camera_or_file"], row["start_sources"]) == ("CAM-1", "manifest")


def test_of_copies_in_one_run_the_one_in_the_manifest_counts(disk: Store) -> None:
    gate, yard, *rest = copied(archive().assets)
    bare = replace(gate, **NO_MANIFEST)  # type: ignore[arg-type]
    both = seen("A", (0, 1)) + seen("A", (0, 1), segment=3)
    both += seen("B", (2, 3)) + seen("B", (2, 3), segment=3)
    publish(disk, EARLIER, both, (bare, yard, *rest))
    lake = open_lake(disk.uri)
    assert {row["camera"] for row in asked(lake, "first_last")} == {"CAM-2"}
    assert {row["cameras"] for row in asked(lake, "subjects")} == {1}
    (row,) = asked(lake, "together")
    assert (row["camera_or_file"], row["first_utc"].hour) == ("CAM-2", 22)


def test_streams_of_one_file_are_no_copies(disk: Store) -> None:
    gate, yard, *rest = copied(archive().assets)
    publish(disk, EARLIER, assets=(replace(gate, stream=0), replace(yard, stream=1), *rest))
    (row,) = (r for r in asked(open_lake(disk.uri), "subjects") if r["subject_id"] == "S029")
    assert (row["sightings"], row["files"]) == (2, 2)


def test_a_later_search_that_found_somebody_else_takes_nobody_away(disk: Store) -> None:
    publish(disk, EARLIER, of("S029"))
    publish(disk, LATER, of("S014"), day=1)
    found = {r["subject_id"]: r["run_id"] for r in asked(open_lake(disk.uri), "subjects")}
    assert found == {"S029": EARLIER, "S014": LATER}


def test_people_of_two_galleries_with_one_name_are_two(disk: Store) -> None:
    publish(disk, EARLIER, of("S029"), gallery="custody")
    publish(disk, LATER, of("S029"), day=1, gallery="watchlist")
    found = asked(open_lake(disk.uri), "subjects")
    assert {row["gallery"]: row["sightings"] for row in found} == {"custody": 2, "watchlist": 2}


@pytest.mark.parametrize(
    ("a", "b", "minutes", "times", "sightings_ab"),
    [
        ([(0, 1), (10, 11), (20, 21)], [(2, 3), (12, 13), (22, 23), (30, 31)], 5, 1, (3, 4)),
        ([(0, 1), (20, 21), (40, 41)], [(2, 3), (22, 23), (42, 43), (55, 56)], 0.1, 3, (3, 3)),
        ([(0, 59)], [(1, 2), (50, 51)], 0.1, 1, (1, 2)),
        ([(0, 1), (6, 7), (12, 13), (18, 19), (24, 25)], [(0, 1), (24, 25)], 0.05, 2, (2, 2)),
        ([(0, 1)], [(7, 8)], 0.1, 1, (1, 1)),
        ([(0, 1)], [(7.1, 8)], 0.1, None, None),
    ],
    ids=["3 and 4 of one meeting", "three", "one stays", "one comes back", "edge", "too far"],
)
def test_meetings_are_counted_not_pairs(
    disk: Store,
    a: list[tuple[float, float]],
    b: list[tuple[float, float]],
    minutes: float,
    times: int | None,
    sightings_ab: tuple[int, int] | None,
) -> None:
    publish(disk, EARLIER, seen("A", *a) + seen("B", *b))
    rows = asked(open_lake(disk.uri), "together", minutes=minutes)
    found = [(row["times"], (row["sightings_a"], row["sightings_b"])) for row in rows]
    assert found == ([] if times is None else [(times, sightings_ab)])


def test_people_of_two_runs_of_one_case_are_together_and_of_two_cases_never(disk: Store) -> None:
    publish(disk, EARLIER, seen("A", (0, 1)), case_ref="OP-1")
    publish(disk, LATER, seen("B", (2, 3)), day=1, case_ref="OP-1")
    publish(disk, NEWEST, seen("C", (2, 3)), day=2, case_ref="OP-2")
    (row,) = asked(open_lake(disk.uri), "together")
    assert (row["subject_a"], row["subject_b"], row["times"]) == ("A", "B", 1)
    assert (row["run_id"], row["runs"], row["case_ref"]) == (LATER, 2, "OP-1")
    assert asked(open_lake(disk.uri), "together", run_id=LATER) == []


def test_without_a_clock_the_same_file_is_compared_whatever_its_name(disk: Store) -> None:
    gate, yard, *rest = copied(archive().assets)
    unknown = {"start_utc": None, "camera_id": None}
    assets = (replace(gate, **unknown), replace(yard, **unknown), *rest)  # type: ignore[arg-type]
    publish(disk, EARLIER, seen("A", (0, 1)) + seen("B", (2, 3), segment=3), assets=assets)
    (row,) = asked(open_lake(disk.uri), "together")
    assert row["camera_or_file"] in {gate.uri, yard.uri}
