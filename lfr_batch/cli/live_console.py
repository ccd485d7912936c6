"""The console of a deployment: its address, and who can decide on it."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lfr_batch.cli.output import say
from lfr_batch.config.live import ConsoleConfig
from lfr_batch.errors import ConfigError
from lfr_batch.live.folders import router_folder
from lfr_batch.live.records import DeploymentRecord
from lfr_batch.pipeline.live_plan import RunningDeployment

NOBODY_DECIDES = (
    "nobody who may log in may decide: alerts stay undecided until `lfr live-user add NAME --role "
    "reviewer` adds somebody, who is known at once"
)


def require_address(config: ConsoleConfig) -> None:
    """Raises ConfigError where the address cannot be had at this moment: nothing has begun yet."""
    from lfr_batch.console.serve import TAKEN  # noqa: PLC0415 - it imports a web server

    where = f"{config.host} port {config.port}"
    try:
        family = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0][0]
        socket.create_server((config.host, config.port), family=family).close()
    except OSError as error:
        other = f"cannot be had ({error.strerror or error}); set console.host and console.port"
        reason = TAKEN if error.errno == errno.EADDRINUSE else other
        raise ConfigError(f"The console's address {where} {reason}.") from error


@contextmanager
def console_of(
    home: Path, record: DeploymentRecord, running: RunningDeployment, config: ConsoleConfig
) -> Iterator[str]:
    """Gives the console's address; says a link for everybody whose token is for this start alone,
    and if nobody can decide.

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
    app = create_app(record, running, router_folder(home, record.deployment_id), roster)
    with serve(app, config) as url:
        for name, token in tokens.items():
            say(f"{name}: {login_link(url, token)}")
        yield url
