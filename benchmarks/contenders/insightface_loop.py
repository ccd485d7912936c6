"""InsightFace's own way: `FaceAnalysis.get` on every frame, with SCRFD and the open embedder."""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from insightface.app import FaceAnalysis

from benchmarks.contenders.loops import run_loop, session_options, unit
from benchmarks.measures import Job, Measure
from lfr_batch.records import ByteArray, FloatArray

DETECT_SIDE_PX = 640


def run(job: Job) -> Measure:
    opening_s = perf_counter()
    app = open_app(job)
    open_s = perf_counter() - opening_s

    def embed(picture_bgr: ByteArray) -> FloatArray:
        faces = app.get(picture_bgr)
        if not faces:
            return np.zeros((0, 1), np.float32)
        return unit(np.stack([face.embedding for face in faces]))

    how = f"insightface FaceAnalysis, SCRFD-2.5G + SFace, onnxruntime, {job.cores} threads"
    return run_loop(job, embed, how, open_s)


def open_app(job: Job) -> FaceAnalysis:
    """Its model zoo tells the models in a folder apart by their inputs and outputs."""
    with tempfile.TemporaryDirectory() as folder:
        for name, model in (("detector", job.case.scrfd), ("embedder", job.case.embedder)):
            (Path(folder) / f"{name}.onnx").symlink_to(str(model))
        app = FaceAnalysis(
            name=folder,
            providers=["CPUExecutionProvider"],
            sess_options=session_options(job.cores),
        )
        app.prepare(ctx_id=-1, det_size=(DETECT_SIDE_PX, DETECT_SIDE_PX))
    return app
