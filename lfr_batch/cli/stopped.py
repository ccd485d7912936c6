"""What is said where a command is stopped: the exact command that goes on."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import Path

from lfr_batch.front.settings import Settings

NOT_BEGUN = "Stopped before there was a run: nothing was recorded."

_sentence: ContextVar[str | None] = ContextVar("said where this command is stopped", default=None)


def if_stopped(sentence: str | None) -> None:
    """From now on that is what is said."""
    _sentence.set(sentence)


def said_of_stop() -> str | None:
    return _sentence.get()


def to_go_on(run_id: str, settings: Settings, said_anew: Sequence[str] = ()) -> str:
    """The sentence with the command. ``said_anew``: options that `lfr resume` is to have, too.

    What a run is done with is on record, but not where that is, and how a bucket is reached.
    """
    root = settings.results_root(settings.config())
    words = ["lfr", "resume", run_id, "--out", root]
    if settings.file is not None:
        words += ["--config", str(Path(settings.file).absolute())]
    for each in settings.overrides:
        if each.partition(".")[0] == "s3":
            words += ["--set", each]
    return f"Stopped; what is done is kept. To go on: {shlex.join([*words, *said_anew])}"
