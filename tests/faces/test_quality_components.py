from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from lfr_batch.faces.picture_quality import PictureQuality
from lfr_batch.faces.quality_components import (
    COMPONENTS,
    NAMES,
    Component,
    count_looks,
    looks_of,
    scores,
    worth_a_look,
)

BY_NAME = {each.name: each for each in COMPONENTS}
FINE = PictureQuality(
    sharpness=20.0, illumination_uniformity=0.8, luminance_mean=0.5, luminance_variance=0.02,
    luminance_skew=0.0, under_exposure=0.0, over_exposure=0.0, dynamic_range=7.0,
    unnatural_colour=0.0, yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0, eye_distance_px=120.0,
    head_size=0.45, margin_left=2.0, margin_right=2.0, margin_above=2.0, margin_below=2.5,
    other_faces=0.0, largest_other=0.0,
)  # fmt: skip


def test_every_measure_is_a_component() -> None:
    assert {each.name for each in COMPONENTS} == set(NAMES)
    assert len(COMPONENTS) == len(fields(PictureQuality))


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [  # as OFIQ's formulas give them, worked out by hand
        ("eye_distance_px", 70.0, 50),
        ("eye_distance_px", 90.0, 73),
        ("illumination_uniformity", 0.5, 81),
        ("luminance_mean", 0.5, 100),
        ("luminance_mean", 0.2, 50),
        ("luminance_variance", 1 / 60, 100),
        ("under_exposure", 0.0, 100),
        ("under_exposure", 0.92, 40),
        ("over_exposure", 0.0, 100),
        ("over_exposure", 0.09, 10),
        ("dynamic_range", 8.0, 100),
        ("dynamic_range", 4.0, 50),
        ("unnatural_colour", 0.0, 100),
        ("unnatural_colour", 10.0, 54),
        ("yaw_deg", 45.0, 50),
        ("pitch_deg", -60.0, 25),
        ("roll_deg", 120.0, 0),
        ("head_size", 0.45, 100),
        ("head_size", 0.40, 54),
        ("margin_left", 0.9, 50),
        ("margin_above", 1.4, 50),
        ("margin_below", 1.8, 50),
        ("largest_other", 0.25, 75),
    ],
)
def test_the_mappings_are_the_standards(name: str, raw: float, expected: float) -> None:
    mapped = scores(BY_NAME[name], np.array([raw, np.nan]))
    assert mapped is not None
    assert mapped[0] == expected
    assert np.isnan(mapped[1])


@pytest.mark.parametrize("name", ["sharpness", "luminance_skew", "other_faces"])
def test_what_the_standard_maps_by_a_model_or_not_is_told_as_it_is(name: str) -> None:
    assert scores(BY_NAME[name], np.array([1.0])) is None


@pytest.mark.parametrize("component", [each for each in COMPONENTS if each.words])
def test_outside_of_what_is_fine_is_worth_a_look(component: Component) -> None:
    least, most = component.fine
    edges = [edge for edge in (least, most) if np.isfinite(edge)]
    beyond = [edge + (-1e-3 if edge == least else 1e-3) for edge in edges]
    assert not worth_a_look(component, np.array([*edges, np.nan])).any()
    assert worth_a_look(component, np.array(beyond)).all()


def test_looks_are_counted_most_first() -> None:
    soft, soft_and_turned = replace(FINE, sharpness=3.0), replace(FINE, sharpness=3.0, yaw_deg=-40)
    assert looks_of(FINE) == ()
    assert count_looks([FINE, soft, soft_and_turned, None]) == (2, {"soft": 2, "turned": 1})
