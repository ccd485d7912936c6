"""What was undecided when a deployment ended is decided later, and counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.errors import LiveError, RunBusy, UsageError
from lfr_batch.live.afterwards.reopen import Reopening
from lfr_batch.live.afterwards.report import current_figures
from lfr_batch.live.afterwards.review import Opened, Reviewed, review
from lfr_batch.live.deployment.figures import AlertFigures, Figures, counts, moved
from lfr_batch.live.deployment.figures_file import load_figures, save_figures
from lfr_batch.live.deployment.folders import deployment_folder, router_folder, save_record
from lfr_batch.live.deployment.running import held_if_free
from lfr_batch.live.deployment.tally import Tally
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results.lake import open_lake
from lfr_batch.results.run_state import create_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.holding import record_run
from tests.live.conftest import Restarts
from tests.live.made import DEPLOYMENT, a_config, a_record, a_review, an_alert, figures, health
from tests.live.receiver import eventually
from tests.results.synthetic import request

NOW = datetime.now(UTC)


@pytest.fixture
def ended(start: Restarts, tmp_path: Path) -> Path:
    """The home of a deployment that has ended with three alerts, one of them decided."""
    routed = start(record=a_record(NOW))
    for number in range(3):
        routed.raise_alert(an_alert(number))
    routed.review(a_review("a0001", "no_match"))
    routed.report_health(health("north", 40))
    assert eventually(lambda: routed.sink_states()[0].waiting == 0)
    start.close()
    store = open_store(tmp_path / "results")
    asked = request(run_id=DEPLOYMENT, kind="live")
    create_run(store, asked, (), ())
    record_run(store, asked, "complete")
    tally = Tally(router_folder(tmp_path, DEPLOYMENT), DEPLOYMENT, NOW)
    tally.read_spool()
    made = figures(record=a_record(NOW), ended_at=NOW + timedelta(minutes=5))
    save_figures(store, made.model_copy(update={"alerts": tally.alerts()}))
    return tmp_path


def order(home: Path, **changes: Any) -> Reopening:
    return replace(Reopening(home, DEPLOYMENT, a_config(), "j.doe"), **changes)


def decide(opened: Opened) -> None:
    opened.router.review(a_review("a0000", "match", "arrested"))
    opened.router.review(a_review("a0001", "cannot_tell", number=1))


def saved(home: Path) -> Figures:
    found = load_figures(StoredRun(open_store(home / "results"), DEPLOYMENT))
    assert found is not None
    return found


def shown(home: Path) -> Figures:
    store = open_store(home / "results")
    return current_figures(open_lake(store.uri), StoredRun(store, DEPLOYMENT))


def verdicts(made: Figures) -> tuple[int, int, int, int]:
    total = counts(made)
    return total.alerts, total.true_alerts, total.false_alerts, total.unconfirmed


def test_decisions_land_in_figures_report_and_audit_log(ended: Path) -> None:
    assert verdicts(saved(ended)) == (3, 0, 1, 2)
    seen: list[Any] = []

    def look_and_decide(opened: Opened) -> None:
        assert opened.record.ends_at == NOW + timedelta(minutes=5), "it is over on the console"
        assert [alert.alert_id for alert in opened.router.alerts()] == ["a0002", "a0001", "a0000"]
        seen.extend(opened.router.health())
        seen.append(opened.router.counts().faces_seen)
        with held_if_free(ended, DEPLOYMENT) as free:
            assert not free
        decide(opened)

    assert review(order(ended), look_and_decide) == Reviewed(decisions=2, undecided=1)
    north, south, faces = seen
    assert (north.state, south.state, faces) == ("ended", "ended", 40)
    assert verdicts(saved(ended)) == verdicts(shown(ended)) == (3, 1, 0, 2)
    assert counts(saved(ended)).outcomes == {"arrested": 1}
    begun, over = audit.entries(ended)
    assert (begun["event"], begun["undecided"], begun["by"]) == ("review.begin", 2, "j.doe")
    assert (over["event"], over["decisions"], over["undecided"]) == ("review.done", 2, 1)
    assert over["delivered"] == {"parquet": 2}
    verify(ended)
    again = review(order(ended), lambda opened: opened.router.review(a_review("a0002", number=2)))
    assert again == Reviewed(decisions=1, undecided=0)
    assert verdicts(saved(ended)) == (3, 2, 0, 1)
    assert counts(saved(ended)).faces_seen == counts(figures()).faces_seen


def test_of_one_that_was_killed_the_alerts_themselves_are_counted(ended: Path) -> None:
    stale = saved(ended).model_copy(update={"ended_at": None, "reason": None, "alerts": ()})
    save_figures(open_store(ended / "results"), stale)
    review(order(ended), decide)
    assert verdicts(saved(ended)) == (3, 1, 0, 2)


def test_what_is_not_there_or_runs_or_is_over_is_refused(ended: Path, tmp_path: Path) -> None:
    def nobody(_: Opened) -> None:
        raise AssertionError("nothing may be shown")

    with held_if_free(ended, DEPLOYMENT), pytest.raises(RunBusy, match="is still running"):
        review(order(ended), nobody)
    hooked = a_config(alerts={"json_lines": str(tmp_path / "feed.jsonl")})
    with pytest.raises(UsageError, match="had no json_lines"):
        review(order(ended, config=hooked), nobody)
    save_record(deployment_folder(ended, DEPLOYMENT), a_record(NOW - timedelta(days=40)))
    with pytest.raises(LiveError, match=r"retention period of .* ended on"):
        review(order(ended), nobody)
    assert not router_folder(ended, DEPLOYMENT).exists()
    save_record(deployment_folder(ended, DEPLOYMENT), a_record(NOW))
    with pytest.raises(LiveError, match="has no alerts: there is nothing to decide"):
        review(order(ended), nobody)


def test_decisions_move_alerts_and_leave_those_that_were_deleted() -> None:
    group = AlertFigures(camera="north", minute=3)
    match = group.model_copy(update={"verdict": "match"})
    deleted = AlertFigures(camera="south", minute=1, verdict="no_match", alerts=2)
    known = (group.model_copy(update={"alerts": 2}), deleted)
    assert moved(known, (group,), (match,)) == (deleted, group, match)
    assert moved(known, (), ()) == (deleted, known[0])
