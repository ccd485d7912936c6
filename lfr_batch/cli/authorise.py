"""`lfr authorise`: authority to search, asked for by one and decided by another."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from lfr_batch.casework.authorisations import (
    Authorisation,
    authorisations_of,
    find_authorisation,
    request_authorisation,
    undecided,
)
from lfr_batch.casework.authorisations import grant as grant_authorisation
from lfr_batch.casework.authorisations import refuse as refuse_authorisation
from lfr_batch.casework.case_files import CaseFiles, case_files
from lfr_batch.casework.cases import load_case, may_see, require_case
from lfr_batch.cli.options import ConfigOption, JsonOption, OperatorOption, OutOption, settings_of
from lfr_batch.cli.output import answer, answer_json, answer_table, nothing, say
from lfr_batch.front.clocks import act_on_clocks
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.authority import operator_name

authorise_app = typer.Typer(
    no_args_is_help=True, help="Ask for authority to search, and grant or refuse it."
)

IdArgument = Annotated[str, typer.Argument(metavar="AUTH-…", help="As it was printed.")]
COLUMNS = [
    "authorisation_id",
    "case_ref",
    "state",
    "requested_by",
    "decided_by",
    "until",
    "purpose",
]


@authorise_app.command()
def request(
    case_ref: Annotated[str, typer.Option("--case", envvar="LFR_CASE", help="An open case.")],
    purpose: Annotated[
        str, typer.Option("--purpose", envvar="LFR_PURPOSE", help="What is to be searched for.")
    ],
    urgent: Annotated[
        bool,
        typer.Option(
            "--urgent",
            help="Search before it is granted, where the policy has a rule for that; results are "
            "withheld when its time is over, and destroyed if it is refused.",
        ),
    ] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask for an authorisation, and print its id; somebody else grants or refuses it.

    What waits already is not asked for twice: in the same words it is the same request.
    """
    by, now = operator_name(operator), datetime.now(UTC)
    files = _files(_settings(config))
    found = request_authorisation(files, case_ref, purpose, by, urgent=urgent, now=now)
    was = "" if found.request.requested_at == now else "; it waits already, and is asked for once"
    say(f"{found.authorisation_id} of case {case_ref} is {found.in_words(now)}{was}")
    answer(found.authorisation_id)


@authorise_app.command()
def grant(
    authorisation_id: IdArgument,
    valid_for: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Like 14d; as long as the policy lets it, unless given."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; on record.")] = "",
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Grant it, as somebody else than who asked. Runs that were withheld are put back."""
    settings, by = _settings(config, out), operator_name(operator)
    found = grant_authorisation(
        _files(settings), authorisation_id, by, valid_for=valid_for, reason=reason
    )
    _tell(found, settings, by)


@authorise_app.command()
def refuse(
    authorisation_id: IdArgument,
    reason: Annotated[str, typer.Option(help="Why; on record.")],
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Refuse it, as somebody else than who asked. What was searched under it is destroyed, with a
    receipt."""
    settings, by = _settings(config, out), operator_name(operator)
    found = refuse_authorisation(_files(settings), authorisation_id, by, reason)
    _tell(found, settings, by)


@authorise_app.command(name="list")
def list_authorisations(
    case_ref: Annotated[str | None, typer.Option("--case", help="Of this case alone.")] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Those alone that are to be decided.")
    ] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was asked for and what was decided, of the cases that one may see, newest first."""
    files, by = _files(_settings(config)), operator_name(operator)
    asked = authorisations_of(files, case_ref)
    refs = {each.case_ref for each in asked}
    seen = {ref for ref in refs if may_see(load_case(files, ref), by)}
    found = [each for each in asked if each.case_ref in seen]
    rows = [row_of(each) for each in (undecided(found) if waiting else found)]
    if as_json:
        answer_json(rows)
    elif rows:
        answer_table(rows, COLUMNS)
    else:
        say("there is none: `lfr authorise request --case … --purpose …` asks for one")


@authorise_app.command()
def show(
    authorisation_id: IdArgument,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who asked, who decided, and until when it holds."""
    files = _files(_settings(config))
    found = find_authorisation(files, authorisation_id)
    require_case(load_case(files, found.case_ref), found.case_ref, operator_name(operator))
    row = row_of(found)
    if as_json:
        answer_json([row])
        return
    for name, value in row.items():
        answer(f"{name:16} {nothing() if value in (None, '') else value}")


def row_of(found: Authorisation) -> dict[str, Any]:
    asked, decided, now = found.request, found.decision, datetime.now(UTC)
    return {
        "authorisation_id": found.authorisation_id,
        "case_ref": found.case_ref,
        "state": "expired" if found.is_expired(now) else found.state,
        "purpose": asked.purpose,
        "requested_by": asked.requested_by,
        "requested_at": asked.requested_at,
        "urgent": asked.urgent,
        "decide_by": asked.decide_by,
        "decided_by": decided and decided.decided_by,
        "decided_at": decided and decided.decided_at,
        "reason": decided and decided.reason,
        "until": decided and decided.valid_until,
        "said": found.in_words(now),
    }


def _tell(found: Authorisation, settings: Settings, by: str) -> None:
    say(f"{found.authorisation_id} of case {found.case_ref} is {found.in_words(datetime.now(UTC))}")
    for step in act_on_clocks(settings, by):
        say(step.sentence)


def _settings(config: Any, out: str | None = None) -> Settings:
    return settings_of(config, out=out)


def _files(settings: Settings) -> CaseFiles:
    return case_files(*settings.home_and_s3())
