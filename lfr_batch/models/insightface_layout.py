"""Packs in InsightFace's layout, described in our terms.

A directory is either a package with InsightFace's own ``manifest.json`` (``manifest_version`` 2,
the raccoon packs), or a heap of ``*.onnx`` files (buffalo, antelope) whose role follows from the
shape of their graph. The rules are those of ``insightface.model_zoo`` 2.1 (``ModelRouter``,
``SCRFD`` and ``ArcFaceONNX``).

The public weights are for non-commercial research; only a signed MODEL.LICENSE, which
``insightface.model_zoo.model_license`` verifies, says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from lfr_batch.errors import LicenceRefused, PackRefused
from lfr_batch.models.manifest import (
    ARCFACE_XY,
    DetectorSpec,
    EmbedderSpec,
    FivePoints,
    PackManifest,
    PermittedUse,
    is_pack_name,
)
from lfr_batch.storage.files import sha256_of

SCRFD_OUTPUTS_WITH_LANDMARKS = (9, 15)
DETECTOR_MIN_OUTPUTS = 5
EMBEDDER_MIN_SIDE_PX = ARCFACE_PX = 112
MARGINED_PX, MARGIN_PX = 128, 8
SIDES_OF_OTHER_MODELS_PX = (96, 192)
"""Attribute and landmark models."""
NEEDED_TASKS = ("detection", "recognition")
PUBLIC_LICENCE = "InsightFace public model terms: non-commercial research only"


@dataclass(frozen=True, slots=True)
class GraphShape:
    """A graph's one input and its outputs; a symbolic axis is None."""

    file: str
    inputs: int
    input_shape: tuple[int | None, ...]
    outputs: tuple[tuple[int | None, ...], ...]
    normalises: bool
    """Whether the graph subtracts the mean and scales by itself."""


@dataclass(frozen=True, slots=True)
class _Licence:
    permitted_use: PermittedUse
    text: str
    until_utc: datetime | None = None
    signed: bool = True


def read_insightface_directory(directory: Path, name: str | None = None) -> PackManifest:
    """The manifest of a pack in InsightFace's layout.

    Raises PackRefused if there is no usable detector or embedder in it, or if a file is not
    what InsightFace's manifest says, LicenceRefused if its MODEL.LICENSE is not valid.
    """
    described = _described_package(directory) if _has_manifest_v2(directory) else None
    if described is None:
        pack_name, detector, embedder = directory.resolve().name, *_route(directory)
    else:
        pack_name, detector, embedder = described
    if not is_pack_name(name or pack_name):
        raise PackRefused(f"{pack_name!r} is no name for a pack: give one with --name.")
    licence = _licence(directory)
    names = [detector.file, embedder.file, *_licence_files(directory)]
    files = {file: sha256_of(directory / file) for file in names}
    return PackManifest(
        name=name or pack_name,
        version=files[embedder.file][:12],
        licence=licence.text,
        permitted_use=licence.permitted_use,
        licensed_until_utc=licence.until_utc,
        licence_signed=licence.signed,
        source=f"InsightFace layout, {pack_name}",
        files=files,
        detector=detector,
        embedder=embedder,
    )


def read_graph_shape(path: Path, file: str) -> GraphShape:
    """Raises PackRefused if ``path`` is not an ONNX model."""
    try:
        graph = onnx.load_model(str(path), load_external_data=False).graph
    except (DecodeError, OSError, ValueError) as error:
        raise PackRefused(f"{path} is not a readable ONNX model: fetch it again.") from error
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if not inputs:
        raise PackRefused(f"{path} is an ONNX model without an input: fetch it again.")
    return GraphShape(
        file=file,
        inputs=len(inputs),
        input_shape=_axes(inputs[0]),
        outputs=tuple(_axes(output) for output in graph.output),
        normalises=_normalises([node.name for node in graph.node[:8]]),
    )


def detector_spec(graph: GraphShape, mean: float = 127.5, std: float = 128.0) -> DetectorSpec:
    """Raises PackRefused if the detector gives no landmarks: a face cannot be aligned without."""
    if len(graph.outputs) not in SCRFD_OUTPUTS_WITH_LANDMARKS:
        raise PackRefused(
            f"The detector {graph.file} gives no five-point landmarks ({len(graph.outputs)} "
            "outputs), which alignment needs: use an SCRFD with key points (…_kps or det_…)."
        )
    height, width = graph.input_shape[2:]
    if height != width:
        raise PackRefused(f"The detector {graph.file} is fixed to {width}×{height}: not square.")
    # Without a batch axis in its outputs, SCRFD strings the pictures' anchors together.
    one_by_one = any(len(shape) < 3 for shape in graph.outputs)
    return DetectorSpec(
        kind="scrfd",
        file=graph.file,
        mean=mean,
        std=std,
        fixed_side_px=height,
        max_batch=1 if one_by_one else _max_batch(graph),
    )


def embedder_spec(
    graph: GraphShape, mean: float | None = None, std: float | None = None
) -> EmbedderSpec:
    """Mean and standard deviation follow from the graph unless they are given."""
    default = (0.0, 1.0) if graph.normalises else (127.5, 127.5)
    dim = graph.outputs[0][-1] if graph.outputs[0] else None
    side = graph.input_shape[2]
    if dim is None or side is None or len(graph.outputs) != 1:
        raise PackRefused(f"The embedder {graph.file} does not have one template as its output.")
    return EmbedderSpec(
        file=graph.file,
        input_px=side,
        mean=default[0] if mean is None else mean,
        std=default[1] if std is None else std,
        dim=dim,
        max_batch=_max_batch(graph),
        template=_template(side),
    )


def _template(side_px: int) -> Literal["arcface"] | FivePoints:
    """Where InsightFace (``face_align.estimate_norm``) puts the five points: in sizes that are no
    multiple of 112 as in 112, with a margin of 8 pixels at the left of 128."""
    if side_px % ARCFACE_PX == 0:
        return "arcface"
    if side_px % MARGINED_PX:
        raise PackRefused(
            f"InsightFace aligns faces to multiples of {ARCFACE_PX} or {MARGINED_PX} pixels, and "
            f"the embedder takes {side_px}: add it with `lfr models add --embedder`."
        )
    left, right, nose, mouth_left, mouth_right = (
        ((x + MARGIN_PX) / MARGINED_PX, y / MARGINED_PX) for x, y in ARCFACE_XY
    )
    return left, right, nose, mouth_left, mouth_right


def is_detector(graph: GraphShape) -> bool:
    return len(graph.outputs) >= DETECTOR_MIN_OUTPUTS and len(graph.input_shape) == 4


def is_embedder(graph: GraphShape) -> bool:
    if is_detector(graph) or graph.inputs != 1 or len(graph.input_shape) != 4:
        return False
    height, width = graph.input_shape[2:]
    if height is None or height != width or height in SIDES_OF_OTHER_MODELS_PX:
        return False
    return height >= EMBEDDER_MIN_SIDE_PX and height % 16 == 0


def _route(directory: Path) -> tuple[DetectorSpec, EmbedderSpec]:
    graphs = [read_graph_shape(path, path.name) for path in sorted(directory.glob("*.onnx"))]
    detectors = [graph for graph in graphs if is_detector(graph)]
    embedders = [graph for graph in graphs if is_embedder(graph)]
    for role, found in (("SCRFD detector", detectors), ("ArcFace-type embedder", embedders)):
        if not found:
            there = ", ".join(graph.file for graph in graphs) or "no .onnx file"
            raise PackRefused(f"{directory} has no {role} in it (there: {there}).")
    return detector_spec(detectors[0]), embedder_spec(embedders[0])


def _has_manifest_v2(directory: Path) -> bool:
    """InsightFace ignores every other version, and routes by graph shape then."""
    try:
        document = json.loads((directory / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("manifest_version") == 2


def _described_package(directory: Path) -> tuple[str, DetectorSpec, EmbedderSpec]:
    from insightface.model_zoo import package_manifest  # noqa: PLC0415 - slow import

    try:
        package = package_manifest.load_model_package(directory)
        _require_tasks(directory, package.tasks)
        tasks = {task: package.verify_task(task) for task in NEEDED_TASKS}
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        raise PackRefused(f"{directory} is not a valid InsightFace package: {error}.") from error
    graphs = {task: read_graph_shape(found.path, found.file) for task, found in tasks.items()}
    detector = detector_spec(graphs["detection"], **_scaling(tasks["detection"].metadata))
    embedder = embedder_spec(graphs["recognition"], **_scaling(tasks["recognition"].metadata))
    return package.name, detector, embedder


def _require_tasks(directory: Path, tasks: Mapping[str, Any]) -> None:
    missing = [task for task in NEEDED_TASKS if task not in tasks]
    if missing:
        raise PackRefused(f"{directory} has no model for {' and '.join(missing)} in it.")


def _scaling(task: Mapping[str, Any]) -> dict[str, float]:
    preprocessing = task["preprocessing"]
    if preprocessing == "embedded":
        return {"mean": 0.0, "std": 1.0}
    return {"mean": preprocessing["mean"], "std": preprocessing["std"]}


def _licence(directory: Path) -> _Licence:
    if not any(directory.rglob("MODEL.LICENSE")):
        return _Licence("non-commercial", PUBLIC_LICENCE, signed=False)
    from insightface.model_zoo import model_license  # noqa: PLC0415 - slow import

    found = model_license.inspect_model_package_license(directory)
    if found.license is None:
        raise LicenceRefused(
            f"The MODEL.LICENSE of {directory} is not valid ({found.message}): get a valid one "
            "from InsightFace, or remove it to use the pack on its non-commercial terms."
        )
    text = f"InsightFace {found.license.grant} model licence {found.license.license_id}"
    if not found.license.commercial_use_permitted:
        return _Licence("non-commercial", text)
    return _Licence("any", f"{text} for {found.license.customer}", found.license.valid_until)


def _licence_files(directory: Path) -> list[str]:
    found = (path for path in directory.rglob("*") if path.is_file())
    named = (path for path in found if path.name.upper().startswith(("LICEN", "MODEL.LICEN")))
    return sorted(path.relative_to(directory).as_posix() for path in named)


def _axes(value: onnx.ValueInfoProto) -> tuple[int | None, ...]:
    return tuple(axis.dim_value or None for axis in value.type.tensor_type.shape.dim)


def _normalises(names: Sequence[str]) -> bool:
    subtracts = any(name.startswith(("Sub", "_minus")) for name in names)
    scales = any(name.startswith(("Mul", "_mul")) for name in names)
    return subtracts and scales


def _max_batch(graph: GraphShape) -> int | None:
    batch = graph.input_shape[0]
    if batch is not None and batch > 1:
        raise PackRefused(
            f"{graph.file} only takes batches of exactly {batch}: export it with a free batch axis."
        )
    return batch
