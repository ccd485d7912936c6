"""The console as an application: create it, then ``serve`` it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from lfr_batch.console.access import Console, console_of, session_user
from lfr_batch.console.aim_routes import aim_routes
from lfr_batch.console.closed_app import closed_app, page_template
from lfr_batch.console.desk import DecidedMeanwhile, Desk
from lfr_batch.console.feed import Feed
from lfr_batch.console.journal import Journal
from lfr_batch.console.messages import of_review
from lfr_batch.console.pass_desk import PassRefused, open_pass_desk
from lfr_batch.console.pass_routes import pass_routes
from lfr_batch.console.roles import PERMISSIONS
from lfr_batch.console.roster import Roster
from lfr_batch.console.routes import routes
from lfr_batch.errors import LfrError, TooEarly, UsageError
from lfr_batch.live.alerts.acknowledged import Acknowledgements
from lfr_batch.live.deployment.plan import RunningDeployment
from lfr_batch.live.records import DeploymentRecord

HERE = Path(__file__).parent
STATUS_OF: Mapping[type[LfrError], int] = MappingProxyType(
    {PassRefused: 409, TooEarly: 409, UsageError: 404, LfrError: 503}
)
"""The first class that fits."""
WANTED: Mapping[str, str] = MappingProxyType(
    {
        "token": "this is not a token of this console; was more copied than the token?",
        "reason": "the reason will not do: a reason of a few words is needed, 500 letters at most",
        "verdict": "the verdict is match, no_match or cannot_tell",
        "outcome": "the outcome is engaged, arrested, no_action or none",
    }
)
"""What is said of a field of a request that will not do."""
_TEMPLATE = page_template(HERE / "templates", "console.html.j2")


def create_app(
    deployment: DeploymentRecord,
    running: RunningDeployment,
    router_folder: Path,
    roster: Roster,
    watch_from: datetime | None = None,
) -> FastAPI:
    """Nothing of it is public but the login page, its script and its style. ``serve`` puts the
    guard before it.

    ``router_folder``: where acknowledgements are kept, on this machine. ``watch_from``: of a
    deployment that is aimed first, when watching may begin.
    """
    acknowledged = Acknowledgements(router_folder, deployment.deployment_id)
    desk = Desk(deployment, running, acknowledged, roster, watch_from)
    journal = Journal(roster.home, {"deployment_id": deployment.deployment_id})
    passes = open_pass_desk(deployment, router_folder, journal, watch_from is not None)
    console = Console(desk, Feed(desk), roster, journal, passes, hear=journal.heard)
    app = closed_app(_lifespan, STATUS_OF, WANTED)
    app.state.console, app.state.ending = console, console.feed.stop
    app.add_exception_handler(DecidedMeanwhile, _decided_meanwhile)
    app.add_api_route("/", page, response_class=HTMLResponse)
    app.include_router(pass_routes)
    app.include_router(aim_routes)  # first: a camera is no section
    app.include_router(routes)
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    return app


def page(request: Request) -> HTMLResponse:
    """The console; whoever is not logged in gets the form for it."""
    user, deployment = session_user(request), console_of(request).desk.deployment
    may = PERMISSIONS[user.role] if user else frozenset()
    seeds = "seed" in may and console_of(request).passes.is_open
    return HTMLResponse(_TEMPLATE.render(user=user, may=may, deployment=deployment, seeds=seeds))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    console: Console = app.state.console
    console.feed.start()
    yield
    console.feed.join()
    await run_in_threadpool(console.journal.close)


def _decided_meanwhile(_: Request, error: Exception) -> JSONResponse:
    """With what was decided, which the officer has to see."""
    assert isinstance(error, DecidedMeanwhile)
    return JSONResponse({"error": str(error), "review": of_review(error.review)}, 409)
