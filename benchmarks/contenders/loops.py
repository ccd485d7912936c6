"""What the per-frame loops share: OpenCV's capture, one frame after another, and a comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter, process_time

import cv2
import numpy as np
import onnxruntime

from benchmarks.measures import BenchFailed, Hit, Job, Measure
from lfr_batch.records import ByteArray, FloatArray

ERRORS_ONLY = 3
GAP_S = 1.0
"""Frames with the known person that are no further apart are one hit."""
DETECT_WH = (640, 360)
"""To this a 16:9 frame is scaled for detectors of free input size, as is usual."""
WARM_UP_FRAMES = 3

Embed = Callable[[ByteArray], FloatArray]
"""From a BGR picture to (n, dim) templates of unit length of its faces."""


def run_loop(job: Job, embed: Embed, how: str, open_s: float) -> Measure:
    known = _known(job, embed)
    for frame in _frames(job, WARM_UP_FRAMES):
        embed(frame)
    fps = frame_rate(job)
    count = None if job.until_s is None else round(job.until_s * fps)
    wall_s, cpu_s = perf_counter(), process_time()
    scores = [_best(embed(frame), known) for frame in _frames(job, count)]
    wall_s, cpu_s = perf_counter() - wall_s, process_time() - cpu_s
    if not scores:
        raise BenchFailed(f"{job.clip} holds no frame that OpenCV can read")
    return Measure(
        frames=len(scores),
        looks=len(scores),
        media_s=len(scores) / fps,
        wall_s=wall_s,
        cpu_s=cpu_s,
        open_s=open_s,
        hits=hits_of(scores, fps, job.case.threshold),
        how=how,
    )


def hits_of(scores: Sequence[float], fps: float, threshold: float) -> tuple[Hit, ...]:
    """Runs of frames whose score reaches the threshold, joined over short gaps."""
    hits: list[Hit] = []
    for number, score in enumerate(scores):
        if score < threshold:
            continue
        time_s = number / fps
        if hits and time_s - hits[-1].end_s <= GAP_S:
            last = hits.pop()
            hits.append(Hit(last.start_s, time_s, max(last.score, score)))
        else:
            hits.append(Hit(time_s, time_s, score))
    return tuple(hits)


def unit(templates: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(templates, axis=1, keepdims=True)
    return np.asarray(templates / lengths, np.float32)


def open_onnxruntime(path: str, threads: int) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(
        path, sess_options=session_options(threads), providers=["CPUExecutionProvider"]
    )


def session_options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERRORS_ONLY
    return options


def frame_rate(job: Job) -> float:
    capture = cv2.VideoCapture(str(job.clip))
    try:
        return float(capture.get(cv2.CAP_PROP_FPS))
    finally:
        capture.release()


def _frames(job: Job, count: int | None) -> Iterator[ByteArray]:
    capture = cv2.VideoCapture(str(job.clip))
    given = 0
    try:
        while count is None or given < count:
            there, frame = capture.read()
            if not there:
                return
            given += 1
            yield np.asarray(frame, np.uint8)
    finally:
        capture.release()


def _known(job: Job, embed: Embed) -> FloatArray:
    portrait = cv2.imread(str(job.case.portrait))
    templates = embed(np.asarray(portrait, np.uint8))
    if len(templates) != 1:
        raise BenchFailed(f"{job.contender} found {len(templates)} faces in the known portrait")
    return np.asarray(templates[0], np.float32)


def _best(templates: FloatArray, known: FloatArray) -> float:
    return float((templates @ known).max()) if len(templates) else -1.0
