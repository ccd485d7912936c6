"""Real runs that packs are made of."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import lfr_batch as lfr
from tests.one_case import Casework, pass_on_agreement

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
    shutil.copy(casework.played / "passing.mp4", footage / "walk.mp4")  # it is shorter
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


def copy_of(finished: RunCase, home: Path) -> RunCase:
    """With a home of its own; footage is shared."""
    shutil.copytree(finished.home, home, symlinks=True)
    return RunCase(home, finished.footage, finished.run_id, finished.empty_run_id)
