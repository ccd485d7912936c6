"""One analyst for many cameras: requests from many threads, answered by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from lfr_batch.faces.detectors import Input
from lfr_batch.faces.turns import Turn
from lfr_batch.live.watching.analyst import Comparison, LocalAnalyst
from lfr_batch.live.watching.pictures import AlertPictures
from lfr_batch.live.watching.track_book import CameraLoop, TrackKey
from lfr_batch.live.watching.waiting_line import Request, WaitingLine
from lfr_batch.records import Candidate, FaceBatch, FaceView, Shot

Result = TypeVar("Result")

STUCK_S = 10.0
QUIET_S = 5.0
LOOKS_IN_A_ROW = 64
"""After so many it is tidied up, also where looks never cease."""


class SharedAnalyst:
    """Satisfies ``Analyst`` for any number of threads; looks that wait are made together."""

    def __init__(self, analyst: LocalAnalyst) -> None:
        self._analyst = analyst
        self._line = WaitingLine()
        self._busy_since_s: float | None = None
        self._thread = Thread(target=self._serve, name="analyst", daemon=True)
        self._thread.start()

    @property
    def works(self) -> bool:
        """False once its thread is gone, or hangs in something it was asked, or in tidying up."""
        since_s = self._busy_since_s
        return self._thread.is_alive() and (since_s is None or monotonic() - since_s < STUCK_S)

    def detect(self, turn: Turn, picture: Input) -> FaceBatch:
        found: FaceBatch = self._ask(Request((turn, picture)))
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
        """What was asked before is still answered."""
        self._line.close()
        self._thread.join()

    def _call(self, call: Callable[[], Result]) -> Result:
        answer: Result = self._ask(Request(None, call))
        return answer

    def _ask(self, request: Request) -> Any:
        self._line.join(request)
        return request.answer.result()

    def _serve(self) -> None:
        while self._serve_waiting():
            pass  # whatever was asked and answered is forgotten with that call

    def _serve_waiting(self) -> bool:
        """False when there is nothing more to come."""
        self._busy_since_s = None
        goes_on = self._line.wait(QUIET_S)
        self._answer_looks()
        self._answer_calls()
        self._busy_since_s = monotonic()  # it may hang in that as well
        self._analyst.tidy()
        return goes_on

    def _answer_looks(self) -> None:
        """As long as it is a look that is to be answered next; each as soon as it is there."""
        under_way: deque[Request] = deque()
        try:
            for found in self._analyst.detect_each(self._pictures(under_way)):
                self._busy_since_s = monotonic()
                under_way.popleft().answer.set_result(found)
        except Exception as error:  # noqa: BLE001 - it is the askers', in the askers' threads
            for look in under_way:
                look.answer.set_exception(error)

    def _pictures(self, under_way: deque[Request]) -> Iterator[tuple[Turn, Input]]:
        """Of the looks that are next, each taken when the analyst has room for it."""
        for _ in range(LOOKS_IN_A_ROW):
            look = self._line.next(is_look=True)
            if look is None or look.picture is None:
                return
            self._busy_since_s = monotonic()
            under_way.append(look)
            yield look.picture

    def _answer_calls(self) -> None:
        while (request := self._line.next(is_look=False)) and request.call:
            self._busy_since_s = monotonic()
            _answer(request.answer, request.call)


def _answer(answer: Future[Any], call: Callable[[], Any]) -> None:
    try:
        answer.set_result(call())
    except Exception as error:  # noqa: BLE001 - it is the asker's, in the asker's thread
        answer.set_exception(error)
