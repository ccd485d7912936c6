"""What every server of faces is made with: an application that tells nothing of itself, and answers
every fault with one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import jinja2
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException as PlainHTTPException

from lfr_batch.console.entrance import Entrance, user_at
from lfr_batch.console.users import User
from lfr_batch.errors import LfrError

MOST_BODY_BYTES = 16_384
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
Statuses = Mapping[type[LfrError], int]
"""The first class that fits says which."""


def closed_app(
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    statuses: Statuses,
    wanted: Mapping[str, str],
) -> FastAPI:
    """``wanted``: what is said of a field of a request that will not do, by its name."""
    app = FastAPI(
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=MOST_BODY_BYTES,
        telemetry=NO_TELEMETRY,
    )

    def sentence(_: Request, error: Exception) -> JSONResponse:
        status = next(status for kind, status in statuses.items() if isinstance(error, kind))
        return JSONResponse({"error": str(error)}, status)

    def misunderstanding(_: Request, error: Exception) -> JSONResponse:
        """What is wrong with the request, without repeating what was sent."""
        assert isinstance(error, RequestValidationError)
        fields = {str(each["loc"][1]) if len(each["loc"]) > 1 else "" for each in error.errors()}
        said = {wanted.get(each, f"{each or 'the body'} is not understood") for each in fields}
        return JSONResponse({"error": "; ".join(sorted(said))}, 422)

    app.add_exception_handler(LfrError, sentence)
    app.add_exception_handler(PlainHTTPException, _refusal)
    app.add_exception_handler(RequestValidationError, misunderstanding)
    app.add_exception_handler(Exception, _fault)
    return app


def allowed_at(
    entrance_of: Callable[[Request], Entrance], may: Callable[[User], bool]
) -> Callable[[Request], User]:
    """A dependency that gives the user: 401 without a session, 403 where they may not."""

    def check(request: Request) -> User:
        user = user_at(entrance_of(request), request)
        if user is None:
            raise HTTPException(401, "log in first")
        if not may(user):
            raise HTTPException(403, f"the role {user.role} may not do this")
        return user

    return check


def page_template(folder: Path, name: str) -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template(name)


def _refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PlainHTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _fault(_: Request, __: Exception) -> JSONResponse:
    """The log says which; nobody at a screen could do anything with it."""
    return JSONResponse({"error": "the server failed at this; its log says how"}, 500)
