"""An embedder whose weights lie beside its file, or should; and whose licence it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from lfr_batch.errors import PackRefused
from lfr_batch.models.embedder_sheet import EmbedderSheet
from lfr_batch.models.own_pack import OwnEmbedder, OwnPack, add_own_pack
from lfr_batch.models.store import Pack, load_pack
from tests.models.derived import derived, wider

WEIGHTS = "weights.bin"
RGB = EmbedderSheet.model_validate({"colour": "rgb", "mean": 0.0, "std": 1.0})


@pytest.fixture(scope="module")
def opened_pack(open_pack_home: Path) -> Pack:
    return load_pack(open_pack_home, "open")


@pytest.fixture
def exported(opened_pack: Pack, tmp_path: Path) -> Path:
    folder = tmp_path / "exported"
    folder.mkdir()
    sface = opened_pack.embedder_path
    model = onnx.load(derived(sface, tmp_path / "whole.onnx", ("n", 3, 112, 112), (), wider()))
    path = folder / "mine.onnx"
    onnx.save_model(model, str(path), save_as_external_data=True, location=WEIGHTS)
    return path


def add(detectors: Pack, home: Path, file: Path) -> Pack:
    add_own_pack(home, OwnPack("mine", (OwnEmbedder(file, RGB),), None, "MIT", "any"), detectors)
    return load_pack(home, "mine")


def missing(file: Path) -> str:
    (file.parent / WEIGHTS).unlink()
    return WEIGHTS


def cut_short(file: Path) -> str:
    weights = file.parent / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:1000])
    return WEIGHTS


def absolute(file: Path) -> str:
    return _moved(file, str(file.parent / WEIGHTS))


def outside(file: Path) -> str:
    (file.parent / WEIGHTS).rename(file.parent.parent / WEIGHTS)
    return _moved(file, f"../{WEIGHTS}")


def _moved(file: Path, location: str) -> str:
    model = onnx.load(file, load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    file.write_bytes(model.SerializeToString())
    return location


@pytest.mark.parametrize("spoil", [missing, cut_short, absolute, outside])
def test_weights_that_cannot_be_read_are_named_in_a_sentence(
    spoil: Callable[[Path], str], exported: Path, opened_pack: Pack, tmp_path: Path
) -> None:
    location = spoil(exported)
    with pytest.raises(PackRefused, match=r"mine\.onnx keeps weights in") as caught:
        add(opened_pack, tmp_path / "home", exported)
    assert repr(location) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "home").iterdir())


def test_weights_of_a_node_are_taken_in(opened_pack: Pack, tmp_path: Path) -> None:
    """A constant's, of which the graph's own list of weights says nothing."""
    file = derived(opened_pack.embedder_path, tmp_path / "mine.onnx", ("n", 3, 112, 112))
    model = onnx.load(file)
    (template,) = model.graph.output
    turned = np.linalg.qr(np.random.default_rng(3).normal(size=(128, 128)))[0].astype(np.float32)
    constant = helper.make_node("Constant", [], ["turn"], value=numpy_helper.from_array(turned))
    tensor = constant.attribute[0].t
    (tmp_path / WEIGHTS).write_bytes(tensor.raw_data)
    external_data_helper.set_external_data(tensor, WEIGHTS)
    tensor.ClearField("raw_data")
    model.graph.node.extend([constant, helper.make_node("MatMul", [template.name, "turn"], ["t"])])
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("t", TensorProto.FLOAT, ["n", 128]))
    file.write_bytes(model.SerializeToString())
    pack = add(opened_pack, tmp_path / "home", file)
    installed = onnx.load(pack.embedder_path, load_external_data=False)
    kept = [node.attribute[0].t for node in installed.graph.node if "turn" in node.output]
    assert [numpy_helper.to_array(each).tolist() for each in kept] == [turned.tolist()]


def test_the_detectors_signed_licence_is_not_the_embedders(
    exported: Path, opened_pack: Pack, tmp_path: Path
) -> None:
    signed = opened_pack.manifest.model_copy(update={"licence_signed": True})
    detectors = Pack(signed, opened_pack.directory)
    assert not add(detectors, tmp_path / "home", exported).manifest.licence_signed
