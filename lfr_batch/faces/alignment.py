"""Alignment: five landmarks onto the ArcFace template by a similarity transform. Pure.

The template and the least-squares fit (Umeyama 1991, as in ``skimage.SimilarityTransform``) are
those of insightface's ``face_align.norm_crop``, which the embedders were trained with.
"""

from __future__ import annotations

import cv2
import numpy as np

from lfr_batch.records import ByteArray, FloatArray

ALIGNED_PX = 112
ARCFACE_TEMPLATE_XY = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ],
    np.float32,
)
_TARGET = ARCFACE_TEMPLATE_XY[:, 0].astype(np.float64) + 1j * ARCFACE_TEMPLATE_XY[:, 1]
_TARGET_CENTRE = _TARGET.mean()
_TARGET_SPREAD = _TARGET - _TARGET_CENTRE


def similarity_transforms(landmarks_xy: FloatArray) -> FloatArray:
    """(n, 2, 3) matrices that take each (5, 2) set of points to the template.

    In two dimensions the fit has a closed form: with centred points as complex numbers p and
    template q, the turn-and-scale is Σ conj(p) q / Σ |p|². A mirror image cannot arise.
    """
    points = landmarks_xy[..., 0].astype(np.float64) + 1j * landmarks_xy[..., 1]
    centre = points.mean(axis=1, keepdims=True)
    around = points - centre
    spread = np.sum(np.abs(around) ** 2, axis=1)
    turned = np.sum(np.conj(around) * _TARGET_SPREAD, axis=1)
    factor = np.divide(turned, spread, out=np.zeros_like(turned), where=spread > 0)
    shift = _TARGET_CENTRE - factor * centre[:, 0]
    rows = [factor.real, -factor.imag, shift.real, factor.imag, factor.real, shift.imag]
    return np.stack(rows, axis=1).reshape(-1, 2, 3).astype(np.float32)


def align(picture: ByteArray, landmarks_xy: FloatArray) -> ByteArray:
    """(n, 112, 112, 3) faces of one picture; outside the picture is black."""
    faces = np.empty((len(landmarks_xy), ALIGNED_PX, ALIGNED_PX, 3), np.uint8)
    for face, matrix in zip(faces, similarity_transforms(landmarks_xy), strict=True):
        cv2.warpAffine(picture, matrix, (ALIGNED_PX, ALIGNED_PX), dst=face, borderValue=0.0)
    return faces
