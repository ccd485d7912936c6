"""Authorisations: asked for by one person, granted or refused by another, once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from lfr_batch.casework.case_files import (
    CASES,
    CaseFiles,
    decision_file,
    folder_of,
    request_file,
)
from lfr_batch.casework.cases import load_case, require_open_case
from lfr_batch.casework.examination import same_person
from lfr_batch.config.policy import period_in_words, period_of
from lfr_batch.errors import AuthorityError, StoreError, UsageError
from lfr_batch.oversight.audit_facts import DECIDED_BEFORE
from lfr_batch.results.run_state import LogLine
from lfr_batch.visible import plain_line

REQUESTED, GRANTED, REFUSED = (
    "authorisation.requested",
    "authorisation.granted",
    "authorisation.refused",
)
"""Events in the audit log."""
_TRIES, _ID_BYTES = 5, 3
_FILE = re.compile(rf"{CASES}/[^/]+/(authorisations|decisions)/(AUTH-[^/]+)\.json")

State = Literal["requested", "granted", "refused"]


class AuthorisationRequest(BaseModel):
    """What was asked for."""

    model_config = ConfigDict(frozen=True)

    authorisation_id: str
    """Like AUTH-20261128-3f2a7c."""
    case_ref: str
    purpose: str
    requested_by: str
    requested_at: AwareDatetime
    urgent: bool = False
    decide_by: AwareDatetime | None = None
    """Of an urgent one: until then runs go ahead and are read without it."""
    log_line: LogLine


class AuthorisationDecision(BaseModel):
    """What was decided about it."""

    model_config = ConfigDict(frozen=True)

    state: Literal["granted", "refused"]
    decided_by: str
    decided_at: AwareDatetime
    reason: str = ""
    valid_until: AwareDatetime | None = None
    """None: it was refused."""
    log_line: LogLine


class Authorisation(BaseModel):
    """Both: as it is now."""

    model_config = ConfigDict(frozen=True)

    request: AuthorisationRequest
    decision: AuthorisationDecision | None = None

    @property
    def authorisation_id(self) -> str:
        return self.request.authorisation_id

    @property
    def case_ref(self) -> str:
        return self.request.case_ref

    @property
    def state(self) -> State:
        return self.decision.state if self.decision else "requested"

    def is_expired(self, now: datetime) -> bool:
        """Whether it was granted, and its time is over."""
        until = self.decision.valid_until if self.decision else None
        return until is not None and now >= until

    def in_words(self, now: datetime) -> str:
        """How it stands, for people."""
        asked, decided = self.request, self.decision
        if decided is None:
            urgent = f", urgent: by {_moment(asked.decide_by)}" if asked.decide_by else ""
            return f"requested by {asked.requested_by} on {_moment(asked.requested_at)}{urgent}"
        said = f"{decided.state} by {decided.decided_by} on {_moment(decided.decided_at)}"
        if decided.valid_until is None:
            return said
        over = "expired on" if self.is_expired(now) else "until"
        return f"{said}, {over} {_moment(decided.valid_until)}"


def request_authorisation(
    files: CaseFiles,
    case_ref: str,
    purpose: str,
    by: str,
    *,
    urgent: bool = False,
    now: datetime | None = None,
) -> Authorisation:
    """Ask for one. What the same person has asked for in the same words, and nobody has decided, is
    not asked for twice: that one is the answer.

    Raises AuthorityError for a case that is not open or none of theirs, UsageError for no purpose
    and for urgency where no rule has it; StoreError, AuditBroken.
    """
    at, why = now or datetime.now(UTC), plain_line(purpose)
    require_open_case(load_case(files, case_ref), case_ref, by)
    if not why:
        raise UsageError("Authorised for what? Give --purpose.")
    period = files.rules.authorisation.urgent
    if urgent and period is None:
        raise UsageError(
            "Nothing is urgent by this policy (authorisation.urgent is null): ask without "
            "--urgent, and wait until it is granted."
        )
    said = {
        "case_ref": case_ref,
        "purpose": why,
        "urgent": urgent,
        "decide_by": at + period_of(period) if urgent and period else None,
    }
    with files.changing(case_ref):
        waiting = undecided(authorisations_of(files, case_ref))
        same = (each for each in waiting if _is_asked_again(each.request, why, by, urgent))
        return next(same, None) or _asked(files, said, by, at)


def _is_asked_again(asked: AuthorisationRequest, why: str, by: str, urgent: bool) -> bool:
    return (asked.purpose, asked.urgent) == (why, urgent) and same_person(asked.requested_by, by)


def _asked(files: CaseFiles, said: dict[str, Any], by: str, at: datetime) -> Authorisation:
    taken = {found[2] for found in map(_FILE.fullmatch, files.store.list(CASES)) if found}
    for _ in range(_TRIES):
        name = f"AUTH-{at:%Y%m%d}-{secrets.token_hex(_ID_BYTES)}"
        if name in taken:
            continue
        whole = {"authorisation_id": name, **said}
        shown = {**whole, "decide_by": said["decide_by"] and str(said["decide_by"])}
        line = files.on_record(REQUESTED, {"by": by, **shown})
        asked = AuthorisationRequest.model_validate(
            {**whole, "requested_by": by, "requested_at": at, "log_line": line}
        )
        if _is_written(files, request_file(asked.case_ref, name), asked):
            return Authorisation(request=asked)
    raise StoreError(f"{files.store.uri}/{CASES} has too many authorisations of today: try again")


def grant(
    files: CaseFiles,
    authorisation_id: str,
    by: str,
    *,
    valid_for: str | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Authorisation:
    """``valid_for``: like 14d, no longer than the policy's, which it is unless given.

    Raises AuthorityError for one that there is not, that was decided, that ``by`` has asked for,
    and of a case that is closed; UsageError for a period; StoreError, AuditBroken.
    """
    at, most = now or datetime.now(UTC), files.rules.authorisation.valid_for
    until = at + period_of(_no_longer(valid_for, most))
    found = find_authorisation(files, authorisation_id)
    case = load_case(files, found.case_ref)
    if case is not None and not case.is_open:
        require_open_case(case, found.case_ref, by, "auditor")
    return _decided(files, found, "granted", by, at, plain_line(reason), until)


def refuse(
    files: CaseFiles, authorisation_id: str, by: str, reason: str, *, now: datetime | None = None
) -> Authorisation:
    """Raises as ``grant``, and UsageError where no reason is given. What was searched under it is
    to be destroyed (``clocks``)."""
    if not plain_line(reason):
        raise UsageError("Refused why? Give --reason, which is on record then.")
    found = find_authorisation(files, authorisation_id)
    at = now or datetime.now(UTC)
    return _decided(files, found, "refused", by, at, plain_line(reason), None)


def find_authorisation(
    files: CaseFiles, authorisation_id: str, case_ref: str | None = None
) -> Authorisation:
    """``case_ref``: where it is looked for first. Raises AuthorityError where there is none,
    StoreError."""
    name = _as_written(authorisation_id)
    if case_ref is not None and files.store.exists(request_file(case_ref, name)):
        return _read(files, request_file(case_ref, name))
    for path in files.store.list(CASES):
        if (found := _FILE.fullmatch(path)) and found.groups() == ("authorisations", name):
            return _read(files, path)
    raise AuthorityError(
        f"There is no authorisation {name}: `lfr authorise list` shows those there are, "
        "`lfr authorise request` asks for one."
    )


def authorisations_of(files: CaseFiles, case_ref: str | None = None) -> list[Authorisation]:
    """Of a case, or of all; the last that was asked for first. Raises StoreError."""
    where = CASES if case_ref is None else folder_of(case_ref)
    found = (match for match in map(_FILE.fullmatch, files.store.list(where)) if match)
    every = [_read(files, match[0]) for match in found if match[1] == "authorisations"]
    return sorted(every, key=lambda each: each.request.requested_at, reverse=True)


def _decided(
    files: CaseFiles,
    found: Authorisation,
    state: Literal["granted", "refused"],
    by: str,
    at: datetime,
    reason: str,
    until: datetime | None,
) -> Authorisation:
    name, path = found.authorisation_id, decision_file(found.case_ref, found.authorisation_id)
    with files.changing(found.case_ref):
        known = _read(files, request_file(found.case_ref, name))
        period = until - at if until else None
        if known.decision and _is_said_again(known.decision, state, by, reason, period):
            return known  # its answer was lost
        _require_undecided(known)
        if same_person(by, found.request.requested_by):
            raise AuthorityError(
                f"{by} has asked for {name}, and somebody else decides it: let them give the "
                "command, with their own --operator."
            )
        said = {"state": state, "decided_by": by, "reason": reason}
        shown = {"authorisation_id": name, "case_ref": found.case_ref, "by": by, "reason": reason}
        event = GRANTED if state == "granted" else REFUSED
        line = files.on_record(event, {**shown, "valid_until": until and until.isoformat()})
        decision = AuthorisationDecision.model_validate(
            {**said, "decided_at": at, "valid_until": until, "log_line": line}
        )
        if not _is_written(files, path, decision):
            files.on_record(DECIDED_BEFORE, {**shown, "line": line.n})
            _require_undecided(_read(files, request_file(found.case_ref, name)))
    return Authorisation(request=found.request, decision=decision)


def _is_said_again(
    decided: AuthorisationDecision, state: str, by: str, reason: str, period: timedelta | None
) -> bool:
    until = decided.valid_until
    before = (decided.state, decided.reason, until and until - decided.decided_at)
    return before == (state, reason, period) and same_person(decided.decided_by, by)


def _require_undecided(found: Authorisation) -> None:
    decided = found.decision
    if decided is not None:
        raise AuthorityError(
            f"{found.authorisation_id} was {decided.state} already, by {decided.decided_by} on "
            f"{_moment(decided.decided_at)}, and that stands: ask for another with "
            "`lfr authorise request`."
        )


def _no_longer(given: str | None, most: str) -> str:
    if given is None:
        return most
    try:
        period = period_of(given)
    except ValueError as error:
        raise UsageError(f"--valid-for {given!r}: {error}.") from error
    if period > period_of(most):
        raise UsageError(
            f"--valid-for {given} is longer than the policy lets one be valid "
            f"(authorisation.valid_for): {period_in_words(most)} at most."
        )
    return given


def _as_written(authorisation_id: str) -> str:
    name = plain_line(authorisation_id)
    return f"AUTH-{name[5:].lower()}" if name.upper().startswith("AUTH-") else name


def _is_written(files: CaseFiles, path: str, record: BaseModel) -> bool:
    """Whether it is this very one that is there: an answer may have been lost."""
    data = record.model_dump_json(indent=1).encode()
    return files.store.write_new(path, data) or files.store.read(path) == data


def _read(files: CaseFiles, path: str) -> Authorisation:
    """By where the request lies."""
    store, decided = files.store, path.replace("/authorisations/", "/decisions/")
    try:
        request = AuthorisationRequest.model_validate_json(store.read(path))
        decision = _decision(store.read(decided)) if store.exists(decided) else None
    except ValueError as error:
        raise StoreError(
            f"{path} in {store.uri}, or what was decided about it, is damaged: restore it from a "
            "copy"
        ) from error
    return Authorisation(request=request, decision=decision)


def _decision(data: bytes) -> AuthorisationDecision:
    return AuthorisationDecision.model_validate_json(data)


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def undecided(found: Sequence[Authorisation]) -> list[Authorisation]:
    """Those that wait for somebody."""
    return [each for each in found if each.decision is None]
