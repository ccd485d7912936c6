"""Why a run is opened: where it is said, and what every other address of the run waits for."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request

from lfr_batch.console.entrance import secret_of, user_at
from lfr_batch.console.sessions import session_key
from lfr_batch.office.access import OfficeOf, OfficeViewer
from lfr_batch.office.routes import OfficeBody, Reason, RunId

opening_routes = APIRouter()

WHY_FIRST = 428


class OpeningReason(OfficeBody):
    why: Reason


@opening_routes.post("/api/runs/{run_id}/opening", status_code=204)
def open_run(
    run_id: RunId, body: OpeningReason, user: OfficeViewer, request: Request, office: OfficeOf
) -> None:
    run = office.desk.row_of_run(user, run_id)
    session = session_key(secret_of(request))
    office.openings.open(session, user, run_id, run["case_ref"], body.why)


def require_opened(request: Request, office: OfficeOf) -> None:
    """428 where the house asks why, and this session has not said it of the run; whoever is not
    logged in is told that."""
    run_id = request.path_params.get("run_id")
    if run_id is None or user_at(office, request) is None:
        return
    if office.openings.wants_why(session_key(secret_of(request)), run_id):
        raise HTTPException(
            WHY_FIRST, "the rules of this house ask why a run is opened: say it first"
        )
