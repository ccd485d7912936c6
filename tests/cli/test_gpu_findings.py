"""What `lfr doctor` says of a GPU's parts."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.cli.findings_data import gallery_finding
from lfr_batch.cli.findings_software import (
    describe_gpu_parts,
    providers_finding,
    usable_gpu_parts,
)
from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.models.devices import DeviceReport, cuda_is_usable, inspect_devices

PARTS = ("inference", "TensorRT", "search", "decoding")


def report(gpus: tuple[str, ...], cuda_usable: bool) -> DeviceReport:
    return DeviceReport(
        processor="a processor",
        cores=2,
        extensions=(),
        onnxruntime_providers=("CPUExecutionProvider",),
        openvino_devices=("CPU",),
        bf16=True,
        gpus=gpus,
        cuda_usable=cuda_usable,
        collisions=(),
    )


@pytest.mark.parametrize(
    ("usable", "text"),
    [
        ((True, True, True, True), "on the GPU: inference, TensorRT, search, decoding"),
        ((True, False, True, False), "on the GPU: inference, search (not TensorRT, decoding)"),
        (
            (False, False, False, False),
            "on the GPU: nothing (not inference, TensorRT, search, decoding)",
        ),
    ],
)
def test_what_can_and_what_cannot_is_named(usable: tuple[bool, ...], text: str) -> None:
    assert describe_gpu_parts(dict(zip(PARTS, usable, strict=True))) == text


@pytest.mark.parametrize(
    ("gpus", "cuda_usable", "state", "said"),
    [
        (("H100",), True, "ok", True),
        (("H100",), False, "warning", True),
        ((), False, "ok", False),
    ],
)
def test_parts_are_told_where_there_is_a_gpu(
    gpus: tuple[str, ...], cuda_usable: bool, state: str, said: bool
) -> None:
    finding = providers_finding(report(gpus, cuda_usable), dict.fromkeys(PARTS, True))
    assert finding.state == state
    assert ("on the GPU: inference" in finding.text) is said


@pytest.mark.skipif(cuda_is_usable(), reason="this machine has CUDA")
def test_without_a_gpu_nothing_can() -> None:
    parts = usable_gpu_parts(inspect_devices())
    assert tuple(parts) == PARTS
    assert not any(parts.values())


def gallery(templates: int, damage: str | None = None) -> SnapshotInfo:
    return SnapshotInfo(
        "custody",
        "0" * 12,
        "open",
        "f" * 64,
        templates,
        7,
        0,
        None,
        None,
        "OP-1",
        "A",
        Path(),
        damage,
        128,
    )


@pytest.mark.parametrize(
    ("templates", "room_mib", "state", "text"),
    [
        (1_000_000, 0, "ok", "7 subjects, 1000000 templates, pack open"),
        (100, 4096, "ok", "7 subjects, 100 templates, pack open"),
        (1_000_000, 4096, "ok", "pack open, searched on the GPU"),
        (
            10_000_000,
            2048,
            "warning",
            "pack open, searched by processors: it takes 2,624 MiB of a GPU, and a worker's share "
            "has 2,048 MiB for it",
        ),
    ],
)
def test_where_a_gallery_is_searched(templates: int, room_mib: int, state: str, text: str) -> None:
    finding = gallery_finding(gallery(templates), room_mib << 20)
    assert finding.state == state
    assert finding.text.endswith(text)


def test_a_damaged_gallery_is_searched_nowhere() -> None:
    finding = gallery_finding(gallery(0, damage="it is gone"), 1 << 30)
    assert (finding.state, finding.text) == ("problem", "it is gone")
