"""Runs whose time is over by the rules of the house go, and no others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

import lfr_batch as lfr
from lfr_batch.config.policy import Policy, RetentionPolicy
from lfr_batch.errors import ConfigError
from lfr_batch.front.keeping import house_policy, runs_due, sweep_runs
from lfr_batch.oversight import audit
from lfr_batch.results.lock import lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.front.forgotten import OTHER, fill
from tests.holding import record_run
from tests.results.synthetic import FINISHED, RUN_ID, STARTED, request

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
    intended, done = audit.entries(tmp_path)
    assert (intended["event"], done["event"]) == ("forget.intended", "forget.done")
    said = intended["intention"]
    assert said["authority"] == "policy retention.cases.OP-LANTERN*: 90d"
    assert (said["value"], said["operator"]) == (RUN_ID, "j.doe")


def test_where_the_policy_is_found(tmp_path: Path) -> None:
    settings = lfr.Settings(home=tmp_path, results=tmp_path / "results")
    assert house_policy(settings) == Policy()
    (tmp_path / "policy.yaml").write_text("retention: {default: 90d}\n")
    assert house_policy(settings).retention.default == "90d"
    (tmp_path / "other.yaml").write_text("retention: {default: 1d}\n")
    assert house_policy(settings, tmp_path / "other.yaml").retention.default == "1d"
    with pytest.raises(ConfigError, match="cannot be read"):
        house_policy(settings, tmp_path / "none.yaml")
