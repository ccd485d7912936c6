"""The console of a deployment: its address, and who can decide on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from lfr_batch.cli.output import say
from lfr_batch.config.live import ConsoleConfig
from lfr_batch.live.deployment.folders import router_folder
from lfr_batch.live.deployment.plan import RunningDeployment
from lfr_batch.live.records import DeploymentRecord

NOBODY_DECIDES = (
    "nobody who may log in may decide: alerts stay undecided until `lfr live-user add NAME --role "
    "reviewer` adds somebody, who is known at once"
)


@contextmanager
def console_of(
    home: Path,
    record: DeploymentRecord,
    running: RunningDeployment,
    config: ConsoleConfig,
    watch_from: datetime | None = None,
) -> Iterator[str]:
    """Gives the console's address; says a link for everybody whose token is for this start alone,
    and if nobody can decide. ``watch_from``: of a deployment that is aimed first, when watching may
    begin.

    Raises ConfigError for an address that cannot be had, LiveError.
    """
    from lfr_batch.console.app import create_app  # noqa: PLC0415 - not before all is checked
    from lfr_batch.console.roles import may  # noqa: PLC0415
    from lfr_batch.console.roster import roster_for_deployment  # noqa: PLC0415
    from lfr_batch.console.serve import serve  # noqa: PLC0415
    from lfr_batch.console.users import login_link  # noqa: PLC0415

    roster, tokens = roster_for_deployment(home)
    if not any(may(person.role, "decide") for person in roster.now().people):
        say(NOBODY_DECIDES)
    folder = router_folder(home, record.deployment_id)
    app = create_app(record, running, folder, roster, watch_from)
    with serve(app, config) as url:
        for name, token in tokens.items():
            say(f"{name}: {login_link(url, token)}")
        yield url
