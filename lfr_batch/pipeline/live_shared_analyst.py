"""One analyst for many cameras: requests from many threads, answered by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from lfr_batch.faces.detectors import Input
from lfr_batch.pipeline.live_analyst import Comparison, LocalAnalyst
from lfr_batch.records import FaceBatch, FaceView, FloatArray, Shot

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Request:
    picture: Input | None
    """What to detect in; None: ``call`` instead."""
    call: Callable[[], Any] | None = None
    answer: Future[Any] = field(default_factory=Future)


class SharedAnalyst:
    """Satisfies ``Analyst`` for any number of threads; looks that wait are made together."""

    def __init__(self, analyst: LocalAnalyst) -> None:
        self._analyst = analyst
        self._waiting: SimpleQueue[_Request | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="analyst", daemon=True)
        self._thread.start()

    @property
    def description(self) -> str:
        return self._analyst.stages.description

    def detect(self, content_rgb: Input) -> FaceBatch:
        found: FaceBatch = self._ask(_Request(content_rgb))
        return found

    def compare(
        self, known: FloatArray, views: Sequence[FaceView], weights: Sequence[float]
    ) -> Comparison:
        return self._call(lambda: self._analyst.compare(known, views, weights))

    def pictures(self, shot: Shot, image_id: str) -> tuple[bytes, bytes]:
        return self._call(lambda: self._analyst.pictures(shot, image_id))

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
        while True:
            requests = self._take()
            looks = [request for request in requests if request and request.picture is not None]
            if looks:
                _answer_looks(looks, self._analyst)
            for request in requests:
                if request is None:
                    return
                if request.call is not None:
                    _answer(request.answer, request.call)

    def _take(self) -> list[_Request | None]:
        """Everything that waits; at least one."""
        requests = [self._waiting.get()]
        while True:
            try:
                requests.append(self._waiting.get_nowait())
            except Empty:
                return requests


def _answer_looks(looks: Sequence[_Request], analyst: LocalAnalyst) -> None:
    pictures = [request.picture for request in looks if request.picture is not None]
    together: Future[list[FaceBatch]] = Future()
    _answer(together, lambda: analyst.detect_many(pictures))
    error = together.exception()
    for number, request in enumerate(looks):
        if error is not None:
            request.answer.set_exception(error)
        else:
            request.answer.set_result(together.result()[number])


def _answer(answer: Future[Any], call: Callable[[], Any]) -> None:
    try:
        answer.set_result(call())
    except Exception as error:  # noqa: BLE001 - it is the asker's, in the asker's thread
        answer.set_exception(error)
