"""A gallery in which the people of the clips are: so that a scan finds somebody.

Their faces come from the clips themselves, by the processor in full precision, and are enrolled
under numbers among random directions. It lies in the benchmark's own home and goes with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import numpy as np

from benchmarks.gpu.bench import Bench
from benchmarks.synthetic_gallery import write_gallery
from lfr_batch.enrolment.intake import enrol_picture
from lfr_batch.faces.stages import EnrolStages, open_enrol_stages
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.records import EnrolledFace, EnrolmentImage
from lfr_batch.models.devices import available_cores
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray

GALLERY, OTHERS = "gpu-benchmark", 10_000
EVERY_S = 4.0
"""Seconds of a clip between two pictures that are looked at."""
ONE_LOOK = "detect.still_long_sides_px=[800]"
SOMEBODY_ELSE = 0.3
"""Who scores less than this against all before is another person."""


def require_people(bench: Bench) -> None:
    """The gallery, written by the first part that needs it."""
    if (bench.home / "galleries" / GALLERY).is_dir():
        return
    config, pack = (
        bench.config("engine.kind=in_process", device="cpu"),
        load_pack(bench.home, bench.pack),
    )
    stages = open_enrol_stages(pack, config, available_cores())
    people = apart(faces_in(bench.clips.values(), stages, bench))
    manifest = pack.manifest
    write_gallery(bench.home, GALLERY, OTHERS, manifest.pack_id, manifest.identity, people)


def faces_in(clips: Iterable[Path], stages: EnrolStages, bench: Bench) -> Iterator[EnrolledFace]:
    """The largest face of each picture that enrolment would take."""
    config = bench.config(ONE_LOOK, device="cpu")
    for clip in clips:
        for bgr in pictures_of(clip):
            number = hashlib.sha256(bgr.tobytes()).hexdigest()
            image = EnrolmentImage("", str(clip))
            found = enrol_picture(image, StillFrame(bgr), number, stages, config, "largest")
            if isinstance(found, EnrolledFace):
                yield found


def pictures_of(clip: Path) -> Iterator[ByteArray]:
    """One every ``EVERY_S``, BGR."""
    with av.open(str(clip)) as container:
        due_s = 0.0
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time >= due_s:
                due_s = frame.time + EVERY_S
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def apart(faces: Iterable[EnrolledFace]) -> list[EnrolledFace]:
    """One face of each person, as ``P00``, ``P01`` …, without pictures."""
    kept: list[EnrolledFace] = []
    for face in faces:
        if all(float(face.template @ other.template) < SOMEBODY_ELSE for other in kept):
            kept.append(_numbered(face, len(kept)))
    return kept


def _numbered(face: EnrolledFace, number: int) -> EnrolledFace:
    return EnrolledFace(
        image_id=f"{number:016x}",
        subject_id=f"P{number:02}",
        uri=face.uri,
        sha256=face.sha256,
        template=face.template,
        quality=face.quality,
        box_xyxy=face.box_xyxy,
        thumbnail_jpeg=b"",
    )
