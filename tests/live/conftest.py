from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.live.alerts.router import Router
from lfr_batch.live.alerts.sinks import delivery
from tests.live.full_disk import small_disk
from tests.live.made import opened
from tests.live.receiver import Receiver, receiving
from tests.results.conftest import bucket, endpoint

__all__ = ["bucket", "endpoint"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sinks try again at once."""
    monkeypatch.setattr(delivery, "FIRST_WAIT_S", 0.02)
    monkeypatch.setattr(delivery, "LONGEST_WAIT_S", 0.05)
    monkeypatch.setenv("HOOK_SECRET", "not for everybody")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Router]:
    made = opened(tmp_path)
    yield made
    made.close()


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "256k") as disk:
        yield disk


class Restarts:
    """Routers on one home, one after the other, all closed at the end."""

    def __init__(self, home: Path) -> None:
        self._home, self._made = home, list[Router]()

    def __call__(self, **how: Any) -> Router:
        self.close()
        self._made.append(opened(self._home, **how))
        return self._made[-1]

    @property
    def latest(self) -> Router:
        return self._made[-1]

    def close(self) -> None:
        for router in self._made:
            router.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Restarts]:
    restarts = Restarts(tmp_path)
    yield restarts
    restarts.close()
