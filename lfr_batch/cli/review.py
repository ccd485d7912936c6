"""`lfr review`: decide what was found; `lfr serve`: the same for everybody of a force."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lfr_batch.cli.live.signals import signals_taken
from lfr_batch.cli.options import (
    ConfigOption,
    OperatorOption,
    OutOption,
    SetOption,
    WhyOption,
    settings_of,
)
from lfr_batch.cli.output import say
from lfr_batch.config.live import ConsoleConfig
from lfr_batch.config.schema import S3Config
from lfr_batch.errors import RunBusy, RunNotFound, UsageError
from lfr_batch.front.clocks import act_on_clocks, act_on_clocks_of
from lfr_batch.front.opening import opener_of
from lfr_batch.front.places import home
from lfr_batch.homes.at_hand import Home
from lfr_batch.live.deployment.folders import list_deployments
from lfr_batch.oversight.authority import operator_name
from lfr_batch.results.lake import open_lake
from lfr_batch.results.layout import is_deployment
from lfr_batch.results.run_log import WITHHELD
from lfr_batch.results.run_views import FINISHED, FOOTAGE_KINDS
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.which_run import which_run
from lfr_batch.results.withholding import withheld_words
from lfr_batch.work.privacy import protect_files

logger = logging.getLogger(__name__)

LOOK_S = 1.0

HostOption = Annotated[str, typer.Option("--host", help="Address to listen at.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")]
NameOption = Annotated[
    list[str] | None,
    typer.Option("--name", help="By which browsers may ask for it, beside the certificate's."),
]
CertificateOption = Annotated[
    Path | None, typer.Option("--certificate", help="PEM file for https; needed beyond 127.0.0.1.")
]
KeyOption = Annotated[
    Path | None, typer.Option("--key", help="Its private key, where the file does not hold it.")
]


def review(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run, its beginning, latest, or a deployment."),
    ],
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Of a deployment: the YAML file that it ran with."),
    ] = None,
    overrides: SetOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    port: PortOption = 0,
    why: WhyOption = None,
) -> None:
    """Decide what a scan or search has found, or alerts of a deployment that is over.

    Of a scan or search it serves the run's sightings on this machine until Ctrl-C: two people
    compare each, the second without knowing what the first concluded. Whoever is no user yet
    (`lfr live-user`) decides under --operator. Of a deployment it serves the console that it had.
    """
    if _is_live(run):
        from lfr_batch.cli.live.review import review_alerts  # noqa: PLC0415

        if config is None:
            raise UsageError(
                f"{run} is a deployment: give --config with the YAML file that it ran with."
            )
        review_alerts(run, config, overrides or (), operator, out)
        return
    settings = settings_of(config, overrides, out)
    root, s3 = settings.results_place()
    opener = opener_of(settings, "review", why, operator)
    act_on_clocks(settings, operator)
    run_id, case_ref = _reviewed(root, s3, which_run(open_store(root, s3), run))
    opener.opens("its sightings, to be decided", {run_id: case_ref})
    console = ConsoleConfig(port=port)
    with _served(
        root, s3, console, packed_with(root, config, overrides), run_id, operator_name(operator)
    ) as url:
        say(f"review of {run_id}: {url}  (Ctrl-C ends)")
        _until_stopped()


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8444,
    names: NameOption = None,
    certificate: CertificateOption = None,
    key: KeyOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    out: OutOption = None,
) -> None:
    """Serve a force's reviews: every run that somebody may see.

    Until Ctrl-C. People log in with tokens of `lfr live-user add`: a reviewer compares and
    decides, an operator asks for authorisations and says what became of it, an authoriser grants,
    an auditor sees all.
    """
    root, s3 = settings_of(config, overrides, out).results_place()
    console = ConsoleConfig(
        host=host,
        port=port,
        names=tuple(names or ()),
        certificate=str(certificate) if certificate else None,
        key=str(key) if key else None,
    )
    with _served(root, s3, console, packed_with(root, config, overrides)) as url:
        say(f"{url}  (Ctrl-C ends)")
        _until_stopped()


def _is_live(said: str) -> bool:
    place = home()
    return is_deployment(said) or (isinstance(place, Path) and said in list_deployments(place))


def _reviewed(root: str, s3: S3Config, run_id: str) -> tuple[str, str]:
    """It, and its case. Raises RunNotFound, UsageError for a run that has nothing to decide."""
    lake = open_lake(root, s3, run_id)
    try:
        asked = "SELECT kind, status, error, sightings, case_ref FROM runs WHERE run_id = $id"
        found = run_query(lake, asked, {"id": run_id}).to_pylist()
    finally:
        lake.close()
    if not found:
        raise RunNotFound(f"There is no run {run_id} in {root}; `lfr runs` lists them.")
    (row,) = found
    if row["kind"] not in FOOTAGE_KINDS:
        raise UsageError(f"{run_id} is of kind {row['kind']}: nobody was searched for.")
    if row["status"] == WITHHELD:
        raise UsageError(withheld_words(run_id, row["error"]))
    if row["status"] not in FINISHED:
        raise UsageError(
            f"{run_id} has not finished ({row['status']}): `lfr resume {run_id}` goes on, and then "
            "it is reviewed."
        )
    if not row["sightings"]:
        raise UsageError(f"{run_id} has found nobody: there is nothing to decide.")
    return run_id, row["case_ref"]


@contextmanager
def _served(
    root: str,
    s3: S3Config,
    config: ConsoleConfig,
    packed_with: Sequence[str],
    only_run: str | None = None,
    operator: str | None = None,
) -> Iterator[str]:
    """Gives the address; says a link for whoever sits at this machine. ``operator``: decides here
    where the home has no users. Raises ConfigError, LiveError, UsageError without any user."""
    from lfr_batch.console.roster import Roster  # noqa: PLC0415 - not before all is checked
    from lfr_batch.console.serve import require_address  # noqa: PLC0415
    from lfr_batch.console.serve import serve as serve_app  # noqa: PLC0415
    from lfr_batch.console.users import load_users, login_link, new_user  # noqa: PLC0415
    from lfr_batch.office.app import create_office  # noqa: PLC0415
    from lfr_batch.office.opened import opened_office  # noqa: PLC0415

    protect_files()
    require_address(config)
    place = home()
    made = None
    if not load_users(place, s3).people:
        if operator is None:
            raise UsageError(
                "Nobody could log in: `lfr live-user add NAME --role reviewer` adds people, and "
                "prints their tokens."
            )
        made = new_user(operator, "reviewer")
    roster = Roster(place, (made[0],) if made else (), s3)
    clocks = partial(_look_at_clocks, place, s3, root)
    with (
        opened_office(place, root, s3, roster, clocks, packed_with, only_run) as office,
        serve_app(create_office(office), config) as url,
    ):
        if made:
            say(f"{made[0].name}: {login_link(url, made[1])}")
        yield url


def _look_at_clocks(place: Home, s3: S3Config, root: str) -> None:
    """What must not be withheld is served all the same: the log says what could not be done."""
    try:
        act_on_clocks_of(place, s3, root)
    except RunBusy as error:
        logger.warning("%s", error)


def packed_with(root: str, config: Path | None, overrides: Sequence[str] | None) -> list[str]:
    """Options of `lfr evidence` that a browser's asking goes with."""
    file = [f"--config={config.absolute()}"] if config else []
    return [f"--results={root}", *file, *(f"--set={each}" for each in overrides or ())]


def _until_stopped() -> None:
    with signals_taken() as signals:
        while not signals.stopping.wait(LOOK_S):
            pass
