"""`lfr audit`: the signed record of who did what, and whether it is as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from lfr_batch.cli.options import (
    ConfigOption,
    JsonOption,
    OperatorOption,
    OutOption,
    settings_of,
)
from lfr_batch.cli.output import answer, answer_json, answer_table, complain, say
from lfr_batch.errors import UsageError
from lfr_batch.front.audit import compare_with_records
from lfr_batch.front.audit_shown import lines_wanted
from lfr_batch.front.settings import Settings
from lfr_batch.oversight.audit_chain import Chain
from lfr_batch.oversight.audit_facts import EVERY_CASE
from lfr_batch.oversight.authority import operator_name
from lfr_batch.oversight.put import begin_record, renew_key_of, verify_record, where_is
from lfr_batch.oversight.shown import ShownLine, WantedLines
from lfr_batch.oversight.signatures import grouped, ungrouped

LEAST_LETTERS = 8
SHOWN_COLUMNS = ["at", "who", "what", "case", "run", "why"]
RUNS_SHOWN, DETAIL_LETTERS = 3, 120
KeyNoted = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FINGERPRINT",
        help="A key's fingerprint noted earlier, or how it begins: it must be the log's. Also "
        "of a key that was renewed; give it once for each.",
    ),
]

audit_app = typer.Typer(
    help="Who did what: the signed record, and whether it is as it was written.",
    no_args_is_help=True,
)


@audit_app.command()
def verify(
    noted: Annotated[
        str | None, typer.Option(metavar="SHA256", help="Printed earlier: it must be of a line.")
    ] = None,
    key: KeyNoted = None,
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
    _require_told(key or ())
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


@audit_app.command()
def show(
    case_ref: Annotated[
        str | None,
        typer.Option("--case", help="What is of this case, or may be: what is of every case, too."),
    ] = None,
    run: Annotated[
        str | None, typer.Option(help="What is of this run, or may be: its id, or its beginning.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="What this person did.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="From this day or moment on, UTC.")
    ] = None,
    looks: Annotated[
        bool, typer.Option("--looks", help="Only who opened results, or looked at alerts.")
    ] = False,
    key: KeyNoted = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Who did what, when, of which case and why: the lines of the log in words, oldest first.

    Exit code 1: the log is not as it was written, which is said as `lfr audit verify` says it,
    after the lines that can be read.
    """
    _require_told(key or ())
    wanted = WantedLines(case_ref, run, by, _moment(since) if since else None, looks)
    home, s3 = settings_of(config).home_and_s3()
    found, damage = lines_wanted(home, s3, wanted, key or ())
    if as_json:
        answer_json([line.row for line in found])
    elif found:
        answer_table([_in_columns(line) for line in found], SHOWN_COLUMNS)
    else:
        say(f"{where_is(home, s3)}: it has no line of what was asked for")
    if damage:
        raise damage


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


def _require_told(keys: Sequence[str]) -> None:
    for each in keys:
        if len(ungrouped(each)) < LEAST_LETTERS:
            raise UsageError(
                f"--key {each!r} is too little to tell a key by: give {LEAST_LETTERS} letters of "
                "its fingerprint at least"
            )


def _moment(text: str) -> datetime:
    """Without a zone it is UTC. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--since {text!r} is no day: give 2026-03-12, or 2026-03-12T14:00"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_columns(line: ShownLine) -> dict[str, str | None]:
    """As a table has it; what was asked stands behind what was done."""
    more = line.runs - len(line.run_ids[:RUNS_SHOWN])
    runs = ", ".join(line.run_ids[:RUNS_SHOWN]) + (f" and {more} more" if more > 0 else "")
    detail = " ".join((line.detail or "").split())
    return {
        "at": line.at[:19].replace("T", " "),
        "who": line.who,
        "what": f"{line.what}: {detail[:DETAIL_LETTERS]}" if detail else line.what,
        "case": EVERY_CASE if line.every_case else ", ".join(line.cases) or None,
        "run": runs or None,
        "why": line.why,
    }


def _lines(entries: int) -> str:
    return "1 line is as it was" if entries == 1 else f"{entries} lines are as they were"


def _signed(chain: Chain) -> str:
    if chain.signed_from is None:
        return ", and none is signed"
    since = f" from line {chain.signed_from} on" if chain.signed_from > 1 else ""
    return f", and signed{since}; the key's fingerprint is {grouped(chain.keys[0])}"
