"""Whether frames that a GPU scales look as processors make them: asked when a run is planned."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import av

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.shape import Shape
from lfr_batch.models.agreement import Verdict, kept_or_measured
from lfr_batch.models.devices import computing_libraries, gpu_names
from lfr_batch.models.plane_scaler import MOST_MEAN, PlaneScaler, mean_difference, scaler_of
from lfr_batch.models.sessions import SessionPlan
from lfr_batch.models.synthetic import smooth_pictures
from lfr_batch.planes import Shown

FORMATS = ("yuv420p", "nv12", "p010le")
"""What processors and GPUs decode into most, and what has most to be done with."""
SIDE_PX, CONTENT_PX, INPUT_PX = 192, 96, 128
CHECK_VERSION = 1
"""Raise it when the graphs or the pictures change: kept outcomes are then not used."""


def scaling_obstacle(home: Path, plan: SessionPlan) -> str:
    """Why the plan's GPU cannot be left to scale frames; empty where it can.

    Found out once and kept in ``home``, that of the model packs, as ``models.agreement`` does.
    """
    machine = " ".join((*computing_libraries(plan.backend), *gpu_names()))
    key = f"frames in planes, check {CHECK_VERSION}, {machine}"
    try:
        verdict = kept_or_measured(home, key, partial(_measured, plan))
    except (DeviceUnavailable, MemoryError) as error:
        return str(error)
    return "" if verdict.agrees else verdict.finding


def _measured(plan: SessionPlan) -> Verdict:
    scaler = scaler_of(plan)
    worst = max(_difference(scaler, name) for name in FORMATS)
    return Verdict(worst <= MOST_MEAN, f"its pixels differ by {worst:.1f} of 255 on average")


def _difference(scaler: PlaneScaler, name: str) -> float:
    [pixels_rgb] = smooth_pictures(1, SIDE_PX)
    drawn = av.VideoFrame.from_ndarray(pixels_rgb, format="rgb24")
    frame = PyavFrame(drawn.reformat(format=name), 0, Shape(turns=1), Scalers())
    planes = frame.planes()
    if planes is None:
        raise DeviceUnavailable(f"{name} is not known")
    shown = Shown(planes, (CONTENT_PX, CONTENT_PX), (INPUT_PX, INPUT_PX), scaler)
    return mean_difference(shown, scaler.pixels(shown), frame.rgb(CONTENT_PX, CONTENT_PX))
