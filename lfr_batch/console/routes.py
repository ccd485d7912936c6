"""The addresses behind the page. Each names who may use it, in its decorator or its signature."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from lfr_batch.console.access import (
    AUDIT,
    VIEW,
    WATCH,
    Acknowledger,
    ConsoleOf,
    Decider,
    Viewer,
    session_user,
)
from lfr_batch.console.desk import SECTIONS, ReviewRequest
from lfr_batch.console.entrance import log_in, log_out, secret_of
from lfr_batch.console.event_stream import EventStream
from lfr_batch.console.feed import Note
from lfr_batch.console.messages import Message, of_deployment, of_review
from lfr_batch.console.pictures import PictureName, pictures_of
from lfr_batch.console.roles import PERMISSIONS
from lfr_batch.console.sessions import session_key
from lfr_batch.live.records import Outcome, Verdict

routes = APIRouter()

REASON_LETTERS = (3, 500)
MOST_ALERTS = 500
"""Of one list: the router reads them with their pictures. The report has all of them."""


def _visible(text: str) -> str:
    line = " ".join(text.split())
    if len(line) < REASON_LETTERS[0] or not line.isprintable():
        raise ValueError("a reason of a few words is needed")
    return line


class Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Login(Body):
    token: Annotated[str, Field(min_length=1, max_length=200)]


class NewReview(Body):
    verdict: Verdict
    reason: Annotated[str, Field(max_length=REASON_LETTERS[1]), AfterValidator(_visible)]
    outcome: Outcome | None = None
    seen_review_id: Annotated[str, Field(max_length=100)] | None = None
    """Of the last review that the officer saw: what others decided meanwhile must be seen."""


class Showing(Body):
    latency_ms: Annotated[float, Field(ge=0.0, le=3_600_000.0)]


@routes.post("/login")
def login(body: Login, request: Request, response: Response, console: ConsoleOf) -> Message:
    return log_in(console, body.token, request, response)


@routes.post("/logout", status_code=204)
def logout(request: Request, response: Response, console: ConsoleOf) -> None:
    log_out(console, request, response)


@routes.get("/api/session")
def session(user: Viewer, console: ConsoleOf) -> Message:
    """Of a deployment that is over nothing new comes: there is nothing to watch for."""
    is_over = not console.desk.running.parts()
    allowed = PERMISSIONS[user.role] - ({"watch"} if is_over else set())
    return {
        "name": user.name,
        "role": user.role,
        "may": sorted(allowed),
        "now": datetime.now(UTC).isoformat(),
        "deployment": of_deployment(console.desk.deployment, is_over=is_over),
    }


@routes.get("/api/time", dependencies=VIEW)
def time() -> Message:
    """So that a screen whose clock is wrong knows how old an alert is."""
    return {"now": datetime.now(UTC).isoformat()}


@routes.get("/api/alerts", dependencies=VIEW)
def alerts(
    console: ConsoleOf, limit: Annotated[int, Query(ge=1, le=MOST_ALERTS)] = 100
) -> list[Message]:
    return console.desk.alerts(limit)


@routes.get("/api/alerts/{alert_id}/{picture}.jpg")
def picture(alert_id: str, picture: PictureName, user: Viewer, console: ConsoleOf) -> Response:
    """That somebody looked is recorded once they do: an officer does not wait for the disk."""
    there = pictures_of(console.desk.alert(alert_id))
    if picture not in there:
        raise HTTPException(404, f"this alert has no picture {picture}; it has {', '.join(there)}")
    jpeg = there[picture]
    noted = BackgroundTask(console.journal.viewed, user, alert_id=alert_id)
    return Response(jpeg, media_type="image/jpeg", background=noted)


@routes.post("/api/alerts/{alert_id}/acknowledge", status_code=204)
def acknowledge(alert_id: str, user: Acknowledger, console: ConsoleOf) -> None:
    console.desk.acknowledge(user, alert_id)
    console.feed.changed(alert_id)


@routes.post("/api/alerts/{alert_id}/reviews", status_code=201)
def decide(alert_id: str, body: NewReview, user: Decider, console: ConsoleOf) -> Message:
    decision = ReviewRequest(body.verdict, body.reason, body.outcome, body.seen_review_id)
    return of_review(console.desk.decide(user, alert_id, decision))


@routes.post("/api/alerts/{alert_id}/shown", status_code=204, dependencies=WATCH)
def shown(alert_id: str, body: Showing, console: ConsoleOf) -> None:
    console.desk.shown(alert_id, body.latency_ms)
    console.feed.changed(alert_id)


@routes.get("/api/reviews", dependencies=AUDIT)
def reviews(console: ConsoleOf) -> list[Message]:
    """Every decision, also those that were changed later; oldest first."""
    return console.desk.reviews()


@routes.get("/api/status", dependencies=VIEW)
def status(console: ConsoleOf) -> Message:
    return console.desk.status()


@routes.get("/api/{section}", dependencies=VIEW)
def section(
    section: Literal["cameras", "counts", "parts", "sinks", "shown", "may_be_decided", "aiming"],
    console: ConsoleOf,
) -> Any:
    return SECTIONS[section](console.desk)


@routes.get("/events", response_model=None)
async def events(
    request: Request,
    user: Viewer,
    console: ConsoleOf,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Server-sent events alert, status, trouble, beat and end; ``Last-Event-ID`` resumes."""
    screen = console.feed.watch(user.name, session_key(secret_of(request)))
    if screen is None:
        raise HTTPException(503, "too many screens, or the console is ending", {"Retry-After": "5"})
    try:
        missed: list[Note] = []
        if last_event_id is not None and last_event_id.isdecimal():
            missed = await run_in_threadpool(console.feed.since, int(last_event_id))
    except BaseException:
        console.feed.leave(screen)
        raise
    return EventStream(console.feed, screen, missed, lambda: session_user(request) is not None)
