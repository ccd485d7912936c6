"""Embedders of other shapes that give SFace's scores: SFace with nodes before and behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Steps = Sequence[tuple[str, list[Any], dict[str, Any]]]
"""Kind of node, what it takes beside the value, attributes."""

BEFORE, BEHIND = "before", "behind"


def wider(dim: int = 512, own: Steps = ()) -> Steps:
    """Templates of ``dim`` numbers at the same angles to each other."""
    rng = np.random.default_rng(11)
    turned = np.linalg.qr(rng.normal(size=(dim, 128)))[0].T.astype(np.float32)
    return [("MatMul", [turned], {}), *own]


FROM_BGR: Steps = [("Gather", [np.array([2, 1, 0])], {"axis": 1})]
FROM_NHWC: Steps = [("Transpose", [], {"perm": [0, 3, 1, 2]})]
FROM_SCALED: Steps = [
    ("Mul", [np.array(127.5, np.float32)], {}),
    ("Add", [np.array(127.5, np.float32)], {}),
]
FROM_128_PX: Steps = [
    ("Slice", [np.array([8, 8]), np.array([120, 120]), np.array([2, 3])], {}),
]
"""The middle of 128 pixels: SFace's 112, if faces are aligned 8 pixels further in."""
FROM_96_PX: Steps = [
    (
        "Resize",
        [np.array([], np.float32), np.array([1, 1, 112 / 96, 112 / 96], np.float32)],
        {"mode": "linear"},
    )
]


def derived(
    sface: Path,
    target: Path,
    axes: Sequence[str | int],
    before: Steps = (),
    behind: Steps = (),
) -> Path:
    """SFace with another input of ``axes`` and these nodes around it, written to ``target``."""
    model = onnx.load(sface)
    graph = model.graph
    (pictures,), (template,) = graph.input, graph.output
    nodes = [*_chain(model, BEFORE, "given", before, pictures.name), *graph.node]
    nodes += _chain(model, BEHIND, template.name, behind, "wanted")
    del graph.node[:], graph.input[:], graph.output[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.input.append(helper.make_tensor_value_info("given", TensorProto.FLOAT, list(axes)))
    last = "wanted" if behind else template.name
    graph.output.append(helper.make_tensor_value_info(last, TensorProto.FLOAT, None))
    named = onnx.shape_inference.infer_shapes(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save_model(named, str(target))
    return target


def _chain(
    model: onnx.ModelProto, where: str, first: str, steps: Steps, last: str
) -> list[onnx.NodeProto]:
    if not steps and where == BEFORE:
        return [helper.make_node("Identity", [first], [last])]
    names = [first, *(f"{where}/{i}" for i in range(1, len(steps))), last]
    nodes = []
    for number, (kind, constants, attributes) in enumerate(steps):
        taken = [names[number]]
        for place, value in enumerate(constants):
            name = f"{where}/{number}/{place}"
            model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
            taken.append(name)
        nodes.append(helper.make_node(kind, taken, [names[number + 1]], **attributes))
    return nodes
