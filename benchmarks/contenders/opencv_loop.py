"""OpenCV's own way: `FaceDetectorYN` and `FaceRecognizerSF` on every frame."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import cv2
import numpy as np

from benchmarks.contenders.loops import DETECT_WH, run_loop, unit
from benchmarks.measures import Job, Measure
from lfr_batch.records import ByteArray, FloatArray

SCORE, NMS_IOU = 0.7, 0.3
GEOMETRY = slice(0, 14)
"""Box and landmarks of a found face, in pixels; its score comes last."""


def run(job: Job) -> Measure:
    cv2.setNumThreads(job.cores)
    opening_s = perf_counter()
    detector = cv2.FaceDetectorYN.create(str(job.case.yunet), "", DETECT_WH, SCORE, NMS_IOU)
    recogniser = cv2.FaceRecognizerSF.create(str(job.case.embedder), "")
    open_s = perf_counter() - opening_s

    def embed(picture_bgr: ByteArray) -> FloatArray:
        scale = min(1.0, DETECT_WH[0] / picture_bgr.shape[1])
        small = cv2.resize(picture_bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        detector.setInputSize((small.shape[1], small.shape[0]))
        found: Any = detector.detect(small)[1]
        if found is None:
            return np.zeros((0, 1), np.float32)
        found[:, GEOMETRY] /= scale
        templates = [recogniser.feature(recogniser.alignCrop(picture_bgr, face)) for face in found]
        return unit(np.concatenate(templates))

    how = f"OpenCV {cv2.__version__} dnn, YuNet + SFace, {job.cores} threads"
    return run_loop(job, embed, how, open_s)
