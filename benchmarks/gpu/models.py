"""Each model at the size and batch that the product uses: alone, and through its own session.

Alone is onnxruntime at that one shape, pictures and answers lying on the device: nothing is copied,
prepared or read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from benchmarks.gpu.bench import Bench, Device
from benchmarks.gpu.one_shape import LEAST_CALLS, WARM_UP, call_s
from benchmarks.rows import Row, figure_of, tried
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.pyav_input import open_video
from lfr_batch.models.agreement import open_embedder_session
from lfr_batch.models.devices import available_cores
from lfr_batch.models.ladder import Ladder
from lfr_batch.models.session_plan import Share
from lfr_batch.models.sessions import Session
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.recognition.looks import whole_input

MEASURED_S = 1.2
HD = (1280, 720)
CALLERS = 8
"""Threads, as segments under way together."""


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
    embedder = open_embedder_session(pack, config.inference, Share(available_cores()))
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
        spec, session = files[turn] or pack.manifest.detector, detector.session
        input_wh = session.input_wh(box.input_wh)
        batch = Ladder(config.detect.batch, None, spec.max_batch).batch(input_wh)
        name = f"{detector.reading.name} ({turn})"
        yield Used(name, pack.path(spec.file), session, batch if session.gathers else 1, input_wh)
    face_px, batch = pack.manifest.embedder.input_px, config.inference.embed_batch
    yield Used("embedder", pack.embedder_path, embedder, batch, (face_px, face_px))


def picture_wh(clip: Path) -> tuple[int, int]:
    with open_video(LocalFile(str(clip))) as video:
        return video.stream.width, video.stream.height


def session_per_s(used: Used, measured_s: float) -> float:
    """Through the product's session as segments do: pictures one by one from several threads where
    it gathers them, else the batch."""
    width, height = used.size_wh
    shape = (1 if used.session.gathers else used.batch, height, width, 3)
    pictures = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    callers = CALLERS if used.session.gathers else 1
    with ThreadPoolExecutor(callers) as pool:
        for _ in range(WARM_UP):
            list(pool.map(lambda _: _gone_through(used, pictures, 0.0), range(callers)))
        started_s = perf_counter()
        calls = pool.map(lambda _: _gone_through(used, pictures, measured_s), range(callers))
        return sum(calls) * len(pictures) / (perf_counter() - started_s)


def _gone_through(used: Used, pictures: NDArray[np.uint8], measured_s: float) -> int:
    """How many calls."""
    ends_s = perf_counter() + measured_s

    def given() -> Iterator[NDArray[np.uint8]]:
        for number in count():
            if number >= LEAST_CALLS and perf_counter() >= ends_s:
                return
            yield pictures

    return sum(1 for _ in used.session.run_all(given()))


def alone_per_s(used: Used, device: Device, measured_s: float) -> float:
    model = onnx.load(used.path)
    width, height = used.size_wh
    name = model.graph.input[0].name
    shape = (used.batch, 3, height, width)
    pictures = np.random.default_rng(1).random(shape, np.float32) * 255
    return used.batch / call_s(model.SerializeToString(), {name: pictures}, device, measured_s)
