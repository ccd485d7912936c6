"""What was counted stays counted, also where a short period ends while the deployment runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lfr_batch.live.afterwards.retention import Sweep, sweep
from lfr_batch.live.deployment import course
from lfr_batch.live.deployment.order import make_deployment
from lfr_batch.live.deployment.standing import Standing
from lfr_batch.results.lock import lock_run
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.deploying import deployable, order, own_home
from tests.live.made import DEPLOYMENT, a_record, an_alert, opened
from tests.live.seeded import SEEDING, a_pass, kept_passes, seed
from tests.one_case import Casework


def test_passes_that_were_deleted_meanwhile_stay_in_the_figures(
    casework: Casework, tmp_path: Path
) -> None:
    config = deployable(casework, {"north": "empty.mp4"})
    ordered = make_deployment(order(config, own_home(casework, tmp_path)), datetime.now(UTC))
    now, home = datetime.now(UTC), ordered.plan.home
    seed(home)
    record = a_record(now, keep_h=1000.0)
    router = opened(home, record=record, retention={"hours": 10.0})
    router.raise_alert(an_alert(captured_at=now))
    kept_passes(home).keep(a_pass(0, at=now))
    kept_passes(home).keep(a_pass(1, "S001", at=now, taken_back=True))
    folder = home / "live" / DEPLOYMENT / "router"
    plan = replace(ordered.plan, deployment=record, router_folder=folder)
    deployment = replace(ordered, plan=plan, listed=replace(ordered.listed, seeding=SEEDING))
    run = StoredRun(open_store(tmp_path / "results"), DEPLOYMENT)
    with lock_run(run) as hold:
        running, found = course.begun(deployment, hold), []
        for later in (timedelta(0), timedelta(hours=11)):
            sweep(Sweep(home, (), now + later, "j.doe"))
            running.tally.read_spool()
            found.append(course.figures_of(running, Standing()).seeding)
    router.close()
    assert kept_passes(home).all() == ()
    assert found[0] == found[1]
    assert found[0] is not None
    assert (found[0].total.passes, found[0].total.recognised) == (1, 1)
