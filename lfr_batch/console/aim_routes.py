"""The addresses of aiming, and of a camera whose password is refused. Each names who may use it."""

from __future__ import annotations

from fastapi import APIRouter, Response

from lfr_batch.console.access import WATCH, Acknowledger, ConsoleOf
from lfr_batch.console.journal import TRIED_AGAIN

aim_routes = APIRouter()


@aim_routes.get("/api/cameras/{name}/preview.jpg", dependencies=WATCH)
def preview(name: str, console: ConsoleOf) -> Response:
    """Of the last second; 404 once watching has begun."""
    return Response(console.desk.preview(name), media_type="image/jpeg")


@aim_routes.post("/api/watching", status_code=204)
def begin_watching(user: Acknowledger, console: ConsoleOf) -> None:
    """Whoever looks after the deployment puts it on record (``live.deployment.look_after``)."""
    console.desk.begin_watching(user)


@aim_routes.post("/api/cameras/{name}/try-again", status_code=204)
def try_again(name: str, user: Acknowledger, console: ConsoleOf) -> None:
    console.desk.try_again(user, name)
    console.journal.did(TRIED_AGAIN, user, camera=name)
