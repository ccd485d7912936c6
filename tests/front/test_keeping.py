"""Runs whose time is over by the rules of the house go, and no others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.config.policy import Policy, RetentionPolicy
from lfr_batch.errors import ConfigError, RunBusy
from lfr_batch.front.forget import finish_forgetting
from lfr_batch.front.keeping import house_policy, runs_due, sweep_runs
from lfr_batch.oversight import audit
from lfr_batch.results.compact import compact
from lfr_batch.results.layout import BUILDING
from lfr_batch.results.lock import lock_run
from lfr_batch.results.remade import REMADE
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from lfr_batch.storage.local_store import LocalStore
from tests.front.forgotten import OTHER, fill
from tests.holding import record_run
from tests.results.synthetic import FINISHED, RUN_ID, STARTED, request
from tests.results.test_lake import published

UNFINISHED = "20260205-080000-scan-0005"
RULES = RetentionPolicy(cases={"OP-LANTERN*": "90d"})
OVER = FINISHED + timedelta(days=90)


@pytest.fixture
def settings(tmp_path: Path) -> lfr.Settings:
    settings = fill(tmp_path)
    record_run(open_store(tmp_path / "results"), request(UNFINISHED), "running", at=STARTED)
    return settings


def test_due_from_the_end_of_the_period_on(settings: lfr.Settings) -> None:
    assert runs_due(settings, RULES, OVER - timedelta(seconds=1)) == []
    assert [due.run_id for due in runs_due(settings, RULES, OVER)] == [RUN_ID, OTHER]
    assert runs_due(settings, RetentionPolicy(), OVER) == []
    assert runs_due(settings, RetentionPolicy(default="1d", cases={"OP*": None}), OVER) == []


def test_what_is_due_goes_with_its_line_and_what_is_worked_on_stays(
    settings: lfr.Settings, tmp_path: Path
) -> None:
    with lock_run(StoredRun(open_store(tmp_path / "results"), OTHER)):
        swept = list(sweep_runs(settings, RULES, "j.doe", OVER))
    assert [(each.run_id, each.state) for each in swept] == [(RUN_ID, "deleted"), (OTHER, "due")]
    with lfr.open_results(settings) as results:
        left = results.arrow("SELECT run_id FROM runs").column(0).to_pylist()
    assert left == [OTHER, UNFINISHED]
    intended, done, asked = audit.entries(tmp_path)
    assert asked["event"] == "results.opened"
    assert (intended["event"], done["event"]) == ("forget.intended", "forget.done")
    said = intended["intention"]
    assert said["authority"] == "policy retention.cases.OP-LANTERN*: 90d"
    assert (said["value"], said["operator"]) == (RUN_ID, "j.doe")


def test_a_group_is_made_anew_once_for_all_that_are_due(
    settings: lfr.Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path / "results")
    stays, *others = (f"20260302-08000{number}-scan-000{number}" for number in range(3))
    published(store, stays, case_ref="OTHER")
    for run_id in others:
        published(store, run_id)
    compact(store)
    written: list[str] = []
    real = LocalStore.write_atomic

    def noting(store: LocalStore, path: str, data: bytes) -> None:
        written.append(path)
        real(store, path, data)

    monkeypatch.setattr(LocalStore, "write_atomic", noting)
    swept = list(sweep_runs(settings, RULES, "j.doe", OVER))
    assert {each.state for each in swept} == {"deleted"}
    assert len(swept) == 4
    made = [path.split("/")[3] for path in written if path.startswith(BUILDING)]
    assert sorted(made) == sorted(set(REMADE) - {"evaluations"})  # a scan has none
    with lfr.open_results(settings) as results:
        left = results.arrow("SELECT run_id FROM runs").column(0).to_pylist()
    assert sorted(left) == [UNFINISHED, stays]
    events = [line["event"] for line in audit.entries(tmp_path)]
    assert events == ["forget.intended"] * 4 + ["forget.done"] * 4 + ["results.opened"]
    assert finish_forgetting(settings) == []


def test_what_fails_together_is_done_one_by_one(
    settings: lfr.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise RunBusy("taken up since")

    monkeypatch.setattr("lfr_batch.front.keeping.forget_together", refused)
    swept = list(sweep_runs(settings, RULES, "j.doe", OVER))
    assert [(each.run_id, each.state) for each in swept] == [
        (RUN_ID, "deleted"),
        (OTHER, "deleted"),
    ]


def test_where_the_policy_is_found(tmp_path: Path) -> None:
    settings = lfr.Settings(home=tmp_path, results=tmp_path / "results")
    assert house_policy(settings) == Policy()
    (tmp_path / "policy.yaml").write_text("retention: {default: 90d}\n")
    assert house_policy(settings).retention.default == "90d"
    (tmp_path / "other.yaml").write_text("retention: {default: 1d}\n")
    assert house_policy(settings, tmp_path / "other.yaml").retention.default == "1d"
    with pytest.raises(ConfigError, match="cannot be read"):
        house_policy(settings, tmp_path / "none.yaml")
