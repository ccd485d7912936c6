"""Whether frames that a GPU scales look as processors make them: asked when a run is planned."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from lfr_batch.errors import DeviceUnavailable
from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.nvdec import brought_down
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.shape import Shape
from lfr_batch.footage.stored import planes_of
from lfr_batch.models.agreement import Verdict, kept_or_measured
from lfr_batch.models.devices import computing_libraries, gpu_names
from lfr_batch.models.onnxruntime_open import first_line
from lfr_batch.models.plane_scaler import (
    MOST_MEAN_CELLS,
    PlaneScaler,
    mean_difference,
    most_mean,
    scaler_of,
)
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.models.synthetic import smooth_pictures
from lfr_batch.planes import Shown
from lfr_batch.records import ByteArray
from lfr_batch.unexpected import trace

logger = logging.getLogger(__name__)

FORMATS = ("yuv420p", "nv12", "p010le")
"""What processors and GPUs decode into most, and what has most to be done with."""
KINDS = (
    *((name, Colorspace.ITU709, ColorRange.MPEG, turns) for turns, name in enumerate(FORMATS)),
    *(("nv12", matrix, ColorRange.MPEG, 3) for matrix in (Colorspace.ITU601, Colorspace.BT2020)),
    ("nv12", Colorspace.ITU709, ColorRange.JPEG, 0),
)
"""Format, matrix, range and clockwise quarter turns. Saturated colours tell matrices apart."""
SIDE_PX, CONTENT_PX, INPUT_PX, CELLS = 192, 96, 128, 24
CHECK_VERSION = 2
"""Raise it when the graphs or the pictures change: kept outcomes are then not used."""


def scaling_obstacle(home: Path, plan: SessionPlan) -> str:
    """Why the plan's GPU cannot be left to scale frames; empty where it can.

    Found out once and kept in ``home``, that of the model packs, as ``models.agreement`` does.
    Frames are taken from memory: those that NVDEC leaves on a card, workers compare first.
    """
    machine = " ".join((*computing_libraries(plan.backend), *gpu_names()))
    key = f"frames in planes, check {CHECK_VERSION}, {machine}"
    try:
        verdict = kept_or_measured(home, key, partial(_measured, plan))
    except Exception as error:  # noqa: BLE001 - whatever it is: processors scale them, too
        logger.info("a GPU was not found to scale frames: %s", trace(error))
        return first_line(error)
    return "" if verdict.agrees else verdict.finding


def _measured(plan: SessionPlan) -> Verdict:
    differences = [each for kind in KINDS for each in _differences(scaler_of(plan), *kind)]
    worst, allowed = max(differences, key=lambda each: each[0] / each[1])
    return Verdict(worst <= allowed, f"its pixels differ by {worst:.1f} of 255 on average")


def _differences(
    scaler: PlaneScaler, name: str, matrix: Colorspace, extent: ColorRange, turns: int
) -> Iterator[tuple[float, float]]:
    """Mean differences from a processor's pixels and brightness, and those that are allowed."""
    drawn, shape = _drawn(name, matrix, extent), Shape(turns=turns)
    planes = planes_of(drawn, shape)
    if planes is None:
        raise DeviceUnavailable(f"{name} is not known")
    theirs = PyavFrame(Decoded(brought_down(drawn, VideoReformatter())), shape, Scalers())
    content_wh = CONTENT_PX, CONTENT_PX
    shown = Shown(planes, content_wh, (INPUT_PX, INPUT_PX), scaler)
    yield mean_difference(shown, scaler.pixels(shown), theirs.rgb(*content_wh)), most_mean(shown)
    reference = np.rot90(theirs.luma(CELLS, CELLS), turns)
    cells = scaler.cells(planes, (CELLS, CELLS), _as_it_is(reference))
    yield float(np.abs(cells.astype(np.int16) - reference).mean()), MOST_MEAN_CELLS


def _drawn(name: str, matrix: Colorspace, extent: ColorRange) -> av.VideoFrame:
    [pixels_rgb] = smooth_pictures(1, SIDE_PX)
    drawn = av.VideoFrame.from_ndarray(pixels_rgb, format="rgb24")
    return drawn.reformat(
        format=name,
        dst_colorspace=matrix,
        dst_color_range=extent,
        src_color_range=ColorRange.JPEG,
    )


def _as_it_is(picture: ByteArray) -> Callable[[], ByteArray]:
    return lambda: picture
