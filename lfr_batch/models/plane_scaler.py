"""Pixels and brightness of decoded frames, made on the device that models compute on.

A frame is read where its decoder left it. Every layout of planes and every size of pictures has a
graph of its own, opened when first needed. onnxruntime keeps what it computed with until the next
frame of that kind, or the process's end: on the device, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import onnxruntime

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.models.kept import Kept
from lfr_batch.models.onnxruntime_open import open_graph, refusals
from lfr_batch.models.planes_graph import CELLS, PIXELS, PLANES, cells_graph, pixels_graph
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.planes import Layout, Planes, Shown, SizeWh
from lfr_batch.records import ByteArray

KINDS_KEPT = 16
"""Of pixels, and of brightness: matrices of a graph take 5 MB of a GPU's memory for frames of 720p,
40 for 4K."""
MOST_MEAN = {True: 0.6, False: 3.0}
"""Levels of 255 by which a frame may differ on average from the processor's, by whether the latter
scales its planes by themselves and both sides are even: rounding makes 0.22 and 2.5 at most. What
lies a line or a column further, or in another order, differs by more where there is texture."""
MOST_MEAN_CELLS = 1.0
TELLING_STD = 12.0
"""Levels. What is all but black, or fog, tells nothing: the next of its kind is compared, too."""
COMPARED_AT_MOST = 16

_Kind = tuple[Layout, SizeWh, SizeWh]
_CellsKind = tuple[Layout, SizeWh]


class PlaneScaler:
    """For any number of threads. Raises DeviceUnavailable where the device fails, or shows other
    pictures than the processor."""

    def __init__(self, plan: SessionPlan) -> None:
        self._plan = plan
        self._pixels = Kept(self._open_pixels, KINDS_KEPT)
        self._cells = Kept(self._open_cells, KINDS_KEPT)
        self._to_compare: dict[_Kind | _CellsKind, int] = {}

    def is_compared(self, shown: Shown) -> bool:
        """Whether frames like this were found to look as a processor makes them."""
        return not self._left_to_compare(_kind(shown))

    def write(self, shown: Shown, address: int) -> None:
        """The input's pixels, (height, width, 3) bytes, to ``address`` in the device's memory."""
        kind, reference_rgb = _kind(shown), shown.reference_rgb
        if reference_rgb is not None and self._left_to_compare(kind):
            require_alike(shown, self.pixels(shown), reference_rgb)
            self._was_compared(kind, reference_rgb)
        self._run(shown, self._plan.device, address)

    def pixels(self, shown: Shown) -> ByteArray:
        """The same in this process's memory."""
        width, height = shown.input_wh
        pixels = np.empty((height, width, 3), np.uint8)
        self._run(shown, "cpu", pixels.ctypes.data)
        return pixels

    def cells(
        self, planes: Planes, grid_wh: SizeWh, as_made_here: Callable[[], ByteArray]
    ) -> ByteArray:
        """Brightness averaged down to ``grid_wh``, (height, width), not turned.

        ``as_made_here`` gives it as the processor makes it, for the first of a kind.
        """
        kind = _plain(planes.layout), grid_wh
        cells = np.empty((grid_wh[1], grid_wh[0]), np.uint8)
        self._with_room(
            planes.layout,
            lambda: _run(self._cells(kind), planes, CELLS, ("cpu", cells.shape, cells.ctypes.data)),
        )
        if self._left_to_compare(kind):
            reference = as_made_here()
            mean = float(np.abs(cells.astype(np.int16) - reference).mean())
            if mean > MOST_MEAN_CELLS:
                raise DeviceUnavailable(_different(planes.layout, mean))
            self._was_compared(kind, reference)
        return cells

    def _run(self, shown: Shown, device: str, address: int) -> None:
        width, height = shown.input_wh
        target = device, (1, height, width, 3), address
        self._with_room(
            shown.planes.layout,
            lambda: _run(self._pixels(_kind(shown)), shown.planes, PIXELS, target),
        )

    def _with_room(self, layout: Layout, compute: Callable[[], None]) -> None:
        """Once more without the kinds that others have left, where memory lacks: it is not the
        model's batch that is too large."""
        try:
            with refusals(self._plan.device):
                compute()
        except MemoryError:
            self._pixels.forget()
            self._cells.forget()
            try:
                with refusals(self._plan.device):
                    compute()
            except MemoryError as error:
                raise DeviceUnavailable(
                    f"The GPU has no memory left to scale {_name(layout)} ({error}): let fewer "
                    "workers share it (engine.gpus_per_worker), or start anew with "
                    "footage.scaling processor."
                ) from error

    def _left_to_compare(self, kind: _Kind | _CellsKind) -> int:
        return self._to_compare.get(kind, COMPARED_AT_MOST)

    def _was_compared(self, kind: _Kind | _CellsKind, reference: ByteArray) -> None:
        telling = float(reference.std()) >= TELLING_STD
        self._to_compare[kind] = 0 if telling else self._left_to_compare(kind) - 1

    def _open_pixels(self, kind: _Kind) -> onnxruntime.InferenceSession:
        return open_graph(pixels_graph(*kind), _name(kind[0]), self._plan)

    def _open_cells(self, kind: _CellsKind) -> onnxruntime.InferenceSession:
        return open_graph(cells_graph(*kind), _name(kind[0]), self._plan)


def _run(
    session: onnxruntime.InferenceSession,
    planes: Planes,
    name: str,
    target: tuple[str, tuple[int, ...], int],
) -> None:
    """From where the planes are to a place (device, shape, address) that takes bytes."""
    # What FFmpeg has begun on the card, onnxruntime's own streams do not wait for.
    if planes.on_card and not (cuda.enter() and cuda.wait()):
        raise RuntimeError("the frame is not known to be there")
    binding, layout = session.io_binding(), planes.layout
    sample = np.uint8 if layout.storage.sample_bytes == 1 else np.uint16
    for number in range(len(session.get_inputs())):
        where = "cuda" if planes.on_card else "cpu"
        shape, address = layout.plane_shape(number), planes.addresses[number]
        binding.bind_input(PLANES[number], where, 0, sample, shape, address)
    device, shape_out, address_out = target
    binding.bind_output(name, device, 0, np.uint8, shape_out, address_out)
    session.run_with_iobinding(binding)


def require_alike(shown: Shown, pixels_rgb: ByteArray, reference_rgb: ByteArray) -> None:
    """Raises DeviceUnavailable where they show something else."""
    mean = mean_difference(shown, pixels_rgb, reference_rgb)
    if mean > most_mean(shown):
        raise DeviceUnavailable(_different(shown.planes.layout, mean))


def most_mean(shown: Shown) -> float:
    """By how much, in levels of 255, a frame may differ from the processor's on average."""
    even = all(side % 2 == 0 for side in shown.content_wh)
    return MOST_MEAN[even and shown.planes.layout.storage.scaled_first]


def mean_difference(shown: Shown, pixels_rgb: ByteArray, reference_rgb: ByteArray) -> float:
    """Of an input from the processor's content, in levels of 255."""
    width, height = shown.content_wh
    found = pixels_rgb[:height, :width].astype(np.int16)
    return float(np.abs(found - reference_rgb).mean())


def _different(layout: Layout, mean: float) -> str:
    return (
        f"The GPU makes other pixels of {_name(layout)} than a processor (they differ by "
        f"{mean:.1f} of 255 on average): start anew with footage.scaling processor."
    )


def _kind(shown: Shown) -> _Kind:
    return shown.planes.layout, shown.content_wh, shown.input_wh


def _plain(layout: Layout) -> Layout:
    """Without what brightness does not depend on."""
    return replace(
        layout,
        pitches_bytes=layout.pitches_bytes[:1],
        matrix="bt601",
        mirrored=False,
        turns=0,
    )


def _name(layout: Layout) -> str:
    return f"frames of {layout.size_wh[0]} x {layout.size_wh[1]} in {layout.format}"


def scaler_of(plan: SessionPlan) -> PlaneScaler:
    """The one for sessions of this plan's device, everybody's in this process."""
    # Full precision, whatever the models compute in: levels are whole numbers up to 255.
    return _scaler(
        SessionPlan("onnxruntime", plan.device, "f32", plan.threads, gpu_share=plan.gpu_share)
    )


_scaler = cache(PlaneScaler)
