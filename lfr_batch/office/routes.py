"""The addresses behind the office's page. Each names who may use it, in its signature."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, HTTPException, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from lfr_batch.casework.examination import LONGEST_REASON, Conclusion, Opinion, Result, Seen
from lfr_batch.console.entrance import log_in, log_out
from lfr_batch.console.users import User
from lfr_batch.evidence.film import MEDIA_TYPE
from lfr_batch.office.access import (
    Examiner,
    Follower,
    Office,
    OfficeOf,
    OfficeViewer,
    Packer,
)
from lfr_batch.office.messages import Message, form
from lfr_batch.office.packs import PackWish, discard
from lfr_batch.office.roles import OFFICE_PERMISSIONS

office_routes = APIRouter()

SIGHTING_VIEWED, MOMENT_VIEWED = "sighting.viewed", "sighting.moment_viewed"
QUEUE_VIEWED = "sightings.viewed"
"""A run's queue with its small pictures, once for each person and run."""
RunId = Annotated[str, Field(max_length=100)]
Reason = Annotated[str, Field(max_length=LONGEST_REASON)]


class OfficeBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TokenGiven(OfficeBody):
    token: Annotated[str, Field(min_length=1, max_length=200)]


class NewDecision(OfficeBody):
    decision_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
    """Made by the page when the form is opened: sent twice, it is one decision."""
    subject_id: Annotated[str, Field(max_length=300)]
    conclusion: Conclusion
    components: Annotated[dict[str, Seen], Field(max_length=20)]
    image_factors: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)]
    reason: Reason


class NewOutcome(OfficeBody):
    outcome: Result
    reason: Reason


class NewPack(OfficeBody):
    sightings: Annotated[
        list[Annotated[str, Field(pattern=r"^[0-9a-zA-Z][0-9a-zA-Z_-]{0,99}$")]],
        Field(max_length=1000),
    ] = []
    to: Annotated[
        list[Annotated[str, Field(pattern=r"^[\w][\w .@-]{0,99}$")]], Field(max_length=20)
    ] = []
    """Names of the policy, or keys of age; a pattern that no path has."""
    redact: bool = False
    nothing_found: bool = False
    why: Reason


@office_routes.post("/login")
def login(body: TokenGiven, request: Request, response: Response, office: OfficeOf) -> Message:
    return log_in(office, body.token, request, response)


@office_routes.post("/logout", status_code=204)
def logout(request: Request, response: Response, office: OfficeOf) -> None:
    log_out(office, request, response)


@office_routes.get("/api/me")
def me(user: OfficeViewer) -> Message:
    return {
        "name": user.name,
        "role": user.role,
        "may": sorted(OFFICE_PERMISSIONS[user.role]),
        "now": datetime.now(UTC).isoformat(),
    }


@office_routes.get("/api/form")
def tables(_: OfficeViewer) -> Message:
    return form()


@office_routes.get("/api/runs")
def runs(user: OfficeViewer, office: OfficeOf) -> list[Message]:
    return office.desk.runs(user)


@office_routes.get("/api/runs/{run_id}")
def run(run_id: RunId, user: OfficeViewer, office: OfficeOf, after: BackgroundTasks) -> Message:
    """That somebody looked is recorded once they do, here and below."""
    found = office.desk.run(user, run_id)
    after.add_task(office.journal.viewed, user, QUEUE_VIEWED, run_id=run_id)
    return found


@office_routes.get("/api/runs/{run_id}/sightings/{sighting_id}")
def sighting(
    run_id: RunId, sighting_id: RunId, user: OfficeViewer, office: OfficeOf, after: BackgroundTasks
) -> Message:
    found = office.desk.sighting(user, run_id, sighting_id)
    of = {"run_id": run_id, "sighting_id": sighting_id}
    after.add_task(office.journal.viewed, user, SIGHTING_VIEWED, **of)
    return found


@office_routes.get("/api/runs/{run_id}/sightings/{sighting_id}/shots/{number}.jpg")
def shot(
    run_id: RunId, sighting_id: RunId, number: int, user: OfficeViewer, office: OfficeOf
) -> Response:
    """1: the evidence picture."""
    jpeg = office.desk.shot(user, run_id, sighting_id, number)
    if jpeg is None:
        raise HTTPException(404, "this sighting has no such shot")
    return _picture(jpeg, office, user, run_id, sighting_id)


@office_routes.get("/api/runs/{run_id}/sightings/{sighting_id}/thumbnail.jpg")
def thumbnail(run_id: RunId, sighting_id: RunId, user: OfficeViewer, office: OfficeOf) -> Response:
    jpeg = office.desk.thumbnail(user, run_id, sighting_id)
    if jpeg is None:
        raise HTTPException(404, "this sighting has no picture")
    noted = BackgroundTask(office.journal.viewed, user, QUEUE_VIEWED, run_id=run_id)
    return Response(jpeg, media_type="image/jpeg", background=noted)


@office_routes.get("/api/runs/{run_id}/sightings/{sighting_id}/enrolled/{rank}/{number}.jpg")
def enrolled(
    run_id: RunId,
    sighting_id: RunId,
    rank: int,
    number: int,
    user: OfficeViewer,
    office: OfficeOf,
) -> Response:
    jpeg = office.desk.enrolled_picture(user, run_id, sighting_id, rank, number)
    if jpeg is None:
        raise HTTPException(404, "this candidate has no such picture in the gallery's snapshot")
    return _picture(jpeg, office, user, run_id, sighting_id)


@office_routes.get("/api/runs/{run_id}/sightings/{sighting_id}/moment")
def moment(run_id: RunId, sighting_id: RunId, user: OfficeViewer, office: OfficeOf) -> Response:
    """A film of a few seconds; it takes some seconds to be made, and is not kept."""
    clip = office.desk.moment(user, run_id, sighting_id)
    noted = BackgroundTask(
        office.journal.viewed, user, MOMENT_VIEWED, run_id=run_id, sighting_id=sighting_id
    )
    return Response(clip.data, media_type=MEDIA_TYPE, background=noted)


@office_routes.post("/api/runs/{run_id}/sightings/{sighting_id}/decisions", status_code=201)
def decide(
    run_id: RunId, sighting_id: RunId, body: NewDecision, user: Examiner, office: OfficeOf
) -> Message:
    """409 where it is refused; the answer is what the examiner may see from now on."""
    opinion = Opinion(
        body.subject_id,
        body.conclusion,
        body.components,
        tuple(body.image_factors),
        body.reason,
    )
    return office.desk.decide(user, run_id, sighting_id, opinion, body.decision_id)


@office_routes.post("/api/runs/{run_id}/sightings/{sighting_id}/outcomes", status_code=201)
def outcome(
    run_id: RunId, sighting_id: RunId, body: NewOutcome, user: Follower, office: OfficeOf
) -> Message:
    return office.desk.note_outcome(user, run_id, sighting_id, body.outcome, body.reason)


@office_routes.post("/api/runs/{run_id}/evidence")
def evidence(run_id: RunId, body: NewPack, user: Packer, office: OfficeOf) -> FileResponse:
    """The pack, which takes a while, and is not kept here. 409 with the sentence where not."""
    office.desk.require_packable(user, run_id, body.sightings)
    wish = PackWish(
        run_id,
        tuple(body.sightings),
        tuple(body.to),
        body.redact,
        body.nothing_found,
        user.name,
        body.why,
    )
    pack = office.packs.make(wish)
    gone = BackgroundTask(discard, pack)
    return FileResponse(pack, media_type="application/zip", filename=pack.name, background=gone)


def _picture(jpeg: bytes, office: Office, user: User, run_id: str, sighting_id: str) -> Response:
    noted = BackgroundTask(
        office.journal.viewed, user, SIGHTING_VIEWED, run_id=run_id, sighting_id=sighting_id
    )
    return Response(jpeg, media_type="image/jpeg", background=noted)
