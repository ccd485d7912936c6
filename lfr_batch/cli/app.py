"""The `lfr` command: its parts put together, and how every error ends."""

from __future__ import annotations

import logging
import os
import sys
from importlib import import_module

import typer

from lfr_batch.cli.output import complain
from lfr_batch.errors import LfrError

HELP = "Find enrolled faces in footage archives. A person decides, never the software."

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

COMMANDS = {
    "scan": "lfr_batch.cli.scan:scan",
    "search": "lfr_batch.cli.scan:search",
    "resume": "lfr_batch.cli.scan:resume",
    "runs": "lfr_batch.cli.results:runs",
    "status": "lfr_batch.cli.results:status",
    "sql": "lfr_batch.cli.results:sql",
    "report": "lfr_batch.cli.results:report",
    "models": "lfr_batch.cli.models:models_app",
    "gallery": "lfr_batch.cli.gallery:gallery_app",
    "doctor": "lfr_batch.cli.doctor:doctor",
    "demo": "lfr_batch.cli.demo:demo",
}
"""Each command and where it is. Only the one that is asked for is imported: a question to the
results should not wait for video decoders and optimisers."""


def build_app(first: str | None) -> typer.Typer:
    """The command line with the command ``first``, or with all where that is no command."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(help=HELP)(_keep_names)
    for name in [first] if first in COMMANDS else COMMANDS:
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _keep_names() -> None:
    """Without a callback, Typer would make an only command the program itself."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 3 with failed segments, 2 wrong use, 1 failed."""
    _start_logging(os.environ.get("LFR_LOG", "WARNING").upper())
    os.umask(0o077)  # what is written holds faces
    words = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        app = build_app(words[0])
        code = app(words, prog_name="lfr", standalone_mode=False) or 0
    except LfrError as error:
        complain(str(error))
        code = error.exit_code
    except typer.TyperException as error:
        what = error.format_message().rstrip(".")
        complain(f"{what}; `lfr --help` and `lfr COMMAND --help` say what there is.")
        code = error.exit_code
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        complain(f"{error.filename or 'The system'}: {error.strerror or error}.")
        code = 1
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:
        complain("Stopped. `lfr runs` shows runs that are not finished, `lfr resume` goes on.")
    sys.exit(code)


def _start_logging(level: str) -> None:
    known = logging.getLevelNamesMapping()
    logging.basicConfig(level=known.get(level, logging.WARNING), stream=sys.stderr)


if __name__ == "__main__":
    main()
