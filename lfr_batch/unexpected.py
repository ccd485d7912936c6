"""What an error that nobody foresaw says of itself, and of where it was. Pure.

Places are modules, files and lines. No value of a variable is among them, since it may be a face.
"""

from __future__ import annotations

from collections.abc import Iterator
from traceback import walk_tb
from types import FrameType

OURS = __name__.partition(".")[0]


QUERY_INTERRUPTED = "Query interrupted"
"""What DuckDB says in a RuntimeError where a signal came during a query. It has taken the
KeyboardInterrupt of Ctrl-C, and of SIGTERM, and says no more of it."""


def is_stopped_query(error: BaseException) -> bool:
    """Whether somebody stopped what was being done: nothing is wrong."""
    return isinstance(error, RuntimeError) and str(error) == QUERY_INTERRUPTED


def unexpected(error: BaseException) -> str:
    """Kind, message and the innermost of our lines: ``unexpected KeyError: 'x' (at module:line)``.

    Without the place where the error has come from another process and left it there.
    """
    place, said = innermost(error), str(error)
    message = f": {said}" if said else ""
    at = f" (at {place})" if place else ""
    return f"unexpected {type(error).__name__}{message}{at}"


def innermost(error: BaseException) -> str:
    """Module and line of this package that were last entered, ``module:line``; empty if none."""
    ours = [f"{module}:{line}" for module, line in map(_place, _frames(error)) if _is_ours(module)]
    return ours[-1] if ours else ""


def trace(error: BaseException) -> str:
    """Every line that the error came through, outermost first, those of libraries among them.

    One line, ``TypeError: file:line > file:line``, without the message.
    """
    lines = [f"{frame.f_code.co_filename}:{line}" for frame, line in _frames(error)]
    return f"{type(error).__name__}: {' > '.join(lines) or 'nowhere known'}"


def _frames(error: BaseException) -> Iterator[tuple[FrameType, int]]:
    return walk_tb(error.__traceback__)


def _place(at: tuple[FrameType, int]) -> tuple[str, int]:
    frame, line = at
    return str(frame.f_globals.get("__name__", "")), line


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == OURS
