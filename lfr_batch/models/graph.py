"""Rewriting ONNX graphs: a model in and a new model out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lfr_batch.models.manifest import ChannelOrder, Layout

BATCH, HEIGHT, WIDTH = "batch", "height", "width"
PICTURES = "pictures_rgb"


def free_shape(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph for any (batch, 3, height, width).

    Initialisers leave the list of inputs (they are constants, not arguments), and the axes of the
    input and the outputs, which an exporter froze, become symbolic.
    """
    freed = _copy(model)
    _keep_used_constants(freed, freed.graph.initializer)
    _drop_constant_inputs(freed)
    _set_axes(freed.graph.input[0], (BATCH, None, HEIGHT, WIDTH))
    for output in freed.graph.output:
        _set_axes(output, (BATCH, None, f"{HEIGHT}_out", f"{WIDTH}_out"))
    del freed.graph.value_info[:]
    return freed


def fold_dequantised(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph for any batch, with quantised constants stored as the floats they stand for.

    Every DequantizeLinear of a constant (block-wise too, ONNX opset 21), and every Reshape of the
    result, becomes a float32 initialiser.
    """
    folded = _copy(model)
    constants = {tensor.name: tensor for tensor in folded.graph.initializer}
    kept = [node for node in folded.graph.node if not _fold(node, constants)]
    del folded.graph.node[:]
    folded.graph.node.extend(kept)
    _keep_used_constants(folded, [constants[name] for name in sorted(constants)])
    del folded.graph.value_info[:]
    _drop_constant_inputs(folded)
    for value in (*folded.graph.input, *folded.graph.output):
        _set_axes(value, (BATCH,))
    return folded


def any_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph for any (batch, 3, height, width), where it flattens its outputs.

    Every Reshape to (1, -1, k) becomes one to (as many as there are, -1, k).
    """
    freed = _copy(model)
    constants = {tensor.name: tensor for tensor in freed.graph.initializer}
    for node in freed.graph.node:
        if node.op_type == "Reshape" and node.input[1] in constants:
            shape = constants[node.input[1]]
            sides = numpy_helper.to_array(shape).copy()
            sides[0] = 0  # in ONNX: the input's own
            shape.CopyFrom(numpy_helper.from_array(sides, shape.name))
    _set_axes(freed.graph.input[0], (BATCH, None, HEIGHT, WIDTH))
    for output in freed.graph.output:
        _set_axes(output, (BATCH, f"{output.name}_cells"))
    return freed


def takes_rgb(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph for RGB instead of BGR: the first convolution's weights change places.

    Raises ValueError unless a convolution takes the input.
    """
    turned = _copy(model)
    first, pictures = turned.graph.node[0], turned.graph.input[0].name
    if first.op_type != "Conv" or first.input[0] != pictures:
        raise ValueError(f"{pictures} does not go into a convolution")
    weights = next(t for t in turned.graph.initializer if t.name == first.input[1])
    reversed_channels = np.ascontiguousarray(numpy_helper.to_array(weights)[:, ::-1])
    weights.CopyFrom(numpy_helper.from_array(reversed_channels, weights.name))
    return turned


def takes_pictures(
    model: onnx.ModelProto,
    mean: float,
    std: float,
    channel_order: ChannelOrder = "rgb",
    layout: Layout = "nchw",
) -> onnx.ModelProto:
    """The same graph with bytes in: (batch, height, width, 3) uint8, RGB, in an input ``PICTURES``.

    Prepended nodes compute ``(pixel - mean) / std`` in the order, layout and type that the graph
    wants. Raises ValueError unless ``model`` has one input of four axes.
    """
    wrapped = _copy(model)
    _drop_constant_inputs(wrapped)
    [wanted] = wrapped.graph.input
    axes = wanted.type.tensor_type.shape.dim
    if len(axes) != 4:
        raise ValueError(f"{wanted.name} has {len(axes)} axes, not (batch, 3, height, width)")
    element_type = wanted.type.tensor_type.elem_type
    nodes = _from_bytes(wanted.name, element_type, (mean, std), channel_order, layout)
    nodes += list(wrapped.graph.node)
    del wrapped.graph.node[:]
    wrapped.graph.node.extend(nodes)
    wrapped.graph.value_info.append(wanted)
    del wrapped.graph.input[:]
    places = _PLACES[layout]
    wrapped.graph.input.append(_picture_input([axes[i] for i in places]))
    return wrapped


def fix_shape(model: onnx.ModelProto, shape: Sequence[int]) -> onnx.ModelProto:
    """The same graph for inputs of this one shape: all others in it follow from that, whatever an
    exporter noted for another batch.

    Raises ValueError where the graph has another size for an axis.
    """
    fixed = _copy(model)
    [wanted] = fixed.graph.input
    axes = wanted.type.tensor_type.shape.dim
    for axis, size in zip(axes, shape, strict=True):
        if axis.dim_value not in (0, size):
            raise ValueError(f"{wanted.name} has {axis.dim_value} where {size} is wanted")
        axis.dim_value = size
    for output in fixed.graph.output:
        output.type.tensor_type.ClearField("shape")
    del fixed.graph.value_info[:]
    return fixed


_PLACES: dict[Layout, tuple[int, ...]] = {"nchw": (0, 2, 3, 1), "nhwc": (0, 1, 2, 3)}
"""Where a graph's input has batch, height, width and channels."""


def _from_bytes(
    target: str,
    element_type: int,
    scaling: tuple[float, float],
    channel_order: ChannelOrder,
    layout: Layout,
) -> list[onnx.NodeProto]:
    """Nodes from ``PICTURES`` to ``target``, the input that the graph had.

    The change to floats comes first: TensorRT takes bytes into nothing but a Cast.
    """
    scaled = scaling != (0.0, 1.0)
    computed = TensorProto.FLOAT if scaled else element_type
    constants: dict[str, NDArray[Any]] = {}
    chain: list[tuple[str, list[str], dict[str, Any]]] = [("Cast", [], {"to": computed})]
    if channel_order == "bgr":
        constants[f"{PICTURES}/bgr"] = np.array([2, 1, 0], np.int64)
        chain.append(("Gather", [f"{PICTURES}/bgr"], {"axis": 3}))
    if layout == "nchw":
        chain.append(("Transpose", [], {"perm": [0, 3, 1, 2]}))
    if scaled:
        for name, value in zip(("mean", "std"), scaling, strict=True):
            constants[f"{PICTURES}/{name}"] = np.array(value, np.float32)
        chain += [("Sub", [f"{PICTURES}/mean"], {}), ("Div", [f"{PICTURES}/std"], {})]
    if computed != element_type:
        chain.append(("Cast", [], {"to": element_type}))
    names = [PICTURES, *(f"{PICTURES}/{i}" for i in range(1, len(chain))), target]
    return [_constant(name, value) for name, value in constants.items()] + [
        helper.make_node(kind, [before, *others], [after], **attributes)
        for (kind, others, attributes), (before, after) in zip(chain, pairwise(names), strict=True)
    ]


def _constant(name: str, value: NDArray[Any]) -> onnx.NodeProto:
    return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value))


def _picture_input(axes: Sequence[onnx.TensorShapeProto.Dimension]) -> onnx.ValueInfoProto:
    value = helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, [None] * len(axes))
    for axis, wanted in zip(value.type.tensor_type.shape.dim, axes, strict=True):
        axis.CopyFrom(wanted)
    return value


def dequantise(
    values: NDArray[Any],
    scales: NDArray[np.float32],
    zero_points: NDArray[Any] | None,
    axis: int,
    block_size: int,
) -> NDArray[np.float32]:
    """``(values - zero_points) * scales`` in float32, as ONNX DequantizeLinear-21 defines it.

    ``block_size`` 0: one scale for all, or one per index of ``axis``; otherwise one scale for
    ``block_size`` neighbours along ``axis``.
    """
    spread_scales = _spread(scales, values.shape, axis, block_size)
    shifted = values.astype(np.float32)
    if zero_points is not None:
        shifted -= _spread(zero_points, values.shape, axis, block_size).astype(np.float32)
    return shifted * spread_scales.astype(np.float32)


def _spread(
    array: NDArray[Any], shape: tuple[int, ...], axis: int, block_size: int
) -> NDArray[Any]:
    if block_size:
        repeated = np.repeat(array, block_size, axis=axis)
        return repeated.take(np.arange(shape[axis]), axis=axis)
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), shape)
    along = [1] * len(shape)
    along[axis] = -1
    return np.broadcast_to(array.reshape(along), shape)


def _fold(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> bool:
    """Replace ``node`` by a constant if it is one; whether it was."""
    compute = _FOLDED.get(node.op_type)
    if compute is None or not all(name in constants for name in node.input):
        return False
    arrays = [numpy_helper.to_array(constants[name]) for name in node.input]
    result = np.ascontiguousarray(compute(node, arrays))
    constants[node.output[0]] = numpy_helper.from_array(result, node.output[0])
    return True


def _fold_dequantise(node: onnx.NodeProto, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    values, scales, *zero_points = arrays
    axis = _integer(node, "axis", 1)
    block_size = _integer(node, "block_size", 0)
    return dequantise(values, scales, zero_points[0] if zero_points else None, axis, block_size)


def _fold_reshape(_: onnx.NodeProto, arrays: Sequence[NDArray[Any]]) -> NDArray[Any]:
    values, shape = arrays
    return values.reshape([int(side) for side in shape])


_FOLDED = {"DequantizeLinear": _fold_dequantise, "Reshape": _fold_reshape}


def _integer(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(a.i) for a in node.attribute if a.name == name), default)


def _copy(model: onnx.ModelProto) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    return copy


def _keep_used_constants(model: onnx.ModelProto, constants: Iterable[onnx.TensorProto]) -> None:
    read = _names_read(model)
    kept = [tensor for tensor in constants if tensor.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _drop_constant_inputs(model: onnx.ModelProto) -> None:
    """Keep the inputs that are arguments: not constants, and read by a node."""
    constants = {tensor.name for tensor in model.graph.initializer}
    arguments = _names_read(model) - constants
    inputs = [value for value in model.graph.input if value.name in arguments]
    del model.graph.input[:]
    model.graph.input.extend(inputs)


def _names_read(model: onnx.ModelProto) -> set[str]:
    return {name for node in model.graph.node for name in node.input}


def _set_axes(value: onnx.ValueInfoProto, names: Sequence[str | None]) -> None:
    """Make the leading axes of ``value`` symbolic; None leaves an axis as it is."""
    axes = value.type.tensor_type.shape.dim
    for axis, name in zip(axes, names, strict=False):
        if name is not None:
            axis.dim_param = name
