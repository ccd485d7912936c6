"""An analyst that hangs is known to, whatever it hangs in; and every asker is answered once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, cast

import numpy as np
import pytest

from lfr_batch.errors import EngineError
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.turns import Turn
from lfr_batch.live.watching import shared_analyst
from lfr_batch.live.watching.analyst import LocalAnalyst
from lfr_batch.live.watching.shared_analyst import SharedAnalyst
from lfr_batch.live.watching.track_book import CameraLoop
from lfr_batch.records import FaceBatch
from tests.live_case import wait_for
from tests.patience import PATIENCE_S

PICTURE: Any = (np.zeros((8, 8, 3), np.uint8), None)
LOOP = CameraLoop("north", 1)


class Scripted:
    """Stands for ``LocalAnalyst``: hangs in ``hangs_in`` until it is let go, and fails at ``bad``
    pictures, while up to three are under way."""

    def __init__(self, hangs_in: str = "", bad: int | None = None) -> None:
        self.hangs_in, self.bad, self.goes_on = hangs_in, bad, Event()
        self.tidied = self.looks = 0

    def detect_each(self, pictures: Iterable[tuple[Turn, Input]]) -> Iterator[FaceBatch]:
        self._at("detect")
        under_way = 0
        for _ in pictures:
            under_way += 1
            if under_way == 3:
                under_way -= 1
                yield self._found()
        for _ in range(under_way):
            yield self._found()

    def forget(self, *_: object) -> None:
        self._at("forget")

    def tidy(self) -> None:
        self.tidied += 1
        self._at("tidy")

    def _found(self) -> FaceBatch:
        self.looks += 1
        self._at("look")
        if self.looks == self.bad:
            raise EngineError("this picture will not do")
        return FaceBatch.empty()

    def _at(self, where: str) -> None:
        if where == self.hangs_in:
            self.goes_on.wait()


def shared(scripted: Scripted) -> SharedAnalyst:
    return SharedAnalyst(cast("LocalAnalyst", scripted))


ASKED: dict[str, Callable[[SharedAnalyst], object]] = {
    "look": lambda it: it.detect("quick", PICTURE),
    "forget": lambda it: it.forget(LOOP, ()),
    "tidy": lambda _: None,
}


@pytest.mark.parametrize("where", ASKED)
def test_a_hang_is_noticed_wherever_it_is(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_analyst, "STUCK_S", 0.2)
    monkeypatch.setattr(shared_analyst, "QUIET_S", 0.05)  # it is tidied up also if nobody asks
    scripted = Scripted(hangs_in=where)
    analyst = shared(scripted)
    with ThreadPoolExecutor(1) as askers:
        asked = askers.submit(ASKED[where], analyst)
        wait_for(lambda: not analyst.works)
        scripted.goes_on.set()
        asked.result()
    analyst.close()


def test_every_asker_is_answered_once_where_one_picture_fails() -> None:
    scripted, many = Scripted(bad=5), 24

    def look(_: int) -> str:
        try:
            analyst.detect("quick", PICTURE)
        except EngineError:
            return "failed"
        return "found"

    analyst = shared(scripted)
    with ThreadPoolExecutor(many) as askers:
        told = list(askers.map(look, range(many), timeout=PATIENCE_S))
    analyst.close()
    assert 1 <= told.count("failed") <= 3
    assert len(told) == many


def test_it_is_tidied_up_while_looks_never_cease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_analyst, "QUIET_S", 60.0)
    scripted, enough = Scripted(), Event()

    def look_on(_: int) -> None:
        while not enough.is_set():
            analyst.detect("quick", PICTURE)

    analyst = shared(scripted)
    with ThreadPoolExecutor(6) as askers:
        looking = askers.map(look_on, range(6))
        wait_for(lambda: scripted.looks > 3 * shared_analyst.LOOKS_IN_A_ROW)
        wait_for(lambda: scripted.tidied > 2)
        enough.set()
        list(looking)
    analyst.close()
