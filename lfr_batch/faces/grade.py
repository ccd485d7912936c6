"""From a picture and its detections to graded, aligned faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lfr_batch.config.schema import QualityConfig
from lfr_batch.faces.alignment import align
from lfr_batch.faces.quality import ACCEPTED, measure, overall, refusal_reasons
from lfr_batch.records import ByteArray, FaceBatch, FloatArray


@dataclass(frozen=True, slots=True)
class GradedFaces:
    """n faces of one picture, aligned and judged."""

    faces: FaceBatch
    aligned_rgb: ByteArray
    """(n, 112, 112, 3)"""
    quality: FloatArray
    """(n,) in [0, 1]"""
    reasons: tuple[str, ...]
    """Why each face is refused; empty where it is accepted."""

    @property
    def accepted(self) -> list[int]:
        return [i for i, reason in enumerate(self.reasons) if reason == ACCEPTED]


def grade(picture_bgr: ByteArray, faces: FaceBatch, limits: QualityConfig) -> GradedFaces:
    aligned_bgr = align(picture_bgr, faces.landmarks_xy)
    aligned_rgb = np.ascontiguousarray(aligned_bgr[..., ::-1])
    measures = measure(faces, aligned_rgb)
    reasons = tuple(refusal_reasons(measures, limits))
    return GradedFaces(faces, aligned_rgb, overall(measures), reasons)
