"""Graphs that make pixels of a decoder's planes: scaling, colour, turn. Pure.

Scaling is two products with matrices of weights, which are those of FFmpeg's swscale (bilinear,
and area averaging for the motion gate), so that a GPU sees what a processor would have shown it:
of 8 bits the same level nearly everywhere, of more bits within two on average. Whatever follows a
line's last pixel in memory has weight 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lfr_batch.planes import Layout, Matrix, SizeWh

PLANES = ("plane_0", "plane_1", "plane_2")
"""Inputs: (lines, samples from line to line), bytes or 16 bits."""
PIXELS = "pixels_rgb"
"""Output: (1, height, width, 3), bytes."""
CELLS = "cells"
"""Output: (height, width), bytes."""

OPSET = 18
IR_VERSION = 10
RED_AND_BLUE: Mapping[Matrix, tuple[float, float]] = {
    "bt601": (0.299, 0.114),
    "bt709": (0.2126, 0.0722),
    "bt2020": (0.2627, 0.0593),
    "fcc": (0.30, 0.11),
    "smpte240m": (0.212, 0.087),
}
"""Their shares of brightness (ITU-T H.273, table 4)."""
BLACK, LUMA_RANGE, CHROMA_RANGE, GREY = 16, 219, 224, 128
"""Of the limited range (ITU-R BT.601)."""
NEARLY = 1e-3
"""What is a whole number but for rounding errors is not rounded down from it."""

Weights = NDArray[np.float32]


def pixels_graph(layout: Layout, content_wh: SizeWh, input_wh: SizeWh) -> onnx.ModelProto:
    """From planes to ``PIXELS``: the upright picture scaled to ``content_wh``, the rest black."""
    weights = _weights(layout, layout.turned_wh(content_wh), layout.turned_wh(input_wh))
    width, height = layout.turned_wh(input_wh)
    terms, offsets, sums = _colour(layout)
    constants = {
        **weights.constants(layout.storage.interleaved),
        "terms": terms,
        "offsets": offsets,
        "sums": sums,
        "darkest": np.float32(0),
        "brightest": np.float32(255),
        "content": _mask(content_wh, input_wh),
        "first": np.array([0], np.int64),
        "flat": np.array([3, -1], np.int64),
        "picture": np.array([3, height, width], np.int64),
    }
    upright = [2, 1, 0] if layout.turns % 2 else [1, 2, 0]
    rounding: list[_Step] = (
        [("Round", ["flat_yuv"], "yuv", {})] if layout.storage.scaled_first else []
    )
    chain: list[_Step] = [
        *_scaled(layout),
        ("Concat", ["y/1", "u/1", "v/1"], "stack", {"axis": 0}),
        ("Reshape", ["stack", "flat"], "flat_yuv" if rounding else "yuv", {}),
        *rounding,
        ("MatMul", ["terms", "yuv"], "weighted", {}),
        ("Add", ["weighted", "offsets"], "shifted", {}),
        # swscale rounds every term down.
        ("Floor", ["shifted"], "whole", {}),
        ("MatMul", ["sums", "whole"], "unlimited", {}),
        ("Clip", ["unlimited", "darkest", "brightest"], "limited", {}),
        ("Reshape", ["limited", "picture"], "planar", {}),
        ("Transpose", ["planar"], "interleaved", {"perm": upright}),
        ("Mul", ["interleaved", "content"], "framed", {}),
        ("Unsqueeze", ["framed", "first"], "one", {}),
        ("Cast", ["one"], PIXELS, {"to": TensorProto.UINT8}),
    ]
    output = helper.make_tensor_value_info(
        PIXELS, TensorProto.UINT8, [1, input_wh[1], input_wh[0], 3]
    )
    return _model(layout, chain, constants, output, range(len(layout.pitches_bytes)))


def cells_graph(layout: Layout, grid_wh: SizeWh) -> onnx.ModelProto:
    """From the first plane to ``CELLS``: brightness from 0 to 255 averaged down, not turned.

    ``grid_wh`` has no more cells than there are pixels, in either direction.
    """
    scale = 1.0 if layout.full_range else 255 / LUMA_RANGE
    _, samples = layout.plane_shape(0)
    constants: dict[str, NDArray[np.generic] | np.generic] = {
        "rows": _areas(layout.size_wh[1], grid_wh[1]) * np.float32(scale / layout.storage.unit),
        "columns": _widened(_areas(layout.size_wh[0], grid_wh[0]), samples, 0, 1).T.copy(),
        "black": np.float32(0 if layout.full_range else BLACK * scale),
        "darkest": np.float32(0),
        "brightest": np.float32(255),
    }
    chain: list[_Step] = [
        ("Cast", [PLANES[0]], "floats", {"to": TensorProto.FLOAT}),
        ("MatMul", ["rows", "floats"], "lines", {}),
        ("MatMul", ["lines", "columns"], "means", {}),
        ("Sub", ["means", "black"], "shifted", {}),
        ("Round", ["shifted"], "whole", {}),
        ("Clip", ["whole", "darkest", "brightest"], "limited", {}),
        ("Cast", ["limited"], CELLS, {"to": TensorProto.UINT8}),
    ]
    output = helper.make_tensor_value_info(CELLS, TensorProto.UINT8, [grid_wh[1], grid_wh[0]])
    return _model(layout, chain, constants, output, [0])


_Step = tuple[str, list[str], str, dict[str, Any]]
"""Kind, inputs, output and attributes of a node."""


@dataclass(frozen=True, slots=True)
class _PictureWeights:
    """(lines of the input, lines stored) and (samples stored, columns of the input)."""

    luma_rows: Weights
    luma_columns: Weights
    chroma_rows: Weights
    u_columns: Weights
    v_columns: Weights

    def constants(self, interleaved: bool) -> dict[str, NDArray[np.generic] | np.generic]:
        given = {"y/rows": self.luma_rows, "y/columns": self.luma_columns}
        chroma = {"c/rows": self.chroma_rows, "u/columns": self.u_columns}
        return {**given, **chroma, **({"v/columns": self.v_columns} if interleaved else {})}


def _scaled(layout: Layout) -> list[_Step]:
    """From planes to y/1, u/1 and v/1, each (1, lines, columns) of the input."""
    steps: list[_Step] = [
        ("Cast", [plane], f"{plane}/floats", {"to": TensorProto.FLOAT})
        for plane in PLANES[: len(layout.pitches_bytes)]
    ]
    second, columns_v = (
        (PLANES[1], "v/columns") if layout.storage.interleaved else (PLANES[2], "u/columns")
    )
    for name, plane, rows, columns in (
        ("y", PLANES[0], "y/rows", "y/columns"),
        ("u", PLANES[1], "c/rows", "u/columns"),
        ("v", second, "c/rows", columns_v),
    ):
        steps += [
            ("MatMul", [rows, f"{plane}/floats"], f"{name}/lines", {}),
            ("MatMul", [f"{name}/lines", columns], name, {}),
            ("Unsqueeze", [name, "first"], f"{name}/1", {}),
        ]
    return steps


def _weights(layout: Layout, content_wh: SizeWh, input_wh: SizeWh) -> _PictureWeights:
    """Both sizes as stored, before the turn. Mirroring and turning is a matter of order."""
    (width, height), (stored_w, stored_h) = content_wh, layout.size_wh
    storage, unit = layout.storage, np.float32(layout.storage.unit)
    backwards = layout.mirrored != (layout.turns in {2, 3})
    upside_down = layout.turns in {1, 2}
    across, down = _chroma_steps(layout, content_wh)
    chroma_columns = _chroma(-(-stored_w // storage.across), width, *across)
    chroma_rows = _chroma(-(-stored_h // storage.down), height, *down)

    def columns(weights: Weights, plane: int, first: int, step: int) -> Weights:
        _, samples = layout.plane_shape(plane)
        return _placed(_widened(weights, samples, first, step), backwards, input_wh[0]).T.copy()

    def rows(weights: Weights) -> Weights:
        return _placed(weights, upside_down, input_wh[1]) / unit

    step = 2 if storage.interleaved else 1
    return _PictureWeights(
        rows(_triangles(stored_h, height)),
        columns(_triangles(stored_w, width), 0, 0, 1),
        rows(chroma_rows),
        columns(chroma_columns, 1, 0, step),
        columns(chroma_columns, 1, step - 1, step),
    )


def _chroma_steps(layout: Layout, content_wh: SizeWh) -> tuple[tuple[int, bool], tuple[int, bool]]:
    """Across and down: the size to which colour is scaled first, and whether what lies between is
    interpolated, or repeated. As swscale has it."""
    (width, height), storage = content_wh, layout.storage
    half_w, half_h = -(-width // 2), -(-height // storage.down)
    if storage.scaled_first:
        odd = width % 2 == 1 and height % 2 == 1
        return (half_w, odd), (half_h, height % 2 == 1)
    full = width % 2 == 1 or storage.across == 1
    return (width if full else half_w, False), (height, False)


def _chroma(stored: int, wanted: int, first: int, interpolated: bool) -> Weights:
    scaled = _triangles(stored, first)
    if first == wanted:
        return scaled
    if interpolated:
        return np.asarray(_triangles(first, wanted) @ scaled, np.float32)
    return np.repeat(scaled, -(-wanted // first), axis=0)[:wanted]


def _triangles(stored: int, wanted: int) -> Weights:
    """(wanted, stored): linear between the two nearest, or over all that a pixel covers."""
    scale = stored / wanted
    centres = (np.arange(wanted) + 0.5) * scale - 0.5
    # Beyond the border lies the border's pixel again.
    centres = np.clip(centres, 0, stored - 1) if scale < 1 else centres
    distance = np.abs(np.arange(stored) - centres[:, None]) / max(scale, 1)
    return _normal(np.clip(1 - distance, 0, None))


def _areas(stored: int, wanted: int) -> Weights:
    """(wanted, stored): the share of each pixel that a cell covers."""
    scale = stored / wanted
    centres = (np.arange(wanted) + 0.5) * scale - 0.5
    distance = np.abs(np.arange(stored) - centres[:, None])
    return _normal(np.clip(scale / 2 + 0.5 - distance, 0, 1))


def _normal(weights: NDArray[np.float64]) -> Weights:
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def _widened(weights: Weights, samples: int, first: int, step: int) -> Weights:
    """For a line of ``samples``, of which every ``step``-th from ``first`` on is meant."""
    wide = np.zeros((len(weights), samples), np.float32)
    wide[:, first : first + step * weights.shape[1] : step] = weights
    return wide


def _placed(weights: Weights, backwards: bool, size: int) -> Weights:
    """At the beginning of ``size`` lines or columns, perhaps in the opposite order."""
    ordered = weights[::-1] if backwards else weights
    return np.pad(ordered, ((0, size - len(weights)), (0, 0)))


def _colour(layout: Layout) -> tuple[Weights, Weights, Weights]:
    """What brightness and differences of colour add, (5, 3), what is added to that, (5, 1), and to
    which of red, green and blue, (3, 5)."""
    red, blue = RED_AND_BLUE[layout.matrix]
    green = 1 - red - blue
    luma, chroma = (1.0, 1.0) if layout.full_range else (255 / LUMA_RANGE, 255 / CHROMA_RANGE)
    black = 0 if layout.full_range else BLACK
    of_u, of_v = 2 * (1 - blue) * chroma, 2 * (1 - red) * chroma
    terms = np.array(
        [
            [luma, 0, 0],
            [0, 0, of_v],
            [0, 0, -of_v * red / green],
            [0, -of_u * blue / green, 0],
            [0, of_u, 0],
        ]
    )
    offsets = -terms @ [black, GREY, GREY] + NEARLY
    sums = [[1, 1, 0, 0, 0], [1, 0, 1, 1, 0], [1, 0, 0, 0, 1]]
    return (
        np.asarray(terms, np.float32),
        np.asarray(offsets[:, None], np.float32),
        np.array(sums, np.float32),
    )


def _mask(content_wh: SizeWh, input_wh: SizeWh) -> Weights:
    mask = np.zeros((input_wh[1], input_wh[0], 1), np.float32)
    mask[: content_wh[1], : content_wh[0]] = 1
    return mask


def _model(
    layout: Layout,
    chain: Sequence[_Step],
    constants: Mapping[str, NDArray[np.generic] | np.generic],
    output: onnx.ValueInfoProto,
    planes: Sequence[int],
) -> onnx.ModelProto:
    sample = TensorProto.UINT8 if layout.storage.sample_bytes == 1 else TensorProto.UINT16
    nodes = [
        helper.make_node(kind, inputs, [result], **attributes)
        for kind, inputs, result, attributes in chain
    ]
    inputs = [
        helper.make_tensor_value_info(PLANES[plane], sample, layout.plane_shape(plane))
        for plane in planes
    ]
    kept = [numpy_helper.from_array(np.asarray(each), name) for name, each in constants.items()]
    graph = helper.make_graph(nodes, "planes", inputs, [output], kept)
    opset = helper.make_opsetid("", OPSET)
    return helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
