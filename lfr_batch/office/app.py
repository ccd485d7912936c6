"""The office as an application: create it, then ``console.serve.serve`` it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import jinja2
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from lfr_batch.console.app import MOST_BODY_BYTES, NO_TELEMETRY
from lfr_batch.console.entrance import user_at
from lfr_batch.errors import AuthorityError, DecisionRefused, LfrError, RunNotFound, UsageError
from lfr_batch.office.access import Office, office_of
from lfr_batch.office.case_routes import case_routes
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


def create_office(office: Office) -> FastAPI:
    """Nothing of it is public but the login page, its script and its style. ``serve`` puts the
    guard before it."""
    app = FastAPI(
        lifespan=_office_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=MOST_BODY_BYTES,
        telemetry=NO_TELEMETRY,
    )
    app.state.office, app.state.ending = office, _nothing_open
    app.add_exception_handler(LfrError, _sentence)
    app.add_exception_handler(HTTPException, _refusal)
    app.add_exception_handler(RequestValidationError, _misunderstanding)
    app.add_exception_handler(Exception, _fault)
    app.add_api_route("/", office_page, response_class=HTMLResponse)
    app.include_router(case_routes)
    app.include_router(office_routes)
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


def _sentence(_: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in OFFICE_STATUS.items() if isinstance(error, kind))
    return JSONResponse({"error": str(error)}, status)


def _refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _fault(_: Request, __: Exception) -> JSONResponse:
    """The log says which; nobody at a screen could do anything with it."""
    return JSONResponse({"error": "the server failed at this; its log says how"}, 500)


def _misunderstanding(_: Request, error: Exception) -> JSONResponse:
    """What is wrong with the request, without repeating what was sent."""
    assert isinstance(error, RequestValidationError)
    fields = {str(each["loc"][1] if len(each["loc"]) > 1 else "") for each in error.errors()}
    said = sorted(
        OFFICE_WANTED.get(field, f"{field or 'the body'} is not understood") for field in fields
    )
    return JSONResponse({"error": "; ".join(said)}, 422)


_PAGE = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("office.html.j2")
