"""An embedder is tried out before it becomes part of a pack: on pictures that belong to nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from onnxruntime.capi import onnxruntime_pybind11_state as state

from lfr_batch.errors import PackRefused
from lfr_batch.models.onnxruntime_open import REFUSALS, first_line
from lfr_batch.models.providers import BackendName
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Session, open_planned
from lfr_batch.models.synthetic import drawn_face, smooth_pictures
from lfr_batch.records import ByteArray, FloatArray

MIN_SAME = 0.9999
"""Cosine of two templates of the same picture."""
MIN_DIM = 8
FAILURES = (
    *REFUSALS,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NotImplemented,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class TriedEmbedder:
    """What running an embedder told of it."""

    dim: int
    max_batch: int | None


def try_embedder(model: ModelFile, side_px: int) -> TriedEmbedder:
    """Raises PackRefused where it cannot be run, or is no embedder; see ``CHECKS``."""
    faces = np.concatenate([drawn_face(side_px)[None], smooth_pictures(2, side_px)])
    session = _opened(model, "onnxruntime")
    each = np.concatenate([_templates(model, session, face[None]) for face in faces])
    if each.ndim != 2 or each.shape[1] < MIN_DIM:
        numbers = " x ".join(map(str, each.shape[1:])) or "no"
        said = "which is no template: give an embedder, not another model"
        raise _refused(model, f"gives {numbers} numbers a face, {said}")
    again = _templates(model, session, faces[:1])
    together = _together(session, faces)
    other = _templates(model, _opened(model, "openvino"), faces[:1])
    found = _Found(each, again, each if together is None else together, other)
    for holds, complaint in CHECKS:
        if not holds(found):
            raise _refused(model, complaint)
    return TriedEmbedder(each.shape[1], model.max_batch if together is not None else 1)


@dataclass(frozen=True, slots=True)
class _Found:
    """Templates of three faces: one by one, the first again, all in one call, and the first by the
    other backend."""

    each: FloatArray
    again: FloatArray
    together: FloatArray
    other: FloatArray


Check = Callable[[_Found], bool]

CHECKS: tuple[tuple[Check, str], ...] = (
    (
        lambda found: bool(np.isfinite(found.each).all() and found.each.any(axis=1).all()),
        "gives a template that is zero or no number: check --mean and --std",
    ),
    (
        lambda found: _same(found.each[:1], found.again),
        "gives one face two templates: export it in inference mode, without dropout",
    ),
    (
        lambda found: _same(found.each, found.together),
        "gives a face another template beside others: export it in inference mode, with the batch "
        "normalisation that it was trained with",
    ),
    (
        lambda found: not _same(found.each[:1], found.each[1:2]),
        "gives different pictures the same template: check --mean and --std, and whether it is an "
        "embedder at all",
    ),
    (
        lambda found: _same(found.each[:1], found.other),
        "is computed differently by OpenVINO and onnxruntime: export it anew, in float32",
    ),
)
"""What must hold, and what is said where it does not."""


def _same(one: FloatArray, other: FloatArray) -> bool:
    products = np.sum(one.astype(np.float64) * other, axis=1)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return bool(np.all(products >= MIN_SAME * lengths) and np.all(lengths > 0))


def _opened(model: ModelFile, backend: BackendName) -> Session:
    try:
        return open_planned(model, SessionPlan(backend, "cpu", "f32", 1))
    except FAILURES as error:
        raise _not_run(model, backend, error) from error


def _templates(model: ModelFile, session: Session, faces: ByteArray) -> FloatArray:
    try:
        return session.run(faces)[0]
    except FAILURES as error:
        raise _not_run(model, session.description.split()[0], error) from error


def _together(session: Session, faces: ByteArray) -> FloatArray | None:
    """None where its graph takes but one picture, whatever it says of its input."""
    try:
        rows = session.run(faces)[0]
    except FAILURES:
        return None
    return rows if len(rows) == len(faces) else None


def _not_run(model: ModelFile, by: str, error: Exception) -> PackRefused:
    return _refused(model, f"cannot be run by {by} ({first_line(error)}): export it anew")


def _refused(model: ModelFile, complaint: str) -> PackRefused:
    return PackRefused(f"The embedder {model.path.name} {complaint}.")
