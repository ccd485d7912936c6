"""Inference sessions: one Protocol, one backend per file, chosen from an explicit table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import ConfigError, DeviceUnavailable
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.records import FloatArray

Outputs = tuple[FloatArray, ...]
Device = Literal["cpu", "cuda"]
Precision = Literal["bf16", "f32"]
BackendName = Literal["openvino", "onnxruntime"]


class Session(Protocol):
    """A loaded model for one worker. Not to be called from two threads at once."""

    @property
    def description(self) -> str:
        """Backend, device and precision for people, for example ``OpenVINO CPU bf16``."""
        ...

    def run(self, batch: FloatArray) -> Outputs:
        """Outputs, float32 and in graph order, of a (n, channels, height, width) float32 batch."""
        ...

    def run_all(self, batches: Iterable[FloatArray]) -> Iterator[Outputs]:
        """``run`` of every batch, in order, several at a time where the backend can."""
        ...


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """How a session is to be opened, every 'auto' resolved."""

    backend: BackendName
    device: Device
    precision: Precision
    threads: int


def open_session(
    model_path: Path, inference: InferenceConfig, threads: int, max_batch: int | None = None
) -> Session:
    """A session of ``model_path``; batches above ``max_batch`` are split and joined again.

    Precision 'auto' is f32 here: only the start-up check of ``agreement`` may choose bf16.
    Input sizes stay free, because on the CPU fixing them gained nothing measurable.

    Raises DeviceUnavailable if the device asked for is not there, ConfigError for a combination
    that no backend offers.
    """
    plan = plan_session(inference, threads)
    return open_planned(model_path, plan, max_batch)


def plan_session(inference: InferenceConfig, threads: int) -> SessionPlan:
    """Resolve every 'auto': CUDA with onnxruntime where it is usable, else OpenVINO on the CPU."""
    device = _choose_device(inference)
    backend = inference.backend
    if backend == "auto":
        backend = "onnxruntime" if device == "cuda" else "openvino"
    precision: Precision = "f32" if inference.precision == "auto" else inference.precision
    if precision == "bf16" and backend != "openvino":
        raise ConfigError(
            "inference.precision bf16 needs inference.backend openvino: set precision to auto."
        )
    return SessionPlan(backend, device, precision, threads)


def open_planned(model_path: Path, plan: SessionPlan, max_batch: int | None = None) -> Session:
    session = BACKENDS[plan.backend](model_path, plan)
    return session if max_batch is None else SplittingSession(session, max_batch)


@dataclass(frozen=True, slots=True)
class SplittingSession:
    """Runs at most ``max_batch`` items a call and joins the outputs along their first axis."""

    inner: Session
    max_batch: int

    @property
    def description(self) -> str:
        return self.inner.description

    def run(self, batch: FloatArray) -> Outputs:
        if len(batch) <= self.max_batch:
            return self.inner.run(batch)
        parts = list(self.inner.run_all(split_batch(batch, self.max_batch)))
        return tuple(np.concatenate(output) for output in zip(*parts, strict=True))

    def run_all(self, batches: Iterable[FloatArray]) -> Iterator[Outputs]:
        return (self.run(batch) for batch in batches)


def split_batch(batch: FloatArray, max_batch: int) -> list[FloatArray]:
    """``batch`` in pieces of ``max_batch``, the last one perhaps shorter; views, in order."""
    return [batch[start : start + max_batch] for start in range(0, len(batch), max_batch)]


def _choose_device(inference: InferenceConfig) -> Device:
    if inference.device == "cpu":
        return "cpu"
    if inference.backend == "openvino":
        if inference.device == "cuda" and not inference.allow_cpu:
            raise DeviceUnavailable(
                "inference.device cuda does not go with inference.backend openvino: "
                "set the backend to onnxruntime or auto."
            )
        return "cpu"
    if cuda_is_usable():
        return "cuda"
    if inference.device == "cuda" and not inference.allow_cpu:
        raise DeviceUnavailable(
            "inference.device is cuda, but onnxruntime has no CUDA provider or there is no GPU: "
            "install the gpu extra, or set inference.allow_cpu to go on without."
        )
    return "cpu"


def _open_openvino(model_path: Path, plan: SessionPlan) -> Session:
    from lfr_batch.models.openvino_session import OpenVinoSession  # noqa: PLC0415 - slow import

    return OpenVinoSession(model_path, plan.threads, plan.precision)


def _open_onnxruntime(model_path: Path, plan: SessionPlan) -> Session:
    from lfr_batch.models.onnxruntime_session import (  # noqa: PLC0415 - slow import
        OnnxRuntimeSession,
    )

    return OnnxRuntimeSession(model_path, plan.threads, plan.device)


BACKENDS: dict[BackendName, Callable[[Path, SessionPlan], Session]] = {
    "openvino": _open_openvino,
    "onnxruntime": _open_onnxruntime,
}
