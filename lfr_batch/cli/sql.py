"""`lfr sql`: the results asked in SQL, or by a ready question."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from lfr_batch.cli.options import (
    CaseFilterOption,
    ConfigOption,
    JsonOption,
    OperatorOption,
    OutOption,
    WhyOption,
    settings_of,
)
from lfr_batch.cli.output import answer_text, encoding_of, say
from lfr_batch.errors import UsageError
from lfr_batch.front.places import home
from lfr_batch.front.results import Results, open_results
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import folder_here
from lfr_batch.results.parameters import parameter
from lfr_batch.results.queries import query_names
from lfr_batch.results.render import FORMATS, render
from lfr_batch.results.run_state import no_runs
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.results.withheld import withheld_sentences


def sql(
    query: Annotated[str | None, typer.Argument(help="SQL; without it, a prompt.")] = None,
    question: Annotated[
        str | None,
        typer.Option(
            "--question",
            "-q",
            "--ask",
            help=f"A ready question instead: {', '.join(query_names())}; or one of your own, "
            "LFR_HOME/queries/NAME.sql.",
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Value of $NAME, as text; may be repeated."),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(help="About this run: its id, its beginning, or latest. $run_id in SQL."),
    ] = None,
    case_ref: CaseFilterOption = None,
    every: Annotated[
        bool, typer.Option("--all", help="About every run that has finished.")
    ] = False,
    form: Annotated[
        str | None, typer.Option("--format", help=f"{', '.join(FORMATS)}; table unless given.")
    ] = None,
    as_json: JsonOption = False,
    why: WhyOption = None,
    operator: OperatorOption = None,
    out: OutOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask the results in SQL. The view `columns` documents all others.

    Each question is a line in the audit log.
    """
    if query is not None and question is not None:
        raise UsageError("Ask one thing: SQL, or a ready question with -q.")
    if every and run is not None:
        raise UsageError("Ask for one run or for all: --run, or --all.")
    if as_json and form not in (None, "json"):
        raise UsageError(f"Ask for one format: --json, or --format {form}.")
    form = "json" if as_json else form or "table"
    settings = settings_of(config, out=out)
    results = open_results(settings, why=why, operator=operator)
    given = _given(results, dict(map(parameter, param or ())), run, case_ref)
    given |= {"all": "true"} if every else {}
    if question is None and query is None:
        from lfr_batch.results.prompt import prompt  # noqa: PLC0415 - editors take long to import

        _tell_what_lacks(results, settings)
        if run is not None:
            say(f"of run {given['run_id']}")
        heard = results.heard, results.heard_question
        raise typer.Exit(prompt(results.lake, folder_here(home()), form, given, *heard))
    found = results.ask(question, given) if question else results.arrow(query or "", given)
    text = render(found, form, encoding_of(sys.stdout), whole=not sys.stdout.isatty())
    _tell_what_lacks(results, settings)
    if about := _about(results, question, given, run):
        say(about)
    if question and given.get("subject_id") and not found.num_rows:
        from lfr_batch.front.never_seen import why_nobody  # noqa: PLC0415 - galleries, FAISS

        say(why_nobody(results, settings.home_place, given["subject_id"]))
    _show(text)


def _about(
    results: Results, question: str | None, given: Mapping[str, str], run: str | None
) -> str:
    """Also which run was meant by --run, where the question itself does not tell."""
    told = results.about(question, given) if question else ""
    if run is None or given["run_id"] in told:
        return told
    return "; ".join(filter(None, (f"of run {given['run_id']}", told)))


def _given(
    results: Results, values: dict[str, str], run: str | None, case_ref: str | None
) -> dict[str, str]:
    """With --run and --case as the parameters that they are. Raises UsageError for what is said
    twice."""
    said = {"run_id": ("--run", run), "case_ref": ("--case", case_ref)}
    for name, (option, value) in said.items():
        if value is not None and name in values:
            raise UsageError(f"Say it once: {option}, or --param {name}=….")
        if value is not None:
            values[name] = value
    if run is not None:
        values["run_id"] = results.run_id(run, case_ref)
    return values


def _tell_what_lacks(results: Results, settings: Settings) -> None:
    """The answers would read as "nobody"."""
    if not run_query(results.lake, "FROM runs LIMIT 1").num_rows:
        root, s3 = settings.results_place()
        say(f"{root}: {no_runs(open_store(root, s3))}")
    for sentence in withheld_sentences(results.lake):
        say(sentence)


def _show(text: str | bytes) -> None:
    if isinstance(text, bytes):
        sys.stdout.buffer.write(text)
    else:
        answer_text(text)
