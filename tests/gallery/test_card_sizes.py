from __future__ import annotations

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.gallery.card_graphs import best_graph, close_graph, merge_graph, store_graph
from lfr_batch.gallery.card_sizes import (
    COLUMNS,
    Pieces,
    Sizes,
    bytes_of,
    features_of,
    most_units,
    room_for,
    split_into,
    split_units,
    units_of,
)

SIZES = Sizes()


def test_its_sizes_fit_together() -> None:
    assert SIZES.row >= max(SIZES.hits)
    assert SIZES.unit % SIZES.pair_rows == SIZES.unit % SIZES.upload_rows == 0
    assert SIZES.many_hits_probes in SIZES.probes


@pytest.mark.parametrize(
    ("wanted", "hits", "probes"),
    [
        (1, 64, 1),
        (2, 64, 16),
        (16, 64, 16),
        (17, 64, 128),
        (129, 64, 1024),
        (5000, 64, 1024),
        (1, 256, 1),
        (17, 256, 16),
        (1024, 1024, 16),
    ],
)
def test_probes_at_once(wanted: int, hits: int, probes: int) -> None:
    assert SIZES.probes_for(wanted, hits) == probes


@pytest.mark.parametrize(
    ("units", "most", "pieces"),
    [(1, 4, (1, 1)), (4, 4, (1, 4)), (5, 4, (2, 3)), (77, 4, (20, 4)), (77, 100, (1, 77))],
)
def test_few_pieces_that_are_alike(units: int, most: int, pieces: tuple[int, int]) -> None:
    assert split_units(units, most) == Pieces(*pieces)


@given(
    templates=st.integers(1, 30_000_000),
    probes=st.sampled_from(SIZES.probes),
    scratch=st.integers(26, 30),
)
def test_pieces_hold_all_templates_and_have_room(templates: int, probes: int, scratch: int) -> None:
    """Also where there turned out to be less room for scores than was thought."""
    room, units = room_for(templates, SIZES, 1 << 30), units_of(templates, SIZES)
    most = most_units(probes, SIZES.unit, 1 << scratch)
    pieces = split_into(room, units, most)
    assert units <= pieces.total <= room
    assert pieces.units <= most
    assert templates <= units * SIZES.unit < templates + SIZES.unit
    assert room <= units * 1.15 + 3


def test_ten_million_templates_take_few_gigabytes() -> None:
    room = room_for(10_000_000, SIZES, 1 << 30)
    assert bytes_of(room, 128, SIZES) < 10_000_000 * 128 * 2 * 1.06


@pytest.mark.parametrize(("dimension", "features"), [(128, 128), (512, 512), (4, 8), (129, 136)])
def test_features(dimension: int, features: int) -> None:
    assert features_of(dimension) == features


@pytest.mark.parametrize("probes", SIZES.probes)
@pytest.mark.parametrize("units", [1, 4, 77])
@pytest.mark.parametrize("hits", SIZES.hits)
def test_every_shape_is_fixed(probes: int, units: int, hits: int) -> None:
    graph = onnx.load_from_string(best_graph(probes, 128, units, SIZES.row, hits))
    assert shapes(graph) == {"scores": [probes, hits], "rows": [probes, hits]}
    merged = onnx.load_from_string(merge_graph(3, probes, hits, units * SIZES.unit))
    assert shapes(merged) == {"best_scores": [probes, hits], "best_rows": [probes, hits]}


def test_other_graphs_are_fixed_but_for_the_pairs_found() -> None:
    stored = onnx.load_from_string(store_graph(SIZES.upload_rows, 128))
    assert shapes(stored) == {"stored": [65536, 128], "length": [1], "error": [1]}
    import numpy as np

    close = onnx.load_from_string(close_graph(2048, 128, SIZES.row, np.float16(0.6)))
    assert len(close.graph.input) == 1 + COLUMNS
    assert all(all(d.dim_value for d in i.type.tensor_type.shape.dim) for i in close.graph.input)


def shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    for value in (*model.graph.input, *model.graph.value_info):
        assert all(axis.dim_value for axis in value.type.tensor_type.shape.dim), value.name
    return {
        output.name: [axis.dim_value for axis in output.type.tensor_type.shape.dim]
        for output in model.graph.output
    }
