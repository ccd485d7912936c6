"""Pixels and brightness of decoded frames, made on the device that models compute on.

A frame is read where its decoder left it. Every layout of planes and every size of pictures has a
graph of its own, opened when first needed and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any

import numpy as np
import onnx
import onnxruntime

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.lane import Lane, Outputs
from lfr_batch.models.onnxruntime_open import open_graph, refusals
from lfr_batch.models.planes_graph import CELLS, PIXELS, PLANES, cells_graph, pixels_graph
from lfr_batch.models.sessions import SessionPlan
from lfr_batch.planes import Layout, Planes, Shown, SizeWh
from lfr_batch.records import ByteArray

MOST_MEAN = 3.0
"""Levels of 255 by which a frame may differ on average from the processor's: what rounding makes
is below 2.2 (``planes_graph``), another order of colours or a line's wrong length far above."""
CELLS_AT_ONCE = 8

_Key = tuple[Layout, SizeWh, SizeWh]


class PlaneScaler:
    """For any number of threads. Raises DeviceUnavailable where the device fails."""

    def __init__(self, plan: SessionPlan) -> None:
        self._plan = plan
        self._opening = Lock()
        self._pixels: dict[_Key, onnxruntime.InferenceSession] = {}
        self._cells: dict[tuple[Layout, SizeWh], Lane[Planes]] = {}
        self._compared: set[_Key] = set()

    def is_compared(self, shown: Shown) -> bool:
        """Whether frames like this were found to look as a processor makes them."""
        return _key(shown) in self._compared

    def write(self, shown: Shown, address: int) -> None:
        """The input's pixels, (height, width, 3) bytes, to ``address`` in the device's memory.

        Raises DeviceUnavailable where they are not those of the frame's reference.
        """
        if shown.reference_rgb is not None and not self.is_compared(shown):
            require_alike(shown, self.pixels(shown), shown.reference_rgb)
            self._compared.add(_key(shown))
        self._run(shown, self._plan.device, address)

    def pixels(self, shown: Shown) -> ByteArray:
        """The same in this process's memory."""
        width, height = shown.input_wh
        pixels = np.empty((height, width, 3), np.uint8)
        self._run(shown, "cpu", pixels.ctypes.data)
        return pixels

    def cells(self, planes: Planes, grid_wh: SizeWh) -> ByteArray:
        """Brightness averaged down to ``grid_wh``, (height, width), not turned."""
        key = planes.layout, grid_wh
        with self._opening:
            if key not in self._cells:
                what = f"{grid_wh[0]} x {grid_wh[1]} cells of {_name(planes.layout)}"
                open_slots = partial(self._open_cells, planes.layout, grid_wh)
                self._cells[key] = Lane(open_slots, CELLS_AT_ONCE, 1, what)
        [answer] = self._cells[key].ask([planes])
        return np.asarray(answer.result()[0], np.uint8)

    def _run(self, shown: Shown, device: str, address: int) -> None:
        width, height = shown.input_wh
        with refusals(self._plan.device):
            session = self._opened(shown)
            target = device, (1, height, width, 3), address
            _run(session, shown.planes, PIXELS, target)

    def _opened(self, shown: Shown) -> onnxruntime.InferenceSession:
        key = _key(shown)
        with self._opening:
            if key not in self._pixels:
                self._pixels[key] = self._open(pixels_graph(*key), key[0])
            return self._pixels[key]

    def _open_cells(self, layout: Layout, grid_wh: SizeWh, _: int) -> list[_CellsSlot]:
        session = self._open(cells_graph(layout, grid_wh), layout)
        return [_CellsSlot(session, grid_wh, partial(refusals, self._plan.device))]

    def _open(self, graph: onnx.ModelProto, layout: Layout) -> onnxruntime.InferenceSession:
        return open_graph(graph, _name(layout), self._plan)


@dataclass(frozen=True, slots=True)
class _CellsSlot:
    """Satisfies ``lane.Slot``."""

    session: onnxruntime.InferenceSession
    grid_wh: SizeWh
    refusals: Callable[[], Any]

    def run(self, pictures: Sequence[Planes]) -> list[Outputs]:
        with self.refusals():
            return [(np.asarray(self._one(planes), np.float32),) for planes in pictures]

    def _one(self, planes: Planes) -> ByteArray:
        cells = np.empty((self.grid_wh[1], self.grid_wh[0]), np.uint8)
        _run(self.session, planes, CELLS, ("cpu", cells.shape, cells.ctypes.data))
        return cells

    def wipe(self) -> None:
        """Nothing is kept."""


def _run(
    session: onnxruntime.InferenceSession,
    planes: Planes,
    name: str,
    target: tuple[str, tuple[int, ...], int],
) -> None:
    """From where the planes are to a place (device, shape, address) that takes bytes."""
    if planes.on_card:
        cuda.enter()
        cuda.wait()
    binding, layout = session.io_binding(), planes.layout
    sample = np.uint8 if layout.storage.sample_bytes == 1 else np.uint16
    for number in range(len(session.get_inputs())):
        where = "cuda" if planes.on_card else "cpu"
        shape, address = layout.plane_shape(number), planes.addresses[number]
        binding.bind_input(PLANES[number], where, 0, sample, shape, address)
    device, shape_out, address_out = target
    binding.bind_output(name, device, 0, np.uint8, shape_out, address_out)
    binding.synchronize_inputs()  # of what had to be copied
    session.run_with_iobinding(binding)


def require_alike(shown: Shown, pixels_rgb: ByteArray, reference_rgb: ByteArray) -> None:
    """Raises DeviceUnavailable where they show something else."""
    mean = mean_difference(shown, pixels_rgb, reference_rgb)
    if mean > MOST_MEAN:
        raise DeviceUnavailable(
            f"The GPU makes other pixels of {_name(shown.planes.layout)} than a processor (they "
            f"differ by {mean:.1f} of 255 on average): set footage.scaling to processor."
        )


def mean_difference(shown: Shown, pixels_rgb: ByteArray, reference_rgb: ByteArray) -> float:
    """Of an input from the processor's content, in levels of 255."""
    width, height = shown.content_wh
    found = pixels_rgb[:height, :width].astype(np.int16)
    return float(np.abs(found - reference_rgb).mean())


def _key(shown: Shown) -> _Key:
    return shown.planes.layout, shown.content_wh, shown.input_wh


def _name(layout: Layout) -> str:
    return f"frames of {layout.size_wh[0]} x {layout.size_wh[1]} in {layout.format}"


def scaler_of(plan: SessionPlan) -> PlaneScaler:
    """The one for sessions of this plan's device, everybody's in this process."""
    # Full precision, whatever the models compute in: levels are whole numbers up to 255.
    return _scaler(
        SessionPlan("onnxruntime", plan.device, "f32", plan.threads, gpu_share=plan.gpu_share)
    )


_scaler = cache(PlaneScaler)
