"""The `lfr` command in this process: quick, and with what a test has changed in it."""

from __future__ import annotations

from typing import Any

import pytest

from lfr_batch.cli.app import main


def lfr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, str, str]:
    """Exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err
