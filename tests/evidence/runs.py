"""Real runs that packs are made of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import lfr_batch as lfr
from lfr_batch.records import ByteArray
from tests.footage.clips import write_clip
from tests.one_case import (
    ASTRONAUT,
    GROUP,
    Casework,
    installed_picture,
    pan,
    pass_on_agreement,
    walk,
)

STATED = lfr.Authority("OP-LANTERN 12/26", "Insp. A. Example, ref 1", "identify", "j.doe")


@dataclass(frozen=True)
class RunCase:
    """A home with a run in which the astronaut is seen twice, and one in which nobody is."""

    home: Path
    footage: Path
    run_id: str
    empty_run_id: str

    @property
    def settings(self) -> lfr.Settings:
        return lfr.Settings(home=self.home, changes={"engine.kind": "in_process"})


def make_runs(casework: Casework, place: Path) -> RunCase:
    home, footage = place / "home", place / "footage"
    shutil.copytree(casework.home / "galleries", home / "galleries")
    shutil.copytree(casework.footage, footage)
    _shorter(footage / "walk.mp4", walk(installed_picture(ASTRONAUT), seconds=2, present=(0, 2)))
    _shorter(footage / "group.mp4", pan(installed_picture(GROUP), seconds=1))
    (home / "models").mkdir()
    (home / "models" / "open").symlink_to((casework.home / "models" / "open").resolve())
    pass_on_agreement(casework.home, home)
    case = RunCase(home, footage, "", "")
    seen = lfr.scan(
        [footage / "walk.mp4", footage / "portrait.jpg"], "people", STATED, settings=case.settings
    )
    unseen = lfr.scan([footage / "group.mp4"], "people", STATED, settings=case.settings)
    assert (seen.sightings, unseen.sightings) == (2, 0)
    return RunCase(home, footage, seen.run_id, unseen.run_id)


def _shorter(clip: Path, pictures_bgr: Iterator[ByteArray]) -> None:
    """In place of the casework's."""
    shown = (np.ascontiguousarray(picture[..., ::-1]) for picture in pictures_bgr)
    write_clip(clip, shown, encoder={"preset": "veryfast"})


def copy_of(finished: RunCase, home: Path) -> RunCase:
    """With a home of its own; footage is shared."""
    shutil.copytree(finished.home, home, symlinks=True)
    return RunCase(home, finished.footage, finished.run_id, finished.empty_run_id)
