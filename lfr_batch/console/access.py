"""Who is asking, and whether they may: what the routes depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from lfr_batch.console.closed_app import allowed_at
from lfr_batch.console.desk import Desk
from lfr_batch.console.entrance import user_at
from lfr_batch.console.feed import Feed
from lfr_batch.console.journal import Journal
from lfr_batch.console.logins import Failures, Hear, log_login
from lfr_batch.console.pass_desk import PassDesk
from lfr_batch.console.roles import Permission, may
from lfr_batch.console.roster import Roster
from lfr_batch.console.sessions import Sessions
from lfr_batch.console.users import User


@dataclass(frozen=True, slots=True)
class Console:
    """What the routes work with; ``app.state.console``."""

    desk: Desk
    feed: Feed
    roster: Roster
    journal: Journal
    passes: PassDesk
    sessions: Sessions = field(default_factory=Sessions)
    failures: Failures = field(default_factory=Failures)
    hear: Hear = log_login
    """Is told of everybody who logs in, or tries to."""


def console_of(request: Request) -> Console:
    console: Console = request.app.state.console
    return console


def session_user(request: Request) -> User | None:
    """As ``user_at``."""
    return user_at(console_of(request), request)


def allowed(permission: Permission) -> Callable[[Request], User]:
    """As ``allowed_at``."""
    return allowed_at(console_of, lambda user: may(user.role, permission))


ConsoleOf = Annotated[Console, Depends(console_of)]
Viewer = Annotated[User, Depends(allowed("view"))]
Acknowledger = Annotated[User, Depends(allowed("acknowledge"))]
Seeder = Annotated[User, Depends(allowed("seed"))]
Decider = Annotated[User, Depends(allowed("decide"))]
VIEW, AUDIT = [Depends(allowed("view"))], [Depends(allowed("audit"))]
WATCH, SEED = [Depends(allowed("watch"))], [Depends(allowed("seed"))]
