"""A small case for tests: a gallery of two and footage rendered from pictures.

The pictures are portraits that installed distributions carry; nothing of them is kept here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path

import cv2
import numpy as np

from lfr_batch.config.schema import Config
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.machinery import HERE
from lfr_batch.oversight.authority import Authority
from lfr_batch.records import ByteArray
from lfr_batch.scanning.plan import Order
from tests.footage.clips import RATE, write_clip

SIZE_WH = (640, 360)
ASTRONAUT = ("scikit-image", "skimage/data/astronaut.png")
GROUP = ("insightface", "insightface/data/images/t1.jpg")
ACTOR = ("insightface", "insightface/data/images/Tom_Hanks_54745.png")
AUTHORITY = Authority("CASE-1", "Insp. Test, ref 1", "testing", "tester")


@dataclass(frozen=True)
class Casework:
    home: Path
    footage: Path
    """Holds walk.mp4 (the astronaut from 1 s to 7 s of 9 s), group.mp4 (six people who are not
    enrolled), empty.mp4 (no face) and portrait.jpg."""
    played: Path
    """Holds passing.mp4, a short walk.mp4 to be played in a loop (from 1 s to 3 s of 4 s)."""

    def order(self, *names: str, config: Config | None = None) -> Order:
        return Order(
            kind="scan",
            inputs=tuple(str(self.footage / name) for name in names),
            manifest=None,
            gallery="people",
            authority=AUTHORITY,
            licence_statement=None,
            config=config or Config(),
            home=self.home,
        )


def installed_picture(source: tuple[str, str]) -> ByteArray:
    """A picture that an installed distribution carries, BGR."""
    picture = cv2.imread(str(distribution(source[0]).locate_file(source[1])))
    assert picture is not None, source
    return np.asarray(picture, np.uint8)


def make_casework(directory: Path, pack_home: Path) -> Casework:
    home, footage, played = (directory / name for name in ("home", "footage", "played"))
    (home / "models").mkdir(parents=True)
    (home / "models" / "open").symlink_to(pack_home / "models" / "open")
    pass_on_agreement(pack_home, home)
    footage.mkdir()
    played.mkdir()
    portrait = installed_picture(ASTRONAUT)
    _write(footage / "walk.mp4", walk(portrait, seconds=9, present=(1, 7)))
    _write(played / "passing.mp4", walk(portrait, seconds=4, present=(1, 3)))
    _write(footage / "group.mp4", pan(installed_picture(GROUP), seconds=3))
    _write(footage / "empty.mp4", walk(portrait, seconds=3, present=(0, 0)))
    cv2.imwrite(str(footage / "portrait.jpg"), portrait[:, ::-1])
    _enrol_people(directory / "people", home)
    return Casework(home, footage, played)


def pass_on_agreement(known: Path, home: Path) -> None:
    """What one home knows of its models' agreement, to another: to find out takes a second or two,
    and each home of a test would."""
    found = known / "cache" / "agreement.json"
    if found.exists():
        (home / "cache").mkdir()
        shutil.copy(found, home / "cache")


def walk(portrait: ByteArray, seconds: int, present: tuple[int, int]) -> Iterator[ByteArray]:
    """The portrait crosses the picture in ``present`` seconds, over a noisy wall."""
    rng = np.random.default_rng(5)
    person = cv2.resize(portrait[10:260, 100:350], (210, 210), interpolation=cv2.INTER_AREA)
    wall = cv2.GaussianBlur(rng.integers(60, 130, (360, 640, 3)).astype(np.uint8), (0, 0), 8)
    noises = [np.asarray(rng.normal(0, 2, wall.shape), np.float32) for _ in range(7)]
    for i in range(seconds * RATE):
        frame = wall.copy()
        if present[0] * RATE <= i < present[1] * RATE:
            left = 40 + (i - present[0] * RATE) * 2
            frame[80:290, left : left + 210] = person
        yield np.clip(frame + noises[i % len(noises)], 0, 255).astype(np.uint8)


def pan(picture: ByteArray, seconds: int) -> Iterator[ByteArray]:
    scaled = cv2.resize(picture, (1000, 692), interpolation=cv2.INTER_AREA)
    for i in range(seconds * RATE):
        yield np.asarray(scaled[140:500, 2 * i : 2 * i + 640], np.uint8)


def _write(path: Path, pictures_bgr: Iterator[ByteArray]) -> None:
    pictures_rgb = (np.ascontiguousarray(picture[..., ::-1]) for picture in pictures_bgr)
    write_clip(path, pictures_rgb, encoder={"preset": "veryfast"})


def _enrol_people(images: Path, home: Path) -> None:
    for name, source in (("astronaut", ASTRONAUT), ("actor", ACTOR)):
        (images / name).mkdir(parents=True)
        cv2.imwrite(str(images / name / "portrait.png"), installed_picture(source))
    order = EnrolOrder("people", images, None, (), AUTHORITY, None, Config(), home)
    enrol_order(order, machinery=HERE, now=datetime(2026, 1, 1, tzinfo=UTC))
