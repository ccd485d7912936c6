"""Against InsightFace's own loader, on an SCRFD and on SFace in the role of an ArcFace model."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import LicenceRefused, PackRefused
from lfr_batch.faces.alignment import ARCFACE_TEMPLATE_XY, similarity_transforms, template_of
from lfr_batch.models.insightface_layout import (
    GraphShape,
    detector_spec,
    embedder_spec,
    is_detector,
    is_embedder,
    read_insightface_directory,
)
from lfr_batch.models.licence import require_permitted_use
from lfr_batch.models.manifest import DetectorSpec, EmbedderSpec
from lfr_batch.models.session_plan import ModelFile
from lfr_batch.models.sessions import open_planned, plan_session
from lfr_batch.models.store import Pack, add_pack, load_pack
from lfr_batch.storage.files import sha256_of


def graph(
    shape: tuple[int | None, ...],
    outputs: int = 1,
    output_shape: tuple[int | None, ...] = (None, 512),
    inputs: int = 1,
    normalises: bool = False,
) -> GraphShape:
    return GraphShape("m.onnx", inputs, shape, (output_shape,) * outputs, normalises)


def write_package(directory: Path, **recognition: Any) -> None:
    """InsightFace's manifest of version 2 over the files of ``insightface_directory``."""
    document = {
        "manifest_version": 2,
        "model_id": "racoon_test",
        "license": "MODEL.LICENSE",
        "tasks": {
            "detection": {"file": "det.onnx", "sha256": sha256_of(directory / "det.onnx")},
            "recognition": {"file": "rec.onnx", "embedding_dimension": 128, **recognition},
        },
    }
    (directory / "manifest.json").write_text(json.dumps(document))


def write_licence(
    directory: Path, key: Ed25519PrivateKey, grant: str, until: str, **others: Any
) -> None:
    from insightface.model_zoo.model_license import canonical_license_bytes

    document = {
        "license_version": 1,
        "license_id": "L-1",
        "issuer": "InsightFace",
        "model_id": "heap_l",
        "grant": grant,
        "customer": "A force",
        "valid_from": "2020-01-01T00:00:00Z",
        "valid_until": until,
        "signature": "",
        **others,
    }
    signature = key.sign(canonical_license_bytes(document))
    document["signature"] = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    (directory / "MODEL.LICENSE").write_text(json.dumps(document))


@pytest.fixture
def trusted_key(monkeypatch: pytest.MonkeyPatch) -> Ed25519PrivateKey:
    from insightface.model_zoo import model_license

    key = Ed25519PrivateKey.generate()
    monkeypatch.setattr(model_license, "_trusted_keys", lambda: (key.public_key(),))
    return key


def test_a_heap_of_models_is_read_as_insightface_reads_it(insightface_directory: Path) -> None:
    from insightface.model_zoo import get_model

    manifest = read_insightface_directory(insightface_directory)
    detector = get_model(str(insightface_directory / "det.onnx"))
    embedder = get_model(str(insightface_directory / "rec.onnx"))
    assert (detector.taskname, embedder.taskname) == ("detection", "recognition")
    assert manifest.detector == DetectorSpec(
        kind="scrfd",
        file="det.onnx",
        mean=detector.input_mean,
        std=detector.input_std,
        fixed_side_px=640,
        max_batch=1,
    )
    assert manifest.embedder == EmbedderSpec(
        file="rec.onnx", mean=embedder.input_mean, std=embedder.input_std, dim=128
    )


def test_a_heap_without_a_licence_is_for_research(insightface_directory: Path) -> None:
    manifest = read_insightface_directory(insightface_directory)
    assert manifest.name == "heap_l"
    assert manifest.permitted_use == "non-commercial"
    assert manifest.calibration == ()


def test_an_added_heap_is_a_pack_like_any_other(
    insightface_directory: Path, tmp_path: Path
) -> None:
    (insightface_directory / "LICENSE").write_text("terms")
    (insightface_directory / "genderage.txt").write_text("not ours")
    add_pack(tmp_path / "home", insightface_directory, name="mine")
    pack = load_pack(tmp_path / "home", "mine")
    assert sorted(pack.manifest.files) == ["LICENSE", "det.onnx", "rec.onnx"]
    assert not (pack.directory / "genderage.txt").exists()


def test_a_detector_fixed_to_one_picture_runs_batches(
    insightface_directory: Path, tmp_path: Path
) -> None:
    pack = add_pack(tmp_path / "home", insightface_directory)
    spec = pack.manifest.detector
    model = ModelFile(pack.detector_path, spec.mean, spec.std, spec.max_batch)
    session = open_planned(model, plan_session(InferenceConfig(device="cpu"), 2))
    batch = np.random.default_rng(0).integers(0, 256, (2, 640, 640, 3), np.uint8)
    assert {len(output) for output in session.run(batch)} == {2}


def test_a_package_with_insightface_s_manifest(insightface_directory: Path) -> None:
    write_package(insightface_directory, preprocessing="embedded")
    manifest = read_insightface_directory(insightface_directory)
    assert manifest.name == "racoon_test"
    assert (manifest.detector.mean, manifest.detector.std) == (127.5, 128.0)
    assert (manifest.embedder.mean, manifest.embedder.std) == (0.0, 1.0)


def test_a_package_s_preprocessing_goes_before_the_graph_s(insightface_directory: Path) -> None:
    write_package(insightface_directory, preprocessing={"mean": 1.0, "std": 2.0})
    embedder = read_insightface_directory(insightface_directory).embedder
    assert (embedder.mean, embedder.std) == (1.0, 2.0)


@pytest.mark.parametrize(
    "recognition", [{"sha256": "0" * 64}, {"file": "../rec.onnx"}, {"file": "missing.onnx"}]
)
def test_a_package_that_is_not_what_it_says(
    insightface_directory: Path, recognition: dict[str, Any]
) -> None:
    write_package(insightface_directory, **recognition)
    with pytest.raises(PackRefused, match="not a valid InsightFace package"):
        read_insightface_directory(insightface_directory)


@pytest.mark.parametrize(
    ("missing", "role"), [("det.onnx", "SCRFD detector"), ("rec.onnx", "ArcFace-type embedder")]
)
def test_a_directory_without_one_of_the_two_is_refused(
    insightface_directory: Path, missing: str, role: str
) -> None:
    (insightface_directory / missing).unlink()
    with pytest.raises(PackRefused, match=f"no {role}"):
        read_insightface_directory(insightface_directory)


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackRefused, match=r"no \.onnx file"):
        read_insightface_directory(tmp_path)


def test_a_file_that_is_no_model_is_named(insightface_directory: Path) -> None:
    (insightface_directory / "det.onnx").write_bytes(b"\xff" * 100)
    with pytest.raises(PackRefused, match=r"det\.onnx is not a readable ONNX model"):
        read_insightface_directory(insightface_directory)


def test_a_signed_commercial_licence_permits_casework_while_it_lasts(
    insightface_directory: Path, trusted_key: Ed25519PrivateKey
) -> None:
    write_licence(insightface_directory, trusted_key, "commercial", "2999-01-01T00:00:00Z")
    manifest = read_insightface_directory(insightface_directory)
    assert manifest.permitted_use == "any"
    assert manifest.licensed_until_utc is not None
    assert manifest.licensed_until_utc.year == 2999
    assert "MODEL.LICENSE" in manifest.files
    recorded = "InsightFace commercial model licence L-1 for A force"
    assert require_permitted_use(manifest, None) == recorded
    with pytest.raises(LicenceRefused, match="ran out on 2999-01-01"):
        require_permitted_use(manifest, None, datetime(2999, 1, 1, tzinfo=UTC))


def test_a_licence_is_renewed_by_adding_the_pack_again(
    insightface_directory: Path, trusted_key: Ed25519PrivateKey, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    add_pack(home, insightface_directory)
    for until in ("2998-01-01T00:00:00Z", "2999-01-01T00:00:00Z"):
        write_licence(insightface_directory, trusted_key, "commercial", until)
        add_pack(home, insightface_directory)
    manifest = load_pack(home, "heap_l").manifest
    assert manifest.licensed_until_utc == datetime(2999, 1, 1, tzinfo=UTC)
    (insightface_directory / "rec.onnx").write_bytes(_with_note(insightface_directory))
    with pytest.raises(PackRefused, match="another model pack 'heap_l'"):
        add_pack(home, insightface_directory)


def _with_note(directory: Path) -> bytes:
    import onnx

    model = onnx.load(directory / "rec.onnx")
    model.doc_string = "another"
    return bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model_id": "another"}, "another"),
        ({"valid_from": "2998-01-01T00:00:00Z"}, "active|valid"),
        ({"issuer": "Somebody"}, "issuer"),
    ],
)
def test_a_signed_licence_of_something_else_is_refused(
    insightface_directory: Path, trusted_key: Ed25519PrivateKey, changes: dict[str, str], said: str
) -> None:
    until = "2999-01-01T00:00:00Z"
    write_licence(insightface_directory, trusted_key, "commercial", until, **changes)
    with pytest.raises(LicenceRefused, match=said):
        read_insightface_directory(insightface_directory)


def test_a_licence_that_was_changed_after_it_was_signed_is_refused(
    insightface_directory: Path, trusted_key: Ed25519PrivateKey
) -> None:
    write_licence(insightface_directory, trusted_key, "non-commercial", "2999-01-01T00:00:00Z")
    file = insightface_directory / "MODEL.LICENSE"
    file.write_text(file.read_text().replace("non-commercial", "commercial"))
    with pytest.raises(LicenceRefused, match="signature"):
        read_insightface_directory(insightface_directory)


def test_a_licence_that_is_no_licence_is_refused(insightface_directory: Path) -> None:
    (insightface_directory / "MODEL.LICENSE").write_text("trust me")
    with pytest.raises(LicenceRefused, match="is not valid"):
        read_insightface_directory(insightface_directory)


def test_a_signed_research_licence_does_not(
    insightface_directory: Path, trusted_key: Ed25519PrivateKey
) -> None:
    write_licence(insightface_directory, trusted_key, "non-commercial", "2999-01-01T00:00:00Z")
    assert read_insightface_directory(insightface_directory).permitted_use == "non-commercial"


@pytest.mark.parametrize(
    ("until", "trusted"), [("2021-01-01T00:00:00Z", True), ("2999-01-01T00:00:00Z", False)]
)
def test_a_licence_that_ran_out_or_that_nobody_signed_is_refused(
    insightface_directory: Path, trusted_key: Ed25519PrivateKey, until: str, trusted: bool
) -> None:
    key = trusted_key if trusted else Ed25519PrivateKey.generate()
    write_licence(insightface_directory, key, "commercial", until)
    with pytest.raises(LicenceRefused, match=r"MODEL\.LICENSE"):
        read_insightface_directory(insightface_directory)


@pytest.mark.parametrize(
    ("shape", "detector", "embedder"),
    [
        (graph((None, 3, 112, 112)), False, True),
        (graph((1, 3, 128, 128)), False, True),
        (graph((1, 3, None, None), outputs=9), True, False),
        (graph((1, 3, 192, 192)), False, False),
        (graph((1, 3, 96, 96)), False, False),
        (graph((1, 3, 128, 128), inputs=2), False, False),
        (graph((1, 3, 112, 96)), False, False),
        (graph((1, 512)), False, False),
    ],
    ids=["arcface", "larger", "scrfd", "landmark", "attribute", "swapper", "oblong", "vector"],
)
def test_the_role_follows_from_the_shape(shape: GraphShape, detector: bool, embedder: bool) -> None:
    assert (is_detector(shape), is_embedder(shape)) == (detector, embedder)


def test_a_detector_without_landmarks_is_refused() -> None:
    with pytest.raises(PackRefused, match="landmarks"):
        detector_spec(graph((1, 3, 640, 640), outputs=6))


def test_a_detector_that_strings_pictures_together_runs_one_by_one() -> None:
    flat = graph((None, 3, None, None), outputs=9, output_shape=(None, 4))
    assert detector_spec(flat).max_batch == 1
    batched = graph((None, 3, None, None), outputs=9, output_shape=(None, None, 4))
    assert detector_spec(batched).max_batch is None


@pytest.mark.parametrize(("normalises", "scaling"), [(True, (0.0, 1.0)), (False, (127.5, 127.5))])
def test_the_embedder_s_scaling_follows_from_its_graph(
    normalises: bool, scaling: tuple[float, float]
) -> None:
    spec = embedder_spec(graph((None, 3, 112, 112), normalises=normalises))
    assert (spec.mean, spec.std) == scaling


@pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")
@pytest.mark.parametrize("side_px", [112, 128, 224, 256])
def test_larger_embedders_see_faces_where_insightface_puts_them(side_px: int) -> None:
    pytest.importorskip("skimage")
    from insightface.utils.face_align import estimate_norm

    template = template_of(embedder_spec(graph((None, 3, side_px, side_px), normalises=True)))
    rng = np.random.default_rng(5)
    for _ in range(5):
        placed = ARCFACE_TEMPLATE_XY * rng.uniform(0.5, 3) + rng.uniform(20, 150, 2)
        points = np.asarray(placed + rng.normal(0, 4, (5, 2)), np.float32)
        (ours,) = similarity_transforms(points[None], template)
        np.testing.assert_allclose(ours, estimate_norm(points, side_px), atol=1e-2)


def test_a_size_that_insightface_cannot_align_is_refused() -> None:
    with pytest.raises(PackRefused, match="lfr models add --embedder"):
        embedder_spec(graph((None, 3, 160, 160)))


def test_a_batch_that_cannot_be_anything_else_is_refused() -> None:
    with pytest.raises(PackRefused, match="exactly 8"):
        embedder_spec(graph((8, 3, 112, 112)))


def test_a_directory_whose_name_is_no_name_needs_one(
    insightface_directory: Path, open_pack: Pack
) -> None:
    renamed = insightface_directory.rename(insightface_directory.with_name("my pack"))
    with pytest.raises(PackRefused, match="--name"):
        read_insightface_directory(renamed)
    assert read_insightface_directory(renamed, name="fine").name == "fine"
    shutil.rmtree(renamed)
