"""What cannot be done without, each alone and as fast as this machine does it.

Detection and embedding are measured through the product's own sessions and through OpenVINO itself
(fixed shapes, asynchronous, tuned for throughput); the faster of the two counts, so that the limit
does not depend on how well the product uses the library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time

import av
import cv2
import numpy as np
import openvino

from benchmarks.measures import Job, Measure
from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.letterbox import Letterbox, stack
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.models.open_pack import NAME
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.looks import whole_input
from lfr_batch.records import ByteArray

READY_MADE = 32
"""Different pictures that are gone through again and again."""
DETECTIONS = 256
EMBED_BATCH = 16
EMBED_BATCHES = 16


def measure_parts(job: Job) -> Measure:
    """Seconds per frame decoded, per picture searched by each detector, per face embedded."""
    config, wall_s, cpu_s = Config(), perf_counter(), process_time()
    cv2.setNumThreads(job.cores)
    stages = open_stages(load_pack(job.case.home, NAME), config, job.cores)
    precision = "bf16" if "bf16" in stages.description else "f32"
    pictures = _first_pictures(job)
    height, width = pictures[0].shape[:2]
    reading = next(iter(stages.frame_detectors.values())).reading
    box = whole_input((width, height), reading, config.detect, config.quality)
    detect = {
        turn: (
            _product_detects(detector, pictures, box),
            _openvino_runs(
                job.case.detectors[turn], _inputs(pictures, box), 1, job.cores, precision
            ),
        )
        for turn, detector in stages.frame_detectors.items()
    }
    faces = np.random.default_rng(1).integers(0, 256, (EMBED_BATCH, 112, 112, 3), np.uint8)
    embed = (
        _product_embeds(stages, faces),
        _openvino_runs(job.case.embedder, [_planes(faces)], EMBED_BATCH, job.cores, precision),
    )
    decode_s, frames = _decode_alone(job)
    figures = {
        "decode_s": decode_s,
        **{f"{turn}_s": min(both) for turn, both in detect.items()},
        **{f"{turn}_product_s": product_s for turn, (product_s, _) in detect.items()},
        **{f"{turn}_openvino_s": openvino_s for turn, (_, openvino_s) in detect.items()},
        "embed_s": min(embed),
        "embed_product_s": embed[0],
        "embed_openvino_s": embed[1],
    }
    how = f"{stages.description}; input {box.input_wh[0]}×{box.input_wh[1]}, {job.cores} threads"
    wall_s, cpu_s = perf_counter() - wall_s, process_time() - cpu_s
    return Measure(frames=frames, wall_s=wall_s, cpu_s=cpu_s, figures=figures, how=how)


def _decode_alone(job: Job) -> tuple[float, int]:
    """Seconds per frame of FFmpeg without conversion, one decoder a core; and the frames."""
    started = perf_counter()
    with ThreadPoolExecutor(job.cores) as pool:
        frames = list(pool.map(_decode, [job.clip] * job.cores))
    return (perf_counter() - started) / sum(frames), frames[0]


def _decode(clip: Path) -> int:
    """Frame threads would take a third more processor time for the same frames."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        return sum(1 for _ in container.decode(stream))


def _first_pictures(job: Job) -> list[ByteArray]:
    with av.open(str(job.clip)) as container:
        frames = container.decode(video=0)
        chosen = [next(frames) for _ in range(READY_MADE)]
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in chosen]


def _product_detects(detector: Detector, pictures: Sequence[ByteArray], box: Letterbox) -> float:
    ready = [np.asarray(cv2.resize(p, box.content_wh), np.uint8) for p in pictures]

    def detect(count: int) -> None:
        inputs = ((ready[i % len(ready)], box) for i in range(count))
        for _ in detector.detect_all(inputs):
            pass

    return _seconds_each(detect, DETECTIONS)


def _product_embeds(stages: FaceStages, faces: ByteArray) -> float:
    many = np.tile(faces, (EMBED_BATCHES, 1, 1, 1))
    return _seconds_each(lambda count: stages.embedder.embed(many[:count]) is None, len(many))


def _openvino_runs(
    model: Path, blobs: Sequence[np.ndarray], batch: int, cores: int, precision: str
) -> float:
    """Seconds per item of ``blobs``, (batch, channels, height, width) each."""
    core = openvino.Core()
    graph = core.read_model(str(model))
    graph.reshape(list(blobs[0].shape))
    settings = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": cores,
    }
    queue = openvino.AsyncInferQueue(core.compile_model(graph, "CPU", settings))

    def infer(count: int) -> None:
        for i in range(count // batch):
            queue.start_async({0: blobs[i % len(blobs)]}, share_inputs=True)
        queue.wait_all()

    return _seconds_each(infer, DETECTIONS)


def _inputs(pictures: Sequence[ByteArray], box: Letterbox) -> list[np.ndarray]:
    small = [np.asarray(cv2.resize(p, box.content_wh), np.uint8) for p in pictures]
    return [_planes(stack([content], box.input_wh)) for content in small]


def _planes(pictures_rgb: ByteArray) -> np.ndarray:
    return np.ascontiguousarray(pictures_rgb.transpose(0, 3, 1, 2), np.float32)


def _seconds_each(work: Callable[[int], object], count: int) -> float:
    """After a short warm-up."""
    work(EMBED_BATCH)
    started = perf_counter()
    work(count)
    return (perf_counter() - started) / count
