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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy import (
    Found,
    Row,
    deciding,
    derived_threshold,
    embedded,
    labelled,
    probed_of,
    template_of,
)
from benchmarks.tables import show
from lfr_batch.config.schema import Config
from lfr_batch.faces.boxes import shorter_sides
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.quality import sharpness_of
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.faces.view import aligned_bgr
from lfr_batch.footage.stills import StillFrame, decode_still
from lfr_batch.models.store import Pack, load_pack
from lfr_batch.records import ByteArray, FloatArray

FACES_PX = (24, 32, 40, 56)
SIGMAS_PX = (0.0, 0.8, 1.4, 2.0)
LIGHTS = (0.4, 0.2)
DARK_PX = (40, 56)
TILTS_DEG = (0, 20, 30, 40, 50, 60)
TILTED_SCALE = 0.6
SHARPNESS = (0.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, float("inf"))
JPEG_QUALITY = 70
BORDER_PX = 60


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
class Subject:
    """A picture that is made worse, and how large its face is."""

    row: Row
    picture: ByteArray
    face_px: float


@dataclass(frozen=True, slots=True)
class Gallery:
    templates: FloatArray
    subjects: Sequence[str]
    pack: Pack


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


def outcomes(
    subjects: Sequence[Subject],
    change: Changes,
    finder: Detector,
    stages: FaceStages,
    gallery: Gallery,
) -> Iterator[Outcome]:
    for subject in subjects:
        for name, changed in change(subject.picture, subject.face_px):
            found = _found(changed, finder, stages)
            yield _outcome(name, subject.row, found, stages, gallery)


def _found(picture: ByteArray, finder: Detector, stages: FaceStages) -> Found | None:
    return probed_of(StillFrame(picture), finder, min(FACES_PX) / 2, stages, Config())


def _outcome(
    change: str, row: Row, found: Found | None, stages: FaceStages, gallery: Gallery
) -> Outcome:
    mated = row["role"] == "mated"
    if found is None:
        return Outcome(change, mated)
    scores = deciding((gallery.templates @ embedded(found, stages))[None], gallery.pack)[0]
    best = int(scores.argmax())
    right = gallery.subjects[best] == row["subject_id"]
    sharpness = sharpness_of(aligned_bgr(found.view))
    return Outcome(change, mated, float(scores[best]), right, _face_px(found), sharpness)


def _face_px(found: Found) -> float:
    return float(shorter_sides(found.faces.boxes_xyxy)[found.which])


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


def chosen(rows: Sequence[Row], probes: int, seed: int = 5) -> list[Row]:
    """So many mated probes, and twice as many of unknown people."""
    rng = np.random.default_rng(seed)
    wanted: list[Row] = []
    for role, count in (("mated", probes), ("nonmated", 2 * probes)):
        of_role = [row for row in rows if row["role"] == role]
        wanted += [of_role[i] for i in rng.permutation(len(of_role))[:count]]
    return wanted


def subjects_of(data: Path, rows: Sequence[Row], stages: FaceStages) -> Iterator[Subject]:
    """Of the pictures in which there is a face to begin with."""
    for row in rows:
        path = data / row["path"]
        still = decode_still(str(path), path.read_bytes())
        picture = still.bgr_part(0, 0, *still.size_wh)
        found = _found(picture, stages.exact_detector, stages)
        if found is not None:
            yield Subject(row, picture, _face_px(found))


def enrolled(data: Path, rows: Sequence[Row], stages: FaceStages, pack: Pack) -> Gallery:
    known = [row for row in rows if row["role"] == "gallery"]
    found = [template_of(data / row["path"], "gallery", stages, Config()) for row in known]
    kept = [(one[0], row["subject_id"]) for one, row in zip(found, known, strict=True) if one]
    return Gallery(np.stack([template for template, _ in kept]), [who for _, who in kept], pack)


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
    rows = labelled(asked.data)
    gallery = enrolled(asked.data, rows, stages, pack)
    threshold = derived_threshold(pack, len(gallery.subjects))
    probes = list(subjects_of(asked.data, chosen(rows, asked.probes), stages))
    degraded = list(outcomes(probes, changes, stages.still_detector, stages, gallery))
    sharpness = by_sharpness(degraded, config.quality.min_face_px)
    show(table_of("face", degraded, threshold), markdown=asked.markdown)
    show(table_of("sharpness", sharpness, threshold), markdown=asked.markdown)
    for turn, detector in stages.frame_detectors.items():
        turned = list(outcomes(probes, tilts, detector, stages, gallery))
        show(table_of(f"tilt, {turn} detector", turned, threshold), markdown=asked.markdown)


if __name__ == "__main__":
    main()
