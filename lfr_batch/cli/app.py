"""The `lfr` command: its parts put together, and how every error ends."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FrameType
from typing import Annotated

import typer

from lfr_batch.cli.output import answer, complain, take_any_text
from lfr_batch.cli.stopped import if_stopped, said_of_stop
from lfr_batch.errors import LfrError, UsageError
from lfr_batch.logs import start_logging
from lfr_batch.unexpected import is_stopped_query
from lfr_batch.version import __version__

HELP = "Find enrolled faces in footage archives. A person decides, never the software."

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
INTERRUPTED, TERMINATED = 130, 143
"""Exit codes after Ctrl-C and SIGTERM, as shells have them."""

STOPPED = "Stopped. `lfr runs` shows runs that are not finished, `lfr resume` goes on."
LIVE_STOPPED = "Stopped. `lfr runs` shows how deployments ended; none is resumed."
STOPS = {
    **dict.fromkeys(("scan", "search", "resume", "demo"), STOPPED),
    **dict.fromkeys(("live", "deliver", "review", "live-passes"), LIVE_STOPPED),
}
"""What is said when a command was stopped; of others there is nothing to be resumed."""

COMMANDS = {
    "scan": ("scan:scan", "Search footage for the people of a gallery."),
    "search": ("scan:search", "Rank the people of a gallery for the faces in stills."),
    "resume": ("scan:resume", "Finish a run that was interrupted."),
    "evaluate": (
        "evaluate:evaluate_",
        "Measure how often it is wrong, and for whom, on labelled pictures and clips.",
    ),
    "calibrate": (
        "calibrate:calibrate_",
        "Derive a gallery's thresholds from people who are certainly not in it.",
    ),
    "case": ("case:case_app", "Cases: what they are for, who may see them."),
    "authorise": (
        "authorise:authorise_app",
        "Ask for authority to search, and grant or refuse it.",
    ),
    "cancel": ("cancel:cancel", "Ask a run to end, from anywhere that sees its results."),
    "runs": ("results:runs", "Every run, newest first."),
    "status": ("results:status", "How far a run is, what failed and why."),
    "sql": ("sql:sql", "Ask the results in SQL."),
    "report": (
        "report:report",
        "Write the report of a run, a case or a person: one HTML file with the pictures.",
    ),
    "lake": ("lake:lake_app", "The files that the results are in."),
    "export": ("export:export", "Export results for other programs: rows, or evidence as JPEGs."),
    "evidence": (
        "evidence:evidence",
        "Pack a run's sightings for a court: signed, verified without the product.",
    ),
    "evidence-key": ("evidence:evidence_key", "The fingerprint of what signs evidence packs."),
    "rerun": (
        "rerun:rerun",
        "Repeat the search of an evidence pack, and say whether the rows are the same.",
    ),
    "forget": (
        "forget:forget_app",
        "Take a run, a person or a file out of everything, for good.",
    ),
    "du": ("du:du", "What lies where, and how much of it."),
    "models": ("models:models_app", "Model packs: fetch, add, list, verify."),
    "gallery": ("gallery:gallery_app", "Galleries of enrolled people."),
    "live": ("live.command:live", "Watch cameras for the people of a watchlist."),
    "deliver": (
        "live.deliver:deliver",
        "Deliver alerts and reviews that a sink had not taken when its deployment ended.",
    ),
    "review": (
        "review:review",
        "Decide what a scan or search has found, or alerts of a deployment that is over.",
    ),
    "serve": ("review:serve", "Serve a force's reviews: every run that somebody may see."),
    "live-passes": (
        "live.passes:enter_passes",
        "Enter when volunteers passed the cameras of a deployment that is over.",
    ),
    "user": ("live.users:live_users_app", "Who may log in to the console."),
    "live-user": ("live.users:live_users_app", "Who may log in to the console."),
    "retention": ("live.retention:retention_app", "How long alerts and runs are kept."),
    "audit": (
        "audit:audit_app",
        "Who did what: the signed record, and whether it is as it was written.",
    ),
    "doctor": ("doctor:doctor", "What this machine is, what is wrong, and how to mend it."),
    "demo": ("demo:demo", "Build the demonstration, scan it, and check the answer."),
}
"""Each command: where it is, and its line in the overview. Only the one that is asked for is
imported: a question to the results should not wait for video decoders and optimisers, and the
overview waits for nothing."""


def build_app(first: str | None) -> typer.Typer:
    """The command line with the command ``first``; where that is none, the overview of all."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(help=HELP)(_program)
    if first in COMMANDS:
        _add(app, first)
    else:
        for name, (_, summary) in COMMANDS.items():
            app.command(name, help=summary)(_not_loaded)
    return app


def _tell_version(asked: bool) -> None:
    if asked:
        answer(f"lfr-batch {__version__}")
        raise typer.Exit


def _add(app: typer.Typer, name: str) -> None:
    module, _, attribute = COMMANDS[name][0].partition(":")
    command = getattr(import_module(f"lfr_batch.cli.{module}"), attribute)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name)(command)


def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, help="Its version.", is_eager=True)
    ] = False,
) -> None:
    """Without a callback, Typer would make an only command the program itself."""


def _not_loaded() -> None:
    raise UsageError("Name the command first, then its options: `lfr COMMAND ...`.")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 3 with failed segments, 2 wrong use, 1 failed."""
    take_any_text()
    start_logging()
    os.umask(0o077)  # what is written holds faces
    words = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    told_to_end: list[int] = []
    if_stopped(None)
    try:
        with sigterm_interrupts(told_to_end):
            code = _done(words)
    except (KeyboardInterrupt, typer.Abort):
        complain(said_of_stop() or STOPS.get(words[0], "Stopped."))
        code = TERMINATED if told_to_end else INTERRUPTED
    sys.exit(code)


def _done(words: list[str]) -> int:
    """The exit code; what is wrong has been said. Raises KeyboardInterrupt and typer.Abort."""
    try:
        app = build_app(words[0])
        code: int = app(words, prog_name="lfr", standalone_mode=False) or 0
        sys.stdout.flush()
        if code == INTERRUPTED:  # what Typer makes of Ctrl-C
            raise KeyboardInterrupt
    except LfrError as error:
        complain(str(error))
        code = error.exit_code
    except RuntimeError as error:
        if is_stopped_query(error):
            raise KeyboardInterrupt from error
        raise
    except typer.TyperException as error:
        what = " ".join(error.format_message().split()).rstrip(".")
        complain(f"{what}; `lfr --help` and `lfr COMMAND --help` say what there is.")
        code = error.exit_code
    except BrokenPipeError:
        _write_no_more()  # whoever read our output has seen enough
        code = 0
    except OSError as error:
        complain(_system_sentence(error))
        code = 1
        if error.errno in NO_ROOM:
            _write_no_more()
    return code


@contextmanager
def sigterm_interrupts(came: list[int]) -> Iterator[None]:
    """SIGTERM, noted in ``came``, ends a command as Ctrl-C does: in order.

    A second one changes nothing: `timeout` sends two. Where it was to be ignored it is.
    """

    def take(number: int, _: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:
            raise KeyboardInterrupt

    handled_here = threading.current_thread() is threading.main_thread()
    if not handled_here or signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
        yield
        return
    before = signal.signal(signal.SIGTERM, take)
    try:
        yield
    finally:
        # None: it was set from elsewhere than Python, which cannot set it again.
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _system_sentence(error: OSError) -> str:
    what = error.strerror or str(error)
    if error.errno not in NO_ROOM:
        return f"{error.filename or 'The system'}: {what}."
    return (
        f"{error.filename or 'The output'} could not be written to its end ({what}): free space "
        "there, or write elsewhere, and give the command again."
    )


def _write_no_more() -> None:
    """What is still waiting to be written would be refused again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
