"""The demonstration's gallery pictures and footage archive, built once under HOME/demo."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from lfr_batch.demo.camera import expose, grain_fields, see, view_at
from lfr_batch.demo.materials import read_material, read_picture
from lfr_batch.demo.pyav_writer import read_frames, write_video
from lfr_batch.demo.scenes import FILMINGS, Filming
from lfr_batch.demo.truth import TRUTH
from lfr_batch.records import ByteArray

RECIPE = "1"
"""To be raised with any change of what is built: an older one is then built anew."""

RATE = Fraction(25)
DRIVER_SEEN_FROM_FRAME = 45
"""The enrolled frame is 1.5 s earlier."""
DRIVER_ENLARGED = 3
SURVIVING_SHARE = 0.6

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoArchive:
    """Where everything is. ``manifest`` names the footage relative to its own folder."""

    root: Path

    @property
    def custody(self) -> Path:
        return self.root / "custody"

    @property
    def subjects_csv(self) -> Path:
        return self.root / "subjects.csv"

    @property
    def footage(self) -> Path:
        return self.root / "archive"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.csv"

    @property
    def expected_json(self) -> Path:
        return self.root / "expected.json"


def build_demo_archive(home: Path, say: Say = lambda _: None) -> DemoArchive:
    """Fetch, render and write everything, or find it there. ``say`` hears of each file made.

    Raises StoreUnreachable without a registry, PackDamaged if the material is not what it was.
    """
    archive = DemoArchive(home / "demo")
    recipe = archive.root / "recipe.txt"
    if recipe.is_file() and recipe.read_text() == RECIPE:
        return archive
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".demo-") as temporary:
        fresh = DemoArchive(Path(temporary) / "demo")
        _build(fresh, home / "cache" / "archives", say)
        (fresh.root / recipe.name).write_text(RECIPE)
        if archive.root.exists():
            shutil.rmtree(archive.root)
        fresh.root.rename(archive.root)
    return archive


def _build(archive: DemoArchive, cache: Path, say: Say) -> None:
    archive.custody.mkdir(parents=True)
    archive.footage.mkdir()
    clip, rate = _carphone(archive, cache)
    for subject in TRUTH.subjects:
        content = _png(clip[0]) if subject.file == "driver.png" else None
        folder = archive.custody / subject.subject_id
        folder.mkdir()
        (folder / subject.file).write_bytes(content or read_material(subject.file, cache))
    say(f"{len(TRUTH.subjects)} people to enrol in {archive.custody.name}/")
    for filming in FILMINGS:
        _film(filming, archive.footage, cache)
        say(f"{filming.file}: {filming.duration_s:.0f} s rendered")
    later = clip[DRIVER_SEEN_FROM_FRAME:]
    write_video(archive.footage / "car_cam3.mp4", later, _size(clip), rate, "libx264")
    (archive.footage / "yard_cam5.mp4").write_bytes(read_material("bikes.mp4", cache))
    _cut_off(archive.footage / "plaza_cam1.mp4", archive.footage / "damaged_cam1.mp4")
    say("car_cam3.mp4, yard_cam5.mp4: filmed; damaged_cam1.mp4: cut off")
    _write_tables(archive)


def _cut_off(whole: Path, target: Path) -> None:
    content = whole.read_bytes()
    target.write_bytes(content[: int(len(content) * SURVIVING_SHARE)])


def _carphone(archive: DemoArchive, cache: Path) -> tuple[list[ByteArray], Fraction]:
    """The clip's frames, enlarged, and its frame rate."""
    source = archive.root / "carphone.mp4"
    source.write_bytes(read_material("carphone_pristine.mp4", cache))
    frames, rate = read_frames(source)
    source.unlink()
    return [_enlarged(frame) for frame in frames], rate


def _enlarged(frame: ByteArray) -> ByteArray:
    factor = DRIVER_ENLARGED
    larger = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return larger.astype(np.uint8, copy=False)


def _size(frames: list[ByteArray]) -> tuple[int, int]:
    height, width = frames[0].shape[:2]
    return width, height


def _png(picture_bgr: ByteArray) -> bytes:
    return cv2.imencode(".png", picture_bgr)[1].tobytes()


def _film(filming: Filming, folder: Path, cache: Path) -> None:
    scene = filming.compose([read_picture(name, cache) for name in filming.pictures])
    frames = _frames(filming, scene)
    write_video(folder / filming.file, frames, filming.size_wh, RATE, filming.codec)


def _frames(filming: Filming, scene: ByteArray) -> Iterator[ByteArray]:
    grain = grain_fields(filming.look, filming.size_wh)
    for number in range(int(filming.duration_s * RATE)):
        view = view_at(filming.path, float(number / RATE))
        seen = see(scene, view, filming.size_wh)
        yield expose(seen, filming.look, grain[number * 5 % len(grain)], number)


def _write_tables(archive: DemoArchive) -> None:
    with archive.subjects_csv.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("subject_id", "name", "source"))
        table.writerows((s.subject_id, s.name, s.source) for s in TRUTH.subjects)
    with archive.manifest.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("uri", "camera_id", "start_utc", "site"))
        table.writerows(
            (f"{archive.footage.name}/{c.file}", c.camera_id, c.start_utc, c.site)
            for c in TRUTH.clips
        )
    archive.expected_json.write_text(json.dumps(asdict(TRUTH), indent=1) + "\n", encoding="utf-8")
