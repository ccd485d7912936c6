"""The addresses of cases and authorisations. Each names who may use it, in its signature."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from lfr_batch.office.access import Authoriser, OfficeOf, OfficeViewer, Requester
from lfr_batch.office.messages import Message
from lfr_batch.office.routes import OfficeBody

case_routes = APIRouter()

CaseRef = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(max_length=500)]
Names = Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=200)]
Keep = Annotated[str, Field(max_length=10)]


class CaseChange(OfficeBody):
    case_ref: CaseRef
    may_see: Names
    """Empty: everybody."""
    retention: Keep | None = None
    """Like 90d; None: as the policy says."""


class NewCase(CaseChange):
    kind_of_use: Words
    harm: Words


class CaseNamed(OfficeBody):
    case_ref: CaseRef


class NewAuthorisation(OfficeBody):
    case_ref: CaseRef
    purpose: Words
    urgent: bool = False


class Granting(OfficeBody):
    reason: Words = ""
    valid_for: Keep | None = None
    """Like 14d; None: as long as the policy lets it be."""


class Refusing(OfficeBody):
    reason: Words


@case_routes.get("/api/policy")
def lists(_: OfficeViewer, office: OfficeOf) -> Message:
    return office.cases.lists()


@case_routes.get("/api/cases")
def cases(user: OfficeViewer, office: OfficeOf) -> list[Message]:
    return office.cases.cases(user)


@case_routes.post("/api/cases", status_code=201)
def open_case(body: NewCase, user: Requester, office: OfficeOf) -> Message:
    return office.cases.open(
        user, body.case_ref, body.kind_of_use, body.harm, body.may_see, body.retention
    )


@case_routes.post("/api/cases/change")
def change_case(body: CaseChange, user: Requester, office: OfficeOf) -> Message:
    return office.cases.change(user, body.case_ref, body.may_see, body.retention)


@case_routes.post("/api/cases/close")
def close_case(body: CaseNamed, user: Requester, office: OfficeOf) -> Message:
    return office.cases.close(user, body.case_ref)


@case_routes.post("/api/authorisations", status_code=201)
def request_authorisation(body: NewAuthorisation, user: Requester, office: OfficeOf) -> Message:
    return office.cases.request(user, body.case_ref, body.purpose, urgent=body.urgent)


@case_routes.post("/api/authorisations/{name}/grant")
def grant(name: CaseRef, body: Granting, user: Authoriser, office: OfficeOf) -> Message:
    return office.cases.grant(user, name, body.valid_for, body.reason)


@case_routes.post("/api/authorisations/{name}/refuse")
def refuse(name: CaseRef, body: Refusing, user: Authoriser, office: OfficeOf) -> Message:
    return office.cases.refuse(user, name, body.reason)
