"""The office as an application: create it, then ``console.serve.serve`` it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool

from lfr_batch.console.closed_app import closed_app, page_template
from lfr_batch.console.entrance import user_at
from lfr_batch.errors import AuthorityError, DecisionRefused, LfrError, RunNotFound, UsageError
from lfr_batch.office.access import Office, office_of
from lfr_batch.office.case_routes import case_routes
from lfr_batch.office.opening_routes import opening_routes, require_opened
from lfr_batch.office.roles import OFFICE_PERMISSIONS
from lfr_batch.office.routes import office_routes

HERE = Path(__file__).parent
OFFICE_STATUS: Mapping[type[LfrError], int] = MappingProxyType(
    {
        DecisionRefused: 409,
        RunNotFound: 404,
        AuthorityError: 409,
        UsageError: 400,
        LfrError: 503,
    }
)
"""The first class that fits."""
OFFICE_WANTED: Mapping[str, str] = MappingProxyType(
    {
        "token": "this is not a token of this server; was more copied than the token?",
        "why": "the reason will not do: 2000 letters at most",
        "reason": "the reason will not do: 2000 letters at most",
        "conclusion": "the conclusion is one of the six steps",
        "outcome": "the outcome is confirmed, eliminated, arrest, charge or no_action",
        "decision_id": "the decision has no id: load the page again",
        "case_ref": "the reference of a case has 1 to 200 letters",
        "purpose": "the purpose has 500 letters at most",
        "may_see": "who may see it: 200 names at most, of 60 letters at most",
        "retention": "how long it is kept is said like 90d or 6w",
        "valid_for": "how long it is valid is said like 14d",
    }
)
"""What is said of a field of a request that will not do."""
_PAGE = page_template(HERE / "templates", "office.html.j2")


def create_office(office: Office) -> FastAPI:
    """Nothing of it is public but the login page, its script and its style. ``serve`` puts the
    guard before it."""
    app = closed_app(_office_lifespan, OFFICE_STATUS, OFFICE_WANTED)
    app.state.office, app.state.ending = office, _nothing_open
    app.add_api_route("/", office_page, response_class=HTMLResponse)
    app.include_router(case_routes)
    app.include_router(opening_routes)
    app.include_router(office_routes, dependencies=[Depends(require_opened)])
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.mount("/shared", StaticFiles(directory=HERE.parent / "console" / "static"))
    return app


def office_page(request: Request) -> HTMLResponse:
    """The office; whoever is not logged in gets the form for it."""
    office = office_of(request)
    user = user_at(office, request)
    may = OFFICE_PERMISSIONS[user.role] if user else frozenset()
    return HTMLResponse(_PAGE.render(user=user, may=may, only_run=office.desk.only_run))


@asynccontextmanager
async def _office_lifespan(app: FastAPI) -> AsyncIterator[None]:
    office: Office = app.state.office
    yield
    await run_in_threadpool(office.journal.close)


def _nothing_open() -> None:
    """No answer of the office goes on by itself."""
