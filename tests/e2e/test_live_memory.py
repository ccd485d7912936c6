"""Templates of people who are not on the watchlist, in the memory of a deployment's processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from lfr_batch.config.schema import Config, QualityConfig
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import FaceStages, detect_in_still
from lfr_batch.faces.view import aligned_rgb
from lfr_batch.footage.stills import StillFrame
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.recognition.search import SearchSpec, open_search
from lfr_batch.recognition.shots import take_shots
from lfr_batch.records import ByteArray, FloatArray
from tests.e2e.cli import LFR, surroundings
from tests.e2e.test_live_forgetting import processes_of
from tests.footage.clips import write_clip
from tests.live_case import THRESHOLD, live_config, wait_for
from tests.memory_search import most_alike
from tests.one_case import GROUP, Casework, installed_picture, pan

IN_VIEW_S, EMPTY_S = 30, 150
ALIKE, CHANCE = 0.85, 0.7
"""A template of another frame of the same face scores more than the first; of 128 numbers, nothing
that is no template comes to the second."""


def street() -> Iterator[ByteArray]:
    """RGB. Six people, who then are gone for good."""
    people = list(pan(installed_picture(GROUP), seconds=3))
    to_and_fro = [*people, *reversed(people)]
    rate = len(people) // 3
    for number in range(IN_VIEW_S * rate):
        yield np.ascontiguousarray(to_and_fro[number % len(to_and_fro)][..., ::-1])
    nobody = np.full_like(people[0], 90)
    for _ in range(EMPTY_S * rate):
        yield nobody


def templates_of(pictures: list[ByteArray], stages: FaceStages) -> FloatArray:
    found = []
    for picture in pictures:
        still = StillFrame(picture)
        faces = detect_in_still(stages.exact_detector, still, (1280, 640))
        views = [shot.view for shot in take_shots(still, faces, QualityConfig())[0] if shot]
        landmarks = realign(views, stages.exact_detector)
        aligned = [aligned_rgb(view, points) for view, points in zip(views, landmarks, strict=True)]
        found.append(stages.embedder.embed(np.stack(aligned)))
    return np.concatenate(found)


@contextmanager
def deployed(home: Path, folder: Path, clip: Path) -> Iterator[subprocess.Popen[bytes]]:
    config = live_config(Casework(home, clip.parent, clip.parent), {"street": clip.name})
    asked = folder / "live.yaml"
    asked.write_text(config.model_dump_json())
    with TemporaryDirectory(prefix="ray") as ray_files, (folder / "said").open("wb") as output:
        driver = subprocess.Popen(
            [*LFR, "live", "--config", str(asked), "--out", str(folder / "results"),
             "--threshold", str(THRESHOLD), "--rehearse", "--set", "console.port=0",
             "--set", "watchlist.max_age_h=1000000"],
            env=surroundings(home, RAY_TMPDIR=ray_files),
            stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
        try:
            yield driver
        finally:
            for process in processes_of(driver.pid):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            driver.wait()


def part(driver: subprocess.Popen[bytes], name: str) -> int:
    """The process of a part of the deployment, by the name that Ray gives it."""

    def found() -> list[int]:
        assert driver.poll() is None
        return [
            process
            for process in processes_of(driver.pid)
            if name.encode() in Path(f"/proc/{process}/cmdline").read_bytes()
        ]

    process: int
    (process,) = wait_for(found)
    return process


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_templates_of_strangers_are_overwritten(casework: Casework, tmp_path: Path) -> None:
    snapshot = load_snapshot(casework.home, "people")
    spec = SearchSpec(
        casework.home, casework.home, "people", snapshot.snapshot_id, THRESHOLD, Config()
    )
    people = list(pan(installed_picture(GROUP), seconds=3))
    strangers = templates_of(people[:: len(people) // 3], open_search(spec, 1).stages)
    clip = tmp_path / "street.mp4"
    write_clip(clip, street())
    with deployed(casework.home, tmp_path, clip) as driver:
        analyst, camera = part(driver, "AnalystActor"), part(driver, "CameraActor")
        wait_for(lambda: most_alike(analyst, strangers) > ALIKE)
        assert most_alike(camera, strangers) < CHANCE
        wait_for(lambda: most_alike(analyst, strangers) < CHANCE)
        assert most_alike(camera, strangers) < CHANCE
        assert driver.poll() is None
