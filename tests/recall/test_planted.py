"""What is planted is what the truth says, and it is planted the same way every time."""

from __future__ import annotations

from itertools import combinations, islice, product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.planted import (
    AWAY_S,
    CLIPS,
    DURATIONS_S,
    DUSK,
    FACE_SIZES_PX,
    PARADES,
    PEOPLE,
    STREET,
    PlantedClip,
    position,
    still,
    walk,
)
from benchmarks.planted_film import custody, render, sprite

every_clip = pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)


@pytest.fixture(scope="module")
def cache_dir(open_pack_home: Path) -> Path:
    return open_pack_home / "cache" / "archives"


@every_clip
def test_a_head_is_whole_in_the_picture(clip: PlantedClip, cache_dir: Path) -> None:
    for plant in clip.plants:
        head = sprite(plant, cache_dir)
        height, width = head.colour.shape[:2]
        for point in plant.path:
            left, top = point.x - head.x, point.y - head.y
            assert left >= 1, plant
            assert top >= 1, plant
            assert left + width < clip.size_wh[0], plant
            assert top + height < clip.size_wh[1], plant


@every_clip
def test_nobody_comes_back_before_a_sighting_has_ended(clip: PlantedClip) -> None:
    for one, other in combinations(clip.plants, 2):
        if one.person == other.person:
            first, second = sorted((one, other), key=lambda plant: plant.enter_s)
            assert second.enter_s - first.leave_s >= AWAY_S - 1e-6
    assert max(plant.leave_s for plant in clip.plants) <= clip.duration_s


@pytest.mark.parametrize("clip", PARADES, ids=lambda clip: clip.name)
def test_a_parade_shows_every_size_for_every_duration_twice(clip: PlantedClip) -> None:
    shown = sorted((plant.face_px, round(plant.visible_s, 2)) for plant in clip.plants)
    assert shown == sorted([*product(FACE_SIZES_PX, DURATIONS_S)] * 2)


def test_a_head_is_where_the_truth_says_and_only_then(cache_dir: Path) -> None:
    plant = STREET.plants[0]
    empty = PlantedClip(STREET.name, STREET.size_wh, STREET.duration_s, STREET.seed, ())
    quiet = PlantedClip(STREET.name, STREET.size_wh, STREET.duration_s, STREET.seed, (plant,))
    pairs = list(islice(zip(render(quiet, cache_dir), render(empty, cache_dir), strict=True), 20))
    differs = [bool((shown != without).any()) for shown, without in pairs]
    assert differs == [number / 25 >= plant.enter_s for number in range(20)]
    rows, columns = np.nonzero((pairs[15][0] != pairs[15][1]).any(axis=2))
    assert abs((columns.min() + columns.max()) / 2 - plant.path[0].x) < plant.face_px / 4
    assert rows.min() < plant.path[0].y < rows.max()


def test_rendering_is_deterministic(cache_dir: Path) -> None:
    first, again = (list(islice(render(DUSK, cache_dir), 17)) for _ in range(2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert (first[15] != first[14]).any(), "nothing moves and there is no noise"


def test_the_enrolled_rendering_is_not_the_planted_one(cache_dir: Path) -> None:
    for person in PEOPLE.values():
        if person.enrolled is not None and person.enrolled == person.seen:
            as_it_is = custody(person.enrolled, cache_dir, another=True)
            enrolled = custody(person.enrolled, cache_dir, another=False)
            assert enrolled.shape == as_it_is.shape
            mirrored = as_it_is[:, ::-1].astype(np.int16)
            assert np.abs(enrolled - mirrored).mean() > 8
            assert np.abs(enrolled.astype(np.int16) - as_it_is).mean() > 8


def test_positions_between_waypoints() -> None:
    path = walk("obama", 80, (1.0, 0, 0), (2.0, 100, 50), (4.0, 100, 50)).path
    asked = [position(path, time_s) for time_s in (0.9, 1.0, 1.5, 3.0, 4.0)]
    assert asked == [None, (0, 0), (50, 25), (100, 50), None]
    assert still("obama", 80, 1.0, 2.0, 5, 6, light=0.5).light == 0.5
