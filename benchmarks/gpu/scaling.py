"""Frames made pixels of on the device, where their decoder left them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

import numpy as np
from onnxruntime import OrtValue

from benchmarks.gpu.bench import Bench
from benchmarks.rows import Row, tried
from lfr_batch.faces.letterbox import fit
from lfr_batch.footage.decoders import Decoding
from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.motion import cells_wh
from lfr_batch.footage.nvdec import hardware_decoder
from lfr_batch.footage.pyav import open_frames
from lfr_batch.footage.pyav_frame import PyavFrame
from lfr_batch.models.plane_scaler import PlaneScaler, mean_difference, scaler_of
from lfr_batch.models.session_plan import SessionPlan
from lfr_batch.models.sessions import plan_session
from lfr_batch.planes import Shown
from lfr_batch.records import Decoder, Segment

SCALED = "frames scaled"
FRAMES = 24
THREADS = 2
"""As a size of a model has."""
MEASURED_S = 1.0
SIDE_PX = 800
"""What frames of 720p are shown in."""


@dataclass(frozen=True, slots=True)
class Held:
    """A frame and, for comparison, what a processor's pixels of it are."""

    frame: PyavFrame
    shown: Shown


def measure(bench: Bench, _: Sequence[Row]) -> Iterator[Row]:
    if "street" not in bench.clips:
        return
    decoders: tuple[Decoder, ...] = ("cpu", "nvdec") if bench.device == "cuda" else ("cpu",)
    for decoder in decoders:
        setting = f"street, decoded by {'NVDEC' if decoder == 'nvdec' else 'cores'}"
        yield from tried(SCALED, setting, partial(_of_decoder, bench, decoder, setting))


def _of_decoder(bench: Bench, decoder: Decoder, setting: str) -> Iterator[Row]:
    config = bench.config("engine.kind=in_process")
    hardware_decoder(decoder)  # before anything else uses the GPU
    plan = plan_session(config.inference, threads=1, gpu_share=config.engine.gpu_share)
    scaler, seconds = scaler_of(plan), bench.seconds(MEASURED_S)
    held = list(islice(_held(bench.clips["street"], decoder, scaler), FRAMES))
    mean = max(_differs(each, scaler) for each in held[:4])
    note = f"mean difference to the processor's {mean:.2f} of 255"
    scaled = round(_scaled_per_s(held, plan, seconds), 1)
    yield Row(SCALED, setting, scaled, "frames/s", note=note)
    cells = round(_cells_per_s(held, scaler, seconds), 1)
    yield Row("gate's pictures", setting, cells, "frames/s")


def _held(clip: Path, decoder: Decoder, scaler: PlaneScaler) -> Iterator[Held]:
    segment = Segment("s", "f", str(clip), "video", 0, None, 1.0, codec="h264")
    with closing(open_frames(segment, LocalFile(str(clip)), Decoding(decoder))) as frames:
        for frame in frames:
            planes = frame.planes()
            if planes is None:
                raise ValueError(f"frames of {clip.name} are of a kind that no graph knows")
            box = fit(frame.size_wh, SIDE_PX)
            yield Held(frame, Shown(planes, box.content_wh, box.input_wh, scaler))


def _differs(held: Held, scaler: PlaneScaler) -> float:
    return mean_difference(
        held.shown, scaler.pixels(held.shown), held.frame.rgb(*held.shown.content_wh)
    )


def _scaled_per_s(held: Sequence[Held], plan: SessionPlan, seconds: float) -> float:
    ends_s = perf_counter() + seconds
    with ThreadPoolExecutor(THREADS) as threads:
        started_s = perf_counter()
        counts = threads.map(lambda _: _scale(held, plan, ends_s), range(THREADS))
        return sum(counts) / (perf_counter() - started_s)


def _scale(held: Sequence[Held], plan: SessionPlan, ends_s: float) -> int:
    """Into a place on the device, as a batch has it; how many."""
    width, height = held[0].shown.input_wh
    place = OrtValue.ortvalue_from_shape_and_type((height, width, 3), np.uint8, plan.device, 0)
    for count, each in enumerate(cycle(held)):
        if perf_counter() >= ends_s:
            return count
        each.shown.scaler.write(each.shown, place.data_ptr())
    return 0


def _cells_per_s(held: Sequence[Held], scaler: PlaneScaler, seconds: float) -> float:
    grid_wh, count = cells_wh(held[0].frame.size_wh), 0
    started_s = perf_counter()
    for each in cycle(held):
        if perf_counter() - started_s >= seconds:
            break
        scaler.cells(each.shown.planes, grid_wh, partial(each.frame.luma, *grid_wh))
        count += 1
    return count / (perf_counter() - started_s)
