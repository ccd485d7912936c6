"""A few seconds, or one frame, in which nobody but the sighting's own face can be made out.

Everybody is looked for in every picture before any is shown (see ``followed`` and ``veil``). What
is given has no sound and says nothing of where it comes from.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from lfr_batch.config.schema import MotionConfig, S3Config
from lfr_batch.errors import FootageUnreadable
from lfr_batch.evidence.film import ENDING, film_of
from lfr_batch.evidence.filmed import Allowance, Filmed, Frugal, Told, filmed
from lfr_batch.evidence.followed import FacePath, Frames, face_paths
from lfr_batch.evidence.hider import SURE_SCORE, Hider
from lfr_batch.evidence.spot import Spot
from lfr_batch.evidence.untouched import png_of
from lfr_batch.evidence.veil import OwnScores, Veil, own_path, veiled, veils
from lfr_batch.footage.motion import MotionState, cells_wh, gate
from lfr_batch.records import NS_PER_S, ByteArray, FaceBatch

AROUND_S = 5.0
LONGEST_PX = 1920
CONTEXT_S = 1.0
"""Around a single frame, to know who is there without being found in it."""
MOMENT = Frugal(before_s=3.0, after_s=3.0, longest_px=960, fps=10.0)
"""For a screen, while somebody waits."""
MOMENT_LIMIT_S = 60.0
EVERY_FRAME = MotionConfig(enabled=False)
FOUND, KNOWN = 0.75, 0.85
"""Shares of the work: everybody is found, the own face is known; then it is encoded."""


@dataclass(frozen=True, slots=True)
class HiddenClip:
    """``data`` is a WebM file. Times are media time of the footage."""

    data: bytes
    sha256: str
    ending: str
    size_wh: tuple[int, int]
    start_s: float
    end_s: float
    frames: int
    own_frames: int
    """In which the sighting's own face is shown."""
    doubtful_frames: int
    """In which something was hidden by inference, see ``doubts``."""
    doubts: Mapping[str, int]
    """Frames by what was in doubt: 'held' (a face that nobody found in that frame), 'uncertain'
    (what may be no face), 'own hidden' (the own face, which could not be told from others)."""


@dataclass(frozen=True, slots=True)
class HiddenFrame:
    """``png`` is lossless, upright."""

    png: bytes
    sha256: str
    size_wh: tuple[int, int]
    media_s: float
    own_shown: bool
    hidden: int
    """Faces and what may be one."""
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Hiding:
    """What is known of every picture before any is shown."""

    moments_ns: Sequence[int]
    best: int
    """Number of the picture that is nearest to the sighting's best moment."""
    veils: Sequence[Veil]


def hidden_clip(
    spot: Spot,
    hider: Hider,
    s3: S3Config,
    before_s: float = AROUND_S,
    after_s: float = AROUND_S,
    told: Told | None = None,
    limit_s: float | None = None,
) -> HiddenClip:
    """The disclosure copy: every frame of those seconds.

    Raises FootageGone, FootageChanged, FootageUnreadable (also where it takes longer than
    ``limit_s``), StoreUnreachable.
    """
    return _clip(spot, hider, s3, Frugal(before_s, after_s, LONGEST_PX), told, limit_s)


def moment(
    spot: Spot,
    hider: Hider,
    s3: S3Config,
    told: Told | None = None,
    limit_s: float | None = MOMENT_LIMIT_S,
) -> HiddenClip:
    """The same for a screen: six seconds, smaller, and with fewer frames. Nothing of it is kept."""
    return _clip(spot, hider, s3, MOMENT, told, limit_s)


def hidden_frame(
    spot: Spot, hider: Hider, s3: S3Config, limit_s: float | None = None
) -> HiddenFrame:
    """The sighting's frame, or picture of a still, in full size. Raises as ``hidden_clip``."""
    allowed = Allowance(spot.uri, None, limit_s)
    film = filmed(spot, s3, Frugal(CONTEXT_S, CONTEXT_S, 1 << 16))
    with _taken(hider, allowed):
        hiding = _hiding(film, hider, allowed)
    veil = hiding.veils[hiding.best]
    media_ns, picture = next(
        each for number, each in enumerate(film.pictures()) if number == hiding.best
    )
    png = png_of(veiled(picture, veil))
    return HiddenFrame(
        png=png,
        sha256=hashlib.sha256(png).hexdigest(),
        size_wh=film.size_wh,
        media_s=media_ns / NS_PER_S,
        own_shown=veil.own_xyxy is not None,
        hidden=len(veil.hidden_xyxy),
        doubts=tuple(sorted(veil.doubts)),
    )


def _clip(
    spot: Spot,
    hider: Hider,
    s3: S3Config,
    frugal: Frugal,
    told: Told | None,
    limit_s: float | None,
) -> HiddenClip:
    if spot.kind == "still":
        raise FootageUnreadable(f"{spot.uri} is a still, of which there is no clip: take its frame")
    allowed = Allowance(spot.uri, told, limit_s)
    film = filmed(spot, s3, frugal)
    with _taken(hider, allowed):
        hiding = _hiding(film, hider, allowed)
    start_ns, count = hiding.moments_ns[0], len(hiding.veils)

    def shown() -> Iterator[tuple[int, Any]]:
        pairs = zip(film.pictures(), hiding.veils, strict=True)
        for number, ((moment_ns, picture), veil) in enumerate(pairs):
            allowed.spend(KNOWN + (1 - KNOWN) * number / count)
            yield moment_ns - start_ns, veiled(picture, veil)

    data = film_of(shown(), film.size_wh, film.rate)
    doubts = Counter[str](doubt for veil in hiding.veils for doubt in veil.doubts)
    return HiddenClip(
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        ending=ENDING,
        size_wh=film.size_wh,
        start_s=start_ns / NS_PER_S,
        end_s=hiding.moments_ns[-1] / NS_PER_S,
        frames=count,
        own_frames=sum(veil.own_xyxy is not None for veil in hiding.veils),
        doubtful_frames=sum(bool(veil.doubts) for veil in hiding.veils),
        doubts=dict(doubts),
    )


@contextmanager
def _taken(hider: Hider, allowed: Allowance) -> Iterator[None]:
    if not hider.lock.acquire(timeout=allowed.left_s()):
        allowed.spend(0.0)
    try:
        yield
    finally:
        hider.lock.release()


def _hiding(film: Filmed, hider: Hider, allowed: Allowance) -> Hiding:
    moments_ns: list[int] = []
    found: list[FaceBatch] = []
    cuts: set[int] = set()
    seen = MotionState()
    due = max(1.0, (film.frugal.before_s + film.frugal.after_s) * film.rate)
    for moment_ns, picture in film.pictures():
        allowed.spend(FOUND * min(1.0, len(found) / due))
        decision, seen = gate(seen, _cells(picture), moment_ns, EVERY_FRAME)
        if decision.scene_cut:
            cuts.add(len(found))
        moments_ns.append(moment_ns)
        found.append(hider.faces(picture))
    frames = Frames(moments_ns, frozenset(cuts))
    best = int(np.argmin(np.abs(np.array(moments_ns) - film.spot.best_ns)))
    paths = face_paths(found, frames, hider.config.track, SURE_SCORE)
    own = own_path(paths, best, film.box)
    cosines = {} if own is None else _cosines(film, hider, found, own, best, allowed)
    scores = OwnScores(cosines, hider.same, hider.other)
    return Hiding(moments_ns, best, veils(paths, own, scores, frames))


def _cells(picture_bgr: ByteArray) -> ByteArray:
    height, width = picture_bgr.shape[:2]
    grey = cv2.cvtColor(picture_bgr, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, cells_wh((width, height)), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _cosines(
    film: Filmed,
    hider: Hider,
    found: Sequence[FaceBatch],
    own: FacePath,
    best: int,
    allowed: Allowance,
) -> dict[int, float]:
    """How like that of the best frame each face on the path is."""
    templates = {}
    for number, (_, picture) in enumerate(film.pictures()):
        allowed.spend(FOUND + (KNOWN - FOUND) * number / len(found))
        if number in own.boxes:
            same_box = (found[number].boxes_xyxy == own.boxes[number]).all(axis=1)
            templates[number] = hider.template(picture, found[number], int(np.argmax(same_box)))
    return {number: float(row @ templates[best]) for number, row in templates.items()}
