"""`lfr demo`: the demonstration."""

from __future__ import annotations

import typer

from lfr_batch.demo.run import run_demo


def demo() -> None:
    """Build the demonstration, scan it, and check the answer."""
    raise typer.Exit(run_demo())
