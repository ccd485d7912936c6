"""Graphs that rank their own cells: what they choose is what numpy would choose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument

from lfr_batch.models import selection as selection_module
from lfr_batch.models.ladder import Size
from lfr_batch.models.manifest import DetectorKind
from lfr_batch.models.selecting_graph import BEST, gives_best_cells
from lfr_batch.models.selection import SELECTIONS, Selection, numbers_of
from lfr_batch.records import FloatArray
from tests.models.heads import random_heads

KINDS: tuple[DetectorKind, ...] = ("yunet", "centerface")
SIZE_WH = (160, 96)
ON_CARDS = {"Add", "Concat", "Constant", "Gather", "Mul", "Reshape", "TopK", "Transpose"}
"""What onnxruntime's CUDA provider and TensorRT have for the types that are used."""


@pytest.fixture(params=KINDS)
def selection(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Selection:
    monkeypatch.setattr(selection_module, "MOST", 100)
    kind: DetectorKind = request.param
    return SELECTIONS[kind]


def giving(heads: Sequence[FloatArray], opset: int = 17) -> onnx.ModelProto:
    """A model that gives back the heads that it is given."""
    names = [f"head_{i}" for i in range(len(heads))]

    def values(prefix: str) -> list[onnx.ValueInfoProto]:
        return [
            helper.make_tensor_value_info(prefix + name, TensorProto.FLOAT, head.shape)
            for name, head in zip(names, heads, strict=True)
        ]

    nodes = [helper.make_node("Identity", [f"in_{name}"], [name]) for name in names]
    graph = helper.make_graph(nodes, "heads", values("in_"), values(""))
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=4 if opset < 13 else 10)


def run(model: onnx.ModelProto, heads: Sequence[FloatArray]) -> list[FloatArray]:
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return list(session.run(None, {f"in_head_{i}": head for i, head in enumerate(heads)}))


def chosen(selection: Selection, heads: Sequence[FloatArray], size_wh: Size) -> FloatArray:
    model = gives_best_cells(giving(heads), selection, len(heads[0]), size_wh)
    best, *others = run(model, heads)
    for other, head in zip(others, heads, strict=True):
        np.testing.assert_array_equal(other, head)
    return best


def assert_best(selection: Selection, best: FloatArray, heads: Sequence[FloatArray]) -> None:
    """The rows are those of the heads, each cell's once, and none is better than the last."""
    for rows, every in zip(best, selection.all_rows(heads), strict=True):
        numbers = numbers_of(rows)
        assert len(set(numbers.tolist())) == len(rows)
        np.testing.assert_array_equal(rows, every[numbers])
        left_out = np.delete(selection.ranks(every), numbers)
        assert np.max(left_out, initial=-1.0) <= selection.ranks(rows).min()


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("pictures", [1, 3])
def test_the_best_cells_come_with_what_the_heads_say(
    selection: Selection, pictures: int, ties: bool
) -> None:
    for seed in range(3):
        heads = random_heads(selection, SIZE_WH, pictures, seed, ties=ties)
        best = chosen(selection, heads, SIZE_WH)
        assert best.shape == (pictures, 100, selection.columns)
        assert best.dtype == np.float32
        assert_best(selection, best, heads)


def test_of_few_cells_all_come(selection: Selection) -> None:
    size_wh = (32, 32)
    heads = random_heads(selection, size_wh, 2)
    best = chosen(selection, heads, size_wh)
    assert best.shape[1] == selection.cells(size_wh) < 100
    assert_best(selection, best, heads)


@pytest.mark.parametrize("opset", [9, 10, 11, 13, 17, 21, 24])
def test_it_suits_the_operators_of_the_graph(selection: Selection, opset: int) -> None:
    heads = random_heads(selection, SIZE_WH, 2)
    model = gives_best_cells(giving(heads, opset), selection, 2, SIZE_WH)
    onnx.checker.check_model(model, full_check=True)
    assert_best(selection, run(model, heads)[0], heads)


def test_only_operators_that_cards_have_are_added(selection: Selection) -> None:
    model = giving(random_heads(selection, SIZE_WH))
    before = model.SerializeToString(deterministic=True)
    with_best = gives_best_cells(model, selection, 1, SIZE_WH)
    assert {node.op_type for node in with_best.graph.node} - {"Identity"} <= ON_CARDS
    assert model.SerializeToString(deterministic=True) == before


def test_shapes_are_said(selection: Selection) -> None:
    model = gives_best_cells(giving(random_heads(selection, SIZE_WH, 2)), selection, 2, SIZE_WH)
    first = model.graph.output[0]
    assert first.name == BEST
    assert [axis.dim_value for axis in first.type.tensor_type.shape.dim] == [
        2,
        100,
        selection.columns,
    ]


def test_another_model_s_outputs_are_refused(selection: Selection) -> None:
    heads = random_heads(selection, SIZE_WH)[:-1]
    with pytest.raises(ValueError, match=f"{len(heads)} outputs are not Selection"):
        gives_best_cells(giving(heads), selection, 1, SIZE_WH)


def test_a_graph_with_other_cells_cannot_be_used(selection: Selection) -> None:
    """Numbers would be those of other places."""
    heads = random_heads(selection, (160, 128))
    model = gives_best_cells(giving(heads), selection, 1, SIZE_WH)
    with pytest.raises((Fail, InvalidArgument), match=r"Gather|Reshape"):
        run(model, heads)
