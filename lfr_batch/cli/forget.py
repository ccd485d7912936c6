"""`lfr forget`: a run, a subject or a file of footage leaves everything, for good."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

import typer

from lfr_batch.cli.options import (
    AuthorityOption,
    CaseOption,
    ConfigOption,
    DryRunOption,
    JsonOption,
    OperatorOption,
    OutOption,
    PurposeOption,
    RunArgument,
    SetOption,
    YesOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, counted, say
from lfr_batch.errors import UsageError
from lfr_batch.front.forget import (
    ForgetOrder,
    carry_out,
    finish_forgetting,
    foresee_forgetting,
)
from lfr_batch.gallery.calibrated import not_calibrated_any_more
from lfr_batch.oversight.authority import require_authority
from lfr_batch.oversight.forgotten import ForgetIntention, ForgetReceipt
from lfr_batch.results.copies import Copy

forget_app = typer.Typer(
    help="Take a run, a person or a file out of everything, for good.", no_args_is_help=True
)

NOT_REACHED = "backups, and copies of exports and reports that nothing notes, are out of reach"


@forget_app.command()
def run(
    run_id: RunArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a run: its rows, pictures, state and the reports that show it."""
    stated = require_authority(case, authority, purpose, operator=operator)
    settings = settings_of(config, overrides, out)
    _forget(ForgetOrder("run", run_id, stated, None, settings), dry_run, yes, as_json)


@forget_app.command()
def subject(
    name: Annotated[str, typer.Argument(help="The subject's id, as the gallery has it.")],
    gallery: Annotated[
        str | None, typer.Option(help="Whom that gallery calls so; every gallery unless given.")
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a person: in results and rank lists of others, in galleries and alerts."""
    stated = require_authority(case, authority, purpose, operator=operator)
    settings = settings_of(config, overrides, out)
    _forget(ForgetOrder("subject", name, stated, gallery, settings), dry_run, yes, as_json)


@forget_app.command()
def footage(
    uri: Annotated[str, typer.Argument(help="The file, as `footage` has it.")],
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    case: CaseOption = None,
    authority: AuthorityOption = None,
    purpose: PurposeOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget what was found in a file of footage, and that there was such a file.

    The file itself is not touched: who searches it again finds it again.
    """
    stated = require_authority(case, authority, purpose, operator=operator)
    settings = settings_of(config, overrides, out)
    _forget(ForgetOrder("footage", uri, stated, None, settings), dry_run, yes, as_json)


def _forget(order: ForgetOrder, dry_run: bool, yes: bool, as_json: bool) -> None:
    if not dry_run:
        tell_finished(finish_forgetting(order.settings))
    intention = foresee_forgetting(order)
    if dry_run and as_json:
        answer_json([_foreseen(intention)])
    elif not as_json:
        _show(intention)
    if dry_run or not _is_meant(intention, yes=yes):
        return
    receipt, where = carry_out(order, intention)
    _tell_of_calibrations(receipt)
    if as_json:
        answer_json([_done(receipt, where)])
        return
    answer(f"{intention.what} {intention.value} is forgotten in {intention.results}")
    for place in receipt.reports_gone:
        answer(f"  deleted: report {place}")
    for sentence in receipt.out_of_reach:
        answer(f"  out of reach: {sentence}")
    answer(f"  receipt: {where}")


def tell_finished(receipts: Iterable[ForgetReceipt]) -> None:
    """What was interrupted before and is finished now."""
    for receipt in receipts:
        each = receipt.intention
        said = f"forgetting {each.what} {each.value}, intended {each.at:%Y-%m-%d %H:%M}"
        say(f"finished what was interrupted: {said}")
        _tell_of_calibrations(receipt)


def _tell_of_calibrations(receipt: ForgetReceipt) -> None:
    for name in receipt.calibration_lost:
        say(not_calibrated_any_more(name))


def _is_meant(intention: ForgetIntention, *, yes: bool) -> bool:
    """Raises UsageError where nobody can be asked."""
    if yes:
        return True
    question = f"Forget {intention.what} {intention.value}; {NOT_REACHED}."
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody can be asked here: give --yes, or --dry-run.")
    return typer.confirm(f"{question} Is that meant?")


def _show(intention: ForgetIntention) -> None:
    say(f"looked at {intention.results}")
    answer_table([dict(row) for row in _counts(intention)], ["what", "goes"])
    for copy in intention.reports.values():
        answer(f"known report, to be deleted: {_place(copy)}")
    for copy in intention.exports:
        answer(f"known {copy.what}, out of reach: {_place(copy)}")


def _counts(intention: ForgetIntention) -> Iterator[Mapping[str, Any]]:
    yield {"what": "runs concerned", "goes": len(intention.runs)}
    for dataset, rows in intention.rows.items():
        yield {"what": f"rows of {dataset}", "goes": rows}
    for gallery, snapshots in intention.snapshots.items():
        yield {"what": f"gallery {gallery}", "goes": counted(snapshots, "snapshot")}
    for deployment_id, alerts in intention.alerts.items():
        yield {"what": f"deployment {deployment_id}", "goes": counted(len(alerts), "alert")}


def _place(copy: Copy) -> str:
    return f"{copy.place} on {copy.machine}, {copy.at:%Y-%m-%d %H:%M} UTC"


def _foreseen(intention: ForgetIntention) -> dict[str, Any]:
    said = intention.model_dump(mode="json", exclude={"id", "at", "copies"})
    reports = [copy.place for copy in intention.reports.values()]
    return {**said, "reports": reports, "exports": [copy.place for copy in intention.exports]}


def _done(receipt: ForgetReceipt, where: str) -> dict[str, Any]:
    said = receipt.model_dump(mode="json", exclude={"intention": {"copies"}})
    return {**said.pop("intention"), **said, "receipt": where}
