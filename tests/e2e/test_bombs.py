"""Footage that takes more than it may: named, and its neighbours are searched as ever."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.e2e import here
from tests.e2e.cli import WHO, lfr
from tests.e2e.here import sql
from tests.one_case import Casework

LARGE_PX = 9500
"""Of a side: 270 MB as a picture, 0.3 as a file."""
WHOLE = ("--set", "detect.still_tile_px=null")
"""What the bomb takes is taken before its tiles are looked at, which would take a while."""


@pytest.fixture
def archive(casework: Casework, tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    shutil.copy(casework.footage / "portrait.jpg", folder / "z_portrait.jpg")
    blank = np.zeros((LARGE_PX, LARGE_PX, 1), np.uint8)
    assert cv2.imwrite(str(folder / "a_bomb.png"), blank)
    return folder


@pytest.mark.parametrize("engine", ["in_process", pytest.param("ray", marks=pytest.mark.long)])
def test_what_is_beyond_the_limits_is_named_and_its_neighbours_are_searched(
    casework: Casework, archive: Path, tmp_path: Path, engine: str
) -> None:
    out = tmp_path / "results"
    where = ("--gallery", "people", "--out", out, *WHO, "--run-id", "bombed", *WHOLE)
    tight = ("--engine", engine, "--set", "limits.memory_mib=200")
    done = lfr(casework.home, "scan", archive, *where, *tight)
    assert done.returncode == 3, done.stderr
    said = " ".join(done.stderr.split())
    assert f"{archive}/a_bomb.png from 0.0 s: it is beyond the limits of a segment" in said
    assert "limits.memory_mib lets it have 200" in said
    found = "SELECT uri, sightings FROM footage ORDER BY uri"
    bomb, portrait = sql(casework.home, found, out)
    assert (bomb["sightings"], portrait["sightings"]) == (0, 1)

    again = ("resume", "bombed", "--out", out, "--set")
    refused = here.lfr(casework.home, *again, "footage.sample_fps=1")
    assert refused.returncode == 2
    assert "footage.sample_fps cannot be set any more" in refused.stderr
    resumed = lfr(casework.home, *again, "limits.memory_mib=1500")
    assert resumed.returncode == 0, resumed.stderr
    assert sql(casework.home, found, out) == [bomb, portrait]
