"""The contenders themselves, on a short rendered clip with the known person in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from insightface.model_zoo.arcface_onnx import ArcFaceONNX

from benchmarks.case import prepare_case
from benchmarks.clips import Clip, encode, known_portrait
from benchmarks.contenders.loops import hits_of
from benchmarks.contenders.table import CONTENDERS
from benchmarks.measures import BenchFailed, Case, Hit, Job, job_from_json, to_json
from benchmarks.run import chosen, parse_arguments, reasons_to_skip, run_task
from benchmarks.scenes import KNOWN, RATE, Crossing, cut_out, walk_through, with_noise
from benchmarks.summary import found_visits, stray_hits
from benchmarks.tasks import TASKS, Task
from lfr_batch.config.schema import Config
from lfr_batch.faces.stages import open_stages
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray

SIZE_WH = (640, 368)
FRAMES = 16
VISIT = Crossing(None, -2.0, 4.0, 60)
"""She is in the picture from the first frame to the last."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory, open_pack_home: Path) -> Case:
    nowhere = tmp_path_factory.mktemp("nothing")
    return prepare_case(tmp_path_factory.mktemp("case"), open_pack_home, nowhere, None)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, open_pack_home: Path) -> Path:
    def frames(cache: Path) -> Iterator[ByteArray]:
        wall = np.full((SIZE_WH[1], SIZE_WH[0], 3), 110, np.uint8)
        person = cut_out(known_portrait(cache), KNOWN, VISIT.face_px)
        scene = (wall for _ in range(FRAMES))
        return with_noise(walk_through(scene, [VISIT], [person]), seed=1)

    path = tmp_path_factory.mktemp("clips") / "short.mp4"
    known_s = ((VISIT.from_s, VISIT.until_s),)
    encode(
        path,
        Clip(SIZE_WH, FRAMES / RATE, known_s, frames, {"preset": "ultrafast"}),
        open_pack_home / "cache" / "archives",
    )
    return path


@pytest.mark.parametrize("contender", ["every", "default", "plain", "opencv"])
def test_every_loop_finds_the_known_person(contender: str, case: Case, clip: Path) -> None:
    measure = run_task(Task(contender, "short"), case, clip, cores=2)
    visits = [(VISIT.from_s, VISIT.until_s)]
    assert measure.frames == FRAMES
    assert (found_visits(visits, measure.hits), stray_hits(visits, measure.hits)) == (1, 0)
    assert measure.wall_s > 0
    assert measure.peak_mib > 50


def test_only_the_footage_asked_for_as_often_as_asked_for(case: Case, clip: Path) -> None:
    measure = run_task(Task("every", "short", until_s=0.4, passes=2), case, clip, cores=2)
    assert (measure.frames, measure.looks, measure.media_s) == (20, 20, 0.8)


def test_a_contender_that_fails_says_why(case: Case, tmp_path: Path) -> None:
    with pytest.raises(
        BenchFailed, match=r"plain, gone ended with exit code 1[\s\S]*BenchFailed.*no frame"
    ):
        run_task(Task("plain", "gone"), case, tmp_path / "gone.mp4", cores=2)


def test_insightface_makes_the_same_templates_of_the_same_faces(case: Case) -> None:
    """Otherwise its loop would be held to the wrong threshold."""
    rng = np.random.default_rng(3)
    aligned_rgb = rng.integers(0, 256, (2, 112, 112, 3)).astype(np.uint8)
    config = Config.model_validate({"inference": {"precision": "f32"}})
    plain = load_pack(case.home, "open").derivations()[-1]  # InsightFace knows no mirror images
    ours = open_stages(plain, config, 2).embedder.embed(aligned_rgb)
    model = ArcFaceONNX(model_file=str(case.embedder))
    raw = model.get_feat([np.ascontiguousarray(face[..., ::-1]) for face in aligned_rgb])
    theirs = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    assert np.sum(ours * theirs, axis=1) == pytest.approx(1.0, abs=1e-4)


def test_who_cannot_run_is_left_out_with_a_reason(case: Case) -> None:
    skipped = reasons_to_skip(case)
    assert set(skipped) == {"insightface"}
    assert "--data" in skipped["insightface"]
    assert {task.contender for task in chosen(None, skipped)} == set(CONTENDERS) - {"insightface"}
    assert {task.contender for task in chosen(["plain", "insightface"], skipped)} == {"plain"}


def test_every_task_has_a_contender_and_every_contender_a_task() -> None:
    assert {task.contender for task in TASKS} == set(CONTENDERS)


def test_only_known_contenders_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--only", "nobody"])
    assert "insightface" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("scores", "hits"),
    [
        ([], ()),
        ([0.1, 0.2], ()),
        ([0.1, 0.5, 0.7, 0.1], (Hit(0.1, 0.2, 0.7),)),
        ([0.5] + [0.0] * 9 + [0.6], (Hit(0.0, 1.0, 0.6),)),
        ([0.5] + [0.0] * 10 + [0.6], (Hit(0.0, 0.0, 0.5), Hit(1.1, 1.1, 0.6))),
    ],
)
def test_frames_with_the_known_person_are_joined(
    scores: list[float], hits: tuple[Hit, ...]
) -> None:
    assert hits_of(scores, 10.0, 0.4) == hits


def test_a_job_survives_the_way_to_its_process(case: Case, tmp_path: Path) -> None:
    job = Job("plain", tmp_path / "a.mp4", 2.5, 3, 2, case, 17.25)
    assert job_from_json(to_json(job)) == job
