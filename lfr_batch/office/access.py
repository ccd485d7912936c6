"""Who is asking, and whether they may: what the office's routes depend on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from lfr_batch.console.closed_app import allowed_at
from lfr_batch.console.journal import Journal
from lfr_batch.console.logins import Failures, Hear, log_login
from lfr_batch.console.roster import Roster
from lfr_batch.console.sessions import Sessions
from lfr_batch.console.users import User
from lfr_batch.office.case_desk import CaseDesk
from lfr_batch.office.desk import ExaminersDesk
from lfr_batch.office.openings import Openings
from lfr_batch.office.packs import Packs
from lfr_batch.office.roles import OfficePermission, office_may


@dataclass(frozen=True, slots=True)
class Office:
    """What the routes work with; ``app.state.office``. Satisfies ``Entrance``."""

    desk: ExaminersDesk
    cases: CaseDesk
    packs: Packs
    openings: Openings
    roster: Roster
    journal: Journal
    sessions: Sessions = field(default_factory=Sessions)
    failures: Failures = field(default_factory=Failures)
    hear: Hear = log_login


def office_of(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


def allowed_in_office(permission: OfficePermission) -> Callable[[Request], User]:
    """As ``allowed_at``."""
    return allowed_at(office_of, lambda user: office_may(user.role, permission))


OfficeOf = Annotated[Office, Depends(office_of)]
OfficeViewer = Annotated[User, Depends(allowed_in_office("view"))]
Examiner = Annotated[User, Depends(allowed_in_office("examine"))]
Follower = Annotated[User, Depends(allowed_in_office("outcome"))]
"""Who says what became of it."""
Requester = Annotated[User, Depends(allowed_in_office("request"))]
Authoriser = Annotated[User, Depends(allowed_in_office("authorise"))]
Packer = Annotated[User, Depends(allowed_in_office("evidence"))]
