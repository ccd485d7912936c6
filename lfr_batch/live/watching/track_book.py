"""Templates of open tracks, in the analyst alone; overwritten when their track is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from lfr_batch.records import FloatArray

IDLE_S = 60.0
"""A track of which nothing was heard for so long is over: its camera may be gone."""


class CameraLoop(NamedTuple):
    """A camera from when it was opened: tracks are numbered anew when it is opened anew."""

    camera: str
    began_ns: int


class TrackKey(NamedTuple):
    loop: CameraLoop
    number: int


@dataclass(slots=True)
class _Page:
    templates: dict[int, FloatArray]
    """By the moment of their shot."""
    heard_s: float


@dataclass(frozen=True)
class TrackBook:
    """For one thread. What it is given is its own: nobody else may keep it."""

    _pages: dict[TrackKey, _Page] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._pages)

    def known(self, track: TrackKey) -> Mapping[int, FloatArray]:
        """(d,) templates by the moment of their shot; none of a track that it has forgotten."""
        page = self._pages.get(track)
        return page.templates if page else {}

    def keep(self, track: TrackKey, templates: Mapping[int, FloatArray]) -> None:
        """These in place of those that were known; they are copied."""
        before = self._pages.get(track)
        after = {moment: template.copy() for moment, template in templates.items()}
        self._pages[track] = _Page(after, monotonic())
        if before:
            _overwrite(before)

    def end_others(self, loop: CameraLoop, open_numbers: Collection[int]) -> None:
        """Tracks of that camera that are not open any more, and all of its earlier loops."""
        self._end(
            key
            for key in list(self._pages)
            if key.loop.camera == loop.camera
            and (key.loop != loop or key.number not in open_numbers)
        )

    def end_idle(self) -> None:
        before_s = monotonic() - IDLE_S
        self._end(key for key, page in list(self._pages.items()) if page.heard_s < before_s)

    def _end(self, keys: Iterable[TrackKey]) -> None:
        for key in keys:
            _overwrite(self._pages.pop(key))


def _overwrite(page: _Page) -> None:
    for template in page.templates.values():
        template.fill(0.0)
