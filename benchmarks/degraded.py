"""Who is still recognised in small, blurred and tilted pictures, and who is mistaken for somebody.

    python -m benchmarks.degraded ../shared/data --home lfr-data [--probes 300] [--markdown]

Reads ``faces.csv`` as ``benchmarks/accuracy.py`` does. Enrols the gallery as it is; probes (so many
mated ones and twice as many of unknown people) are made smaller, blurred or darker and saved as
JPEG, or turned, before a search looks for them. Prints TPIR and FPIR at the threshold that the
product derives for target FPIR 0.01: by size, blur and light; by the sharpness that the quality
gate measured, of faces that are large enough for it; and by tilt, each detector finding the face.
The gate refuses nothing here: the tables are to show where it should.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import Row, most_prominent, template_of
from lfr_batch.config.schema import Config
from lfr_batch.faces.boxes import shorter_sides
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.quality import sharpness_of
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import FaceStages, detect_in_still, open_stages
from lfr_batch.faces.view import aligned_rgb, cut_view
from lfr_batch.footage.stills import StillFrame, decode_still
from lfr_batch.gallery.thresholds import choose_threshold
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray, FaceBatch, FloatArray

FACES_PX = (24, 32, 40, 56)
SIGMAS_PX = (0.0, 0.8, 1.4, 2.0)
LIGHTS = (0.4, 0.2)
DARK_PX = (40, 56)
TILTS_DEG = (0, 20, 30, 40, 50, 60)
TILTED_SCALE = 0.6
SHARPNESS = (0.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, float("inf"))
JPEG_QUALITY = 70
BORDER_PX = 60
TARGET_FPIR = 0.01


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a probe. ``score`` is the best of the gallery; None: no face was found."""

    change: str
    mated: bool
    score: float | None = None
    right: bool = False
    """The best is the probe's own subject."""
    face_px: float = 0.0
    """Shorter side of its box, as it was found."""
    sharpness: float = 0.0


@dataclass(frozen=True, slots=True)
class Probe:
    template: FloatArray
    face_px: float
    sharpness: float


@dataclass(frozen=True, slots=True)
class Gallery:
    templates: FloatArray
    subjects: Sequence[str]


def smaller(
    picture: ByteArray, scale: float, sigma_px: float = 0.0, light: float = 1.0
) -> ByteArray:
    """``picture`` as a camera farther away, out of focus and in the dark shows it, compressed."""
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    sides = (BORDER_PX,) * 4
    framed = cv2.copyMakeBorder(small, *sides, cv2.BORDER_REFLECT)
    soft = cv2.GaussianBlur(framed, (0, 0), sigma_px) if sigma_px else framed
    dim = cv2.convertScaleAbs(soft, alpha=light)
    _, jpeg = cv2.imencode(".jpg", dim, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def tilted(picture: ByteArray, clockwise_deg: float) -> ByteArray:
    height, width = picture.shape[:2]
    middle = width / 2, height / 2
    turn = cv2.getRotationMatrix2D(middle, -clockwise_deg, TILTED_SCALE)
    turned = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def changes(picture: ByteArray, face_px: float) -> Iterator[tuple[str, ByteArray]]:
    for px in FACES_PX:
        if px <= face_px:
            for sigma_px in SIGMAS_PX:
                yield f"{px} px, blur {sigma_px:g} px", smaller(picture, px / face_px, sigma_px)
    for px in (px for px in DARK_PX if px <= face_px):
        for light in LIGHTS:
            yield f"{px} px, light {light:g}", smaller(picture, px / face_px, light=light)


def tilts(picture: ByteArray, _face_px: float) -> Iterator[tuple[str, ByteArray]]:
    for tilt_deg in TILTS_DEG:
        yield f"{tilt_deg}°", tilted(picture, tilt_deg)


Changes = Callable[[ByteArray, float], Iterator[tuple[str, ByteArray]]]


def probe(picture: ByteArray, finder: Detector, stages: FaceStages, config: Config) -> Probe | None:
    """Of the most prominent face that ``finder`` finds."""
    still = StillFrame(picture)
    faces = _found(still, finder, config)
    if not len(faces):
        return None
    which = most_prominent(faces, still)
    view = cut_view(still, faces, which)
    (landmarks_xy,) = realign([view], stages.exact_detector)
    return Probe(
        stages.embedder.embed(aligned_rgb(view, landmarks_xy)[None])[0],
        float(shorter_sides(faces.boxes_xyxy)[which]),
        sharpness_of(aligned_rgb(view)),
    )


def _found(still: StillFrame, finder: Detector, config: Config) -> FaceBatch:
    smallest_px = min(FACES_PX) / 2
    return detect_in_still(finder, still, config.detect.still_long_sides_px, smallest_px)


def outcomes(
    probes: Sequence[tuple[Row, ByteArray]],
    change: Changes,
    finder: Detector,
    stages: FaceStages,
    gallery: Gallery,
) -> Iterator[Outcome]:
    config = Config()
    for row, picture in probes:
        faces = _found(StillFrame(picture), stages.exact_detector, config)
        if not len(faces):
            continue
        box = faces.boxes_xyxy[most_prominent(faces, StillFrame(picture))]
        for name, changed in change(picture, float(min(box[2:] - box[:2]))):
            found = probe(changed, finder, stages, config)
            yield _outcome(name, row, found, gallery)


def _outcome(change: str, row: Row, found: Probe | None, gallery: Gallery) -> Outcome:
    mated = row["role"] == "mated"
    if found is None:
        return Outcome(change, mated)
    scores = gallery.templates @ found.template
    best = int(scores.argmax())
    right = gallery.subjects[best] == row["subject_id"]
    score = float(scores[best])
    return Outcome(change, mated, score, right, found.face_px, found.sharpness)


def table_of(title: str, of: Sequence[Outcome], threshold: float) -> list[list[str]]:
    """Head first; a row for each change in the order of its first outcome."""
    rows = [[title, "mated", "not found", "TPIR", "unknown", "FPIR"]]
    for name in dict.fromkeys(one.change for one in of):
        here = [one for one in of if one.change == name]
        mated, unknown = [o for o in here if o.mated], [o for o in here if not o.mated]
        missed = sum(one.score is None for one in here)
        hits = sum(one.right and (one.score or -1.0) >= threshold for one in mated)
        alarms = sum((one.score or -1.0) >= threshold for one in unknown)
        counts = [str(len(mated)), str(missed), _per_cent(hits, len(mated))]
        rows.append([name, *counts, str(len(unknown)), _per_cent(alarms, len(unknown))])
    return rows


def by_sharpness(of: Sequence[Outcome], min_face_px: float) -> list[Outcome]:
    """The outcomes of faces that are large enough, named and ordered by how sharp they are."""
    large = [one for one in of if one.score is not None and one.face_px >= min_face_px]
    named = []
    for least, most in pairwise(SHARPNESS):
        name = f"{least:g} and more" if most == float("inf") else f"{least:g} to {most:g}"
        named += [replace(one, change=name) for one in large if least <= one.sharpness < most]
    return named


def _per_cent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def chosen(data: Path, probes: int, seed: int = 5) -> list[tuple[Row, ByteArray]]:
    rows = _rows(data)
    rng = np.random.default_rng(seed)
    wanted: list[Row] = []
    for role, count in (("mated", probes), ("nonmated", 2 * probes)):
        of_role = [row for row in rows if row["role"] == role]
        wanted += [of_role[i] for i in rng.permutation(len(of_role))[:count]]
    return [(row, _picture(data / row["path"])) for row in wanted]


def _rows(data: Path) -> list[Row]:
    with (data / "faces.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _picture(path: Path) -> ByteArray:
    still = decode_still(str(path), path.read_bytes())
    return still.bgr_part(0, 0, *still.size_wh)


def enrolled(data: Path, stages: FaceStages, config: Config) -> Gallery:
    known = [row for row in _rows(data) if row["role"] == "gallery"]
    found = [template_of(data / row["path"], "gallery", stages, config) for row in known]
    kept = [(one[0], row["subject_id"]) for one, row in zip(found, known, strict=True) if one]
    return Gallery(np.stack([template for template, _ in kept]), [who for _, who in kept])


def show(table: Sequence[Sequence[str]], markdown: bool) -> None:
    if markdown:
        lines = [table[0], ["---"] * len(table[0]), *table[1:]]
        print("\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")
        return
    shown = Table(*table[0])
    for row in table[1:]:
        shown.add_row(*row)
    Console().print(shown)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.degraded", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("data", type=Path)
    parser.add_argument("--home", type=Path, default=Path("lfr-data"))
    parser.add_argument("--probes", type=int, default=300, help="of enrolled people")
    parser.add_argument("--markdown", action="store_true", help="print tables for a document")
    asked = parser.parse_args(arguments)
    config = Config()
    pack = load_pack(asked.home, config.pack)
    stages = open_stages(pack, config, threads=2)
    gallery = enrolled(asked.data, stages, config)
    calibration = [(point.fmr, point.threshold) for point in pack.manifest.calibration]
    threshold = choose_threshold(TARGET_FPIR, len(gallery.subjects), calibration).value
    probes = chosen(asked.data, asked.probes)
    degraded = list(outcomes(probes, changes, stages.still_detector, stages, gallery))
    sharpness = by_sharpness(degraded, config.quality.min_face_px)
    show(table_of("face", degraded, threshold), asked.markdown)
    show(table_of("sharpness", sharpness, threshold), asked.markdown)
    for turn, detector in stages.frame_detectors.items():
        turned = list(outcomes(probes, tilts, detector, stages, gallery))
        show(table_of(f"tilt, {turn} detector", turned, threshold), asked.markdown)


if __name__ == "__main__":
    main()
