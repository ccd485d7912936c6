"""How people come in and leave again: a token for a session, and the session's cookie."""

from __future__ import annotations

from typing import Any, Protocol

from fastapi import HTTPException, Request, Response

from lfr_batch.console.hosts import port_of
from lfr_batch.console.logins import Failures, Hear, LoginTry, try_login
from lfr_batch.console.roster import Roster
from lfr_batch.console.sessions import Sessions
from lfr_batch.console.sources import source_of
from lfr_batch.console.users import User

COOKIE = "lfr_console"
"""How the name of every console's cookie begins."""


class Entrance(Protocol):
    """Of one server."""

    @property
    def roster(self) -> Roster: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def failures(self) -> Failures: ...
    @property
    def hear(self) -> Hear:
        """Is told of everybody who logs in, or tries to."""


def cookie_name(request: Request) -> str:
    """Browsers keep cookies by host and not by port: two consoles on one host differ by name.
    With ``__Host-``, which needs https, no other host's page can have set it."""
    prefix = "__Host-" if request.url.scheme == "https" else ""
    return f"{prefix}{COOKIE}_{port_of(request.headers['host'], request.url.scheme)}"


def secret_of(request: Request) -> str:
    """Of the session, as the request claims; empty where it claims none."""
    return request.cookies.get(cookie_name(request), "")


def user_at(entrance: Entrance, request: Request) -> User | None:
    """None without a session; that of somebody who was removed, or added anew, ends."""
    secret = secret_of(request)
    user = entrance.sessions.user(secret)
    if user is None or entrance.roster.now().knows(user):
        return user
    entrance.sessions.end(secret)
    return None


def log_in(entrance: Entrance, token: str, request: Request, response: Response) -> dict[str, Any]:
    """Who it is, for the page. Raises HTTPException 401, and 429 for whoever is to wait."""
    source = source_of(request.client.host if request.client else "")
    tried = try_login(entrance.roster.now(), entrance.failures, token.strip(), source)
    entrance.hear(tried)
    if tried.user is None:
        raise _refused(tried)
    entrance.sessions.end(secret_of(request))
    response.set_cookie(
        cookie_name(request),
        entrance.sessions.begin(tried.user),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return {"name": tried.user.name, "role": tried.user.role}


def log_out(entrance: Entrance, request: Request, response: Response) -> None:
    entrance.sessions.end(secret_of(request))
    response.delete_cookie(
        cookie_name(request),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def _refused(tried: LoginTry) -> HTTPException:
    if tried.is_heard:
        return HTTPException(401, "this token is not known")
    return HTTPException(
        429,
        f"too many wrong tokens; a wrong one is heard again in {tried.wait_s:.0f} s, a right one "
        "at once",
        {"Retry-After": f"{tried.wait_s + 1:.0f}"},
    )
