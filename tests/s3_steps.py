"""The requests by which a process changes a bucket, one by one: each changes one object."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from lfr_batch.storage.s3_store import S3Store

STEPS = ("_put", "send", "move", "_delete")


@contextmanager
def before_each_step(act: Callable[[], None], steps: Sequence[str] = STEPS) -> Iterator[None]:
    """Of whatever changes a bucket in this process."""

    def told(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:
            act()
            return real(*args, **kwargs)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for name in steps:
            patch.setattr(S3Store, name, told(getattr(S3Store, name)))
        yield


@contextmanager
def killed_at(step: int) -> Iterator[Callable[[], int]]:
    """This process, before that one of its steps; what comes says how many it has taken."""
    taken = 0

    def die() -> None:
        nonlocal taken
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with before_each_step(die):
        yield lambda: taken
