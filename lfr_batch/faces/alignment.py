"""Alignment: five landmarks onto an embedder's template by a similarity transform. Pure.

The ArcFace template and the least-squares fit (Umeyama 1991, as in ``skimage.SimilarityTransform``)
are those of insightface's ``face_align.norm_crop``, which most embedders were trained with.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lfr_batch.models.manifest import ARCFACE_XY, EmbedderSpec
from lfr_batch.records import ByteArray, FloatArray

ALIGNED_PX = 112
"""Of the ArcFace template, on which sharpness is measured whatever embedder there is."""
ARCFACE_TEMPLATE_XY = np.array(ARCFACE_XY, np.float32)


def _as_pairs(points_xy: FloatArray | NDArray[np.float64]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points_xy)


@dataclass(frozen=True, slots=True)
class Template:
    """What a face is warped to: a square of ``side_px``, its five points at ``points_xy``."""

    side_px: int = ALIGNED_PX
    points_xy: tuple[tuple[float, float], ...] = _as_pairs(ARCFACE_TEMPLATE_XY)


ARCFACE = Template()


def template_of(spec: EmbedderSpec) -> Template:
    """The embedder's own."""
    side_px = spec.input_px
    if spec.template != "arcface":
        return Template(side_px, tuple((x * side_px, y * side_px) for x, y in spec.template))
    if side_px == ALIGNED_PX:
        return ARCFACE
    scaled_xy = ARCFACE_TEMPLATE_XY.astype(np.float64) * (side_px / ALIGNED_PX)
    return Template(side_px, _as_pairs(scaled_xy))


def similarity_transforms(landmarks_xy: FloatArray, template: Template = ARCFACE) -> FloatArray:
    """(n, 2, 3) matrices that take each (5, 2) set of points to the template.

    In two dimensions the fit has a closed form: with centred points as complex numbers p and
    template q, the turn-and-scale is Σ conj(p) q / Σ |p|². A mirror image cannot arise.
    """
    target_xy = np.array(template.points_xy)
    target = target_xy[:, 0] + 1j * target_xy[:, 1]
    target_centre = target.mean()
    points = landmarks_xy[..., 0].astype(np.float64) + 1j * landmarks_xy[..., 1]
    centre = points.mean(axis=1, keepdims=True)
    around = points - centre
    spread = np.sum(np.abs(around) ** 2, axis=1)
    turned = np.sum(np.conj(around) * (target - target_centre), axis=1)
    factor = np.divide(turned, spread, out=np.zeros_like(turned), where=spread > 0)
    shift = target_centre - factor * centre[:, 0]
    rows = [factor.real, -factor.imag, shift.real, factor.imag, factor.real, shift.imag]
    return np.stack(rows, axis=1).reshape(-1, 2, 3).astype(np.float32)


def align(picture: ByteArray, landmarks_xy: FloatArray, template: Template = ARCFACE) -> ByteArray:
    """(n, side, side, 3) faces of one picture; outside the picture is black."""
    size_wh = template.side_px, template.side_px
    faces = np.empty((len(landmarks_xy), *size_wh, 3), np.uint8)
    for face, matrix in zip(faces, similarity_transforms(landmarks_xy, template), strict=True):
        cv2.warpAffine(picture, matrix, size_wh, dst=face, borderValue=0.0)
    return faces
