"""What is true of the demonstration's footage, and so what a scan of it must answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Photograph = Literal["another photograph", "the same clip, another moment"]
"""What the enrolled picture is to the footage; never the very picture that is seen there."""


@dataclass(frozen=True, slots=True)
class Enrollee:
    """Somebody in the demonstration's gallery."""

    subject_id: str
    name: str
    file: str
    source: str


@dataclass(frozen=True, slots=True)
class Presence:
    """A subject is to be seen in ``file`` between the two moments, in seconds of media time."""

    subject_id: str
    file: str
    from_s: float
    until_s: float
    enrolled_from: Photograph
    least_score: float


@dataclass(frozen=True, slots=True)
class Clip:
    """A file of the archive, what it is, and what a scan must record of it."""

    file: str
    camera_id: str
    site: str
    start_utc: str
    made_of: str
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Truth:
    subjects: tuple[Enrollee, ...]
    clips: tuple[Clip, ...]
    presences: tuple[Presence, ...]


TRUTH = Truth(
    subjects=(
        Enrollee("obama", "Barack Obama", "obama.jpg", "official portrait, 2012"),
        Enrollee("biden", "Joe Biden", "biden.jpg", "official portrait; in none of the footage"),
        Enrollee("collins", "Eileen Collins", "astronaut.png", "NASA; in none of the footage"),
        Enrollee("driver", "man in a car", "driver.png", "first frame of the 'carphone' clip"),
    ),
    clips=(
        Clip(
            "plaza_cam1.mp4",
            "cam1",
            "plaza",
            "2026-03-14T08:15:00Z",
            "rendered: a camera pans over one photograph",
        ),
        Clip(
            "office_cam2.avi",
            "cam2",
            "office",
            "2026-03-14T08:20:00Z",
            "rendered: a camera pans over a group photo; nobody in it is enrolled",
        ),
        Clip(
            "car_cam3.mp4",
            "cam3",
            "car park",
            "2026-03-14T08:31:30Z",
            "filmed: the 'carphone' clip from 1.5 s on, enlarged three times",
        ),
        Clip(
            "lobby_cam4.mp4",
            "cam4",
            "lobby",
            "2026-03-14T09:02:00Z",
            "rendered: a camera pans over the group photo and a photograph beside it",
        ),
        Clip(
            "yard_cam5.mp4",
            "cam5",
            "yard",
            "2026-03-14T09:10:00Z",
            "filmed: a street; nobody in it is enrolled",
        ),
        Clip(
            "garage_cam6.avi",
            "cam6",
            "garage",
            "2026-03-14T09:12:00Z",
            "rendered: a camera pans over a photograph without people",
        ),
        Clip(
            "damaged_cam1.mp4",
            "cam1",
            "plaza",
            "2026-03-14T09:15:00Z",
            "the first 60 % of plaza_cam1.mp4, as a recorder that lost power leaves it",
            readable=False,
        ),
    ),
    presences=(
        Presence("obama", "plaza_cam1.mp4", 4.0, 11.0, "another photograph", 0.5),
        Presence("obama", "lobby_cam4.mp4", 5.0, 10.0, "another photograph", 0.5),
        Presence("driver", "car_cam3.mp4", 0.0, 2.6, "the same clip, another moment", 0.5),
    ),
)
