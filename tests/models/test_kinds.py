from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lfr_batch.models.kinds import Agreed, NodeAnswer, agree, can_obey, kinds
from lfr_batch.models.settled import Settled

BF16 = Settled(
    device="cpu",
    backend="openvino",
    precisions={"detector.onnx": "bf16", "embedder.onnx": "bf16"},
    looks="parts",
    decode="cpu",
    scaling="processor",
    libraries=("openvino 1", "av 2"),
    hardware=("amx_bf16",),
)
OLDER = replace(BF16, hardware=("avx512_bf16",))
"""The same, on another processor."""
F32 = replace(BF16, precisions={"detector.onnx": "f32", "embedder.onnx": "f32"}, hardware=("avx2",))
GPU = replace(
    BF16,
    device="cuda",
    backend="onnxruntime",
    precisions={"detector.onnx": "f16", "embedder.onnx": "tf32"},
    looks="whole",
    decode="nvdec",
    scaling="gpu",
    libraries=("onnxruntime-gpu 1", "av 2"),
    hardware=("NVIDIA H100",),
)
NEWER = replace(BF16, libraries=("openvino 2", "av 2"))


def nodes(**settled: tuple[int, Settled]) -> list[NodeAnswer]:
    return [NodeAnswer(host, workers, each) for host, (workers, each) in settled.items()]


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        (nodes(a=(1, BF16)), [("a", 1)]),
        (nodes(b=(1, BF16), a=(2, OLDER)), [("a, b", 3)]),
        (nodes(a=(4, F32), b=(3, BF16), c=(2, OLDER)), [("b, c", 5), ("a", 4)]),
        (nodes(a=(4, GPU), b=(8, F32), c=(1, NEWER)), [("b", 8), ("a", 4), ("c", 1)]),
        ([NodeAnswer(f"n{i}", 1, BF16) for i in range(7)], [("n0, n1, n2, n3, n4 and 2 more", 7)]),
    ],
)
def test_nodes_that_agree_but_for_names_of_hardware_are_one_kind(
    answers: list[NodeAnswer], found: list[tuple[str, int]]
) -> None:
    assert [(kind.hosts, kind.workers) for kind in kinds(answers)] == found
    assert [(kind.hosts, kind.workers) for kind in kinds(answers[::-1])] == found


def test_of_kinds_with_equal_room_it_is_always_the_same() -> None:
    answers = nodes(a=(2, F32), b=(2, BF16), c=(2, GPU))
    assert kinds(answers) == kinds(answers[::-1])


def test_one_kind_searches_with_the_hardware_of_all_its_nodes() -> None:
    agreed = agree(nodes(a=(1, BF16), b=(1, OLDER)))
    assert agreed == Agreed(replace(BF16, hardware=("amx_bf16", "avx512_bf16")))


def test_who_can_do_what_the_others_do_takes_part() -> None:
    """A processor with bf16 has f32, too."""
    agreed = agree(nodes(a=(8, F32), b=(2, BF16)))
    assert agreed == Agreed(replace(F32, hardware=("amx_bf16", "avx2")))


WITHOUT_PRECISIONS = "OpenVINO bf16, decoded by processors"


@pytest.mark.parametrize(
    ("other", "words", "way_out"),
    [
        (F32, "OpenVINO f32, decoded by processors", "inference.precision f32"),
        (NEWER, f"{WITHOUT_PRECISIONS} with openvino 2", "the same packages on all"),
        (
            GPU,
            "TensorRT f16 (embedder.onnx tf32), decoded by NVDEC (bit errors inside pictures go "
            "unnoticed), scaled on the GPU",
            "inference.device cpu",
        ),
    ],
)
def test_who_cannot_is_named_with_the_reason_and_the_way_out(
    other: Settled, words: str, way_out: str
) -> None:
    agreed = agree(nodes(a=(8, BF16), b=(2, other)))
    assert agreed.settled == BF16
    (sentence,) = agreed.said
    assert sentence.startswith(
        f"b will not search: there it would be {words}, on a it is {WITHOUT_PRECISIONS}"
    )
    assert sentence.endswith(f"; {way_out} would let all take part.")


@pytest.mark.parametrize(
    ("run", "node", "can"),
    [
        ({}, {}, True),
        ({}, {"hardware": ("else",)}, True),
        ({"decode": "cpu"}, {"decode": "nvdec"}, True),
        ({"decode": "nvdec"}, {"decode": "cpu"}, False),
        ({"scaling": "processor"}, {"scaling": "gpu"}, True),
        ({"scaling": "gpu"}, {"scaling": "processor"}, False),
        ({"precisions": F32.precisions}, {}, True),
        ({}, {"precisions": F32.precisions}, False),
        ({}, {"libraries": ("openvino 2",)}, False),
        ({}, {"device": "cuda"}, False),
        ({}, {"backend": "onnxruntime"}, False),
    ],
)
def test_what_a_node_can_be_told_to_do(
    run: dict[str, Any], node: dict[str, Any], can: bool
) -> None:
    assert can_obey(replace(BF16, **node), replace(BF16, **run)) is can
