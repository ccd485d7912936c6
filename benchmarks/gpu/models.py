"""Each model at the size and batch that the product uses: alone, and through its own session.

Alone is onnxruntime at that one shape, pictures and answers lying on the device: nothing is copied,
prepared or read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from benchmarks.gpu.bench import Bench, Device
from benchmarks.gpu.one_shape import LEAST_CALLS, WARM_UP, call_s
from benchmarks.rows import Row, figure_of, tried
from lfr_batch.config.schema import S3Config
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.footage.pyav_input import open_video
from lfr_batch.models.agreement import open_embedder_session
from lfr_batch.models.devices import available_cores
from lfr_batch.models.sessions import Session
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.pipeline.looks import whole_input

MEASURED_S = 1.2
HD = (1280, 720)


@dataclass(frozen=True, slots=True)
class Used:
    """A model as the product uses it."""

    name: str
    path: Path
    session: Session
    batch: int
    size_wh: tuple[int, int]

    @property
    def setting(self) -> str:
        return f"{self.size_wh[0]}×{self.size_wh[1]}, batch {self.batch}"


def measure(bench: Bench, _: Sequence[Row]) -> Iterator[Row]:
    cv2.setNumThreads(available_cores())
    config, pack = bench.config("engine.kind=in_process"), load_pack(bench.home, bench.pack)
    stages = open_stages(pack, config, available_cores())
    yield Row("the product's sessions", "", "opened", note=stages.description)
    embedder = open_embedder_session(pack, config.inference, available_cores())
    for used in models_used(stages, embedder, pack, bench):
        yield from tried(used.name, used.setting, lambda used=used: of_model(used, bench))  # type: ignore[misc]


def of_model(used: Used, bench: Bench) -> Iterator[Row]:
    """The model alone, then the product's session beside it; each even if the other fails."""
    alone: list[Row] = []

    def by_itself() -> Iterator[Row]:
        per_s = alone_per_s(used, bench.device, bench.seconds(MEASURED_S))
        yield Row(f"{used.name} alone", used.setting, round(per_s, 1), "pictures/s")

    for row in tried(f"{used.name} alone", used.setting, by_itself):
        alone.append(row)
        yield row
    per_s = session_per_s(used, bench.seconds(MEASURED_S))
    limit, note = figure_of(alone, f"{used.name} alone"), used.session.description
    yield Row(used.name, used.setting, round(per_s, 1), "pictures/s", limit, note)


def models_used(stages: FaceStages, embedder: Session, pack: Pack, bench: Bench) -> Iterator[Used]:
    """As a scan of the street uses them."""
    config = bench.config()
    size_wh = picture_wh(bench.clips["street"]) if "street" in bench.clips else HD
    files = {"quick": pack.manifest.frame_detector, "thorough": pack.manifest.detector}
    for turn, detector in stages.frame_detectors.items():
        box = whole_input(size_wh, detector.reading, config.detect, config.quality)
        spec = files[turn] or pack.manifest.detector
        yield Used(
            f"{detector.reading.name} ({turn})",
            pack.path(spec.file),
            detector.session,
            detector.batch,
            computed_wh(detector, box.input_wh),
        )
    face_px, batch = pack.manifest.embedder.input_px, config.inference.embed_batch
    yield Used("embedder", pack.embedder_path, embedder, batch, (face_px, face_px))


def computed_wh(detector: Detector, wanted_wh: tuple[int, int]) -> tuple[int, int]:
    """The size that the session makes of it."""
    input_wh: Callable[[tuple[int, int]], tuple[int, int]] | None = getattr(
        detector.session, "input_wh", None
    )
    return input_wh(wanted_wh) if input_wh else wanted_wh


def picture_wh(clip: Path) -> tuple[int, int]:
    with open_video(str(clip), S3Config()) as video:
        return video.stream.width, video.stream.height


def session_per_s(used: Used, measured_s: float) -> float:
    """Through the product's session, a few batches under way as in a scan."""
    width, height = used.size_wh
    shape = (used.batch, height, width, 3)
    batch = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    for _ in used.session.run_all(repeat(batch, WARM_UP)):
        pass
    started_s, calls = perf_counter(), 0
    for _ in used.session.run_all(_until(started_s + measured_s, batch)):
        calls += 1
    return calls * used.batch / (perf_counter() - started_s)


def _until(end_s: float, batch: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    given = 0
    while given < LEAST_CALLS or perf_counter() < end_s:
        given += 1
        yield batch


def alone_per_s(used: Used, device: Device, measured_s: float) -> float:
    model = onnx.load(used.path)
    width, height = used.size_wh
    name = model.graph.input[0].name
    shape = (used.batch, 3, height, width)
    pictures = np.random.default_rng(1).random(shape, np.float32) * 255
    return used.batch / call_s(model.SerializeToString(), {name: pictures}, device, measured_s)
