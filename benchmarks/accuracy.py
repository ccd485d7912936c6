"""Accuracy of the product's own detect-align-embed on labelled faces, as figures.

Pictures of the gallery as enrolment takes them, probes as a search does.

    python benchmarks/accuracy.py ../shared/data [--pack open] [--home lfr-data]

Reads ``faces.csv`` (path, subject_id, role: gallery, mated, nonmated) and the pictures it names.
Prints, as JSON: failures to acquire, verification accuracy over balanced pairs (ten folds, each
with the threshold of the others), rank-1 identification, TPIR at FPIR 0.01 (threshold from the
non-mated probes), and FPIR and TPIR at the threshold that the product derives for target FPIR 0.01.
Definitions: ISO/IEC 19795-1. LFW's authors warn against reading such figures as suitability for 1:N
search.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.grade import grade
from lfr_batch.faces.realign import look_upright, realign
from lfr_batch.faces.stages import EnrolStages, FaceStages, detect_in_still, open_stages
from lfr_batch.faces.subject import prominence
from lfr_batch.faces.view import Picture, cut_view
from lfr_batch.footage.stills import decode_still
from lfr_batch.gallery.fitted import relative_threshold_at
from lfr_batch.gallery.relative import COHORT_RANKS, SHARE
from lfr_batch.gallery.thresholds import choose_threshold
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.records import FaceBatch, FaceView, FloatArray

Row = dict[str, str]
TARGET_FPIR = 0.01


@dataclass(frozen=True, slots=True)
class Found:
    """A picture's most prominent face, and the landmarks that it is aligned by."""

    faces: FaceBatch
    which: int
    view: FaceView
    landmarks_xy: FloatArray


def enrolled_of(picture: Picture, stages: EnrolStages, config: Config) -> Found | None:
    """As enrolment finds it."""
    detector = stages.exact_detector
    faces = detect_in_still(detector, picture, config.detect.still_long_sides_px)
    return _most_prominent(picture, faces, partial(_enrolled_landmarks, detector))


def probed_of(
    picture: Picture, finder: Detector, smallest_px: float, stages: EnrolStages, config: Config
) -> Found | None:
    """As a search finds it that looks with ``finder`` for faces from ``smallest_px`` on."""
    faces = detect_in_still(finder, picture, config.detect.still_long_sides_px, smallest_px)
    return _most_prominent(picture, faces, partial(_probed_landmarks, stages.exact_detector))


def _enrolled_landmarks(detector: Detector, view: FaceView) -> FloatArray:
    return look_upright([view], [view.landmarks_xy], detector)[0]


def _probed_landmarks(detector: Detector, view: FaceView) -> FloatArray:
    return realign([view], detector)[0]


def _most_prominent(
    picture: Picture, faces: FaceBatch, landmarks_of: Callable[[FaceView], FloatArray]
) -> Found | None:
    if not len(faces):
        return None
    which = int(np.argmax(prominence(faces, picture.size_wh)))
    view = cut_view(picture, faces, which)
    return Found(faces, which, view, landmarks_of(view))


def embedded(found: Found, stages: EnrolStages) -> FloatArray:
    aligned = stages.embedder.aligned([found.view], [found.landmarks_xy])
    return np.asarray(stages.embedder.embed(*aligned)[0], np.float32)


def labelled(data: Path) -> list[Row]:
    with (data / "faces.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def derived_threshold(pack: Pack, people: int) -> float:
    """What the pack's calibration gives for target FPIR 0.01 and a gallery of so many people with
    one picture each, of the score that ``deciding`` takes; without regard to who they are."""
    manifest = pack.manifest
    if manifest.relative is not None:
        return relative_threshold_at(manifest.relative, people)(TARGET_FPIR)
    calibration = [(point.fmr, point.threshold) for point in manifest.calibration]
    return choose_threshold(TARGET_FPIR, people, calibration).value


def deciding(scores: FloatArray, pack: Pack) -> FloatArray:
    """(p, n) cosines of probes with people as the scores that decide: relative ones where the pack
    is calibrated for them."""
    if pack.manifest.relative is None:
        return scores
    ordered = -np.sort(-scores, axis=1)
    cohort = ordered[:, COHORT_RANKS.start - 1 : COHORT_RANKS.stop - 1]
    return np.asarray(scores - SHARE * cohort.mean(axis=1, keepdims=True), np.float32)


def template_of(
    path: Path, role: str, stages: FaceStages, config: Config
) -> tuple[FloatArray, str] | None:
    """The most prominent face's template and the gate's reason; None where no face is found."""
    picture, limits = decode_still(str(path), path.read_bytes()), config.quality
    if role == "gallery":
        found = enrolled_of(picture, stages, config)
    else:
        found = probed_of(picture, stages.still_detector, limits.min_face_px, stages, config)
    if found is None:
        return None
    reason = grade(picture, found.faces.take(np.array([found.which])), limits).reasons[0]
    return embedded(found, stages), reason


def verification_accuracy(templates: FloatArray, subjects: list[str], seed: int = 7) -> float:
    """Mean of ten folds over as many pairs of different people as of the same."""
    rng = np.random.default_rng(seed)
    names = np.array(subjects)
    scores = templates @ templates.T
    rows, columns = np.triu_indices(len(names), 1)
    same = names[rows] == names[columns]
    genuine = scores[rows[same], columns[same]]
    genuine = rng.permutation(genuine)[:3000]
    different = np.flatnonzero(~same)
    impostor = scores[rows, columns][rng.choice(different, len(genuine), replace=False)]
    folds = [np.array_split(x, 10) for x in (genuine, impostor)]
    return float(np.mean([_fold(folds[0], folds[1], k) for k in range(10)]))


def _fold(genuine: list[FloatArray], impostor: list[FloatArray], held: int) -> float:
    g, i = (np.concatenate([f for k, f in enumerate(x) if k != held]) for x in (genuine, impostor))
    thresholds = np.arange(0.0, 0.8, 0.005)
    right = [(g >= t).mean() + (i < t).mean() for t in thresholds]
    best = thresholds[int(np.argmax(right))]
    return float(((genuine[held] >= best).mean() + (impostor[held] < best).mean()) / 2)


def open_set(
    gallery: tuple[FloatArray, list[str]],
    mated: tuple[FloatArray, list[str]],
    nonmated: FloatArray,
    pack: Pack,
) -> dict[str, float]:
    derived = derived_threshold(pack, len(gallery[1]))
    scores = deciding(mated[0] @ gallery[0].T, pack)
    right = np.array(gallery[1])[scores.argmax(1)] == np.array(mated[1])
    best, others = scores.max(1), deciding(nonmated @ gallery[0].T, pack).max(1)
    at_one_percent = float(np.quantile(others, 0.99))
    return {
        "rank_1": float(right.mean()),
        "threshold_at_fpir_0.01": at_one_percent,
        "tpir_at_fpir_0.01": float((right & (best >= at_one_percent)).mean()),
        "derived_threshold": derived,
        "fpir_at_derived": float((others >= derived).mean()),
        "tpir_at_derived": float((right & (best >= derived)).mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy on labelled faces.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--pack", default="open")
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    arguments = parser.parse_args()
    cv2.setNumThreads(2)
    config = Config()
    pack = load_pack(arguments.home, arguments.pack)
    stages = open_stages(pack, config, threads=2)
    rows = labelled(arguments.data)
    started = time.perf_counter()
    found = [template_of(arguments.data / row["path"], row["role"], stages, config) for row in rows]
    elapsed_s = time.perf_counter() - started
    kept = [(row, x[0]) for row, x in zip(rows, found, strict=True) if x is not None]
    of_role = {
        role: (
            np.array([t for row, t in kept if row["role"] == role]),
            [row["subject_id"] for row, _ in kept if row["role"] == role],
        )
        for role in ("gallery", "mated", "nonmated")
    }
    everyone = np.array([t for _, t in kept])
    figures = {
        "stages": stages.description,
        "images": len(rows),
        "failed_to_acquire": sum(x is None for x in found),
        "refused_by_quality": sum(x is not None and bool(x[1]) for x in found),
        "images_per_s": round(len(rows) / elapsed_s, 1),
        "verification": verification_accuracy(everyone, [row["subject_id"] for row, _ in kept]),
        **open_set(of_role["gallery"], of_role["mated"], of_role["nonmated"][0], pack),
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
