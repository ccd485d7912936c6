"""`lfr audit`: the signed record of who did what, and whether it is as it was written."""

from __future__ import annotations

from typing import Annotated

import typer

from lfr_batch.cli.options import ConfigOption, OperatorOption, OutOption, settings_of
from lfr_batch.cli.output import answer, complain, say
from lfr_batch.errors import UsageError
from lfr_batch.front.audit import compare_with_records
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.audit_chain import Chain
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.put import begin_record, renew_key_of, verify_record, where_is
from lfr_batch.oversight.signatures import grouped, ungrouped

LEAST_LETTERS = 8

audit_app = typer.Typer(
    help="Who did what: the signed record, and whether it is as it was written.",
    no_args_is_help=True,
)


@audit_app.command()
def verify(
    noted: Annotated[
        str | None, typer.Option(metavar="SHA256", help="Printed earlier: it must be of a line.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FINGERPRINT",
            help="A key's fingerprint noted earlier, or how it begins: it must be the log's. Also "
            "of a key that was renewed; give it once for each.",
        ),
    ] = None,
    log_alone: Annotated[
        bool, typer.Option("--log-alone", help="Do not compare it with runs, receipts and others.")
    ] = False,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Follow the log from its first line: nothing was altered, inserted, removed or cut off.

    Its signatures are by keys that are destroyed once they have signed, and the last one is known.
    Then the log is compared with what else is on record: runs in --out, deployments, galleries and
    receipts. It does not hold against somebody who had the machine while it ran, or who replaced
    everything by another log of one piece: note the fingerprint of the key and, now and then, the
    last sha256 elsewhere, and give them as --key and --noted. Exit code 1: something is not as it
    was written, and the sentence says what.
    """
    for each in key or ():
        if len(ungrouped(each)) < LEAST_LETTERS:
            raise UsageError(
                f"--key {each!r} is too little to tell a key by: give {LEAST_LETTERS} letters of "
                "its fingerprint at least"
            )
    settings = settings_of(config, out=out)
    home, s3 = settings.home_and_s3()
    chain = verify_record(home, s3, noted, key or ())
    remarks = () if log_alone else compare_with_records(settings, chain, key or ())
    path = where_is(home, s3)
    if not chain.entries:
        answer(f"{path}: nothing was recorded yet")
    else:
        answer(f"{path}: {_lines(chain.entries)} written{_signed(chain)}")
        answer(f"note the last line's sha256 elsewhere: {chain.head}")
    for remark in remarks:
        complain(remark)


@audit_app.command(name="key")
def show_key(
    renew: Annotated[
        bool,
        typer.Option("--renew", help="Go on with another key: the one before is lost, or no use."),
    ] = False,
    why: Annotated[str | None, typer.Option(help="Of --renew: what has happened.")] = None,
    operator: OperatorOption = None,
) -> None:
    """The fingerprint of the key that signs the log, to be noted elsewhere; made where none is.

    Whoever has noted it can tell this log from any other: `lfr audit verify --key …`. The private
    key signs one entry, is replaced by the next, which follows from it, and cannot be had back. Do
    not copy LFR_HOME/audit/key into backups: an earlier one could sign again what came after it.
    """
    home, s3 = Settings().home_and_s3()
    if renew:
        if not why:
            raise UsageError("A key is renewed for a reason: give --why, which is on record then.")
        held = renew_key_of(home, s3, operator_name(operator), why)
        say("every verification names this key from now on, unless it is given as --key")
    else:
        held = begin_record(home, s3)
    answer(grouped(held.first))


def _lines(entries: int) -> str:
    return "1 line is as it was" if entries == 1 else f"{entries} lines are as they were"


def _signed(chain: Chain) -> str:
    if chain.signed_from is None:
        return ", and none is signed"
    since = f" from line {chain.signed_from} on" if chain.signed_from > 1 else ""
    return f", and signed{since}; the key's fingerprint is {grouped(chain.keys[0])}"
