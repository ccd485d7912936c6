"""Between a process's memory and the buffers that onnxruntime computes in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from lfr_batch import cuda
from lfr_batch.models.providers import Device, Shape
from lfr_batch.records import ByteArray, FloatArray

FLOATS = "tensor(float)"


class Transfers(Protocol):
    """``value`` is an OrtValue on the device. Raises RuntimeError where a device fails."""

    def staging(self, shape: Shape) -> ByteArray:
        """Zeros, from which pictures are put."""
        ...

    def put(self, value: Any, staged: ByteArray, rows: int) -> None:
        """At least the first ``rows`` of what is staged."""
        ...

    def floats(self, value: Any, rows: int | None) -> FloatArray:
        """A copy, of the first ``rows`` along the first axis at least; None: of all."""
        ...

    def clear(self, value: Any) -> None: ...


class _OnProcessor:
    """Buffers are this process's own; all of them is copied."""

    def staging(self, shape: Shape) -> ByteArray:
        return np.zeros(shape, np.uint8)

    def put(self, value: Any, staged: ByteArray, rows: int) -> None:  # noqa: ARG002
        value.update_inplace(staged)

    def floats(self, value: Any, rows: int | None) -> FloatArray:  # noqa: ARG002
        # A view of the buffer, which the next run writes to.
        return np.array(value.numpy(), np.float32)

    def clear(self, value: Any) -> None:
        value.update_inplace(np.zeros_like(value.numpy()))


class _OnGpu(_OnProcessor):
    """Only what is asked for is copied, from memory that stays in place: a batch is seldom full.

    onnxruntime's own copies, of everything, stand in for what the driver does not do.
    """

    def staging(self, shape: Shape) -> ByteArray:
        staged = super().staging(shape)
        if cuda.enter():
            cuda.pin(staged)
        return staged

    def put(self, value: Any, staged: ByteArray, rows: int) -> None:
        if not (cuda.enter() and cuda.upload(value.data_ptr(), staged[:rows])):
            super().put(value, staged, rows)

    def floats(self, value: Any, rows: int | None) -> FloatArray:
        shape = value.shape()
        if value.data_type() == FLOATS and cuda.enter():
            some = np.empty(shape if rows is None else (rows, *shape[1:]), np.float32)
            if cuda.download(some, value.data_ptr()):
                return some
        return super().floats(value, rows)

    def clear(self, value: Any) -> None:
        if not (cuda.enter() and cuda.clear(value.data_ptr(), value.tensor_size_in_bytes())):
            super().clear(value)


TRANSFERS: Mapping[Device, Transfers] = {"cpu": _OnProcessor(), "cuda": _OnGpu()}
