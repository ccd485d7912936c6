"""A detector's graph that ranks its own cells: a model in and a new model out. Pure.

Of ONNX's operators those alone that are in its versions 9 to 24 alike, TopK apart, and that
onnxruntime has for CUDA and TensorRT too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lfr_batch.models.ladder import Size
from lfr_batch.models.selection import Selection, digits

BEST = "best_cells"
TOP_K_IS_TOLD = 10
"""Since this version of the operators TopK is given ``k`` as an input."""


def gives_best_cells(
    model: onnx.ModelProto, selection: Selection, batch: int, size_wh: Size
) -> onnx.ModelProto:
    """The same graph for this one shape, and before its outputs one more: ``BEST``, the rows of the
    best cells as ``selection`` says, (batch, most, columns) float32.

    The heads stay outputs: whoever needs all cells finds them on the device. Raises ValueError
    where there are other outputs than the selection's; a graph of other shapes is refused by
    whoever opens it.
    """
    levels = len(selection.strides)
    heads = [output.name for output in model.graph.output]
    if len(heads) != levels * len(selection.channels):
        raise ValueError(f"{len(heads)} outputs are not {selection}")
    cells, most = selection.cells(size_wh), selection.most(size_wh)
    new = [
        *_values([heads[i::levels] for i in range(levels)], selection, batch),
        *_ranks(selection.ranked_by),
        *_top(_version(model), most),
        *_best(batch, cells, sum(selection.channels)),
    ]
    chosen = onnx.ModelProto()
    chosen.CopyFrom(model)
    chosen.graph.node.extend(new)
    best = helper.make_tensor_value_info(BEST, TensorProto.FLOAT, (batch, most, selection.columns))
    outputs = [best, *chosen.graph.output]
    del chosen.graph.output[:]
    chosen.graph.output.extend(outputs)
    return chosen


def _values(
    levels: Sequence[Sequence[str]], selection: Selection, batch: int
) -> list[onnx.NodeProto]:
    """(batch, cells, channels), of the outputs of each level."""
    named = [f"level_{i}" for i in range(len(levels))]
    nodes: list[onnx.NodeProto] = []
    for heads, level in zip(levels, named, strict=True):
        if selection.layout == "rows":
            nodes.append(_node("Concat", heads, level, axis=2))
            continue
        shape = np.array([batch, sum(selection.channels), -1])
        nodes += [
            _node("Concat", heads, f"{level}/maps", axis=1),
            _constant(f"{level}/shape", shape),
            _node("Reshape", [_name(f"{level}/maps"), _name(f"{level}/shape")], f"{level}/flat"),
            _node("Transpose", [_name(f"{level}/flat")], level, perm=[0, 2, 1]),
        ]
    return [*nodes, _node("Concat", [_name(level) for level in named], "values", axis=1)]


def _ranks(ranked_by: int) -> list[onnx.NodeProto]:
    """(batch, cells), as ``Selection.ranks`` multiplies them."""
    products = [*(f"product_{i}" for i in range(1, ranked_by)), "ranks"]
    nodes = [_constant("0", np.array(0)), _gathered("values", "0", products[0], axis=2)]
    for i in range(1, ranked_by):
        nodes += [
            _constant(f"{i}", np.array(i)),
            _gathered("values", f"{i}", f"factor_{i}", axis=2),
            _node("Mul", [_name(products[i - 1]), _name(f"factor_{i}")], products[i]),
        ]
    return nodes


def _top(version: int, most: int) -> list[onnx.NodeProto]:
    """The numbers of the best cells, (batch, most) int64."""
    outputs = [_name("top"), _name("chosen")]
    if version < TOP_K_IS_TOLD:
        return [helper.make_node("TopK", [_name("ranks")], outputs, axis=1, k=most)]
    inputs = [_name("ranks"), _name("most")]
    return [_constant("most", np.array([most])), helper.make_node("TopK", inputs, outputs, axis=1)]


def _best(batch: int, cells: int, channels: int) -> list[onnx.NodeProto]:
    """Gathered out of the cells of all pictures, one picture's behind the other's."""
    return [
        _constant("shape", np.array([batch * cells, channels])),
        _node("Reshape", [_name("values"), _name("shape")], "all"),
        _constant("first", np.arange(batch)[:, None] * cells),
        _node("Add", [_name("chosen"), _name("first")], "rows"),
        _gathered("all", "rows", "said", axis=0),
        _constant("numbers", digits(cells)),
        _gathered("numbers", "chosen", "number", axis=0),
        helper.make_node("Concat", [_name("number"), _name("said")], [BEST], axis=2),
    ]


def _version(model: onnx.ModelProto) -> int:
    """Of ONNX's own operators."""
    return next(int(used.version) for used in model.opset_import if used.domain in {"", "ai.onnx"})


def _name(of: str) -> str:
    return f"{BEST}/{of}"


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, inputs, [_name(output)], **attributes)


def _gathered(of: str, which: str, output: str, axis: int) -> onnx.NodeProto:
    return _node("Gather", [_name(of), _name(which)], output, axis=axis)


def _constant(name: str, value: NDArray[Any]) -> onnx.NodeProto:
    return _node("Constant", [], name, value=numpy_helper.from_array(value, _name(name)))
