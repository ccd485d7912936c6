"""Where in a chart things lie: axes, lines, bands and bars. Pure.

Lengths are the chart's own units; its origin is at the top left. A logarithmic axis has no zero:
what lies below its least is drawn there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

WIDTH, HEIGHT = 640.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 76.0, 28.0, 16.0, 52.0
XY = tuple[float, float]
STEPS_OF_DECADES: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {0: (1, 2, 5), 1: (1, 2, 5), 2: (1, 2, 5), 3: (1, 3)}
)


@dataclass(frozen=True, slots=True)
class Axis:
    """From values to places along one side of a chart."""

    title: str
    least: float
    most: float
    ticks: tuple[float, ...]
    say: Callable[[float], str]
    is_log: bool = False

    def share(self, value: float) -> float:
        """Of the axis' length, 0 to 1."""
        inside = min(max(value, self.least), self.most)
        if self.is_log:
            return math.log(inside / self.least) / math.log(self.most / self.least)
        return (inside - self.least) / (self.most - self.least)


@dataclass(frozen=True, slots=True)
class AxisTick:
    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    points: str
    """As SVG has them."""
    kind: str
    """Class by which it is coloured, and said in the key."""
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the chart from bottom to top."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    """Also what those hear who do not see it."""
    x_title: str
    y_title: str
    x_ticks: tuple[AxisTick, ...]
    y_ticks: tuple[AxisTick, ...]
    lines: tuple[Line, ...]
    bands: tuple[Line, ...] = ()
    rules: tuple[Rule, ...] = ()

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM


def log_axis(title: str, least: float, most: float) -> Axis:
    """Ticks at powers of ten, and between them where the axis is short."""
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(most))
    steps = STEPS_OF_DECADES.get(last - first, (1,))
    ticks = [s * 10.0**e for e in range(first, last + 1) for s in steps]
    inside = tuple(t for t in ticks if least * 0.999 <= t <= most * 1.001)
    return Axis(title, least, most, inside, percents, is_log=True)


def even_axis(title: str, least: float, most: float, say: Callable[[float], str]) -> Axis:
    """About six ticks at round numbers."""
    step = _round_step((most - least) / 6)
    first = math.ceil(least / step - 1e-9)
    last = math.floor(most / step + 1e-9)
    ticks = tuple(round(n * step, 10) for n in range(first, last + 1))
    return Axis(title, least, most, ticks, say)


def _round_step(about: float) -> float:
    power = 10.0 ** math.floor(math.log10(about))
    return next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= about - 1e-12)


def percents(share: float) -> str:
    return f"{share * 100:.3g} %"


def chart(
    title: str,
    x: Axis,
    y: Axis,
    lines: Iterable[tuple[str, str, Sequence[XY]]],
    bands: Iterable[tuple[str, str, Sequence[tuple[float, float, float]]]] = (),
    rules: Iterable[tuple[float, str]] = (),
) -> Chart:
    """``lines``: kind, name, points; ``bands``: kind, name, (x, low, high)."""
    return Chart(
        title,
        x.title,
        y.title,
        tuple(AxisTick(_x(x, at), x.say(at)) for at in x.ticks),
        tuple(AxisTick(_y(y, at), y.say(at)) for at in y.ticks),
        tuple(Line(_points(x, y, points), kind, name) for kind, name, points in lines),
        tuple(Line(_band(x, y, edges), kind, name) for kind, name, edges in bands),
        tuple(Rule(_x(x, at), label) for at, label in rules),
    )


def _x(axis: Axis, value: float) -> float:
    return round(LEFT + axis.share(value) * (WIDTH - LEFT - RIGHT), 2)


def _y(axis: Axis, value: float) -> float:
    return round(HEIGHT - BOTTOM - axis.share(value) * (HEIGHT - TOP - BOTTOM), 2)


def _points(x: Axis, y: Axis, points: Iterable[XY]) -> str:
    return " ".join(f"{_x(x, a)},{_y(y, b)}" for a, b in points)


def _band(x: Axis, y: Axis, edges: Sequence[tuple[float, float, float]]) -> str:
    upper = [(at, high) for at, _, high in edges]
    lower = [(at, low) for at, low, _ in reversed(edges)]
    return _points(x, y, [*upper, *lower])


def stairs(begins: Sequence[float], heights: Sequence[float], width: float) -> list[XY]:
    """The outline of bars that begin there, each ``width`` wide; nothing between two that do not
    touch."""
    points: list[XY] = []
    end = None
    for at, height in zip(begins, heights, strict=True):
        if end is None or at - end > width / 2:
            points += [(end, 0.0)] if end is not None else []
            points.append((at, 0.0))
        points += [(at, height), (at + width, height)]
        end = at + width
    return [*points, (end, 0.0)] if end is not None else []
