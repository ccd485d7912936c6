"""What settings promise of GPUs, as far as it can be seen without one."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu.__main__ import main
from lfr_batch import cuda
from lfr_batch.config.schema import EngineConfig, InferenceConfig
from lfr_batch.errors import ConfigError, DeviceUnavailable
from lfr_batch.models import sessions
from lfr_batch.models.devices import cuda_is_usable, tensorrt_is_usable
from lfr_batch.models.sessions import plan_session
from tests.patience import PATIENCE_S

without_cuda = pytest.mark.skipif(cuda_is_usable(), reason="this machine has CUDA")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Say what the machine has; what follows from it is what is tested."""

    def has(cuda: bool, tensorrt: bool) -> None:
        monkeypatch.setattr(sessions, "cuda_is_usable", lambda: cuda)
        monkeypatch.setattr(sessions, "tensorrt_is_usable", lambda: tensorrt)

    return has


CASES = list(
    product(
        ("auto", "cpu", "cuda"),
        ("auto", "openvino", "onnxruntime"),
        (False, True),
        (0.0, 0.25),
        (False, True),
    )
)


@pytest.mark.parametrize(("device", "backend", "cuda", "share", "allow_cpu"), CASES)
def test_a_gpu_is_used_or_refused_and_never_replaced_silently(
    machine: Any, device: str, backend: str, cuda: bool, share: float, allow_cpu: bool
) -> None:
    machine(cuda, False)
    inference = InferenceConfig.model_validate(
        {"device": device, "backend": backend, "allow_cpu": allow_cpu}
    )
    there = cuda and share > 0 and backend != "openvino"
    if device == "cuda" and not there and not allow_cpu:
        with pytest.raises(DeviceUnavailable, match=r"^inference\.device cuda .*(set|give) "):
            plan_session(inference, 2, gpu_share=share)
        return
    plan = plan_session(inference, 2, gpu_share=share)
    assert plan.device == ("cuda" if there and device != "cpu" else "cpu")
    assert plan.allow_cpu == (allow_cpu and plan.device == "cuda")
    assert plan.precision == "f32"


@pytest.mark.parametrize(
    ("tensorrt", "there", "wanted"),
    [
        ("auto", True, True),
        ("auto", False, False),
        ("always", True, True),
        ("never", True, False),
        ("never", False, False),
    ],
)
def test_tensorrt_is_used_where_it_is_and_may_be(
    machine: Any, tensorrt: Any, there: bool, wanted: bool
) -> None:
    machine(True, there)
    inference = InferenceConfig(tensorrt=tensorrt)
    assert plan_session(inference, 2).device == "cuda"
    assert sessions.wants_tensorrt(inference) is wanted


@pytest.mark.parametrize(("cuda", "device"), [(True, "auto"), (False, "auto"), (True, "cpu")])
def test_tensorrt_that_was_asked_for_and_is_not_there_is_refused(
    machine: Any, cuda: bool, device: Any
) -> None:
    machine(cuda, False)
    with pytest.raises(DeviceUnavailable, match=r"inference\.tensorrt is always.*auto\.$"):
        plan_session(InferenceConfig(tensorrt="always", device=device), 2)


@pytest.mark.parametrize(
    ("precision", "cuda", "tensorrt", "served"),
    [
        ("f16", True, True, True),
        ("f16", True, False, False),
        ("f16", False, False, False),
        ("tf32", True, False, True),
        ("tf32", False, False, False),
        ("bf16", True, True, False),
        ("f32", True, True, True),
        ("f32", False, False, True),
    ],
)
def test_a_precision_that_nothing_here_computes_in_is_refused(
    machine: Any, precision: Any, cuda: bool, tensorrt: bool, served: bool
) -> None:
    machine(cuda, tensorrt)
    inference = InferenceConfig(precision=precision)
    if served:
        assert plan_session(inference, 2).precision == precision
    else:
        with pytest.raises(ConfigError, match=f"inference.precision {precision} needs"):
            plan_session(inference, 2)


@pytest.mark.parametrize(
    ("kind", "per_worker", "share"),
    [
        ("ray", None, 0.0),
        ("ray", 0.0, 0.0),
        ("ray", 0.25, 0.25),
        ("ray", 2.0, 1.0),
        ("in_process", None, 1.0),
        ("in_process", 0.0, 0.0),
        ("in_process", 0.5, 0.5),
    ],
)
def test_a_worker_s_share_is_what_is_said(
    kind: Any, per_worker: float | None, share: float
) -> None:
    assert EngineConfig(kind=kind, gpus_per_worker=per_worker).gpu_share == share


@without_cuda
def test_without_a_driver_there_is_nothing_to_share() -> None:
    assert cuda.memory_bytes() == 0
    assert not tensorrt_is_usable()


ASSIGNED = """
import json, os, ray
ray.init(num_cpus=4, num_gpus=2, include_dashboard=False, log_to_driver=False)

@ray.remote(num_cpus=1)
class Worker:
    def sees(self):
        return os.environ.get("CUDA_VISIBLE_DEVICES")

workers = [Worker.options(num_gpus=0.5).remote() for _ in range(4)]
print(json.dumps(ray.get([worker.sees.remote() for worker in workers])))
ray.shutdown()
"""


@pytest.mark.long
def test_each_actor_sees_the_one_gpu_that_ray_gave_it_a_part_of() -> None:
    """Hence device 0 is right everywhere. The GPUs are Ray's word only."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASSIGNED],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert sorted(json.loads(done.stdout.splitlines()[-1])) == ["0", "0", "1", "1"]


@without_cuda
def test_the_benchmark_says_that_there_is_no_gpu(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--out", str(tmp_path / "gpu.json")]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "nothing was measured" in said.err
    assert not said.out
    assert not list(tmp_path.iterdir())
