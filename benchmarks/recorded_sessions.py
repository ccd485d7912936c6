"""What sessions are called with: on processors each call, on a GPU each batch of each lane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from time import perf_counter
from typing import Any
from unittest.mock import patch

from lfr_batch.models import onnxruntime_fixed, onnxruntime_open, sessions
from lfr_batch.models.ladder_session import Picture
from lfr_batch.models.onnxruntime_fixed import FixedSlot
from lfr_batch.models.selection import Selection
from lfr_batch.models.session_plan import ModelFile, SessionPlan
from lfr_batch.models.sessions import Outputs, Session
from lfr_batch.records import ByteArray

Shape = tuple[int, ...]


@dataclass(slots=True)
class Calls:
    """Of one session."""

    shapes: Counter[Shape] = field(default_factory=Counter)
    """Calls by the shape of the pictures."""
    pictures: int = 0
    """Without those that only fill a batch."""
    spent_s: float = 0.0
    """Where a call's time can be told apart."""

    @property
    def count(self) -> int:
        return sum(self.shapes.values())

    def clear(self) -> None:
        self.shapes.clear()
        self.pictures, self.spent_s = 0, 0.0

    def add(self, shape: Shape, pictures: int, spent_s: float = 0.0) -> None:
        with _ADDING:
            self.shapes[shape] += 1
            self.pictures += pictures
            self.spent_s += spent_s

    @property
    def sentence(self) -> str:
        """'2 shapes: 7 × 1×160×160×3, 1 × 1×256×224×3'; on a GPU with fill and time of a call."""
        if not self.count:
            return "not called"
        kinds = "1 shape" if len(self.shapes) == 1 else f"{len(self.shapes)} shapes"
        each = ", ".join(f"{n} × {'×'.join(map(str, s))}" for s, n in self.shapes.most_common())
        if not self.spent_s:
            return f"{kinds}: {each}"
        fill, call_ms = self.pictures / self.count, 1000 * self.spent_s / self.count
        return f"{kinds}: {each}; {fill:.1f} pictures and {call_ms:.2f} ms a call"


_ADDING = Lock()
Recorded = dict[str, Calls]


@contextmanager
def recorded() -> Iterator[Recorded]:
    """The calls of every session that is opened within, by model, arithmetic and number."""
    found: Recorded = {}
    table = {name: _recording(backend, found) for name, backend in sessions.BACKENDS.items()}
    graphs: dict[int, Calls] = {}

    def open_graph(graph: Any, name: str, plan: SessionPlan) -> Any:
        opened = onnxruntime_open.open_graph(graph, name, plan)
        graphs[id(opened)] = _entry(found, name, plan)
        return opened

    class RecordingSlot(FixedSlot):
        def __init__(self, session: Any, *given: Any) -> None:
            super().__init__(session, *given)
            self._calls = graphs[id(session)]
            self._shape = tuple(session.get_inputs()[0].shape)

        def run(self, pictures: Sequence[Picture]) -> list[Outputs]:
            started_s = perf_counter()
            outputs = super().run(pictures)
            self._calls.add(self._shape, len(pictures), perf_counter() - started_s)
            return outputs

    with (
        patch.dict(sessions.BACKENDS, table),
        patch.object(onnxruntime_fixed, "open_graph", open_graph),
        patch.object(onnxruntime_fixed, "FixedSlot", RecordingSlot),
    ):
        yield found


Backend = Callable[[ModelFile, SessionPlan], Session]


def _recording(backend: Backend, found: Recorded) -> Backend:
    def opened(model: ModelFile, plan: SessionPlan) -> Session:
        session = backend(model, plan)
        if session.gathers:  # its lanes are recorded themselves
            return session
        return RecordingSession(session, _entry(found, model.path.name, plan))

    return opened


def _entry(found: Recorded, file: str, plan: SessionPlan) -> Calls:
    name = f"{file} {plan.device} {plan.precision}"
    number = 1 + sum(1 for known in found if known.startswith(f"{name} #"))
    return found.setdefault(f"{name} #{number}", Calls())


@dataclass(frozen=True, slots=True)
class RecordingSession:
    """Satisfies ``sessions.Session``: another one, and what it is called with."""

    inner: Session
    calls: Calls

    @property
    def description(self) -> str:
        return self.inner.description

    @property
    def gathers(self) -> bool:
        return self.inner.gathers

    @property
    def selection(self) -> Selection | None:
        return self.inner.selection

    def input_wh(self, wanted_wh: tuple[int, int]) -> tuple[int, int]:
        return self.inner.input_wh(wanted_wh)

    def run(self, pictures_rgb: ByteArray) -> Outputs:
        return self.inner.run(self._noted(pictures_rgb))

    def run_all(self, batches: Iterable[ByteArray]) -> Iterator[Outputs]:
        return self.inner.run_all(map(self._noted, batches))

    def _noted(self, pictures_rgb: ByteArray) -> ByteArray:
        self.calls.add(pictures_rgb.shape, len(pictures_rgb))
        return pictures_rgb
