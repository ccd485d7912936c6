"""Machines as records, in place of the one that a test runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lfr_batch import cuda
from lfr_batch.footage import nvdec
from lfr_batch.models import agreement, openvino_session, sessions
from lfr_batch.models.agreement import Verdict
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.models.store import Pack
from lfr_batch.recognition import settle
from lfr_batch.work import machine as here


@dataclass(frozen=True)
class Machine:
    gpu: bool = False
    tensorrt: bool = False
    bf16: bool = False
    nvdec: bool = False
    scales: bool = True
    """Whether its GPU makes a processor's pixels of frames."""
    disagrees: frozenset[str] = frozenset()
    """Files of models that do not compute what float32 does."""
    libraries: tuple[str, ...] = ("openvino 1", "av 2")


def become(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    """As if its models had been compared before."""
    obstacle = "" if machine.nvdec else "no device"
    monkeypatch.setattr(cuda, "device_count", lambda: int(machine.gpu))
    for module in (sessions, settle, here):
        monkeypatch.setattr(module, "cuda_is_usable", lambda: machine.gpu)
    for module in (sessions, settle):
        monkeypatch.setattr(module, "tensorrt_is_usable", lambda: machine.gpu and machine.tensorrt)
    monkeypatch.setattr(openvino_session, "has_bf16", lambda: machine.bf16)
    for module in (nvdec, settle):
        monkeypatch.setattr(module, "nvdec_obstacle", lambda: obstacle)
    misfit = "" if machine.scales else "they differ by 9.0"
    monkeypatch.setattr(settle, "scaling_obstacle", lambda *_: misfit)
    monkeypatch.setattr(settle, "computing_libraries", lambda _: machine.libraries)

    def kept(_: Pack, check: Any, fast: SessionPlan) -> Verdict | None:
        if fast.precision == "bf16" and not machine.bf16:
            return None
        return Verdict(check.model.path.name not in machine.disagrees, "made up")

    monkeypatch.setattr(agreement, "_kept_verdict", kept)
