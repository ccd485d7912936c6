from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import machine


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        (
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27\nGCC version:\n",
            "NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun Jul 27",
        ),
        (None, None),
    ],
)
def test_the_driver_says_its_version(
    text: str | None, driver: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "version"
    if text:
        path.write_text(text)
    monkeypatch.setattr(machine, "DRIVER_INFO", path)
    assert machine.describe_machine()["gpu_driver"] == driver


def test_a_machine_names_its_libraries() -> None:
    described = machine.libraries()
    assert {"av", "numpy", "ray"} <= set(described)
    assert all(described.values())
