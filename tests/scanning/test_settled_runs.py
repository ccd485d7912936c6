"""What was settled when a run was planned is what its workers compute with, or they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import pytest

from lfr_batch.config.load import override
from lfr_batch.config.schema import Config
from lfr_batch.engine.in_process import in_process
from lfr_batch.errors import DeviceUnavailable, NotAsPlanned
from lfr_batch.models import agreement
from lfr_batch.models.devices import computing_libraries
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Session, open_planned
from lfr_batch.results.run_log import latest_row
from lfr_batch.results.run_state import create_run, load_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.scanning import worker
from lfr_batch.scanning.execute import Means, RunResult, execute_run
from lfr_batch.storage.store import Store
from tests.machines import Machine, become
from tests.one_case import Casework
from tests.planned import Plan, make_plan

PLAIN = Machine(libraries=computing_libraries("openvino"))
BF16 = Machine(bf16=True, libraries=PLAIN.libraries)
HERE = Config().model_copy(
    update={"engine": Config().engine.model_copy(update={"kind": "in_process"})}
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[SessionPlan]:
    """The plans of the sessions that were opened."""
    plans: list[SessionPlan] = []

    def noting(model: ModelFile, plan: SessionPlan) -> Session:
        plans.append(plan)
        return open_planned(model, plan)

    monkeypatch.setattr(agreement, "open_planned", noting)
    return plans


def planned(casework: Casework, machine: Machine, config: Config = HERE) -> Plan:
    with pytest.MonkeyPatch.context() as there:
        become(there, machine)
        return make_plan(casework.order("walk.mp4", config=config))


def created(plan: Plan, results: Path) -> Store:
    store = open_store(str(results))
    create_run(store, plan.request, plan.assets, plan.segments)
    return store


def executed(store: Store, plan: Plan) -> RunResult:
    run_id = plan.request.run_id
    return execute_run(StoredRun(store, run_id), Means(in_process))


def test_a_run_that_was_planned_in_f32_is_done_in_f32_wherever_that_is(
    casework: Casework, tmp_path: Path, opened: list[SessionPlan]
) -> None:
    plan = planned(casework, PLAIN)
    store = created(plan, tmp_path)
    assert load_run(StoredRun(store, plan.request.run_id)) == plan.request
    result = executed(store, plan)
    assert (result.status, result.sightings) == ("complete", 1)
    assert {each.precision for each in opened} == {"f32"}
    row = latest_row(StoredRun(store, plan.request.run_id))
    assert row is not None
    assert row["computed_on"] == "OpenVINO f32, decoded by processors"
    assert json.loads(row["settled"])["precisions"] == dict.fromkeys(
        ("centerface.onnx", "yunet.onnx", "sface.onnx"), "f32"
    )
    assert json.loads(row["config"])["inference"]["precision"] == "auto"


def test_who_cannot_obey_ends_the_run_which_can_be_resumed(
    casework: Casework, tmp_path: Path, opened: list[SessionPlan]
) -> None:
    plan = planned(casework, PLAIN)
    store = created(plan, tmp_path)
    with pytest.MonkeyPatch.context() as elsewhere:
        become(elsewhere, Machine(libraries=("openvino 0",)))
        with pytest.raises(NotAsPlanned, match="openvino 0, whose results may differ: install"):
            executed(store, plan)
    assert not opened
    row = latest_row(StoredRun(store, plan.request.run_id))
    assert row is not None
    assert row["status"] == "failed"
    assert row["error"].startswith("This was planned for OpenVINO f32, decoded by processors with")
    assert executed(store, plan).status == "complete"


def test_segments_are_named_after_what_they_are_computed_with(casework: Casework) -> None:
    f32, again, bf16, demanded = (
        {segment.segment_id for segment in planned(casework, machine, config).segments}
        for machine, config in (
            (PLAIN, HERE),
            (PLAIN, override(HERE, {"engine.workers": 2, "engine.ledger_flush_s": 1.0})),
            (BF16, HERE),
            (BF16, override(HERE, {"inference.precision": "f32"})),
        )
    )
    assert f32 == again == demanded
    assert not f32 & bf16


def test_a_run_of_before_is_done_as_the_machine_has_it(
    casework: Casework, tmp_path: Path, opened: list[SessionPlan]
) -> None:
    made = planned(casework, PLAIN)
    request = made.request.model_copy(update={"settled": None})
    store = open_store(str(tmp_path))
    create_run(store, request, made.assets, made.segments)
    with pytest.MonkeyPatch.context() as here:
        become(here, PLAIN)
        assert executed(store, made).status == "complete"
    row = latest_row(StoredRun(store, request.run_id))
    assert row is not None
    assert (row["computed_on"], row["settled"]) == (None, None)


def test_a_device_that_fails_ends_the_run_and_no_segment(
    casework: Casework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a broken GPU would eat the queue, and `lfr resume` would not try again."""
    plan = make_plan(casework.order("walk.mp4", config=HERE))
    store = created(plan, tmp_path)

    def failing(*_: object, **__: object) -> NoReturn:
        raise DeviceUnavailable("The GPU failed while it computed")

    with monkeypatch.context() as broken:
        broken.setattr(worker, "scan_segment", failing)
        with pytest.raises(DeviceUnavailable, match="The GPU failed"):
            executed(store, plan)
    row = latest_row(StoredRun(store, plan.request.run_id))
    assert row is not None
    assert row["status"] == "failed"
    assert executed(store, plan).status == "complete"
