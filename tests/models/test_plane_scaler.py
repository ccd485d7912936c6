"""Frames scaled by graphs look as swscale makes them, whatever their format, colours and turn."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.footage.motion import cells_wh
from lfr_batch.footage.pyav_frame import PyavFrame
from lfr_batch.footage.shape import Shape
from lfr_batch.models import plane_scaler
from lfr_batch.models.plane_scaler import COMPARED_AT_MOST, PlaneScaler, require_alike
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.planes import STORAGE, Planes, Shown
from lfr_batch.records import ByteArray
from tests.models.planes import FULL, LIMITED, coarse, two_of

WIDE, ODD = (320, 180), (177, 145)
SIZES = [
    (WIDE, (200, 112)),
    (WIDE, WIDE),
    (ODD, (161, 131)),
    (ODD, (160, 131)),
    ((178, 146), (161, 130)),
    ((90, 60), (180, 120)),
]
"""Stored, and scaled to: smaller, the same, odd in one and both directions, larger."""
TURNS = [Shape(), Shape(turns=1), Shape(mirrored=True, turns=2), Shape(mirrored=True, turns=3)]
ROUNDING = {1: (0.2, 5), 2: (2.2, 6)}
"""By bytes of a sample: mean and 99.9th percentile of what rounding makes. Of colours that are not
scaled first (4:4:4, odd sizes), swscale rounds as of more bits."""


@pytest.fixture(scope="module")
def scaler() -> PlaneScaler:
    return PlaneScaler(SessionPlan("onnxruntime", "cpu", "f32", threads=1))


def planes_of(frame: PyavFrame) -> Planes:
    planes = frame.planes()
    assert planes is not None
    return planes


def shown_in(frame: PyavFrame, content_wh: tuple[int, int], scaler: PlaneScaler) -> Shown:
    width, height = content_wh
    return Shown(planes_of(frame), content_wh, (width + 24, height + 13), scaler)


def assert_like(pixels: ByteArray, wanted: ByteArray, mean: float, most: int) -> None:
    gap = np.abs(pixels.astype(np.int16) - wanted)
    assert gap.mean() <= mean
    assert np.percentile(gap, 99.9) <= most


@pytest.mark.parametrize("stored", sorted(STORAGE))
def test_pixels_are_those_of_the_processor(scaler: PlaneScaler, stored: str) -> None:
    for (size_wh, content_wh), shape in zip(SIZES * 2, TURNS * 3, strict=True):
        frame, theirs = two_of(coarse(size_wh), stored, shape=shape)
        turned_wh = shape.turned_wh(content_wh)
        pixels = scaler.pixels(shown_in(frame, turned_wh, scaler))
        width, height = turned_wh
        exact = STORAGE[stored].scaled_first and height % 2 == 0 and width % 2 == 0
        mean, most = ROUNDING[1 if exact else 2]
        assert_like(pixels[:height, :width], theirs.rgb(*turned_wh), mean, most)
        assert not pixels[height:].any()
        assert not pixels[:, width:].any()


@pytest.mark.parametrize("extent", [LIMITED, FULL])
@pytest.mark.parametrize("matrix", [1, 4, 5, 7, 9])
def test_colours_are_right(scaler: PlaneScaler, matrix: int, extent: int) -> None:
    frame, theirs = two_of(coarse(WIDE), "nv12", matrix, extent)
    pixels = scaler.pixels(shown_in(frame, WIDE, scaler))
    assert_like(pixels[: WIDE[1], : WIDE[0]], theirs.rgb(*WIDE), 0.3, 1)


def test_a_matrix_that_nobody_told_is_bt601(scaler: PlaneScaler) -> None:
    frame, theirs = two_of(coarse(WIDE), "yuv420p", 2)
    pixels = scaler.pixels(shown_in(frame, WIDE, scaler))
    assert_like(pixels[: WIDE[1], : WIDE[0]], theirs.rgb(*WIDE), 0.3, 1)


@pytest.mark.parametrize("shape", TURNS, ids=str)
@pytest.mark.parametrize("extent", [LIMITED, FULL])
@pytest.mark.parametrize("stored", ["nv12", "p010le", "yuv420p", "yuv444p10le"])
def test_cells_are_those_of_the_processor(
    scaler: PlaneScaler, stored: str, extent: int, shape: Shape
) -> None:
    frame, theirs = two_of(coarse((640, 360)), stored, extent=extent, shape=shape)
    grid_wh = cells_wh(theirs.size_wh)
    stored_wh, wanted = shape.turned_wh(grid_wh), theirs.luma(*grid_wh)
    cells = scaler.cells(planes_of(frame), stored_wh, lambda: theirs._brightness(stored_wh))
    assert_like(frame._turned(cells), wanted, 0.4, 2)


def test_pixels_are_written_to_their_place_alone(scaler: PlaneScaler) -> None:
    frame, theirs = two_of(coarse(WIDE), "nv12")
    batch = np.full((3, WIDE[1], WIDE[0], 3), 7, np.uint8)
    shown = Shown(planes_of(frame), WIDE, WIDE, scaler)
    scaler.write(shown, batch[1].ctypes.data)
    assert np.array_equal(batch[1], theirs.rgb(*WIDE))
    assert (batch[[0, 2]] == 7).all()


def test_the_first_of_its_kind_is_compared_and_the_others_are_not(scaler: PlaneScaler) -> None:
    frame, theirs = two_of(coarse((96, 64)), "nv12")
    shown = Shown(planes_of(frame), (48, 32), (64, 32), scaler)
    place = np.empty((32, 64, 3), np.uint8)
    assert not scaler.is_compared(shown)
    wrong = replace(shown, reference_rgb=theirs.rgb(48, 32)[::-1])
    with pytest.raises(
        DeviceUnavailable,
        match=r"frames of 96 x 64 in nv12.*start anew with footage\.scaling processor",
    ):
        scaler.write(wrong, place.ctypes.data)
    assert not scaler.is_compared(shown)
    scaler.write(replace(shown, reference_rgb=theirs.rgb(48, 32)), place.ctypes.data)
    assert scaler.is_compared(shown)
    assert not scaler.is_compared(replace(shown, content_wh=(46, 32)))


def test_lines_of_another_length_are_noticed(scaler: PlaneScaler) -> None:
    frame, theirs = two_of(coarse((96, 64)), "nv12")
    planes = planes_of(frame)
    wide = planes.layout.pitches_bytes[0]
    short = replace(planes.layout, size_wh=(90, 60), pitches_bytes=(wide - 4, wide - 4))
    shown = Shown(replace(planes, layout=short), (96, 64), (96, 64), scaler)
    with pytest.raises(DeviceUnavailable):
        require_alike(shown, scaler.pixels(shown), theirs.rgb(96, 64))


def test_threads_share_one(scaler: PlaneScaler) -> None:
    frames = [two_of(coarse(WIDE, seed), "yuv420p") for seed in range(8)]

    def one(pair: tuple[PyavFrame, PyavFrame]) -> ByteArray:
        scaler.cells(planes_of(pair[0]), (32, 18), partial(pair[1]._brightness, (32, 18)))
        return scaler.pixels(Shown(planes_of(pair[0]), WIDE, WIDE, scaler))

    with ThreadPoolExecutor(4) as threads:
        for pixels, (_, theirs) in zip(threads.map(one, frames), frames, strict=True):
            assert np.array_equal(pixels, theirs.rgb(*WIDE))


def test_what_tells_nothing_is_not_all_that_is_compared(scaler: PlaneScaler) -> None:
    """Many videos begin black."""
    black, theirs = two_of(np.zeros((64, 98, 3), np.uint8), "nv12")
    shown = shown_in(black, (48, 32), scaler)
    place = np.empty((shown.input_wh[1], shown.input_wh[0], 3), np.uint8)
    scaler.write(replace(shown, reference_rgb=theirs.rgb(48, 32)), place.ctypes.data)
    assert not scaler.is_compared(shown)
    for _ in range(COMPARED_AT_MOST):  # of a wall, too, enough is enough
        scaler.write(replace(shown, reference_rgb=theirs.rgb(48, 32)), place.ctypes.data)
    assert scaler.is_compared(shown)


def test_a_gate_s_picture_of_something_else_is_noticed(scaler: PlaneScaler) -> None:
    frame, theirs = two_of(coarse((330, 190)), "nv12")
    planes, grid_wh = planes_of(frame), (33, 19)
    asked: list[int] = []

    def reference() -> ByteArray:
        asked.append(1)
        return theirs._brightness(grid_wh)

    with pytest.raises(DeviceUnavailable, match=r"footage\.scaling processor"):
        scaler.cells(planes, grid_wh, lambda: reference()[::-1])
    scaler.cells(planes, grid_wh, reference)
    scaler.cells(planes, grid_wh, reference)
    assert len(asked) == 2


class Full(PlaneScaler):
    """Its first calls find no room."""

    def __init__(self, full: int) -> None:
        super().__init__(SessionPlan("onnxruntime", "cpu", "f32", threads=1))
        self.full, self.opened = full, 0

    def _open_pixels(self, kind: Any) -> Any:
        self.opened += 1
        if self.opened <= self.full:
            raise RuntimeError("Failed to allocate memory for requested buffer of size 1")
        return super()._open_pixels(kind)


def test_where_memory_lacks_others_are_let_go_of_first() -> None:
    frame, theirs = two_of(coarse(WIDE), "nv12")
    scaler = Full(1)
    pixels = scaler.pixels(Shown(planes_of(frame), WIDE, WIDE, scaler))
    assert_like(pixels, theirs.rgb(*WIDE), 0.3, 1)
    assert scaler.opened == 2


def test_without_room_the_way_out_is_named() -> None:
    """And it is not the model's batch that is too large."""
    frame, _ = two_of(coarse(WIDE), "nv12")
    scaler = Full(2)
    with pytest.raises(DeviceUnavailable, match=r"scale frames of 320 x 180.*gpus_per_worker"):
        scaler.pixels(Shown(planes_of(frame), WIDE, WIDE, scaler))


def test_a_frame_on_a_card_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is bound where it lies, and not before it is known to be there."""
    steps: list[str] = []
    there = [True, False]

    class Binding:
        def bind_input(self, name: str, where: str, *_: Any) -> None:
            steps.append(f"{name} {where}")

        def bind_output(self, name: str, where: str, *_: Any) -> None:
            steps.append(f"{name} {where}")

    class Session:
        def io_binding(self) -> Binding:
            return Binding()

        def get_inputs(self) -> list[None]:
            return [None, None]

        def run_with_iobinding(self, _: Binding) -> None:
            steps.append("run")

    def wait() -> bool:
        steps.append("wait")
        return there.pop(0)

    monkeypatch.setattr(cuda, "enter", lambda: True)
    monkeypatch.setattr(cuda, "wait", wait)
    monkeypatch.setattr(plane_scaler, "open_graph", lambda *_: Session())
    frame, _ = two_of(coarse(WIDE), "nv12")
    scaler = PlaneScaler(SessionPlan("onnxruntime", "cuda", "f32", threads=1))
    shown = Shown(replace(planes_of(frame), on_card=True), WIDE, WIDE, scaler)
    scaler.write(shown, 1)
    assert steps == ["wait", "plane_0 cuda", "plane_1 cuda", "pixels_rgb cuda", "run"]
    with pytest.raises(DeviceUnavailable, match="not known to be there"):
        scaler.write(shown, 1)
    assert steps[5:] == ["wait"]
