"""The components of a picture's quality: unit, mapping to 0 … 100, and what is still fine. Pure.

Names and mappings are those of ISO/IEC 29794-5 as BSI's OFIQ computes them. Where the standard has
none, or its own needs a model that is not here, the value is told as it is. The limits are no
standard's: they say from where a picture of a gallery is worth a second look, and nothing is
refused for them. Luminance, as the standard has it, falls with the darkness of skin: its limits are
put where custody pictures of no group are singled out for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lfr_batch.faces.picture_quality import PictureQuality
from lfr_batch.records import BoolArray

Numbers = NDArray[np.float64]
Mapped = Callable[[Numbers], Numbers]


@dataclass(frozen=True, slots=True)
class Component:
    name: str
    """A field of ``PictureQuality``."""
    words: str
    """What is said of a picture that is worth a second look for it."""
    unit: str
    fine: tuple[float, float] = (-math.inf, math.inf)
    """From, to; what is outside is worth a second look."""
    mapped: Mapped | None = None
    """To 0 … 100, 100 best; None: the standard maps it otherwise, or not at all."""


def _sigmoid(raw: Numbers, middle: float, width: float) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(np.clip((middle - raw) / width, -60.0, 60.0))))


def _rising(raw: Numbers, middle: float, width: float) -> Numbers:
    return 100.0 * _sigmoid(raw, middle, width)


def _falling_from_0(raw: Numbers, width: float) -> Numbers:
    return 200.0 * (1.0 - _sigmoid(raw, 0.0, width))


def _luminance(mean: Numbers) -> Numbers:
    return 100.0 * _sigmoid(mean, 0.2, 0.05) * (1.0 - _sigmoid(mean, 0.8, 0.05))


def _contrast(variance: Numbers) -> Numbers:
    return np.asarray(100.0 * np.sin(60.0 * variance / (60.0 * variance + 1.0) * np.pi))


def _not_dark(share: Numbers) -> Numbers:
    return 120.0 * (0.832 - _sigmoid(share, 0.92, 0.05))


def _frontal(deg: Numbers) -> Numbers:
    return np.where(np.abs(deg) >= 90.0, 0.0, 100.0 * np.cos(np.radians(deg)) ** 2)


COMPONENTS: tuple[Component, ...] = (
    Component("sharpness", "soft", "RMS of the Laplacian, 112 px", (8.0, math.inf)),
    Component(
        "eye_distance_px",
        "small",
        "px, yaw allowed for",
        (40.0, math.inf),
        partial(_rising, middle=70.0, width=20.0),
    ),
    Component(
        "illumination_uniformity",
        "lit from one side",
        "share of the cheeks' histograms",
        (0.01, 1.0),
        lambda raw: 100.0 * raw**0.3,
    ),
    Component("luminance_mean", "dark or bright", "of 1", (0.12, 0.8), _luminance),
    Component("luminance_variance", "flat or harsh", "of 1", (0.0015, 0.1), _contrast),
    Component("luminance_skew", "", "moment"),
    Component("under_exposure", "under-exposed", "share of the face", (0.0, 0.4), _not_dark),
    Component(
        "over_exposure",
        "over-exposed",
        "share of the face",
        (0.0, 0.1),
        lambda raw: 1.0 / (raw + 0.01),
    ),
    Component("dynamic_range", "few tones", "bits", (5.0, 8.0), lambda raw: 12.5 * raw),
    Component(
        "unnatural_colour",
        "unnatural colour",
        "CIELAB, from skin",
        (0.0, 15.0),
        partial(_falling_from_0, width=10.0),
    ),
    Component("yaw_deg", "turned", "degrees, approximate", (-20.0, 20.0), _frontal),
    Component("pitch_deg", "up or down", "degrees, approximate", (-20.0, 20.0), _frontal),
    Component("roll_deg", "tilted", "degrees", (-30.0, 30.0), _frontal),
    Component(
        "head_size",
        "",
        "eyes to chin, of the picture's height",
        mapped=lambda raw: _falling_from_0(np.abs(raw - 0.45), 0.05),
    ),
    Component(
        "margin_left",
        "cut off left",
        "eye distances",
        (0.5, math.inf),
        partial(_rising, middle=0.9, width=0.1),
    ),
    Component(
        "margin_right",
        "cut off right",
        "eye distances",
        (0.5, math.inf),
        partial(_rising, middle=0.9, width=0.1),
    ),
    Component(
        "margin_above",
        "cut off above",
        "eyes to chin",
        (0.6, math.inf),
        partial(_rising, middle=1.4, width=0.1),
    ),
    Component(
        "margin_below",
        "cut off below",
        "eyes to chin",
        (1.0, math.inf),
        partial(_rising, middle=1.8, width=0.1),
    ),
    Component("other_faces", "", "faces"),
    Component(
        "largest_other",
        "another large face",
        "of this face's side",
        (0.0, 0.5),
        lambda raw: 100.0 * (1.0 - raw),
    ),
)
NAMES = tuple(field.name for field in fields(PictureQuality))

NOT_MEASURED: Mapping[str, str] = {
    "occlusion of face, eyes and mouth": "needs a segmentation model",
    "eyes open, mouth closed, expression": "needs more than five landmarks",
    "head covering, background, compression, radial distortion": "needs models of their own",
}
"""Components of the standard that are never said to be fine: nobody looked."""


def scores(component: Component, raw: Numbers) -> Numbers | None:
    """(n,) 0 … 100, NaN where ``raw`` is; None where nothing maps it."""
    if component.mapped is None:
        return None
    return np.asarray(np.clip(np.round(component.mapped(raw)), 0.0, 100.0), np.float64)


def worth_a_look(component: Component, raw: Numbers) -> BoolArray:
    """(n,) bool; what was not measured (NaN) is not."""
    least, most = component.fine
    return np.asarray((raw < least) | (raw > most))


def looks_of(quality: PictureQuality) -> tuple[str, ...]:
    """What a picture is worth a second look for, in words."""
    return tuple(
        each.words
        for each in COMPONENTS
        if bool(worth_a_look(each, np.array(getattr(quality, each.name))))
    )


def count_looks(qualities: Iterable[PictureQuality | None]) -> tuple[int, dict[str, int]]:
    """How many pictures are worth a second look, and by what, most frequent first."""
    looks = [looks_of(each) for each in qualities if each is not None]
    counts: dict[str, int] = {}
    for words in (word for each in looks for word in each):
        counts[words] = counts.get(words, 0) + 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return sum(bool(each) for each in looks), dict(ordered)
