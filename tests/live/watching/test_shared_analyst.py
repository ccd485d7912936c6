"""What is asked about tracks goes between looks, and looks are answered as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Event, Thread

import numpy as np
import pytest

from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.turns import Turn
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.watching import waiting_line
from lfr_batch.live.watching.analyst import LocalAnalyst, open_analyst
from lfr_batch.live.watching.shared_analyst import SharedAnalyst
from lfr_batch.live.watching.track_book import CameraLoop
from lfr_batch.live.watching.waiting_line import Request, WaitingLine
from lfr_batch.models.devices import available_cores
from lfr_batch.models.synthetic import face_in_a_picture
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.records import FaceBatch
from tests.live_case import wait_for
from tests.one_case import Casework

LOOKS = 4 * (available_cores() + 1)
"""Four times what can be under way at once."""


def opened(casework: Casework) -> LocalAnalyst:
    snapshot, home = load_snapshot(casework.home, "people"), casework.home
    return open_analyst(SearchSpec(home, home, "people", snapshot.snapshot_id, 0.45, Config()))


def drawn(analyst: LocalAnalyst) -> Input:
    picture = np.ascontiguousarray(face_in_a_picture(320))
    reading = analyst.search.stages.frame_detectors["quick"].reading
    return picture, reading.fit((320, 320), 320)


def begun(what: Callable[[], None]) -> Thread:
    thread = Thread(target=what, daemon=True)
    thread.start()
    return thread


def test_a_question_about_a_track_goes_between_looks(
    casework: Casework, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked when the first of many looks that wait is answered, and waits for no more than
    those that are under way."""
    local, answered, begin = opened(casework), list[str](), Event()
    picture, really, join = drawn(local), LocalAnalyst.detect_each, WaitingLine.join
    threads: list[Thread] = []
    looks, joined = list[Request](), Event()

    def forget() -> None:
        shared.forget(CameraLoop("north", 1), ())

    def noted_forget(*_: object) -> None:
        answered.append("forgotten")

    def noted_join(line: WaitingLine, request: Request) -> None:
        join(line, request)
        looks.append(request) if request.picture else joined.set()

    def detect_each(
        analyst: LocalAnalyst, pictures: Iterable[tuple[Turn, Input]]
    ) -> Iterator[FaceBatch]:
        begin.wait()
        for found in really(analyst, pictures):
            assert len(found) == 1
            answered.append("looked")
            if len(answered) == 1:
                threads.append(begun(forget))
                joined.wait()
            yield found

    monkeypatch.setattr(LocalAnalyst, "detect_each", detect_each)
    monkeypatch.setattr(LocalAnalyst, "forget", noted_forget)
    monkeypatch.setattr(WaitingLine, "join", noted_join)
    monkeypatch.setattr(waiting_line, "STALE_S", 60.0)
    shared = SharedAnalyst(local)
    threads += [begun(lambda: drop(shared.detect("quick", picture))) for _ in range(LOOKS)]
    wait_for(lambda: len(looks) == LOOKS)
    looks.clear()
    begin.set()
    for thread in list(threads):
        thread.join()
    shared.close()
    assert (answered.count("looked"), answered.count("forgotten")) == (LOOKS, 1)
    assert answered.index("forgotten") < LOOKS / 2


def drop(_: object) -> None:
    """An answer that nobody wants."""
