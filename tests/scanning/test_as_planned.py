"""Code, models or gallery are not those that a run was planned with: nobody searches with them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lfr_batch.config.schema import Config, EngineConfig, InferenceConfig
from lfr_batch.engine.in_process import in_process
from lfr_batch.enrolment.intake import EnrolSpec, open_enrolment_worker
from lfr_batch.errors import NotAsPlanned
from lfr_batch.models.planned import models_digest
from lfr_batch.models.store import load_pack
from lfr_batch.recognition import planned
from lfr_batch.recognition.planned import planned_with
from lfr_batch.recognition.search import SearchSpec, open_search
from lfr_batch.recognition.settle import settle_here
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import RunRequest, create_run, load_run
from lfr_batch.results.sql import run_query
from lfr_batch.results.status import run_progress
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning.execute import Means, RunResult, execute_run
from lfr_batch.software import software
from lfr_batch.storage.files import sha256_of
from lfr_batch.work.child_process import this_host
from tests.one_case import Casework
from tests.planned import make_plan

ALONE = Config(
    engine=EngineConfig(kind="in_process"), inference=InferenceConfig(device="cpu", precision="f32")
)


Change = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def own(casework: Casework, tmp_path: Path) -> Casework:
    """With a home that may be altered."""
    home = tmp_path / "home"
    for name in ("models", "galleries"):
        shutil.copytree(casework.home / name, home / name)
    return replace(casework, home=home)


def created(casework: Casework, results: Path) -> StoredRun:
    plan = make_plan(casework.order("walk.mp4", config=ALONE))
    run = StoredRun(open_store(str(results)), plan.request.run_id)
    create_run(run.store, plan.request, plan.assets, plan.segments)
    return run


def executed(run: StoredRun) -> RunResult:
    return execute_run(run, Means(in_process))


def spec_of(request: RunRequest) -> SearchSpec:
    """What a worker of the run is told."""
    home = Path(request.home)
    return SearchSpec(
        home,
        home,
        request.gallery,
        request.snapshot_id,
        request.threshold,
        ALONE,
        settled=request.settled,
        planned=request.planned,
    )


@contextmanager
def another_detector(home: Path) -> Iterator[None]:
    """A sound pack of the same name, in which a model says that somebody else made it."""
    manifest, detector = (home / "models" / "open" / n for n in ("manifest.json", "yunet.onnx"))
    before = manifest.read_text(), detector.read_bytes()
    detector.write_bytes(before[1] + b"\x12\x01x")
    said = json.loads(before[0])
    said["files"]["yunet.onnx"] = sha256_of(detector)
    manifest.write_text(json.dumps(said))
    yield
    manifest.write_text(before[0])
    detector.write_bytes(before[1])


@contextmanager
def fed_otherwise(home: Path) -> Iterator[None]:
    manifest = home / "models" / "open" / "manifest.json"
    before = manifest.read_text()
    said = json.loads(before)
    said["detector"]["mean"] = 1.5
    manifest.write_text(json.dumps(said))
    yield
    manifest.write_text(before)


@contextmanager
def other_code(_: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as there:
        there.setattr(planned, "software", lambda: "0.3.0 0123456789ab")
        yield


CHANGES = pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            another_detector,
            r"On \S+ model pack 'open' in \S+/models/open is not what this was planned with "
            r"\(yunet\.onnx differs\), .*: put back the pack it was planned with, or start anew\.",
        ),
        (fed_otherwise, r"model pack 'open' .* \(how they are fed differs\)"),
        (
            other_code,
            r"This was planned with lfr-batch \S+ \(code [0-9a-f]{12}\), and \S+ has 0\.3\.0 "
            r"\(code 0123456789ab\), .*: install what it was planned with there, or start anew\.",
        ),
    ],
)


@CHANGES
def test_a_run_is_not_taken_up_with_others_until_they_are_put_back(
    own: Casework, tmp_path: Path, change: Change, sentence: str
) -> None:
    run = created(own, tmp_path / "results")
    with change(own.home), pytest.raises(NotAsPlanned, match=sentence):
        executed(run)
    assert executed(run).status == "complete"


@CHANGES
def test_a_worker_looks_for_itself(
    own: Casework, tmp_path: Path, change: Change, sentence: str
) -> None:
    spec = spec_of(load_run(created(own, tmp_path / "results")))
    with change(own.home), pytest.raises(NotAsPlanned, match=sentence):
        open_search(spec, threads=1)


def test_a_snapshot_of_the_same_name_whose_files_are_others_is_another(
    own: Casework, tmp_path: Path
) -> None:
    spec = spec_of(load_run(created(own, tmp_path / "results")))
    manifest = own.home / "galleries/people/snapshots" / spec.snapshot_id / "manifest.json"
    assert spec.planned
    gallery = {**spec.planned.gallery, "templates.parquet": "0" * 64}
    other = replace(spec, planned=replace(spec.planned, gallery=gallery))
    said = r"the snapshot of gallery 'people' is not what .* \(templates\.parquet differs\)"
    with pytest.raises(NotAsPlanned, match=said):
        open_search(other, threads=1)
    assert spec.planned.gallery == {
        name: entry["sha256"] for name, entry in json.loads(manifest.read_text())["files"].items()
    }


def test_an_enrolment_is_held_to_its_models_too(own: Casework) -> None:
    settled = settle_here(own.home, ALONE, "enrol")
    spec = EnrolSpec(own.home, ALONE, None, settled, planned_with(load_pack(own.home, "open")))
    with another_detector(own.home), pytest.raises(NotAsPlanned, match=r"yunet\.onnx differs"):
        open_enrolment_worker(spec)


def test_a_run_of_before_asks_for_nothing(own: Casework, tmp_path: Path) -> None:
    plan = make_plan(own.order("walk.mp4", config=ALONE))
    request = plan.request.model_copy(update={"planned": None})
    run = StoredRun(open_store(str(tmp_path / "results")), request.run_id)
    create_run(run.store, request, plan.assets, plan.segments)
    with another_detector(own.home):
        assert executed(run).status == "complete"


def test_a_receipt_says_who_made_it(own: Casework, tmp_path: Path) -> None:
    run = created(own, tmp_path / "results")
    executed(run)
    request = load_run(run)
    assert request.planned
    (who,) = run_progress(run).searched_by
    assert (who.host, who.software) == (this_host(), software())
    assert who.models == models_digest(request.planned)
    assert (who.computed_on or "").startswith("OpenVINO f32, decoded by processors, on ")
    lake = open_lake(tmp_path / "results")
    rows = run_query(lake, "SELECT host, software, models, computed_on FROM segments").to_pylist()
    assert rows == [
        {
            "host": who.host,
            "software": who.software,
            "models": who.models,
            "computed_on": who.computed_on,
        }
    ]
