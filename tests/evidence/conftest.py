"""A real run, finished once for all tests of this folder; each has a home of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

import lfr_batch as lfr
from tests.casework import Casework

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


@pytest.fixture(scope="session")
def finished(casework: Casework, tmp_path_factory: pytest.TempPathFactory) -> RunCase:
    """Not to be changed."""
    place = tmp_path_factory.mktemp("evidence")
    home, footage = place / "home", place / "footage"
    shutil.copytree(casework.home / "galleries", home / "galleries")
    shutil.copytree(casework.footage, footage)
    (home / "models").mkdir()
    (home / "models" / "open").symlink_to((casework.home / "models" / "open").resolve())
    case = RunCase(home, footage, "", "")
    seen = lfr.scan(
        [footage / "walk.mp4", footage / "portrait.jpg"], "people", STATED, settings=case.settings
    )
    unseen = lfr.scan([footage / "group.mp4"], "people", STATED, settings=case.settings)
    assert (seen.sightings, unseen.sightings) == (2, 0)
    return RunCase(home, footage, seen.run_id, unseen.run_id)


@pytest.fixture
def case(finished: RunCase, tmp_path: Path) -> RunCase:
    """With a home of its own; footage is shared."""
    home = tmp_path / "home"
    shutil.copytree(finished.home, home, symlinks=True)
    return RunCase(home, finished.footage, finished.run_id, finished.empty_run_id)
