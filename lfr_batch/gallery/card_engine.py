"""onnxruntime as what computes with arrays on a GPU, and, for tests, on the CPU."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import DTypeLike, NDArray

from lfr_batch import cuda
from lfr_batch.errors import DeviceUnavailable
from lfr_batch.gallery.card_graphs import ROOM, ZERO, room_graph
from lfr_batch.models.onnxruntime_open import ERRORS_ONLY, REFUSALS, first_line
from lfr_batch.models.providers import CPU, CUDA, Device, cuda_options, lacks_memory

HostArray = NDArray[Any]
WORD_BYTES = 8


@dataclass(frozen=True, slots=True)
class DeviceArray:
    """An array on the device, or some of its rows."""

    address: int
    shape: tuple[int, ...]
    kind: np.dtype[Any]
    owner: Any
    """What onnxruntime must keep meanwhile."""

    def rows(self, start: int, count: int) -> DeviceArray:
        row_bytes = math.prod(self.shape[1:]) * self.kind.itemsize
        address = self.address + start * row_bytes
        return replace(self, address=address, shape=(count, *self.shape[1:]))

    def row(self, at: int) -> DeviceArray:
        """Without its axis."""
        return replace(self.rows(at, 1), shape=self.shape[1:])


class Call:
    """A graph whose arrays on the device are in place; one call at a time.

    Outputs that have no place come back as arrays of the host.
    """

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        device: Device,
        inputs: Mapping[str, DeviceArray],
        outputs: Mapping[str, DeviceArray],
    ) -> None:
        self._session, self._binding = session, session.io_binding()
        self._kept = [*inputs.values(), *outputs.values()]
        for name, array in inputs.items():
            self._binding.bind_input(name, device, 0, array.kind, array.shape, array.address)
        for output in session.get_outputs():
            placed = outputs.get(output.name)
            if placed is None:
                self._binding.bind_output(output.name, "cpu")
            else:
                at = placed.kind, placed.shape, placed.address
                self._binding.bind_output(output.name, device, 0, *at)
        self._to_host = [
            number
            for number, output in enumerate(session.get_outputs())
            if output.name not in outputs
        ]

    def __call__(self, inputs: Mapping[str, HostArray] | None = None) -> list[HostArray]:
        """``inputs``: those without a place on the device. Raises MemoryError."""
        with memory_errors():
            for name, array in (inputs or {}).items():
                self._binding.bind_cpu_input(name, array)
            self._session.run_with_iobinding(self._binding)
            found = self._binding.get_outputs()
            return [found[number].numpy().copy() for number in self._to_host]


class Engine:
    """Raises DeviceUnavailable where the device cannot be used, MemoryError where it is full."""

    def __init__(self, device: Device, limit_bytes: int) -> None:
        self.device, self._limit_bytes = device, limit_bytes
        if device == "cuda":
            cuda.share_context()
            # Whatever is not a session's is said by this one.
            onnxruntime.set_default_logger_severity(ERRORS_ONLY)
            onnxruntime.preload_dlls()

    def open(self, graph: bytes) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        provider: Any = CPU
        if self.device == "cuda":
            provider = CUDA, cuda_options("f32", self._limit_bytes)
            # Otherwise onnxruntime leaves to the CPU what it cannot compute on the device.
            options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
        try:
            with memory_errors():
                return onnxruntime.InferenceSession(
                    graph, options, providers=[provider], enable_fallback=0
                )
        except REFUSALS as error:
            if self.device == "cpu":
                raise
            raise DeviceUnavailable(
                f"onnxruntime could not use CUDA to search a gallery ({first_line(error)}): check "
                "the driver and the CUDA libraries, or set inference.device to cpu."
            ) from error

    def zeros(self, shape: Sequence[int], kind: DTypeLike) -> DeviceArray:
        """Takes just its size; what onnxruntime makes by itself may take twice that."""
        numbers = np.dtype(kind)
        words = -(-math.prod(shape) * numbers.itemsize // WORD_BYTES)
        session = self.open(room_graph(words))
        binding = session.io_binding()
        with memory_errors():
            binding.bind_cpu_input(ZERO, np.zeros(1, np.int64))
            binding.bind_output(ROOM, self.device, 0)
            session.run_with_iobinding(binding)
            (room,) = binding.get_outputs()
        return DeviceArray(room.data_ptr(), tuple(shape), numbers, (session, room))


class Writable:
    """A small matrix of the device that is written from the host."""

    def __init__(self, device: Device, shape: Sequence[int], kind: DTypeLike) -> None:
        with memory_errors():
            self._value = onnxruntime.OrtValue.ortvalue_from_shape_and_type(
                list(shape), kind, device, 0
            )
        self._host = np.zeros(shape, kind)
        self.array = DeviceArray(self._value.data_ptr(), tuple(shape), np.dtype(kind), self._value)
        self._value.update_inplace(self._host)

    @contextmanager
    def holding(self, rows: HostArray) -> Iterator[None]:
        """``rows`` stand in its upper left corner, zeros elsewhere; afterwards everywhere."""
        self._host[: len(rows), : rows.shape[1]] = rows
        self._value.update_inplace(self._host)
        try:
            yield
        finally:
            self._host[: len(rows)] = 0
            self._value.update_inplace(self._host)


@contextmanager
def memory_errors() -> Iterator[None]:
    """onnxruntime's many ways to say that a device has no room, as MemoryError."""
    try:
        yield
    except REFUSALS as error:
        if lacks_memory(str(error)):
            raise MemoryError(first_line(error)) from error
        raise
