"""Through every command, each session of a GPU computes one shape, and finds what others find.

The CPU stands in for the GPU: every session that a command opens is one of fixed shapes, and
onnxruntime itself notes what it is given.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from io import StringIO
from pathlib import Path
from threading import Event
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest

from lfr_batch.cli.app import main
from lfr_batch.engine import table as engine_table
from lfr_batch.engine.in_process import in_process
from lfr_batch.engine.live.threads import live_threads
from lfr_batch.live.deployment.look_after import Situation
from lfr_batch.live.deployment.order import make_deployment
from lfr_batch.live.deployment.run import run_deployment
from lfr_batch.models import plane_scaler
from lfr_batch.models.graph import PICTURES
from lfr_batch.models.ladder_session import LadderSession
from lfr_batch.models.onnxruntime_fixed import open_ladder
from lfr_batch.models.plane_scaler import PlaneScaler
from lfr_batch.models.planes_graph import PLANES
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import BACKENDS
from lfr_batch.records import ByteArray
from tests.deploying import deployable, order, own_home
from tests.e2e.cli import WHO
from tests.footage.clips import RATE, write_clip
from tests.machines import Machine, become
from tests.one_case import ACTOR, ASTRONAUT, GROUP, Casework, installed_picture
from tests.work_here import work_here

Shape = tuple[int, ...]

TOGETHER = ("--engine", "in_process", "--set", "engine.segments_per_worker=3")
MODELS = {1 + 12: "yunet", 1 + 4: "centerface", 1: "sface"}
"""By how many outputs they have: of detectors the best cells, and the heads."""


class Recording(onnxruntime.InferenceSession):  # type: ignore[misc]  # it has no types
    """Notes the shape of every call."""

    opened: list[Recording]

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        of_planes = self.get_inputs()[0].name in PLANES
        self.model = "planes" if of_planes else MODELS[len(self.get_outputs())]
        self.shapes: Counter[Shape] = Counter()
        self.opened.append(self)

    def run(self, *_: Any) -> Any:
        raise AssertionError("bound buffers were passed by")

    def run_with_iobinding(self, binding: Any, *options: Any) -> None:
        if self.model == "planes":  # onnxruntime refuses any other than the graph's own
            self.shapes[tuple(self.get_inputs()[0].shape)] += 1
        else:
            self.shapes[tuple(binding._bound_inputs[PICTURES].shape())] += 1
        super().run_with_iobinding(binding, *options)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Recording]:
    """The sessions of a machine with a GPU, as they are opened."""

    def on_its_processor(model: ModelFile, plan: SessionPlan) -> LadderSession:
        assert plan.device == "cuda"
        stand_in = replace(
            plan, device="cpu", precision="f32", threads=1, one_shape=True, at_once=1
        )
        return open_ladder(model, stand_in)

    def scaling_on_its_processor(plan: SessionPlan) -> PlaneScaler:
        assert plan.device == "cuda"
        return PlaneScaler(replace(plan, device="cpu", threads=1))

    become(monkeypatch, Machine(gpu=True))
    # Another process would know nothing of it.
    monkeypatch.setattr(engine_table, "in_child", in_process)
    monkeypatch.setitem(engine_table.ENGINES, "in_process", in_process)
    Recording.opened = []
    monkeypatch.setattr(onnxruntime, "InferenceSession", Recording)
    monkeypatch.setitem(BACKENDS, "onnxruntime", on_its_processor)
    monkeypatch.setattr(plane_scaler, "_scaler", cache(scaling_on_its_processor))
    return Recording.opened


def shapes(opened: list[Recording], model: str) -> list[Shape]:
    """What sessions of a model have computed, each one shape."""
    used = [session.shapes for session in opened if session.model == model and session.shapes]
    assert all(len(each) == 1 for each in used), used
    return [shape for each in used for shape in each]


def lfr(home: Path, *arguments: str | Path) -> tuple[int, str]:
    """The command, in this process: its exit code, and what it printed."""
    printed = StringIO()
    with pytest.MonkeyPatch.context() as here, redirect_stdout(printed):
        here.setenv("LFR_HOME", str(home))
        with pytest.raises(SystemExit) as ended:
            main(list(map(str, arguments)))
    return int(ended.value.code or 0), printed.getvalue()


def walking(size_wh: tuple[int, int], face_px: int, frames: int) -> Iterator[ByteArray]:
    """The astronaut goes past a grey wall; RGB."""
    face = cv2.resize(installed_picture(ASTRONAUT)[0:260, 90:350], (face_px, face_px))
    width, height = size_wh
    for i in range(frames):
        frame: ByteArray = np.full((height, width, 3), 90, np.uint8)
        left = (2 * i) % (width - face_px)
        frame[8 : 8 + face_px, left : left + face_px] = face[..., ::-1]
        yield frame


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of several sizes, upright and not square pixels; stills large and small."""
    folder = tmp_path_factory.mktemp("archive")
    write_clip(folder / "wide.mp4", walking((640, 360), 220, RATE))
    write_clip(folder / "hall.mp4", walking((320, 240), 150, RATE))
    write_clip(folder / "phone.mp4", walking((270, 480), 180, RATE))
    half_d1 = walking((352, 288), 180, RATE)
    write_clip(folder / "d1.mp4", half_d1, sample_aspect=Fraction(16, 11))
    astronaut, group = installed_picture(ASTRONAUT), installed_picture(GROUP)
    cv2.imwrite(str(folder / "small.png"), cv2.resize(astronaut, (200, 200)))
    beside = np.full((1100, 2000, 3), 90, np.uint8)
    beside[20 : 20 + group.shape[0], : group.shape[1]] = group
    beside[400:912, 1400:1912] = astronaut
    cv2.imwrite(str(folder / "large.png"), beside)
    return folder


def scanned(home: Path, archive: Path, out: Path) -> list[dict[str, Any]]:
    """The sightings of a scan."""
    code, _ = lfr(home, "scan", archive, "--gallery", "people", *WHO, *TOGETHER, "--out", out)
    assert code == 0
    query = (
        "SELECT parse_filename(uri) AS file, subject_id, score, start_s FROM sightings "
        "JOIN footage USING (run_id, footage_id) ORDER BY ALL"
    )
    code, said = lfr(home, "sql", query, "--format", "json", "--out", out)
    assert code == 0
    return list(json.loads(said))


@pytest.fixture(scope="module")
def on_processors(
    casework: Casework, archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    with work_here():
        return scanned(casework.home, archive, tmp_path_factory.mktemp("results"))


def test_a_scan(
    casework: Casework,
    archive: Path,
    tmp_path: Path,
    on_processors: list[dict[str, Any]],
    opened: list[Recording],
) -> None:
    found = scanned(casework.home, archive, tmp_path)
    sizes_hw = {shape[1:3] for shape in shapes(opened, "yunet")}
    assert sizes_hw == {(480, 640), (320, 320), (480, 832)}  # of whole frames, and what is usual
    assert len(set(shapes(opened, "centerface"))) > 4
    assert len(shapes(opened, "sface")) == 1
    lines = {shape[0] for shape in shapes(opened, "planes")}
    assert lines >= {360, 240, 480, 288}  # of every video, the one that lies on its side too
    assert len(on_processors) == 6
    for one, other in zip(found, on_processors, strict=True):
        assert (one["file"], one["subject_id"]) == (other["file"], other["subject_id"])
        assert one["start_s"] == pytest.approx(other["start_s"], abs=0.3)
        assert one["score"] == pytest.approx(other["score"], abs=0.02)


def test_an_enrolment(casework: Casework, tmp_path: Path, opened: list[Recording]) -> None:
    home, images = own_home(casework, tmp_path), tmp_path / "images"
    images.mkdir()
    (home / "galleries").unlink()
    for name, source in (("astronaut", ASTRONAUT), ("actor", ACTOR)):
        cv2.imwrite(str(images / f"{name}.png"), installed_picture(source))
    tilted = cv2.warpAffine(
        installed_picture(ASTRONAUT), cv2.getRotationMatrix2D((220, 120), 30, 1.0), (640, 512)
    )
    cv2.imwrite(str(images / "tilted.png"), tilted)
    code, _ = lfr(home, "gallery", "enrol", "new", "--images", images, *WHO[:4], *TOGETHER)
    assert code == 0
    assert len(shapes(opened, "centerface")) > 2
    assert (16, 160, 160, 3) in shapes(opened, "centerface")  # the tilted head's second look
    assert len(shapes(opened, "sface")) == 1


def test_a_search(
    casework: Casework,
    archive: Path,
    tmp_path: Path,
    opened: list[Recording],
) -> None:
    code, _ = lfr(
        casework.home, "search", archive / "large.png", archive / "small.png",
        "--gallery", "people", *WHO, "--out", tmp_path / "results",
    )  # fmt: skip
    assert code == 0
    assert len(shapes(opened, "centerface")) > 2
    assert len(shapes(opened, "sface")) == 1


def test_a_deployment(
    casework: Casework, archive: Path, tmp_path: Path, opened: list[Recording]
) -> None:
    """Until it has seen somebody."""
    cameras = {"north": str(archive / "wide.mp4"), "south": str(archive / "phone.mp4")}
    config = deployable(casework, cameras)
    looping = [camera.model_copy(update={"loop": True}) for camera in config.cameras]
    config = config.model_copy(update={"cameras": tuple(looping)})
    deployment = make_deployment(order(config, own_home(casework, tmp_path)), datetime.now(UTC))
    seen = Event()

    def watch(look: Situation) -> None:
        if look.counts.faces_seen:
            seen.set()

    run_deployment(deployment, live_threads, lambda _: nullcontext(), watch, seen)
    assert len(shapes(opened, "centerface")) > 2
    assert len(shapes(opened, "sface")) == 1
