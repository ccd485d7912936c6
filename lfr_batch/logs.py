"""Log lines: for people, or as JSON for machines that collect them, with the run and the segment
they are about. Nothing of a face is ever logged.

``LFR_LOG`` says from which level on (WARNING unless given), ``LFR_LOG_FORMAT`` how (text, json).
Other processes inherit both.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from lfr_batch.visible import visible_lines

LEVEL, FORMAT = "LFR_LOG", "LFR_LOG_FORMAT"

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """What is logged within, in this thread, is about these: ``run_id``, ``segment_id`` …"""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


class LogLines(logging.Formatter):
    """Log lines in which names are harmless, too; a traceback keeps its lines."""

    def format(self, record: logging.LogRecord) -> str:
        ids = " ".join(f"{name}={value}" for name, value in _about.get().items())
        line = super().format(record)
        return visible_lines(f"{line} ({ids})" if ids else line, sys.stderr.encoding or "utf-8")


class LogObjects(logging.Formatter):
    """An object a line: at (UTC), level, logger, host, message, and what it is about."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "host": socket.gethostname(),
            "message": record.getMessage(),
            **_about.get(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


def start_logging() -> None:
    """To stderr, as the environment says. What is there already stays."""
    level = os.environ.get(LEVEL, "WARNING").upper()
    as_json = os.environ.get(FORMAT, "text").lower() == "json"
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(LogObjects() if as_json else LogLines(logging.BASIC_FORMAT))
    known = logging.getLevelNamesMapping()
    logging.basicConfig(level=known.get(level, logging.WARNING), handlers=[lines])
