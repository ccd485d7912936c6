"""Inference sessions: one Protocol, one backend per file, chosen from an explicit table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, runtime_checkable

import numpy as np

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import ConfigError, DeviceUnavailable
from lfr_batch.models.devices import cuda_is_usable, tensorrt_is_usable
from lfr_batch.models.providers import BackendName, Device, Precision
from lfr_batch.models.selection import Selection
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.planes import Shown
from lfr_batch.records import ByteArray, FloatArray

Outputs = tuple[FloatArray, ...]


class Session(Protocol):
    """A loaded model for one worker."""

    @property
    def description(self) -> str:
        """Backend, device and precision for people, for example ``OpenVINO CPU bf16``."""
        ...

    @property
    def gathers(self) -> bool:
        """Whether any number of threads may call it at once: it then computes together what they
        ask, as a GPU wants it, and an answer does not depend on what it was computed with. Whole
        pictures then cost it less than parts of many sizes.

        Otherwise one thread at a time may, as on processors.
        """
        ...

    @property
    def selection(self) -> Selection | None:
        """None: it answers with the outputs of its graph. Else with one output, the rows of the
        cells that this tells of."""
        ...

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        """Width and height, none less than wanted, in which it takes such pictures."""
        ...

    def run(self, pictures_rgb: ByteArray) -> Outputs:
        """Outputs, float32 and in graph order, of (n, height, width, 3) pictures."""
        ...

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Outputs]:
        """``run`` of every batch, in order, several at a time where the backend can.

        Batches are taken while earlier ones compute: making the next one costs little.
        """
        ...


@runtime_checkable
class PlanesSession(Session, Protocol):
    """One that makes pixels of a decoder's planes itself, on its device."""

    def run_shown(self, batches: Iterable[ByteArray | Shown]) -> Iterator[Outputs]:
        """``run_all``, some of whose batches are single frames."""
        ...


def plan_session(
    inference: InferenceConfig,
    threads: int,
    streams: int = 1,
    gpu_share: float = 1.0,
    at_once: int = 8,
) -> SessionPlan:
    """Resolve every 'auto': CUDA with onnxruntime where it is usable, else OpenVINO on the CPU.

    Precision 'auto' is f32 here: only the start-up check of ``agreement`` may choose another.
    On the CPU input sizes stay free, see ``SessionPlan.fixed_shapes``. Raises DeviceUnavailable if
    the device asked for is not there, ConfigError for a combination that no backend offers.

    ``gpu_share`` is what the worker may use of a GPU; with 0 it has none. ``at_once`` are the
    pictures of one call there.
    """
    device = _choose_device(inference, gpu_share)
    backend = inference.backend
    if backend == "auto":
        backend = "onnxruntime" if device == "cuda" else "openvino"
    precision: Precision = "f32" if inference.precision == "auto" else inference.precision
    _require_served(inference, backend, device)
    if device == "cuda":
        wants_tensorrt(inference)
    elif inference.tensorrt == "always":
        raise DeviceUnavailable(
            "inference.tensorrt is always, but nothing is computed on a GPU: set it to auto."
        )
    return SessionPlan(
        backend,
        device,
        precision,
        threads,
        streams,
        device == "cuda" and inference.allow_cpu,
        gpu_share,
        at_once=at_once,
    )


def wants_tensorrt(inference: InferenceConfig) -> bool:
    """Raises DeviceUnavailable where TensorRT was asked for and is not there."""
    if inference.tensorrt == "never":
        return False
    if inference.tensorrt == "always" and not tensorrt_is_usable():
        raise DeviceUnavailable(
            "inference.tensorrt is always, but its library is not here: install the TensorRT that "
            "fits onnxruntime-gpu, or set inference.tensorrt to auto."
        )
    return tensorrt_is_usable()


def open_planned(model: ModelFile, plan: SessionPlan) -> Session:
    """Batches above the model's ``max_batch`` are split and joined again.

    Raises DeviceUnavailable if the device is not there.
    """
    session = BACKENDS[plan.backend](model, plan)
    if session.gathers or model.max_batch is None:
        return session
    return SplittingSession(session, model.max_batch)


@dataclass(frozen=True, slots=True)
class SplittingSession:
    """Runs at most ``max_batch`` pictures a call and joins the outputs along their first axis."""

    inner: Session
    max_batch: int

    @property
    def description(self) -> str:
        return self.inner.description

    @property
    def gathers(self) -> bool:
        return self.inner.gathers

    @property
    def selection(self) -> Selection | None:
        return self.inner.selection

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        return self.inner.input_wh(wanted_wh)

    def run(self, pictures_rgb: ByteArray) -> Outputs:
        if len(pictures_rgb) <= self.max_batch:
            return self.inner.run(pictures_rgb)
        parts = list(self.inner.run_all(split_batch(pictures_rgb, self.max_batch)))
        return tuple(np.concatenate(output) for output in zip(*parts, strict=True))

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Outputs]:
        for fits, alike in groupby(batches, lambda batch: len(batch) <= self.max_batch):
            if fits:
                yield from self.inner.run_all(alike)
            else:
                yield from (self.run(batch) for batch in alike)


def split_batch(batch: ByteArray, max_batch: int) -> list[ByteArray]:
    """``batch`` in pieces of ``max_batch``, the last one perhaps shorter; views, in order."""
    return [batch[start : start + max_batch] for start in range(0, len(batch), max_batch)]


def _choose_device(inference: InferenceConfig, gpu_share: float) -> Device:
    if inference.device == "cpu":
        return "cpu"
    if inference.backend == "openvino":
        obstacle = (
            "does not go with inference.backend openvino: set the backend to onnxruntime or auto."
        )
    elif not cuda_is_usable():
        obstacle = (
            "needs a GPU and onnxruntime's CUDA provider, and one is not here: install the gpu "
            "extra, or give --allow-cpu (inference.allow_cpu) to go on without."
        )
    elif not gpu_share:
        obstacle = "needs a GPU for every worker: set engine.gpus_per_worker to null, or to 0.25."
    else:
        return "cuda"
    if inference.device == "cuda" and not inference.allow_cpu:
        raise DeviceUnavailable(f"inference.device cuda {obstacle}")
    return "cpu"


def _require_served(inference: InferenceConfig, backend: str, device: Device) -> None:
    """Raises ConfigError where the precision is none that backend and device compute in."""
    on_gpu = device == "cuda"
    served = {
        "bf16": ("inference.backend openvino", backend == "openvino"),
        "f16": ("a GPU with TensorRT", on_gpu and wants_tensorrt(inference)),
        "tf32": ("a GPU", on_gpu),
    }
    needed, there = served.get(inference.precision, ("", True))
    if not there:
        raise ConfigError(
            f"inference.precision {inference.precision} needs {needed}: set precision to auto."
        )


def _open_openvino(model: ModelFile, plan: SessionPlan) -> Session:
    from lfr_batch.models.openvino_session import OpenVinoSession  # noqa: PLC0415 - slow import

    return OpenVinoSession(model, plan)


def _open_onnxruntime(model: ModelFile, plan: SessionPlan) -> Session:
    if plan.device == "cuda" or plan.one_shape:
        from lfr_batch.models.onnxruntime_fixed import open_ladder  # noqa: PLC0415 - slow import

        return open_ladder(model, plan)
    from lfr_batch.models.onnxruntime_session import (  # noqa: PLC0415 - slow import
        OnnxRuntimeSession,
    )

    return OnnxRuntimeSession(model, plan)


BACKENDS: dict[BackendName, Callable[[ModelFile, SessionPlan], Session]] = {
    "openvino": _open_openvino,
    "onnxruntime": _open_onnxruntime,
}
