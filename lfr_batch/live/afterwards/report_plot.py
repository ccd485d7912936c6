"""Where in the report's plot things lie: faces, alerts and lost cameras over time. Pure.

Lengths are the plot's own units; its origin is at the top left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lfr_batch.live.deployment.figures import Figures, cameras_of
from lfr_batch.live.records import Verdict

WIDTH, LEFT, RIGHT = 1000.0, 110.0, 12.0
TOP, FACES_HEIGHT, GAP, STRIP_HEIGHT, AXIS_HEIGHT = 18.0, 120.0, 10.0, 28.0, 26.0
MARK_STEP = 14.0
MOST_BINS = 180
TICK_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 240)
MOST_TICKS = 9

_KINDS: dict[Verdict | None, str] = {"match": "true", "no_match": "false"}


@dataclass(frozen=True, slots=True)
class PlotBar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """``number`` alerts of one ``kind``: 'true', 'false' or 'unconfirmed'."""

    x: float
    y: float
    kind: str
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One camera: its name, where its line is, and when it gave no picture or nobody looked."""

    camera: str
    y: float
    lost: tuple[PlotBar, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Plot:
    height: float
    faces: tuple[PlotBar, ...]
    most_faces: int
    """In one bar; the height of the plot's upper part."""
    bin_minutes: int
    strips: tuple[Strip, ...]
    ticks: tuple[tuple[float, str], ...]

    @property
    def axis_y(self) -> float:
        return self.height - AXIS_HEIGHT


@dataclass(frozen=True, slots=True)
class _Scale:
    started_at: datetime
    minutes: int
    per_bin: int

    @property
    def bins(self) -> int:
        return -(-self.minutes // self.per_bin)

    @property
    def bin_width(self) -> float:
        return (WIDTH - LEFT - RIGHT) / self.bins

    def x(self, bin_: float) -> float:
        return round(LEFT + bin_ * self.bin_width, 2)

    def clock(self, bin_: int) -> str:
        return f"{self.started_at + timedelta(minutes=bin_ * self.per_bin):%H:%M}"


def plot(figures: Figures) -> Plot:
    scale = _scale(figures)
    cameras = cameras_of(figures)
    faces = _faces_by_bin(figures, scale)
    most = max(faces, default=0)
    return Plot(
        height=TOP + FACES_HEIGHT + GAP + STRIP_HEIGHT * len(cameras) + AXIS_HEIGHT,
        faces=tuple(_face_bars(faces, most, scale)),
        most_faces=most,
        bin_minutes=scale.per_bin,
        strips=tuple(_strip(figures, camera, n, scale) for n, camera in enumerate(cameras)),
        ticks=tuple(_ticks(scale)),
    )


def _scale(figures: Figures) -> _Scale:
    lasted = (figures.ended_at or figures.as_of) - figures.record.started_at
    last = max([0, *(m.minute for m in figures.minutes), *(a.minute for a in figures.alerts)])
    minutes = max(int(lasted.total_seconds() // 60), last) + 1
    return _Scale(figures.record.started_at, minutes, -(-minutes // MOST_BINS))


def _faces_by_bin(figures: Figures, scale: _Scale) -> list[int]:
    faces = [0] * scale.bins
    for minute in figures.minutes:
        faces[minute.minute // scale.per_bin] += minute.faces_seen
    return faces


def _face_bars(faces: Sequence[int], most: int, scale: _Scale) -> Iterator[PlotBar]:
    for bin_, number in enumerate(faces):
        if number:
            height = round(FACES_HEIGHT * number / most, 2)
            y = round(TOP + FACES_HEIGHT - height, 2)
            title = f"{scale.clock(bin_)}: {number} faces"
            yield PlotBar(scale.x(bin_), y, round(scale.bin_width * 0.86, 2), height, title)


def _strip(figures: Figures, camera: str, number: int, scale: _Scale) -> Strip:
    y = TOP + FACES_HEIGHT + GAP + STRIP_HEIGHT * number
    return Strip(
        camera,
        y,
        tuple(_lost(figures, camera, y, scale)),
        tuple(_marks(figures, camera, y, scale)),
    )


def _lost(figures: Figures, camera: str, y: float, scale: _Scale) -> Iterator[PlotBar]:
    """As wide as the share of the time that was lost."""
    lost: dict[int, tuple[float, float]] = {}
    for minute in figures.minutes:
        if minute.camera == camera and (minute.down_s or minute.blind_s):
            bin_ = minute.minute // scale.per_bin
            down_s, blind_s = lost.get(bin_, (0.0, 0.0))
            lost[bin_] = down_s + minute.down_s, blind_s + minute.blind_s
    for bin_, (down_s, blind_s) in sorted(lost.items()):
        share = min((down_s + blind_s) / (60.0 * scale.per_bin), 1.0)
        said = [f"without a picture for {down_s:.0f} s"] if down_s else []
        said += [f"not looked at for {blind_s:.0f} s"] if blind_s else []
        title = f"{scale.clock(bin_)}: {camera} {', '.join(said)}"
        width = round(max(scale.bin_width * share, 1.0), 2)
        yield PlotBar(scale.x(bin_), y + 3, width, STRIP_HEIGHT - 6, title)


def _marks(figures: Figures, camera: str, y: float, scale: _Scale) -> Iterator[Mark]:
    """One for each kind of decision in a bin; those of the same bin side by side."""
    found: dict[tuple[int, str], int] = {}
    for group in figures.alerts:
        if group.camera == camera:
            key = group.minute // scale.per_bin, _KINDS.get(group.verdict, "unconfirmed")
            found[key] = found.get(key, 0) + group.alerts
    beside: dict[int, int] = {}
    for (bin_, kind), number in sorted(found.items()):
        place = beside.get(bin_, 0)
        beside[bin_] = place + 1
        x = min(scale.x(bin_ + 0.5) + MARK_STEP * place, WIDTH - RIGHT)
        title = f"{scale.clock(bin_)}: {number} {kind}"
        yield Mark(round(x, 2), y + STRIP_HEIGHT / 2, kind, number, title)


def _ticks(scale: _Scale) -> Iterator[tuple[float, str]]:
    """At round times of day."""
    wanted = (step for step in TICK_STEPS_MIN if scale.minutes / step <= MOST_TICKS)
    step = timedelta(minutes=next(wanted, TICK_STEPS_MIN[-1]))
    midnight = scale.started_at.replace(hour=0, minute=0, second=0, microsecond=0)
    behind = (scale.started_at - midnight) % step
    moment = scale.started_at + ((step - behind) if behind else timedelta())
    while moment <= scale.started_at + timedelta(minutes=scale.bins * scale.per_bin):
        bins = (moment - scale.started_at).total_seconds() / 60 / scale.per_bin
        yield scale.x(bins), f"{moment:%H:%M}"
        moment += step
