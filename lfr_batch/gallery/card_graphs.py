"""ONNX graphs that store templates on a card and find the best of them. Pure.

Every shape is fixed. Templates are float16, (n, f), the probes' numbers and their scores too;
sums are float32 (cuBLAS' and cuDNN's own choice for float16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike, NDArray
from onnx import TensorProto, helper, numpy_helper

from lfr_batch.gallery.card_sizes import COLUMNS

PROBES, SCORES, ROWS = "probes", "scores", "rows"
BLOCK, STORED, LENGTH, ERROR = "block", "stored", "length", "error"
ZERO, ROOM = "zero", "room"
PLACES = "places"
OPSET, IR_VERSION = 17, 9
AT_ONCE = 8
"""Tensors of which onnxruntime's CUDA takes the maximum in one pass."""
HALF, FLOAT, INT64 = TensorProto.FLOAT16, TensorProto.FLOAT, TensorProto.INT64


def column_name(column: int) -> str:
    """Input: the templates that stand in that column of the rows of sixteen."""
    return f"templates_{column}"


def room_graph(words: int) -> bytes:
    """``words`` zeros of 8 bytes: how onnxruntime is asked for memory of a size, no more."""
    graph = _Graph()
    zero = graph.input(ZERO, INT64, [1])
    return graph.model({ROOM: graph("Expand", zero, graph.constant([words], np.int64))})


def store_graph(rows: int, features: int) -> bytes:
    """A block of float32 templates as float16; the largest length, and rounding error, of a row."""
    graph = _Graph()
    block = graph.input(BLOCK, FLOAT, [rows, features])
    stored = graph("Cast", block, to=HALF)
    error = graph("Sub", block, graph("Cast", stored, to=FLOAT))

    def longest(vectors: str) -> str:
        return graph("ReduceMax", graph("ReduceL2", vectors, axes=[1], keepdims=0), keepdims=1)

    return graph.model({STORED: stored, LENGTH: longest(block), ERROR: longest(error)})


def best_graph(probes: int, features: int, units: int, row: int, hits: int) -> bytes:
    """The best ``hits`` of units·row·16 templates for each probe, best first: scores and rows.

    Column c holds templates c·units·row to (c + 1)·units·row. First the best score of each row of
    sixteen, then the best rows, then the best of those: whatever is left out scores no more than
    the last hit. A selection among all scores at once takes onnxruntime ten times as long.
    """
    graph = _Graph()
    width = units * row
    scores = graph.scores(probes, features, width, PROBES)
    best = _best_of_rows(graph, graph.maximum(scores), probes, units, row, hits)
    near = graph(
        "Concat", *(graph("GatherElements", part, best, axis=1) for part in scores), axis=1
    )
    places = [graph("Add", best, graph.constant(c * width, np.int64)) for c in range(COLUMNS)]
    top, at = graph.top(near, hits)
    rows = graph("GatherElements", graph("Concat", *places, axis=1), at, axis=1)
    return graph.model({SCORES: top, ROWS: rows})


def merge_graph(runs: int, probes: int, hits: int, templates: int) -> bytes:
    """The best of the hits (runs, probes, hits) of pieces of so many ``templates`` each."""
    graph = _Graph()
    shape = [runs, probes, hits]
    scores, rows = graph.input(SCORES, HALF, shape), graph.input(ROWS, INT64, shape)
    starts = graph.constant(np.arange(runs)[:, None, None] * templates, np.int64)

    def of_probe(values: str) -> str:
        turned = graph("Transpose", values, perm=[1, 0, 2])
        return graph.reshape(turned, probes, runs * hits)

    top, at = graph.top(of_probe(scores), hits)
    placed = of_probe(graph("Add", rows, starts))
    return graph.model(
        {f"best_{SCORES}": top, f"best_{ROWS}": graph("GatherElements", placed, at, axis=1)}
    )


def close_graph(rows: int, features: int, width: int, least: np.float16) -> bytes:
    """(2, pairs): row of ``probes`` and place, where one of the 16 templates there scores enough.

    These are the templates place + c·width for c from 0 to 15.
    """
    graph = _Graph()
    best = graph.maximum(graph.scores(rows, features, width, PROBES))
    enough = graph("GreaterOrEqual", best, graph.constant(least, np.float16))
    return graph.model({PLACES: graph("NonZero", enough)})


def _best_of_rows(graph: _Graph, scores: str, probes: int, units: int, row: int, hits: int) -> str:
    """Places of the best ``hits`` among (probes, units·row).

    onnxruntime's TopK gives a whole row to one block of threads: many short rows keep all busy.
    """
    if units == 1:
        return graph.top(scores, hits)[1]
    top, at = graph.top(graph.reshape(scores, probes * units, row), hits)
    starts = graph.constant(np.arange(units)[None, :, None] * row, np.int64)
    placed = graph("Add", graph.reshape(at, probes, units, hits), starts)
    _, best = graph.top(graph.reshape(top, probes, units * hits), hits)
    return graph("GatherElements", graph.reshape(placed, probes, units * hits), best, axis=1)


class _Graph:
    """Nodes in the order in which they are named; each call returns the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []

    def __call__(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self._node(kind, inputs, 1, attributes)[0]

    def top(self, values: str, count: int) -> tuple[str, str]:
        """The largest of the last axis, sorted, and where they were."""
        wanted = self.constant([count], np.int64)
        largest, places = self._node("TopK", (values, wanted), 2, {"axis": -1})
        return largest, places

    def scores(self, probes: int, features: int, width: int, name: str) -> list[str]:
        """(probes, width) of each column."""
        given = self.input(name, HALF, [probes, features])
        columns = [self.input(column_name(c), HALF, [width, features]) for c in range(COLUMNS)]
        return [self("Gemm", given, column, transB=1) for column in columns]

    def maximum(self, values: Sequence[str]) -> str:
        """Of tensors of one shape, number by number."""
        while len(values) > 1:
            parts = range(0, len(values), AT_ONCE)
            values = [self("Max", *values[start : start + AT_ONCE]) for start in parts]
        return values[0]

    def reshape(self, values: str, *shape: int) -> str:
        return self("Reshape", values, self.constant(shape, np.int64))

    def constant(self, value: ArrayLike, kind: DTypeLike) -> str:
        name = f"constant_{len(self._constants)}"
        array: NDArray[np.generic] = np.asarray(value, kind)
        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def input(self, name: str, kind: int, shape: Sequence[int]) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def model(self, outputs: Mapping[str, str]) -> bytes:
        for name, value in outputs.items():
            self._nodes.append(helper.make_node("Identity", [value], [name]))
        described = [onnx.ValueInfoProto(name=name) for name in outputs]
        graph = helper.make_graph(self._nodes, "gallery", self._inputs, described, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
        model.ir_version = IR_VERSION
        serialised: bytes = onnx.shape_inference.infer_shapes(
            model, strict_mode=True, data_prop=True
        ).SerializeToString()
        return serialised

    def _node(
        self, kind: str, inputs: Sequence[str], outputs: int, attributes: Mapping[str, Any]
    ) -> list[str]:
        names = [f"{kind}_{len(self._nodes)}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names
