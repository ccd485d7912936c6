"""A rehearsal in which a volunteer passes: real pictures and models, in threads of this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Event

import pytest

from lfr_batch.cli.live.status import summary
from lfr_batch.config.live import SeedingConfig, WatchlistConfig
from lfr_batch.config.schema import Config
from lfr_batch.engine.live.threads import live_threads
from lfr_batch.enrolment.intake import EnrolOrder
from lfr_batch.errors import UsageError
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.machinery import HERE
from lfr_batch.live.alerts.passes import KeptPasses
from lfr_batch.live.deployment.figures import counts
from lfr_batch.live.deployment.figures_file import load_figures
from lfr_batch.live.deployment.listed import said_of
from lfr_batch.live.deployment.order import Deployment, make_deployment
from lfr_batch.live.deployment.plan import RunningDeployment
from lfr_batch.live.deployment.run import run_deployment
from lfr_batch.live.records import Alert, VolunteerPass
from lfr_batch.results.store import open_store
from lfr_batch.results.stored_run import StoredRun
from tests.deploying import deployable, order, own_home
from tests.live_case import FOR_EVER_H, wait_for
from tests.one_case import AUTHORITY, Casework

HEAD = "subject,blue_list,sex\n"
SEEDED = "astronaut,yes,F\nactor,no,M\n"


@pytest.fixture(scope="module")
def home_of(casework: Casework, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The home of a table, enrolled once: deployments write beside the gallery, not in it."""

    @cache
    def once(table: str) -> Path:
        return enrolled(casework, tmp_path_factory.mktemp("seeded"), table)

    return once


def enrolled(casework: Casework, folder: Path, table: str) -> Path:
    """A home whose gallery "seeded" has the casework's people, of whom a table says something."""
    home, subjects = own_home(casework, folder), folder / "subjects.csv"
    (home / "galleries").unlink()
    shutil.copytree(casework.home / "galleries", home / "galleries")
    subjects.write_text(HEAD + table)
    images = casework.home.parent / "people"
    asked = EnrolOrder("seeded", images, subjects, (), AUTHORITY, None, Config(), home)
    enrol_order(asked, machinery=HERE, now=datetime.now(UTC))
    return home


def made(casework: Casework, home: Path, **seeding: object) -> Deployment:
    config = deployable(
        casework,
        {"north": "walk.mp4"},
        watchlist=WatchlistConfig(gallery="seeded", max_age_h=FOR_EVER_H),
        seeding=SeedingConfig.model_validate(seeding),
    )
    return make_deployment(order(config, home), datetime.now(UTC))


@dataclass
class Watched:
    """Enters a pass as soon as the volunteer is recognised, and another that nobody sees; stops
    it then."""

    deployment: Deployment
    stopping: Event
    alerts: tuple[Alert, ...] = ()

    @contextmanager
    def __call__(self, running: RunningDeployment) -> Iterator[None]:
        self.alerts = wait_for(running.router.alerts)
        kept = KeptPasses(self.deployment.plan.router_folder, self.alerts[0].deployment_id)
        for number, at in enumerate((self.alerts[0].captured_at, self.deployment.record.ends_at)):
            kept.keep(
                VolunteerPass(
                    f"p{number}", self.alerts[0].deployment_id, "astronaut", "north", at, "op", at
                )
            )
        self.stopping.set()
        yield


def test_a_volunteer_is_recognised_and_is_no_alert(
    casework: Casework, home_of: Callable[[str], Path]
) -> None:
    """Without volunteers it is one: see test_run."""
    deployment = made(casework, home_of(SEEDED), groups=("sex",))
    record, watched = deployment.record, Watched(deployment, Event())
    assert (record.watchlist_size, record.volunteers) == (1, 1)
    assert deployment.listed.composition.entries == record.watchlist_size
    assert "1 volunteer (blue list), who never count as alerts" in said_of(deployment.listed)

    ended = run_deployment(deployment, live_threads, watched, lambda _: None, watched.stopping)
    store = open_store(deployment.plan.results_root)
    assert load_figures(StoredRun(store, record.deployment_id)) == ended.figures
    (alert,) = watched.alerts
    assert (alert.subject_id, alert.volunteer) == ("astronaut", True)
    counted, seeding = counts(ended.figures), ended.figures.seeding
    assert (counted.alerts, counted.unconfirmed) == (0, 0)
    line = "1 volunteer: 1 of 2 passes recognised, 50 % (95 % interval 1.26 % to 98.7 %)"
    assert line in summary(ended)
    assert seeding is not None
    assert (seeding.total.passes, seeding.total.recognised, seeding.unclaimed) == (2, 1, 0)
    assert [(group.name, group.passes) for group in seeding.groups["sex"]] == [("F", 2)]


def test_nobody_is_deployed_to_look_for_volunteers_alone(
    casework: Casework, home_of: Callable[[str], Path]
) -> None:
    home = home_of("astronaut,yes,F\nactor,1,M\n")
    assert made(casework, home).record.watchlist_size == 0
    with pytest.raises(UsageError, match="so nobody would be looked for"):
        made_for_real(casework, home)


@pytest.mark.parametrize(
    ("table", "groups", "said"),
    [
        ("astronaut,perhaps,F\nactor,no,M\n", (), "Whether astronaut is a volunteer is not clear"),
        (SEEDED, ("age",), r"seeding\.groups names 'age'"),
    ],
)
def test_what_the_table_leaves_open_is_refused(
    table: str,
    groups: tuple[str, ...],
    said: str,
    casework: Casework,
    home_of: Callable[[str], Path],
) -> None:
    with pytest.raises(UsageError, match=said):
        made(casework, home_of(table), groups=groups)


def made_for_real(casework: Casework, home: Path) -> Deployment:
    config = deployable(
        casework,
        {"north": "walk.mp4"},
        watchlist=WatchlistConfig(gallery="seeded", max_age_h=FOR_EVER_H),
    )
    cameras = tuple(
        camera.model_copy(update={"source": "rtsp://192.0.2.1/stream"}) for camera in config.cameras
    )
    real = config.model_copy(update={"cameras": cameras})
    return make_deployment(order(real, home, rehearse=False), datetime.now(UTC))
