"""Enough files and sockets for Ray, before it is started."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from lfr_batch.engine.open_files import LEAST

LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from lfr_batch.config.schema import EngineConfig
from lfr_batch.engine.table import joined
from lfr_batch.errors import EngineError
try:
    with joined(EngineConfig(address={address})):
        pass
except EngineError as error:
    print(error)
print(resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limited(soft: int, hard: int, address: str | None = None) -> str:
    script = LIMITED.format(soft=soft, hard=hard, address=repr(address))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.mark.parametrize("address", [None, "127.0.0.1:9"])
def test_too_few_are_one_sentence_with_the_way_out(address: str | None) -> None:
    said = limited(64, 64, address)
    assert said.startswith("This process and those that it starts may open 64 files at once, and ")
    assert "(`ulimit -n`, LimitNOFILE of a service" in said
    assert said.splitlines()[1:] == ["(64, 64)"]
    assert LEAST > 64


def test_a_soft_limit_is_raised_to_the_hard_one() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"only {hard} files may be opened here")
    assert limited(64, 4096) == "(4096, 4096)\n"
