"""Embedders of one's own become packs whose scores are those they must give."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from lfr_batch.config.schema import Config, InferenceConfig
from lfr_batch.errors import PackRefused
from lfr_batch.faces.alignment import ARCFACE_TEMPLATE_XY
from lfr_batch.faces.embedder import Embedder
from lfr_batch.faces.stages import detect_in_still, open_enrol_stages
from lfr_batch.faces.view import cut_view
from lfr_batch.footage.stills import StillFrame
from lfr_batch.models.embedder_sheet import EmbedderSheet
from lfr_batch.models.own_pack import OwnEmbedder, OwnPack, add_own_pack
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.records import FaceView, FloatArray
from tests.models.derived import (
    FROM_96_PX,
    FROM_128_PX,
    FROM_BGR,
    FROM_NHWC,
    FROM_SCALED,
    derived,
    wider,
)
from tests.one_case import ACTOR, ASTRONAUT, GROUP, installed_picture

RGB = {"colour": "rgb", "mean": 0.0, "std": 1.0}
INSET = tuple((float((x + 8) / 128), float((y + 8) / 128)) for x, y in ARCFACE_TEMPLATE_XY)
SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "NHWC, BGR, scaled": (
        {"axes": ("n", 112, 112, 3), "before": [*FROM_NHWC, *FROM_BGR, *FROM_SCALED]},
        {"colour": "bgr", "mean": 127.5, "std": 127.5},
    ),
    "128 pixels, its own template": (
        {"axes": ("n", 3, 128, 128), "before": FROM_128_PX},
        {**RGB, "template": INSET},
    ),
    "free size": (
        {"axes": ("n", 3, "h", "w"), "before": [], "behind": wider()},
        {**RGB, "size": 112},
    ),
    "one picture a call, a row of one pixel": (
        {
            "axes": (1, 3, 112, 112),
            "behind": wider(32 * 8, [("Unsqueeze", [np.array([2, 3])], {})]),
        },
        RGB,
    ),
}
"""How it differs from SFace, and what has to be said of it."""


@pytest.fixture(scope="module")
def opened_pack(open_pack_home: Path) -> Pack:
    return load_pack(open_pack_home, "open")


def embedder_of(pack: Pack, backend: Any = "auto") -> Embedder:
    inference = InferenceConfig(precision="f32", device="cpu", backend=backend)
    config = Config(inference=inference)
    return open_enrol_stages(pack, config, 2).embedder


@pytest.fixture(scope="module")
def views(opened_pack: Pack) -> list[FaceView]:
    """Faces of several people."""
    stages = open_enrol_stages(opened_pack, Config(), 2)
    found = []
    for source in (ASTRONAUT, ACTOR, GROUP):
        still = StillFrame(installed_picture(source))
        faces = detect_in_still(stages.exact_detector, still, (1280, 640))
        found += [cut_view(still, faces, which) for which in range(len(faces))]
    assert len(found) >= 6
    return found


def templates(embedder: Embedder, views: list[FaceView]) -> FloatArray:
    return embedder.embed(*embedder.aligned(views, [view.landmarks_xy for view in views]))


def plain(pack: Pack, home: Path) -> Pack:
    """SFace without mirror images."""
    return add(pack, home, [pack.embedder_path], [RGB], name="plain")


def add(
    detectors: Pack,
    home: Path,
    files: list[Path],
    said: list[dict[str, Any]],
    name: str = "mine",
    weights: tuple[float, float] | None = None,
) -> Pack:
    own = [
        OwnEmbedder(file, EmbedderSheet.model_validate(sheet))
        for file, sheet in zip(files, said, strict=True)
    ]
    asked = OwnPack(name, tuple(own), weights, "MIT", "any")
    add_own_pack(home, asked, detectors)
    return load_pack(home, name)


@pytest.fixture(scope="module")
def scores(
    opened_pack: Pack, views: list[FaceView], tmp_path_factory: pytest.TempPathFactory
) -> FloatArray:
    """SFace's own."""
    pack = plain(opened_pack, tmp_path_factory.mktemp("plain"))
    own = templates(embedder_of(pack), views)
    return own @ own.T


@pytest.mark.parametrize(
    ("shape", "backend"),
    [*((shape, "openvino") for shape in SHAPES), ("NHWC, BGR, scaled", "onnxruntime")],
)
def test_its_scores_are_those_of_the_model_that_it_was_made_of(
    shape: str,
    backend: str,
    opened_pack: Pack,
    views: list[FaceView],
    scores: FloatArray,
    tmp_path: Path,
) -> None:
    made, said = SHAPES[shape]
    file = derived(opened_pack.embedder_path, tmp_path / "mine.onnx", **made)
    pack = add(opened_pack, tmp_path / "home", [file], [said])
    own = templates(embedder_of(pack, backend), views)
    assert own.shape == (len(views), pack.manifest.dim)
    np.testing.assert_allclose(own @ own.T, scores, atol=2e-3)


def test_of_another_size_faces_are_aligned_in_that_size(
    opened_pack: Pack, views: list[FaceView], scores: FloatArray, tmp_path: Path
) -> None:
    file = derived(opened_pack.embedder_path, tmp_path / "m.onnx", ("n", 3, 96, 96), FROM_96_PX)
    pack = add(opened_pack, tmp_path / "home", [file], [RGB])
    embedder = embedder_of(pack)
    (aligned,) = embedder.aligned(views, [view.landmarks_xy for view in views])
    assert aligned.shape == (len(views), 96, 96, 3)
    own = embedder.embed(aligned)
    assert np.abs(own @ own.T - scores).max() < 0.1, "a little blurred, and in the right place"


def test_two_embedders_score_the_weighted_mean(
    opened_pack: Pack, views: list[FaceView], scores: FloatArray, tmp_path: Path
) -> None:
    files = [
        derived(opened_pack.embedder_path, tmp_path / "a.onnx", ("n", 3, 112, 112)),
        derived(
            opened_pack.embedder_path, tmp_path / "b.onnx", ("n", 3, 96, 96), FROM_96_PX, wider()
        ),
    ]
    home, sheets = tmp_path / "home", [RGB, {**RGB, "flip": True}]
    alone = [add(opened_pack, home, [f], [s], f.stem) for f, s in zip(files, sheets, strict=True)]
    each = [templates(embedder_of(pack), views) for pack in alone]
    both = add(opened_pack, home, files, sheets, weights=(0.7, 0.3))
    own = templates(embedder_of(both), views)
    assert own.shape == (len(views), 128 + 512)
    np.testing.assert_allclose(np.linalg.norm(own, axis=1), 1.0, atol=1e-5)
    wanted = 0.7 * (each[0] @ each[0].T) + 0.3 * (each[1] @ each[1].T)
    np.testing.assert_allclose(own @ own.T, wanted, atol=1e-4)
    others = add(opened_pack, home, files, sheets, "others", (0.6, 0.4))
    identities = {pack.manifest.identity for pack in (*alone, both, others)}
    assert len(identities) == 4, "files, how they are fed, and weights"
    assert embedder_of(both).embed(*embedder_of(both).blank(0)).shape == (0, 640)


def test_it_stands_alone_and_says_what_it_is(opened_pack: Pack, tmp_path: Path) -> None:
    file = derived(opened_pack.embedder_path, tmp_path / "mine.onnx", ("n", 3, 112, 112))
    manifest = add(opened_pack, tmp_path / "home", [file], [RGB]).manifest
    there = opened_pack.manifest
    assert (manifest.detector, manifest.frame_detector) == (there.detector, there.frame_detector)
    assert {*manifest.files} == {*there.files, "mine.onnx"} - {"sface.onnx"}
    assert manifest.calibration == ()
    assert manifest.licence == "MIT (embedder); MIT AND Apache-2.0 (detectors, of open@3)"
    assert (manifest.permitted_use, manifest.version) == ("any", manifest.identity[:12])


def test_what_the_graph_tells_need_not_be_said(opened_pack: Pack, tmp_path: Path) -> None:
    made: Any = ((1, 112, 112, 3), FROM_NHWC, wider(256))
    file = derived(opened_pack.embedder_path, tmp_path / "mine.onnx", *made)
    spec = add(opened_pack, tmp_path / "home", [file], [RGB]).manifest.embedder
    assert (spec.input_px, spec.layout, spec.dim, spec.max_batch) == (112, "nhwc", 256, 1)
    assert load_pack(tmp_path / "home", "mine").embedder_path.read_bytes() == file.read_bytes()


def with_its_length(sface: Path, target: Path) -> Path:
    """The template's length as another output, and before it."""
    model = onnx.load(derived(sface, target, PICTURES, (), wider()))
    (template,) = model.graph.output
    model.graph.node.append(helper.make_node("ReduceL2", [template.name], ["length"], axes=[1]))
    length = helper.make_tensor_value_info("length", onnx.TensorProto.FLOAT, ["n", 1])
    kept = helper.make_tensor_value_info(template.name, onnx.TensorProto.FLOAT, ["n", 512])
    del model.graph.output[:]
    model.graph.output.extend([length, kept])
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", 17))
    onnx.save_model(model, str(target))
    return target


def with_weights_beside(sface: Path, target: Path) -> Path:
    model = onnx.load(derived(sface, target, PICTURES, (), wider()))
    onnx.save_model(model, str(target), save_as_external_data=True, location="weights.bin")
    return target


@pytest.mark.parametrize("make", [with_its_length, with_weights_beside])
def test_what_else_an_export_has_is_left_out_or_taken_in(
    make: Callable[[Path, Path], Path],
    opened_pack: Pack,
    views: list[FaceView],
    scores: FloatArray,
    tmp_path: Path,
) -> None:
    file = make(opened_pack.embedder_path, tmp_path / "mine.onnx")
    pack = add(opened_pack, tmp_path / "home", [file], [RGB])
    for path in tmp_path.glob("*.*"):
        path.unlink()
    own = templates(embedder_of(pack), views)
    assert own.shape == (len(views), 512)
    np.testing.assert_allclose(own @ own.T, scores, atol=2e-3)


PICTURES = ("n", 3, 112, 112)


def noisy(sface: Path, target: Path) -> Path:
    noise: Any = [("RandomUniformLike", [], {"low": 0.0, "high": 200.0})]
    return derived(sface, target, PICTURES, noise)


def of_neighbours(sface: Path, target: Path) -> Path:
    """As batch normalisation in training."""
    model = onnx.load(derived(sface, target, PICTURES))
    name = model.graph.output[0].name
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.array([0]), "axis"))
    model.graph.node.extend(
        [
            helper.make_node("ReduceMean", [name, "axis"], ["mean"], keepdims=1),
            helper.make_node("Mul", ["mean", "mean"], ["square"]),
            helper.make_node("Add", [name, "square"], ["beside"]),
        ]
    )
    model.graph.output[0].name = "beside"
    onnx.save_model(model, str(target))
    return target


def constant(sface: Path, target: Path) -> Path:
    return derived(sface, target, PICTURES, [("Mul", [np.array(0.0, np.float32)], {})])


def zero(sface: Path, target: Path) -> Path:
    return derived(sface, target, PICTURES, (), [("Mul", [np.array(0.0, np.float32)], {})])


def one_number(sface: Path, target: Path) -> Path:
    return derived(sface, target, PICTURES, (), [("ReduceMax", [np.array([1])], {"keepdims": 1})])


def unscaled(sface: Path, target: Path) -> Path:
    """SFace shifts and scales by itself, which its first nodes tell; here they are others."""
    return derived(sface, target, PICTURES, [("Identity", [], {})] * 8)


def shaped(*axes: str | int) -> Callable[[Path, Path], Path]:
    return lambda sface, target: derived(sface, target, axes)


def no_model(_: Path, target: Path) -> Path:
    target.write_bytes(b"\xff" * 100)
    return target


@pytest.mark.parametrize(
    ("make", "said", "complaint"),
    [
        (shaped(*PICTURES), {"mean": 0.0, "std": 1.0}, "does not tell it: give --colour, rgb or"),
        (unscaled, {"colour": "rgb"}, "does not tell it: give --mean"),
        (unscaled, {"colour": "rgb", "mean": 0.0}, "does not tell it: give --std"),
        (shaped("n", 3, "h", "w"), RGB, "does not tell it: give --size"),
        (shaped("n", "c", 112, 112), {**RGB, "layout": "nhwc"}, "is not nhwc"),
        (shaped("n", "c", "h", "w"), RGB, "does not tell it: give --layout"),
        (shaped(*PICTURES), {**RGB, "size": 128}, "takes 112 pixels, not 128"),
        (shaped(*PICTURES), {**RGB, "layout": "nhwc"}, "is not nhwc"),
        (shaped(8, 3, 112, 112), RGB, "batches of exactly 8"),
        (shaped("n", 3, 112, 96), RGB, "only squares"),
        (shaped("n", 1, 112, 112), RGB, "pictures of three colours"),
        (noisy, RGB, "gives one face two templates"),
        (of_neighbours, RGB, "another template beside others"),
        (constant, RGB, "gives different pictures the same template"),
        (zero, RGB, "a template that is zero or no number"),
        (one_number, RGB, "gives 1 numbers a face, which is no template"),
    ],
)
def test_what_cannot_be_fed_is_refused_in_a_sentence(
    make: Callable[[Path, Path], Path],
    said: dict[str, Any],
    complaint: str,
    opened_pack: Pack,
    tmp_path: Path,
) -> None:
    file = make(opened_pack.embedder_path, tmp_path / "mine.onnx")
    with pytest.raises(PackRefused, match=complaint) as caught:
        add(opened_pack, tmp_path / "home", [file], [said])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "home" / "models").exists()
    assert not list((tmp_path / "home").iterdir())


def test_what_is_no_model_is_refused(opened_pack: Pack, tmp_path: Path) -> None:
    file = no_model(opened_pack.embedder_path, tmp_path / "mine.onnx")
    with pytest.raises(PackRefused, match="not a readable ONNX model"):
        add(opened_pack, tmp_path / "home", [file], [RGB])
