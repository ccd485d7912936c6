"""One analyst for many cameras: requests from many threads, answered by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from lfr_batch.errors import EngineError
from lfr_batch.faces.detectors import Input
from lfr_batch.faces.turns import Turn
from lfr_batch.live.watching.analyst import Comparison, LocalAnalyst
from lfr_batch.live.watching.pictures import AlertPictures
from lfr_batch.live.watching.track_book import CameraLoop, TrackKey
from lfr_batch.records import Candidate, FaceBatch, FaceView, Shot

Result = TypeVar("Result")

STUCK_S = 10.0
QUIET_S = 5.0
STALE_S = 2.0
"""Who has waited longer has given up: answering would keep those waiting who have not."""


@dataclass(frozen=True, slots=True)
class _Request:
    picture: tuple[Turn, Input] | None
    """What to detect in; None: ``call`` instead."""
    call: Callable[[], Any] | None = None
    answer: Future[Any] = field(default_factory=Future)
    asked_s: float = field(default_factory=monotonic)


class SharedAnalyst:
    """Satisfies ``Analyst`` for any number of threads; looks that wait are made together."""

    def __init__(self, analyst: LocalAnalyst) -> None:
        self._analyst = analyst
        self._waiting: SimpleQueue[_Request | None] = SimpleQueue()
        self._busy_since_s: float | None = None
        self._thread = Thread(target=self._serve, name="analyst", daemon=True)
        self._thread.start()

    @property
    def works(self) -> bool:
        """False once its thread is gone, or hangs in something it was asked."""
        since_s = self._busy_since_s
        return self._thread.is_alive() and (since_s is None or monotonic() - since_s < STUCK_S)

    def detect(self, turn: Turn, picture: Input) -> FaceBatch:
        found: FaceBatch = self._ask(_Request((turn, picture)))
        return found

    def compare(
        self,
        track: TrackKey,
        moments_ns: Sequence[int],
        views: Sequence[FaceView],
        weights: Sequence[float],
    ) -> Comparison:
        return self._call(lambda: self._analyst.compare(track, moments_ns, views, weights))

    def forget(self, loop: CameraLoop, open_numbers: Sequence[int]) -> None:
        self._call(lambda: self._analyst.forget(loop, open_numbers))

    def pictures(self, shot: Shot, best: Candidate) -> AlertPictures:
        return self._call(lambda: self._analyst.pictures(shot, best))

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _call(self, call: Callable[[], Result]) -> Result:
        answer: Result = self._ask(_Request(None, call))
        return answer

    def _ask(self, request: _Request) -> Any:
        self._waiting.put(request)
        return request.answer.result()

    def _serve(self) -> None:
        while self._serve_waiting():
            pass  # whatever was asked and answered is forgotten with that call

    def _serve_waiting(self) -> bool:
        """False when there is nothing more to come."""
        self._busy_since_s = None
        requests = self._take()
        self._busy_since_s = monotonic()
        _answer_looks(
            [each for each in requests if each and each.picture is not None], self._analyst
        )
        for request in requests:
            if request is None:
                return False
            if request.call is not None and not _refused(request):
                _answer(request.answer, request.call)
        self._analyst.tidy()
        return True

    def _take(self) -> list[_Request | None]:
        """Everything that waits; nothing where nobody asks for a while."""
        requests: list[_Request | None] = []
        try:
            requests.append(self._waiting.get(timeout=QUIET_S))
            while True:
                requests.append(self._waiting.get_nowait())
        except Empty:
            return requests


def _answer_looks(looks: Sequence[_Request], analyst: LocalAnalyst) -> None:
    wanted = [(look, look.picture) for look in looks if look.picture and not _refused(look)]
    found = analyst.detect_each([picture for _, picture in wanted])
    for number, (look, _) in enumerate(wanted):
        _answer(look.answer, lambda: next(found))
        if error := look.answer.exception():
            for later, _ in wanted[number + 1 :]:
                later.answer.set_exception(error)
            return


def _refused(request: _Request) -> bool:
    if monotonic() - request.asked_s < STALE_S:
        return False
    request.answer.set_exception(EngineError("the analyst is behind with its looks"))
    return True


def _answer(answer: Future[Any], call: Callable[[], Any]) -> None:
    try:
        answer.set_result(call())
    except Exception as error:  # noqa: BLE001 - it is the asker's, in the asker's thread
        answer.set_exception(error)
