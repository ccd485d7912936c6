"""Real clips with known answers: which of the people enrolled is in which of the files.

The material is ``shared/data``, which is not part of the repository; nothing of it is copied but
two frames, into the folder of pictures to enrol.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import cv2

from lfr_batch.demo.pyav_writer import read_frames

KNOWN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "footage/known_answer/custody_S029.avi": frozenset({"S029"}),
        "footage/known_answer/stage_clip.mp4": frozenset({"lin-manuel-miranda"}),
        "footage/known_answer/two_actors.mp4": frozenset({"actor_m", "actor_f"}),
        "footage/crowd/corridor_pause.mp4": frozenset({"actor_f"}),
        "footage/crowd/corridor_walk.mp4": frozenset(),
        "footage/crowd/indoor_event.mp4": frozenset(),
        "footage/crowd/marathon.mkv": frozenset(),
        "footage/no_faces/distant_man.mp4": frozenset(),
        "footage/no_faces/corridor_backs_139s.mp4": frozenset(),
    }
)
"""Below the data's folder; the people of the gallery who are in it and large enough to be found.

The pianist of the stage clip is enrolled too: his face is turned away whenever it is large.
"""

LONG = "footage/no_faces/corridor_backs_139s.mp4"
MADE_FROM = "S029-01-t10_01.jpg"
"""The picture the custody clip was made from: it must not be enrolled."""
ACTOR_FRAMES = (("actor_m", 60), ("actor_f", 9))


def known_gallery(data: Path, images: Path, others: int) -> Path:
    """Fill ``images`` with pictures to enrol: the people above, and so many ``others``."""
    custody = sorted(folder for folder in (data / "custody").glob("S*") if folder.name != "S029")
    for folder in custody[:others]:
        _enrol(images / folder.name, min(folder.glob("*.jpg")))
    for picture in (data / "custody" / "S029").glob("*.jpg"):
        if picture.name != MADE_FROM:
            _enrol(images / "S029", picture)
    for picture in (data / "footage/known_answer/stage_clip_gallery").iterdir():
        _enrol(images / picture.stem, picture)
    for actor, number in ACTOR_FRAMES:
        frames, _ = read_frames(data / f"footage/known_answer/{actor}.mp4")
        cv2.imwrite(str(images / f"{actor}.png"), frames[number])
    return images


def _enrol(subject: Path, picture: Path) -> None:
    subject.mkdir(parents=True, exist_ok=True)
    (subject / picture.name).symlink_to(picture)
