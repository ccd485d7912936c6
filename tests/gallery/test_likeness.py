"""How a gallery's people score with each other, on templates whose likeness is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lfr_batch.gallery.fitted import Likeness
from lfr_batch.gallery.likeness import LOOKED_FOR, likeness_of, median_interval
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.records import EnrolledFace
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.records import FloatArray


def faces_about(make_face: Any, count: int, alike: float, pictures: int = 1) -> list[EnrolledFace]:
    """People whose templates share ``alike`` of one direction."""
    rng = np.random.default_rng(5)
    common = np.eye(128)[0]
    faces = []
    for number in range(count):
        own = rng.normal(size=128)
        centre = np.sqrt(alike) * common + np.sqrt(1 - alike) * own / np.linalg.norm(own)
        for picture in range(pictures):
            turned = centre + 0.5 * unit(rng.normal(size=128))
            faces.append(make_face(f"S{number:04d}", f"{number}-{picture}", turned))
    return faces


def unit(vector: NDArray[np.float64]) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def likeness(folder: Path, relative: bool) -> Likeness | None:
    snapshot = load_snapshot(folder, "custody")
    matcher = open_matcher(snapshot, "cpu", relative=relative)
    return likeness_of(matcher, len(set(snapshot.subject_ids)))


def by_hand(faces: list[EnrolledFace], relative: bool) -> float:
    templates = np.stack([face.template for face in faces]).astype(np.float64)
    scores = templates @ templates.T
    np.fill_diagonal(scores, -np.inf)
    ordered = -np.sort(-scores, axis=1)
    levels = 0.5 * ordered[:, 1:51].mean(axis=1) if relative else 0.0
    return float(np.median(ordered[:, 0] - levels))


@pytest.mark.parametrize("relative", [False, True])
def test_the_usual_best_is_the_median_of_the_best_of_others(
    tmp_path: Path, make_face: Any, publish: Any, relative: bool
) -> None:
    faces = faces_about(make_face, 80, alike=0.2)
    publish(faces)
    found = likeness(tmp_path, relative)
    assert found is not None
    assert found.usual_best == pytest.approx(by_hand(faces, relative), abs=1e-5)
    assert found.low <= found.usual_best <= found.high
    assert found.looked_for == 80


def test_a_gallery_of_people_who_look_alike_has_a_higher_one(
    tmp_path: Path, make_face: Any, publish: Any
) -> None:
    usual = []
    for alike in (0.0, 0.3):
        publish(faces_about(make_face, 60, alike))
        found = likeness(tmp_path, relative=True)
        assert found is not None
        usual.append(found.usual_best)
    assert usual[1] > usual[0] + 0.05


def test_nobody_is_their_own_stranger_however_many_pictures_they_have(
    tmp_path: Path, make_face: Any, publish: Any
) -> None:
    publish(faces_about(make_face, 60, alike=0.1, pictures=4))
    found = likeness(tmp_path, relative=False)
    assert found is not None
    assert found.looked_for == 60
    assert found.usual_best < 0.6


def test_a_twin_under_another_name_changes_nothing_much(
    tmp_path: Path, make_face: Any, publish: Any
) -> None:
    faces = faces_about(make_face, 100, alike=0.1)
    publish(faces)
    before = likeness(tmp_path, relative=True)
    publish([*faces, make_face("again", "again", faces[0].template)])
    after = likeness(tmp_path, relative=True)
    assert before is not None
    assert after is not None
    assert after.usual_best == pytest.approx(before.usual_best, abs=0.01)


def test_of_many_people_some_are_looked_for_from_all_over_the_gallery(
    tmp_path: Path, make_face: Any, publish: Any
) -> None:
    publish(faces_about(make_face, 3 * LOOKED_FOR, alike=0.1))
    found = likeness(tmp_path, relative=False)
    assert found is not None
    assert LOOKED_FOR / 2 <= found.looked_for <= LOOKED_FOR


@pytest.mark.parametrize(("people", "relative"), [(2, False), (52, True)])
def test_too_few_say_nothing(
    tmp_path: Path, make_face: Any, publish: Any, people: int, relative: bool
) -> None:
    publish(faces_about(make_face, people, alike=0.1))
    assert likeness(tmp_path, relative) is None


def test_the_interval_of_a_median_covers_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(1000):
        low, high = median_interval(np.sort(rng.normal(size=150)))
        covered += low <= 0.0 <= high
    assert 930 <= covered <= 985
