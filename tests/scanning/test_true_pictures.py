"""People are found, and shown, alike however a camera or recorder stored its pictures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config, FootageConfig, S3Config
from lfr_batch.faces.stages import open_stages
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.search import Search
from lfr_batch.records import ByteArray, FieldOrder, FootageAsset, FootageEntry, Sighting
from lfr_batch.scanning.segment import scan_segment
from tests.footage.clips import write_clip
from tests.footage.interlaced import woven
from tests.one_case import ASTRONAUT, Casework, installed_picture
from tests.probing import probe

FIELDS = 70
WITHIN = 0.08
"""Of the score of the progressive twin."""


@pytest.fixture(scope="module")
def search(casework: Casework) -> Search:
    config = Config()
    stages = open_stages(load_pack(casework.home, "open"), config, threads=2)
    return Search(stages, open_matcher(load_snapshot(casework.home, "people")), 0.3, config)


def hurrying(step_px: int, size_wh: tuple[int, int] = (704, 576)) -> list[ByteArray]:
    """The astronaut crosses a soft wall, ``step_px`` from field to field; rgb."""
    width, height = size_wh
    portrait = cv2.resize(installed_picture(ASTRONAUT)[10:260, 100:350, ::-1], (220, 220))
    noise = np.random.default_rng(5).normal(110, 300, (height, width, 3))
    wall = cv2.GaussianBlur(noise, (0, 0), 8).clip(0, 255).astype(np.uint8)
    shown = []
    for i in range(FIELDS):
        picture = wall.copy()
        left = 10 + i * step_px
        picture[150:370, left : left + 220] = portrait
        shown.append(picture)
    return shown


def probed(path: Path, **entry: float) -> FootageAsset:
    asset = probe(FootageEntry(str(path), **entry), FootageConfig(), S3Config())  # type: ignore[arg-type]
    assert asset.status == "ok", asset.error
    return asset


def found(asset: FootageAsset, search: Search) -> tuple[Sighting, ...]:
    (segment,) = plan_segments(asset, 60.0, "key")
    frames = open_segment(
        segment, S3Config(), Decoding(sample_fps=search.config.footage.sample_fps)
    )
    result = scan_segment(segment, frames, search)
    assert result.outcome.status == "done"
    return result.sightings


@pytest.mark.parametrize("first", ["top", "bottom"])
def test_who_hurries_past_an_interlaced_camera_is_found(
    casework: Casework, search: Search, tmp_path: Path, first: FieldOrder
) -> None:
    filmed = hurrying(5)
    twin = probed(write_clip(tmp_path / "twin.mp4", filmed[::2]))
    combed = probed(write_clip(tmp_path / "combed.mp4", woven(filmed, first)))
    assert (twin.fields, combed.fields) == ("progressive", first)
    (expected,) = found(twin, search)
    (sighting,) = found(combed, search)
    as_stored = found(replace(combed, fields="progressive"), search)
    assert sighting.subject_id == expected.subject_id == "astronaut"
    assert sighting.score > expected.score - WITHIN
    assert all(other.score < sighting.score - 0.02 for other in as_stored)
    assert abs(sighting.start_ns - expected.start_ns) <= 200_000_000


@pytest.mark.parametrize(
    ("stored_wh", "ratio", "entry"),
    [
        ((704, 288), None, {}),
        ((704, 288), Fraction(1, 2), {}),
        ((352, 576), Fraction(2), {}),
        ((440, 576), None, {"aspect": 704 / 576}),
    ],
    ids=["2CIF unsaid", "2CIF", "half D1", "manifest"],
)
def test_squeezed_pictures_are_searched_and_shown_in_true_shape(
    casework: Casework,
    search: Search,
    tmp_path: Path,
    stored_wh: tuple[int, int],
    ratio: Fraction | None,
    entry: dict[str, float],
) -> None:
    filmed = hurrying(2)[::2]
    (expected,) = found(probed(write_clip(tmp_path / "twin.mp4", filmed)), search)
    squeezed = [cv2.resize(each, stored_wh, interpolation=cv2.INTER_AREA) for each in filmed]
    clip = write_clip(
        tmp_path / "a.mp4", (np.asarray(each, np.uint8) for each in squeezed), sample_aspect=ratio
    )
    asset = probed(clip, **entry)
    assert (asset.width, asset.height) == (704, 576)
    (sighting,) = found(asset, search)
    assert sighting.subject_id == "astronaut"
    assert sighting.score > expected.score - WITHIN
    assert shape_of(sighting) == pytest.approx(shape_of(expected), rel=0.1)


def shape_of(sighting: Sighting) -> float:
    left, top, right, bottom = sighting.box_xyxy
    picture = cv2.imdecode(np.frombuffer(sighting.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[1] / picture.shape[0] == pytest.approx(
        (right - left) / (bottom - top), rel=0.25
    )
    return (right - left) / (bottom - top)


@pytest.mark.parametrize("flips", [(True, False), (False, True)], ids=["hflip", "vflip"])
def test_mirrored_pictures_are_shown_as_they_were_filmed(
    casework: Casework, search: Search, tmp_path: Path, flips: tuple[bool, bool]
) -> None:
    filmed = hurrying(2)[::2]
    axes = 1 if flips[0] else 0
    stored = [np.ascontiguousarray(np.flip(each, axes)) for each in filmed]
    (expected,) = found(probed(write_clip(tmp_path / "twin.mp4", filmed)), search)
    (sighting,) = found(probed(write_clip(tmp_path / "a.mp4", stored, flips=flips)), search)
    assert sighting.score == pytest.approx(expected.score, abs=0.03)
    assert sighting.first_box_xyxy == pytest.approx(expected.first_box_xyxy, abs=6)
    assert sighting.last_box_xyxy == pytest.approx(expected.last_box_xyxy, abs=6)
