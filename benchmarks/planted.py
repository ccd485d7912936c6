"""Rendered clips with planted faces: who is seen where, when, how large and how blurred. Pure.

The faces are those of the demonstration's photographs (``lfr_batch.demo.materials``). Each is shown
at known times on a noisy background, parts of which move. Where there are two photographs of a
person, one is enrolled and the other is seen; otherwise the enrolled picture is another rendering:
mirrored, tilted, lit differently, cut more widely. ``planted_film`` makes the files.

Sizes are those the quality gate measures: the shorter side of the face's box, in picture pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from types import MappingProxyType

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""

FACE_SIZES_PX = (28, 34, 40, 56, 80, 120)
DURATIONS_S = (0.6, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Portrait:
    """A face in one of the demonstration's photographs."""

    picture: str
    face_xyxy: Box


@dataclass(frozen=True, slots=True)
class Person:
    """``enrolled`` is None for a stranger, whom no scan may find."""

    seen: Portrait
    enrolled: Portrait | None


@dataclass(frozen=True, slots=True)
class Waypoint:
    """At ``time_s`` of media time the middle of the face is at (x, y)."""

    time_s: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plant:
    """One visit of a person, between the first and the last waypoint, whole face in the picture."""

    person: str
    face_px: float
    path: tuple[Waypoint, ...]
    gaussian_px: float = 0.0
    """Standard deviation of the blur of a lens out of focus."""
    motion_px: int = 0
    """Length of the horizontal smear of a slow shutter."""
    light: float = 1.0
    """Share of the light that reaches the face."""

    @property
    def enter_s(self) -> float:
        return self.path[0].time_s

    @property
    def leave_s(self) -> float:
        return self.path[-1].time_s

    @property
    def visible_s(self) -> float:
        return self.leave_s - self.enter_s


@dataclass(frozen=True, slots=True)
class Mover:
    """A plain thing that crosses the picture: ``size_wh`` pixels, its middle on the path."""

    size_wh: tuple[int, int]
    luma: int
    path: tuple[Waypoint, Waypoint]


@dataclass(frozen=True, slots=True)
class PlantedClip:
    """``light`` is the background's; ``foliage``: a corner of it never rests."""

    name: str
    size_wh: tuple[int, int]
    duration_s: float
    seed: int
    plants: tuple[Plant, ...]
    movers: tuple[Mover, ...] = ()
    light: float = 1.0
    foliage: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}.mp4"


def _alone(picture: str, face_xyxy: Box) -> Person:
    portrait = Portrait(picture, face_xyxy)
    return Person(portrait, portrait)


def _stranger(picture: str, face_xyxy: Box) -> Person:
    return Person(Portrait(picture, face_xyxy), None)


PEOPLE: Mapping[str, Person] = MappingProxyType(
    {
        "obama": Person(
            Portrait("obama2.jpg", (200, 238, 482, 640)),
            Portrait("obama.jpg", (372, 112, 600, 420)),
        ),
        "biden": _alone("biden.jpg", (421, 162, 730, 589)),
        "collins": _alone("astronaut.png", (182, 58, 270, 178)),
        "guest_1": _alone("t1.jpg", (62, 268, 165, 392)),
        "guest_2": _stranger("t1.jpg", (271, 153, 372, 267)),
        "guest_3": _alone("t1.jpg", (465, 265, 571, 411)),
        "guest_4": _alone("t1.jpg", (748, 345, 847, 482)),
        "guest_5": _stranger("t1.jpg", (904, 59, 1013, 201)),
        "guest_6": _alone("t1.jpg", (1133, 266, 1231, 402)),
    }
)
"""Guests are the people of the group photograph, from left to right."""

ENROLLED = tuple(name for name, person in PEOPLE.items() if person.enrolled)
STRANGERS = tuple(name for name, person in PEOPLE.items() if not person.enrolled)


def still(
    person: str, face_px: float, from_s: float, until_s: float, x: float, y: float, **how: float
) -> Plant:
    """Somebody who stands in one place. ``how``: a Plant's blur and light."""
    return walk(person, face_px, (from_s, x, y), (until_s, x, y), **how)


def walk(person: str, face_px: float, *path: tuple[float, float, float], **how: float) -> Plant:
    """Somebody on the way through (time_s, x, y)."""
    motion_px = int(how.pop("motion_px", 0))
    return Plant(person, face_px, tuple(Waypoint(*w) for w in path), motion_px=motion_px, **how)


def crossing(
    size_wh: tuple[int, int], luma: int, from_s: float, until_s: float, y: float, to_x: float
) -> Mover:
    """Something like a car, from the left edge to ``to_x``."""
    return Mover(size_wh, luma, (Waypoint(from_s, -100, y), Waypoint(until_s, to_x, y)))


DOOR = PlantedClip(
    "door",
    (1280, 720),
    7.4,
    seed=1,
    plants=(
        still("collins", 56, 0.6, 1.2, 300, 300),
        still("guest_1", 40, 2.0, 3.0, 900, 260),
        walk("obama", 80, (3.8, 500, 360), (5.8, 640, 380)),
        still("biden", 120, 6.4, 7.0, 420, 380),
    ),
)
"""Short visits to a quiet place: 0.6 s, 1 s, 2 s."""

STREET = PlantedClip(
    "street",
    (1280, 720),
    8.0,
    seed=2,
    plants=(
        still("biden", 80, 0.6, 7.6, 980, 320),
        walk("collins", 56, (1.0, 150, 420), (3.2, 300, 430)),
        still("guest_2", 80, 1.6, 3.0, 640, 180),
        walk("obama", 120, (5.4, 180, 300), (6.4, 280, 300), (6.8, 280, 300), (7.4, 340, 310)),
        walk("guest_3", 80, (6.0, 500, 560), (7.0, 850, 570), motion_px=7),
    ),
    movers=(
        crossing((260, 110), 40, 0.4, 1.8, 640, 1400),
        crossing((320, 120), 170, 5.0, 6.4, 650, 1400),
    ),
)
"""Somebody stands still while others come and go, one of them fast; cars pass; one stranger."""

DUSK = PlantedClip(
    "dusk",
    (1280, 720),
    5.0,
    seed=3,
    plants=(
        still("guest_4", 56, 0.6, 3.4, 300, 330, light=0.4),
        walk("obama", 80, (1.2, 800, 420), (4.0, 900, 430), light=0.5, gaussian_px=1.2),
        still("guest_6", 40, 3.4, 4.6, 520, 240, light=0.4),
        still("guest_5", 80, 3.6, 4.4, 1100, 400, light=0.5),
    ),
    light=0.35,
    foliage=True,
)
"""Little light, little contrast, leaves that never rest."""

SQUARE = PlantedClip(
    "square",
    (1920, 1088),
    3.0,
    seed=4,
    plants=(
        still("guest_3", 56, 0.4, 2.8, 1650, 300),
        walk("biden", 120, (0.4, 400, 500), (1.8, 560, 520)),
        walk("collins", 80, (1.0, 1100, 700), (2.8, 1300, 720)),
        walk("guest_1", 40, (1.2, 300, 240), (2.6, 330, 240)),
    ),
)
"""Wide and high: faces that are small in the detector's input."""

RUN = PlantedClip(
    "run",
    (1280, 720),
    6.0,
    seed=7,
    plants=(
        walk("biden", 80, (0.6, 150, 200), (1.8, 510, 200), motion_px=6),
        walk("obama", 80, (2.2, 150, 360), (3.4, 870, 360), motion_px=12),
        walk("collins", 80, (3.8, 150, 520), (5.0, 1110, 520), motion_px=16),
    ),
)
"""People who cross the picture at 300, 600 and 800 px/s."""

SCENES = (DOOR, STREET, DUSK, SQUARE)
"""Short: these are what the tests scan."""


PAUSE_S = 0.8
AWAY_S = 1.6
"""Longer than a track may be lost or two sightings be stitched, so that visits stay apart."""


def parade(name: str, size_wh: tuple[int, int], lanes: tuple[int, int], seed: int) -> PlantedClip:
    """Every size for every duration, once standing still and sharp, once walking and smeared.

    The picture is divided into ``lanes`` (across, down); each holds one visitor at a time, and
    nobody is in two lanes at once.
    """
    free_s = [1.0 + 0.3 * i for i in range(lanes[0] * lanes[1])]
    gone_s = dict.fromkeys(ENROLLED, 0.0)
    plants: list[Plant] = []
    for number, (duration_s, face_px, walks) in enumerate(_visits()):
        lane = min(range(len(free_s)), key=lambda i: free_s[i])
        person, from_s = _next_free(gone_s, number, free_s[lane])
        until_s = round(from_s + duration_s, 2)
        x, y = _middle(size_wh, lanes, lane)
        plants.append(_visit(person, face_px, walks, from_s, until_s, x, y))
        free_s[lane], gone_s[person] = round(until_s + PAUSE_S, 2), until_s
    return PlantedClip(name, size_wh, max(free_s), seed, tuple(plants))


def _visits() -> Iterator[tuple[float, int, bool]]:
    return product(DURATIONS_S[::-1], FACE_SIZES_PX, (False, True))


def _next_free(gone_s: Mapping[str, float], number: int, from_s: float) -> tuple[str, float]:
    """Whose turn it is, and from when: the first in turn who has been away long enough by then."""
    order = [ENROLLED[(number + i) % len(ENROLLED)] for i in range(len(ENROLLED))]
    person = min(order, key=lambda name: max(from_s, gone_s[name] + AWAY_S))
    return person, round(max(from_s, gone_s[person] + AWAY_S), 2)


def _middle(size_wh: tuple[int, int], lanes: tuple[int, int], lane: int) -> tuple[float, float]:
    across, down = lane % lanes[0], lane // lanes[0]
    return (across + 0.5) * size_wh[0] / lanes[0], (down + 0.5) * size_wh[1] / lanes[1]


def _visit(
    person: str, face_px: int, walks: bool, from_s: float, until_s: float, x: float, y: float
) -> Plant:
    if not walks:
        return still(person, face_px, from_s, until_s, x, y)
    way = min(120.0, 0.8 * face_px * (until_s - from_s))
    smear = max(2, round(face_px / 14))
    ends = (from_s, x - way / 2, y), (until_s, x + way / 2, y)
    return walk(person, face_px, *ends, motion_px=smear, gaussian_px=0.5)


PARADES = (
    parade("parade_720p", (1280, 720), (2, 2), seed=5),
    parade("parade_1080p", (1920, 1088), (3, 2), seed=6),
)
"""1088 rows: the whole blocks of a 1080p picture."""

CLIPS = (*SCENES, RUN, *PARADES)


def position(path: Sequence[Waypoint], time_s: float) -> tuple[float, float] | None:
    """Where on its way something is; None before and after."""
    for before, after in pairwise(path):
        if before.time_s <= time_s < after.time_s:
            share = (time_s - before.time_s) / (after.time_s - before.time_s)
            return before.x + share * (after.x - before.x), before.y + share * (after.y - before.y)
    return None
