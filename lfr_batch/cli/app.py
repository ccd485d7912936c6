"""The `lfr` command: its parts put together, and how every error ends."""

from __future__ import annotations

import logging
import os
import sys

import click
import typer

from lfr_batch.cli.doctor import doctor
from lfr_batch.cli.gallery import gallery_app
from lfr_batch.cli.models import models_app
from lfr_batch.cli.output import complain
from lfr_batch.cli.results import report, runs, sql, status
from lfr_batch.cli.scan import resume, scan, search
from lfr_batch.errors import LfrError

app = typer.Typer(
    help="Find enrolled faces in footage archives. A person decides, never the software.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(models_app, name="models")
app.add_typer(gallery_app, name="gallery")
for command in (scan, search, resume, runs, status, sql, report, doctor):
    app.command()(command)


@app.command(hidden=True)
def demo() -> None:
    """Build the demonstration, scan it, and check the answer."""
    from lfr_batch.demo.run import run_demo  # noqa: PLC0415 - only here

    raise typer.Exit(run_demo())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 3 with failed segments, 2 wrong use, 1 failed."""
    logging.basicConfig(level=os.environ.get("LFR_LOG", "WARNING").upper(), stream=sys.stderr)
    try:
        code = app(arguments, standalone_mode=False)
    except LfrError as error:
        complain(str(error))
        code = error.exit_code
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        complain("Stopped; what is done is kept: `lfr runs` shows it, `lfr resume` goes on.")
        code = 130
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
