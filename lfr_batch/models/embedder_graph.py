"""An embedder's graph: what it tells of its input, and how it becomes one that we can run. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import onnx
from onnx import helper

from lfr_batch.models.manifest import Layout

CHANNELS = 3
TEMPLATE = "template"

Axes = Sequence[int | None]
"""Of a graph's input or output; None: free."""


def layouts_of(axes: Axes) -> list[Layout]:
    """Those that a graph with such an input may have; none where it does not take pictures."""
    if len(axes) != 4:
        return []
    places: dict[Layout, int] = {"nchw": 1, "nhwc": 3}
    sure: list[Layout] = [layout for layout, at in places.items() if axes[at] == CHANNELS]
    return sure or [layout for layout, at in places.items() if axes[at] is None]


def sides_of(axes: Axes, layout: Layout) -> tuple[int | None, int | None]:
    """Height and width."""
    first = 2 if layout == "nchw" else 1
    return axes[first], axes[first + 1]


def template_output(outputs: Sequence[Axes], least_dim: int) -> int | None:
    """Which output is the template: the only one, or the only one that can be. None: unclear."""
    if len(outputs) == 1:
        return 0
    fitting = [number for number, axes in enumerate(outputs) if _length(axes) >= least_dim]
    return fitting[0] if len(fitting) == 1 else None


def _length(axes: Axes) -> int:
    """Numbers for a picture; 0 where that is not told."""
    product = 1
    for axis in axes[1:]:
        product *= axis or 0
    return product if len(axes) > 1 else 0


def needs_change(sides: Axes, outputs: Sequence[Axes], template: Axes) -> bool:
    """Whether a graph with such an input and outputs is not as ``as_embedder`` makes it."""
    return None in sides or len(outputs) > 1 or len(template) != 2


def as_embedder(
    model: onnx.ModelProto, which: int, side_px: int, layout: Layout, *, flatten: bool
) -> onnx.ModelProto:
    """The same graph for squares of ``side_px`` alone, with output ``which`` as its only one, a
    row a picture."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    constants = {tensor.name for tensor in changed.graph.initializer}
    (pictures,) = [value for value in changed.graph.input if value.name not in constants]
    axes = pictures.type.tensor_type.shape.dim
    sides = {"nchw": (CHANNELS, side_px, side_px), "nhwc": (side_px, side_px, CHANNELS)}[layout]
    for axis, size in zip(list(axes)[1:], sides, strict=True):
        axis.dim_value = size
    del changed.graph.value_info[:]
    _keep_output(changed, which, flatten=flatten)
    return changed


def _keep_output(model: onnx.ModelProto, which: int, *, flatten: bool) -> None:
    kept = model.graph.output[which]
    name, element = kept.name, kept.type.tensor_type.elem_type
    if flatten:
        model.graph.node.append(helper.make_node("Flatten", [name], [TEMPLATE], axis=1))
        name = TEMPLATE
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info(name, element, None))
