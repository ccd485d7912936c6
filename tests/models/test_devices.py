from __future__ import annotations

import os

from lfr_batch import cuda
from lfr_batch.models.devices import (
    TWINS,
    colliding_distributions,
    cuda_is_usable,
    inspect_devices,
)


def test_the_report_describes_this_machine() -> None:
    report = inspect_devices()
    assert report.processor
    assert 1 <= report.cores <= (os.cpu_count() or 1)
    assert "CPUExecutionProvider" in report.onnxruntime_providers
    assert "CPU" in report.openvino_devices
    assert report.cuda_usable == cuda_is_usable()


def test_cuda_is_not_usable_without_a_device() -> None:
    assert cuda.device_count() > 0 or not cuda_is_usable()


def test_twins_that_are_both_installed_are_named() -> None:
    [sentence] = colliding_distributions(
        {"cv2": ("opencv-python-headless", "opencv-python"), "faiss": ("faiss-cpu",)}
    )
    assert "opencv-python-headless and opencv-python" in sentence
    assert "cv2" in sentence


def test_the_first_of_each_kind_is_the_one_we_install() -> None:
    assert [names[0] for names in TWINS.values()] == [
        "opencv-python-headless",
        "onnxruntime",
        "faiss-cpu",
    ]
