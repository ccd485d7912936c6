"""What a template is, with the open pack's own model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.faces.embedder import Embedder, EmbedderPart
from lfr_batch.models.agreement import open_embedder_session
from lfr_batch.models.session_plan import Share
from lfr_batch.models.sessions import Session
from lfr_batch.models.store import load_pack
from lfr_batch.models.synthetic import smooth_pictures
from lfr_batch.records import ByteArray, FloatArray

FACES = smooth_pictures(5, 112)
F32 = InferenceConfig(precision="f32", device="cpu")


@pytest.fixture(scope="module")
def session(open_pack_home: Path) -> Session:
    return open_embedder_session(load_pack(open_pack_home, "open"), F32, Share(1, 1, 0.0))


def embedder(session: Session, home: Path, batch: int = 4, *, flip: bool) -> Embedder:
    spec = load_pack(home, "open").manifest.embedder
    return Embedder([EmbedderPart(spec.model_copy(update={"flip": flip}), session)], batch)


def unit(rows: FloatArray) -> FloatArray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_with_the_mirror_image_it_is_the_mean_of_both(
    session: Session, open_pack_home: Path
) -> None:
    plain = embedder(session, open_pack_home, flip=False)
    both = unit(plain.embed(FACES) + plain.embed(mirrored(FACES)))
    got = embedder(session, open_pack_home, flip=True).embed(FACES)
    np.testing.assert_allclose(got, both, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1.0, atol=1e-6)
    assert np.min(np.sum(got * plain.embed(FACES), axis=1)) < 0.9999, "the mirror image counts"


def test_a_face_and_its_mirror_image_then_have_the_same_template(
    session: Session, open_pack_home: Path
) -> None:
    own = embedder(session, open_pack_home, flip=True)
    np.testing.assert_allclose(own.embed(FACES), own.embed(mirrored(FACES)), atol=1e-5)


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("batch", [1, 3, 32])
def test_how_many_are_in_a_batch_makes_no_difference(
    session: Session, open_pack_home: Path, batch: int, flip: bool
) -> None:
    own = embedder(session, open_pack_home, batch, flip=flip)
    each = np.concatenate([own.embed(FACES[i : i + 1]) for i in range(len(FACES))])
    np.testing.assert_allclose(own.embed(FACES), each, atol=1e-5)
    assert own.embed(FACES[:0]).shape == (0, 128)


def mirrored(faces: ByteArray) -> ByteArray:
    return np.ascontiguousarray(faces[:, :, ::-1])
