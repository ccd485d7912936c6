"""onnxruntime by itself at one shape, everything lying on the device: what a card does at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, ValueInfoProto, helper

from benchmarks.gpu.bench import Device
from benchmarks.rows import Row, shown

MEMORY = "reading memory"
BYTES: Mapping[Device, int] = {"cuda": 1 << 30, "cpu": 1 << 26}
"""Read and written by one call."""
LEAST_CALLS = 3
WARM_UP = 3
PROVIDERS: Mapping[Device, Sequence[tuple[str, dict[str, str]]]] = {
    "cuda": (("CUDAExecutionProvider", {"use_tf32": "1", "cudnn_conv_algo_search": "EXHAUSTIVE"}),),
    "cpu": (("CPUExecutionProvider", {}),),
}

Matrix = NDArray[np.float32]


def memory(device: Device, measured_s: float) -> Row:
    """Bytes a second, of an operation that reads and writes as many."""
    count = BYTES[device] // 4
    model = of_one_operation("Neg", {"x": [count]}, [count])
    per_call_s = call_s(model, {"x": np.zeros(count, np.float32)}, device, measured_s)
    figure = 2 * BYTES[device] / per_call_s / 1e9
    return Row(MEMORY, "", round(figure, 1), "GB/s", note=f"{shown(BYTES[device] >> 20)} MiB")


def multiplied_s(a: Matrix, b: Matrix, device: Device, measured_s: float) -> float:
    """Seconds of one product of two matrices, nothing read of it."""
    model = of_one_operation("MatMul", {"a": a.shape, "b": b.shape}, (a.shape[0], b.shape[1]))
    return call_s(model, {"a": a, "b": b}, device, measured_s)


def of_one_operation(
    name: str, inputs: Mapping[str, Sequence[int]], output: Sequence[int]
) -> bytes:
    """A graph of floats."""

    def tensor(name: str, shape: Sequence[int]) -> ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))

    node = helper.make_node(name, list(inputs), ["out"])
    given = [tensor(*each) for each in inputs.items()]
    graph = helper.make_graph([node], name, given, [tensor("out", output)])
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=9)
    serialised: bytes = model.SerializeToString()
    return serialised


def call_s(model: bytes, inputs: Mapping[str, Matrix], device: Device, measured_s: float) -> float:
    """Seconds of one call, inputs and outputs lying on the device."""
    if device == "cuda":
        onnxruntime.preload_dlls()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model, options, providers=list(PROVIDERS[device]), enable_fallback=0
    )
    binding = session.io_binding()
    for name, values in inputs.items():
        kept = onnxruntime.OrtValue.ortvalue_from_numpy(values, device, 0)
        binding.bind_ortvalue_input(name, kept)
    for output in session.get_outputs():
        binding.bind_output(output.name, device, 0)
    return repeated_s(lambda: session.run_with_iobinding(binding), binding, measured_s)


def repeated_s(run: Callable[[], object], binding: object, measured_s: float) -> float:
    wait: Callable[[], object] = binding.synchronize_outputs  # type: ignore[attr-defined]
    for _ in range(WARM_UP):
        run()
    wait()
    started_s, calls = perf_counter(), 0
    while calls < LEAST_CALLS or perf_counter() - started_s < measured_s:
        run()
        calls += 1
    wait()
    return (perf_counter() - started_s) / calls
