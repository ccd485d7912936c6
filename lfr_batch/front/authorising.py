"""Nothing is searched before what authorises it was looked at, and found to hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from lfr_batch.casework.authorised import Authorised, authorised, granted
from lfr_batch.casework.case_files import CaseFiles, case_files
from lfr_batch.casework.clocks import Clock, start_clock
from lfr_batch.config.load import parse_config
from lfr_batch.config.schema import S3Config
from lfr_batch.front.stated import require_stated_for_run
from lfr_batch.homes.at_hand import Home, home_at
from lfr_batch.oversight.authority import Authority, operator_name
from lfr_batch.results.run_state import RunRequest
from lfr_batch.scanning.plan import Order


class AuthorisedOrder(NamedTuple):
    order: Order
    """As it is put on record."""
    found: Authorised


def look_up(home: Home, s3: S3Config, stated: Authority) -> Authorised:
    """As ``authorised``, of a home and by the rules it has, now. Raises AuthorityError,
    ConfigError, StoreError."""
    return authorised(case_files(home, s3), stated, datetime.now(UTC))


def look_up_order(order: Order) -> AuthorisedOrder:
    """Raises as ``look_up``."""
    found = look_up(order.home, order.config.s3, require_stated_for_run(order.authority))
    return AuthorisedOrder(replace(order, authority=found.stated), found)


def look_up_granted(home: Home, s3: S3Config, stated: Authority, what: str) -> Authority:
    """As ``granted``, of a home and by the rules it has, now. Raises as ``look_up``."""
    return granted(case_files(home, s3), stated, datetime.now(UTC), what)


def look_up_again(request: RunRequest, given: str | None, operator: str) -> Authorised:
    """What authorises a run that is to go on: what it began with, or what is ``given`` now.

    Raises as ``look_up``.
    """
    stated = Authority(
        request.case_ref, given or request.authority, request.purpose, operator_name(operator)
    )
    return look_up(*home_of(request), require_stated_for_run(stated))


def home_of(request: RunRequest) -> tuple[Home, S3Config]:
    """Where its authority is looked up, and how that is reached."""
    config = parse_config(request.config, f"the request of run {request.run_id}")
    return home_at(request.home), config.s3


def begin_clock(found: Authorised, request: RunRequest, results: str) -> None:
    """Where the run begins before its authorisation is granted. Raises StoreError: it is then not
    to begin."""
    if found.decide_by is None:
        return
    clock = Clock(
        run_id=request.run_id,
        case_ref=request.case_ref,
        authorisation_id=found.stated.authorisation_id or "",
        results=results,
        started_at=request.started_at,
        deadline=found.decide_by,
    )
    start_clock(CaseFiles(*home_of(request)), clock)


def said_of(found: Authorised) -> tuple[str, ...]:
    """What the operator is to know of the run, a sentence each."""
    until, name = found.decide_by, found.stated.authorisation_id
    if until is None:
        return ()
    return (
        f"{name} is not granted yet: unless it is by {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC, "
        "what is found is withheld from then on; if it is refused, it is destroyed",
    )
