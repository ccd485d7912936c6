from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from lfr_batch.models.manifest import PackManifest, is_pack_name, is_safe_name
from lfr_batch.models.open_pack import MANIFEST as OPEN_PACK


def document(**changes: Any) -> dict[str, Any]:
    return {
        "name": "p",
        "version": "1",
        "licence": "MIT",
        "permitted_use": "any",
        "source": "here",
        "files": {"d.onnx": "a" * 64, "e.onnx": "b" * 64},
        "detector": {"kind": "centerface", "file": "d.onnx"},
        "embedder": {"file": "e.onnx", "dim": 128},
        **changes,
    }


def parse(**changes: Any) -> PackManifest:
    return PackManifest.model_validate_json(json.dumps(document(**changes)))


def test_a_manifest_survives_being_written_and_read() -> None:
    manifest = parse(calibration=[{"fmr": 1e-3, "threshold": 0.3}, {"fmr": 1e-4, "threshold": 0.4}])
    assert PackManifest.model_validate_json(manifest.to_json()) == manifest


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unknown": 1}, "unknown"),
        ({"lfr_pack": 2}, "lfr_pack"),
        ({"frame_detector": {"kind": "yunet", "file": "y.onnx"}}, "y.onnx"),
        ({"frame_detector": {"kind": "other", "file": "d.onnx"}}, "kind"),
        ({"name": "../p"}, "name"),
        ({"name": ".hidden"}, "name"),
        ({"permitted_use": "all"}, "permitted_use"),
        ({"files": {"d.onnx": "a" * 64}}, "e.onnx"),
        ({"files": {"d.onnx": "a" * 64, "e.onnx": "B" * 64}}, "files"),
        ({"files": {"d.onnx": "a" * 64, "e.onnx": "b" * 64, "../x": "c" * 64}}, "inside the pack"),
        ({"detector": {"kind": "yolo", "file": "d.onnx"}}, "detector.kind"),
        ({"detector": {"kind": "scrfd", "file": "d.onnx", "std": 0.0}}, "detector.std"),
        ({"embedder": {"file": "e.onnx", "dim": "128"}}, "embedder.dim"),
        (
            {"calibration": [{"fmr": 1e-3, "threshold": 0.3}, {"fmr": 1e-3, "threshold": 0.4}]},
            "calibration",
        ),
        (
            {"calibration": [{"fmr": 1e-3, "threshold": 0.3}, {"fmr": 1e-4, "threshold": 0.3}]},
            "calibration",
        ),
    ],
)
def test_a_wrong_manifest_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        parse(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "q", "version": "2", "licence": "other"},
        {"detector": {"kind": "scrfd", "file": "d.onnx"}},
        {"embedder": {"file": "e.onnx", "dim": 128, "max_batch": 1}},
        {
            "files": {"d.onnx": "c" * 64, "renamed.onnx": "b" * 64},
            "embedder": {"file": "renamed.onnx", "dim": 128},
        },
    ],
)
def test_what_leaves_templates_comparable_leaves_the_identity(changes: dict[str, Any]) -> None:
    assert parse(**changes).identity == parse().identity


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"d.onnx": "a" * 64, "e.onnx": "c" * 64}},
        {"embedder": {"file": "e.onnx", "dim": 128, "mean": 127.5}},
        {"embedder": {"file": "e.onnx", "dim": 128, "std": 127.5}},
        {"embedder": {"file": "e.onnx", "dim": 512}},
        {"embedder": {"file": "e.onnx", "dim": 128, "flip": True}},
    ],
)
def test_what_changes_templates_changes_the_identity(changes: dict[str, Any]) -> None:
    assert parse(**changes).identity != parse().identity


def test_packs_that_are_there_stay_who_they_are() -> None:
    _, version_2 = OPEN_PACK.derivations()
    assert (version_2.pack_id, version_2.identity) == ("open@2", "34b8ac70ab240aef")
    fed = version_2.decisive["how they are fed"]
    assert fed == "d7711431d73536decf4de1382e4a727d7ce0cff5ff9af39bcdacad63d348b0b2"


def test_mirror_images_are_part_of_how_models_are_fed() -> None:
    flipped = parse(embedder={"file": "e.onnx", "dim": 128, "flip": True})
    assert flipped.decisive["how they are fed"] != parse().decisive["how they are fed"]


BEFORE = {
    "version": "0",
    "embedder": {"file": "e.onnx", "dim": 128, "std": 2.0},
    "calibration": [{"fmr": 1e-3, "threshold": 0.25}],
    "calibrated_on": "before",
}


def test_an_earlier_derivation_is_the_pack_as_it_was() -> None:
    pack = parse(earlier=[BEFORE])
    newest, before = pack.derivations()
    assert newest == pack
    earlier = {key: BEFORE[key] for key in ("version", "embedder", "calibration", "calibrated_on")}
    assert before == parse(**earlier)
    assert PackManifest.model_validate_json(pack.to_json()) == pack
    assert (pack.identity, pack.decisive) == (parse().identity, parse().decisive)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "1"}, "same version"),
        ({"embedder": {"file": "e.onnx", "dim": 128}}, "are the same"),
        ({"embedder": {"file": "d.onnx", "dim": 128}}, "another embedder file"),
        ({"calibration": [{"fmr": 1e-3, "threshold": 0.3}] * 2}, "calibration"),
    ],
)
def test_a_wrong_earlier_derivation_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        parse(earlier=[{**BEFORE, **changes}])


def test_a_pack_id_names_name_and_version() -> None:
    assert parse(name="x", version="3").pack_id == "x@3"


@pytest.mark.parametrize("name", ["a.onnx", "sub/a.onnx", "A-1_b"])
def test_safe_names(name: str) -> None:
    assert is_safe_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/a", "../a", "a/../b", "a//b", "./a", "a\\b", "c:a", "a\x00", "a/"]
)
def test_unsafe_names(name: str) -> None:
    assert not is_safe_name(name)


@pytest.mark.parametrize(
    ("name", "fine"),
    [("open", True), ("a.b-c_1", True), ("", False), ("a/b", False), ("a\n", False)],
)
def test_pack_names(name: str, fine: bool) -> None:
    assert is_pack_name(name) is fine
