"""One ONNX embedder becomes part of a pack: its input contract is told, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import onnx
from onnx import external_data_helper
from onnx.checker import ValidationError

from lfr_batch.errors import PackRefused
from lfr_batch.models.agreement import embedder_file
from lfr_batch.models.embedder_graph import (
    as_embedder,
    layouts_of,
    needs_change,
    sides_of,
    template_output,
)
from lfr_batch.models.embedder_sheet import ARCFACE, EmbedderSheet
from lfr_batch.models.embedder_trial import MIN_DIM, TriedEmbedder, try_embedder
from lfr_batch.models.insightface_layout import GraphShape, read_graph_shape
from lfr_batch.models.manifest import EmbedderSpec, Layout


@dataclass(frozen=True, slots=True)
class _Input:
    """What a graph takes."""

    layout: Layout
    side_px: int
    max_batch: int | None


def install_embedder(path: Path, sheet: EmbedderSheet, target: Path) -> EmbedderSpec:
    """Write ``path`` to ``target`` as a graph that we can run, and say how it is fed.

    The bytes stay as they are unless sizes were free, weights lay beside the file, or it has other
    outputs than a template. Raises PackRefused if it is no ONNX model, and where its input
    contract is neither told nor said, or does not hold.
    """
    graph = read_graph_shape(path, path.name)
    taken = _input_of(graph, sheet)
    _write(path, graph, taken, target)
    mean, std = _scaling(graph, sheet)
    spec = EmbedderSpec(
        file=target.name,
        input_px=taken.side_px,
        mean=mean,
        std=std,
        dim=MIN_DIM,
        max_batch=taken.max_batch,
        flip=bool(sheet.flip),
        channel_order=_said(
            graph, sheet.colour, "--colour", "rgb or bgr, the order of its colours"
        ),
        layout=taken.layout,
        template=sheet.template or ARCFACE,
    )
    tried: TriedEmbedder = try_embedder(embedder_file(target, spec), spec.input_px)
    return spec.model_copy(update={"dim": tried.dim, "max_batch": tried.max_batch})


def _input_of(graph: GraphShape, sheet: EmbedderSheet) -> _Input:
    layouts = layouts_of(graph.input_shape)
    if graph.inputs != 1 or not layouts:
        shape = " x ".join(str(axis or "?") for axis in graph.input_shape)
        raise PackRefused(
            f"{graph.file} does not take pictures of three colours alone (its input is {shape}, "
            f"one of {graph.inputs}): give an embedder."
        )
    layout = sheet.layout or (layouts[0] if len(layouts) == 1 else None)
    layout = _said(graph, layout, "--layout", "nchw or nhwc, where its input has the colours")
    if layout not in layouts:
        raise PackRefused(f"{graph.file} is not {layout}: leave --layout out, its input tells it.")
    return _Input(layout, _side_px(graph, layout, sheet.size), _max_batch(graph))


def _side_px(graph: GraphShape, layout: Layout, size: int | None) -> int:
    height, width = sides_of(graph.input_shape, layout)
    told = {side for side in (height, width) if side is not None}
    if len(told) > 1:
        raise PackRefused(f"{graph.file} takes {width} x {height} pixels: only squares can be fed.")
    if size is not None and told - {size}:
        raise PackRefused(f"{graph.file} takes {min(told)} pixels, not {size}: leave --size out.")
    return _said(graph, size or next(iter(told), None), "--size", "the side of its input in pixels")


def _max_batch(graph: GraphShape) -> int | None:
    batch = graph.input_shape[0]
    if batch is not None and batch > 1:
        raise PackRefused(
            f"{graph.file} only takes batches of exactly {batch}: export it with a free batch axis."
        )
    return batch


def _scaling(graph: GraphShape, sheet: EmbedderSheet) -> tuple[float, float]:
    """Of a graph that shifts and scales by itself: none."""
    own = (0.0, 1.0) if graph.normalises else (None, None)
    mean = own[0] if sheet.mean is None else sheet.mean
    std = own[1] if sheet.std is None else sheet.std
    what = "what is subtracted from a pixel of 0 to 255, often 127.5"
    return _said(graph, mean, "--mean", what), _said(
        graph, std, "--std", "what that is divided by, often 127.5"
    )


def _write(path: Path, graph: GraphShape, taken: _Input, target: Path) -> None:
    which = template_output(graph.outputs, MIN_DIM)
    if which is None:
        raise PackRefused(
            f"{graph.file} has {len(graph.outputs)} outputs, and which is the template is not "
            "told: export it with that one alone."
        )
    model = onnx.load(path, load_external_data=False)
    beside = _take_in(model, path)
    output, sides = graph.outputs[which], sides_of(graph.input_shape, taken.layout)
    if not beside and not needs_change(sides, graph.outputs, output):
        target.write_bytes(path.read_bytes())
        return
    flatten = len(output) != 2
    changed = as_embedder(model, which, taken.side_px, taken.layout, flatten=flatten)
    target.write_bytes(changed.SerializeToString(deterministic=True))


def _take_in(model: onnx.ModelProto, path: Path) -> bool:
    """Weights that lie beside the file, those of nodes and of graphs in nodes among them, become
    part of ``model``; False where there are none. Raises PackRefused where they cannot be read."""
    beside = [
        tensor
        for tensor in external_data_helper._get_all_tensors(model)
        if external_data_helper.uses_external_data(tensor)
    ]
    for tensor in beside:
        where = next((e.value for e in tensor.external_data if e.key == "location"), "")
        try:
            external_data_helper.load_external_data_for_tensor(tensor, str(path.parent))
        except (ValidationError, OSError, ValueError) as error:
            raise PackRefused(
                f"{path.name} keeps weights in {where!r}, which is not there, not whole or not in "
                "its folder: put that file beside it, or export the model as one file."
            ) from error
    return bool(beside)


T = TypeVar("T")


def _said(graph: GraphShape, value: T | None, option: str, meaning: str) -> T:
    if value is None:
        raise PackRefused(f"{graph.file} does not tell it: give {option}, {meaning}.")
    return value
