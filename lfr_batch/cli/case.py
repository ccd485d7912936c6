"""`lfr case`: what a case is for, who may see it, how long its runs are kept."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lfr_batch.casework.authorisations import authorisations_of
from lfr_batch.casework.case_files import CaseFiles, case_files
from lfr_batch.casework.cases import (
    Case,
    cases_of,
    change_case,
    close_case,
    load_case,
    may_see,
    open_case,
    require_case,
)
from lfr_batch.cli.authorise import row_of as authorisation_row
from lfr_batch.cli.options import ConfigOption, JsonOption, OperatorOption, settings_of
from lfr_batch.cli.output import answer, answer_json, answer_table, nothing, say
from lfr_batch.errors import UsageError
from lfr_batch.oversight.authority import operator_name

case_app = typer.Typer(no_args_is_help=True, help="Cases: what they are for, who may see them.")

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Its reference.")]
MaySeeOption = Annotated[
    list[str] | None,
    typer.Option("--may-see", metavar="NAME", help="Who may, for each a --may-see."),
]
KeepOption = Annotated[
    str | None,
    typer.Option("--keep", metavar="TIME", help="How long its runs are kept, like 90d."),
]
COLUMNS = ["case_ref", "state", "kind_of_use", "harm", "may_see", "kept", "opened_by", "opened_at"]


@case_app.command(name="open")
def open_(
    case_ref: CaseArgument,
    kind: Annotated[str, typer.Option("--kind", help="Kind of use, of the policy's list.")],
    harm: Annotated[str, typer.Option("--harm", help="Category of harm, of the policy's list.")],
    may_see: MaySeeOption = None,
    keep: KeepOption = None,
    operator: OperatorOption = None,
    config: ConfigOption = None,
) -> None:
    """Open a case, or one that was closed again. Without --may-see everybody may see it."""
    case = open_case(
        _files(config),
        case_ref,
        kind,
        harm,
        operator_name(operator),
        may_see=may_see or (),
        retention=keep,
    )
    say(f"case {case.case_ref} is open, for {case.kind_of_use}, harm {case.harm}")
    answer(case.case_ref)


@case_app.command(name="list")
def list_cases(
    every: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """The cases that one may see, newest first."""
    by = operator_name(operator)
    found = [case for case in cases_of(_files(config)) if may_see(case, by)]
    rows = [_row(case) for case in found if every or case.is_open]
    if as_json:
        answer_json(rows)
    elif rows:
        answer_table(rows, COLUMNS)
    else:
        closed = " (`--all` has closed ones)" if found else ""
        say(
            f"{by} may see no case that is open{closed}: `lfr case open CASE --kind … --harm …` "
            "opens one"
        )


@case_app.command()
def show(
    case_ref: CaseArgument,
    operator: OperatorOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """All that is known of a case, with what was authorised."""
    files, by = _files(config), operator_name(operator)
    case = require_case(load_case(files, case_ref), case_ref, by)
    found = [authorisation_row(each) for each in authorisations_of(files, case_ref)]
    row = _row(case)
    if as_json:
        answer_json([{**row, "authorisations": found}])
        return
    for name, value in row.items():
        answer(f"{name:16} {nothing() if value is None else value}")
    for each in found:
        answer(f"{each['authorisation_id']:16} {each['said']}: {each['purpose']}")


@case_app.command()
def change(
    case_ref: CaseArgument,
    may_see: MaySeeOption = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="Everybody may see it.")] = False,
    keep: KeepOption = None,
    as_policy: Annotated[
        bool, typer.Option("--keep-as-policy", help="Its runs are kept as policy.yaml says.")
    ] = False,
    operator: OperatorOption = None,
    config: ConfigOption = None,
) -> None:
    """Say otherwise who may see a case, or how long its runs are kept.

    Those that --may-see names take the place of all who might before.
    """
    if (may_see and everybody) or (keep and as_policy):
        raise UsageError("Say one thing: --may-see or --everybody, --keep or --keep-as-policy.")
    who = [] if everybody else may_see or None
    case = change_case(
        _files(config),
        case_ref,
        operator_name(operator),
        may_see=who,
        retention=keep,
        as_policy=as_policy,
    )
    row = _row(case)
    say(f"case {case.case_ref}: seen by {row['may_see']}, runs kept {row['kept']}")


@case_app.command()
def close(
    case_ref: CaseArgument, operator: OperatorOption = None, config: ConfigOption = None
) -> None:
    """Close a case: nothing is searched for it any more. What was found is kept as before."""
    case = close_case(_files(config), case_ref, operator_name(operator))
    say(f"case {case.case_ref} is closed")


def _files(config: Any) -> CaseFiles:
    return case_files(*settings_of(config).home_and_s3())


def _row(case: Case) -> dict[str, Any]:
    return {
        "case_ref": case.case_ref,
        "state": "open" if case.is_open else "closed",
        "kind_of_use": case.kind_of_use,
        "harm": case.harm,
        "may_see": ", ".join(case.may_see) or "everybody",
        "kept": case.retention or "as the policy says",
        "opened_by": case.opened_by,
        "opened_at": case.opened_at,
        "closed_by": case.closed_by,
        "closed_at": case.closed_at,
        "policy_version": case.policy_version,
    }
