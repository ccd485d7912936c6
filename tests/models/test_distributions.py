"""What is installed here: one distribution for each import name, OpenCV without windows."""

from __future__ import annotations

import re
from importlib import metadata

import pytest


def providers(pattern: str) -> list[str]:
    names = {dist.metadata["Name"].lower().replace("_", "-") for dist in metadata.distributions()}
    return sorted(name for name in names if re.fullmatch(pattern, name))


def test_there_is_one_opencv_and_it_is_headless() -> None:
    assert providers(r"opencv(-contrib)?-python(-headless)?") == ["opencv-python-headless"]


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"onnxruntime(-(gpu|openvino|directml|training|rocm).*)?", ("onnxruntime",)),
        (r"faiss-(cpu|gpu.*)", ("faiss-cpu", "faiss-gpu")),
    ],
)
def test_there_is_one_of_each_kind(pattern: str, allowed: tuple[str, ...]) -> None:
    [only] = providers(pattern)
    assert only in (*allowed, *(f"{name}-gpu" for name in allowed))
