"""The loop one writes first: the product's models in onnxruntime, frame by frame, face by face."""

from __future__ import annotations

from time import perf_counter

import cv2
import numpy as np

from benchmarks.contenders.loops import DETECT_WH, open_onnxruntime, run_loop, unit
from benchmarks.measures import Job, Measure
from lfr_batch.faces.alignment import align
from lfr_batch.faces.centerface import decode
from lfr_batch.faces.letterbox import fit, stack
from lfr_batch.records import ByteArray, FloatArray

MIN_SCORE = 0.5


def run(job: Job) -> Measure:
    opening_s = perf_counter()
    detector = open_onnxruntime(str(job.case.detectors["thorough"]), job.cores)
    embedder = open_onnxruntime(str(job.case.embedder), job.cores)
    names = [session.get_inputs()[0].name for session in (detector, embedder)]
    open_s = perf_counter() - opening_s

    def embed(picture_bgr: ByteArray) -> FloatArray:
        box = fit((picture_bgr.shape[1], picture_bgr.shape[0]), DETECT_WH[0])
        small = cv2.cvtColor(cv2.resize(picture_bgr, box.content_wh), cv2.COLOR_BGR2RGB)
        blob = _planes(stack([np.asarray(small, np.uint8)], box.input_wh))
        heads = detector.run(None, {names[0]: blob})
        faces = box.to_picture(decode(heads, MIN_SCORE)[0])
        aligned = align(picture_bgr, faces.landmarks_xy)[..., ::-1]
        templates = [embedder.run(None, {names[1]: _planes(face[None])})[0] for face in aligned]
        return unit(np.concatenate(templates)) if templates else np.zeros((0, 1), np.float32)

    how = f"onnxruntime, CenterFace + SFace, {job.cores} threads"
    return run_loop(job, embed, how, open_s)


def _planes(pictures_rgb: ByteArray) -> FloatArray:
    return np.ascontiguousarray(pictures_rgb.transpose(0, 3, 1, 2), np.float32)
