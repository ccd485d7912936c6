"""The `lfr` command as ``tests.e2e.cli`` has it, but in this process, which has imported it by now,
and its worker, too, with models that are opened once: for what does not depend on there being
others. Not for Ray, which would stay.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from lfr_batch.cli.app import main
from tests.e2e.cli import rows, surroundings
from tests.work_here import work_here


def lfr(
    home: Path | str, *arguments: str | Path, encoding: str = "utf-8", **environment: str
) -> CompletedProcess[str]:
    """``encoding``: of its output, as its user's terminal would have it."""
    words = [str(argument) for argument in arguments]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2))
    mask = os.umask(0o022)
    try:
        with (
            _surroundings(home, environment),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(words)
    finally:
        os.umask(mask)
    return CompletedProcess(words, _code(ended.value), _written(out), _written(err))


@contextmanager
def _surroundings(home: Path | str, environment: dict[str, str]) -> Iterator[None]:
    wanted = surroundings(home, **environment)
    with pytest.MonkeyPatch.context() as patch, work_here():
        for name in os.environ.keys() - wanted.keys():
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        yield


def _code(ended: SystemExit) -> int:
    assert isinstance(ended.code, int)
    return ended.code


def _written(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def sql(home: Path, query: str, out: Path) -> list[dict[str, Any]]:
    done = lfr(home, "sql", query, "--format", "json", "--out", out)
    assert done.returncode == 0, done.stderr
    return rows(done)
