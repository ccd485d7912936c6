"""What strangers score with a snapshot: ``calibrated/<snapshot_id>.json`` beside CURRENT.

Whoever has pictures of people who are certainly not enrolled (``lfr calibrate``) need not rely on
what a pack was measured on. Kept are a few points of a curve: no score in it is anybody's.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from lfr_batch.gallery.relative import ScoreKind
from lfr_batch.gallery.thresholds import Knot, score_at
from lfr_batch.proportion import clopper_pearson
from lfr_batch.records import FloatArray
from lfr_batch.storage.files import sync, write_text
from lfr_batch.storage.folders import make_own_folder, sweep

FOLDER = "calibrated"
FPIRS = (0.5, 0.3, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 0.0005, 0.0003, 0.0001)
FEWEST_ABOVE = 10
"""Strangers above a score, at least, for it to be a point of the curve."""
FEWEST = 100
"""Strangers; of fewer hardly one in a hundred can be told."""
UNSURE_PER_DECADE = 5.0
"""An FPIR that is a tenth of what was measured is off by so much more, up or down: then 95 %
intervals held in nine of ten and more of made-up calibrations with 300 and 1,000 strangers."""


class Strangers(BaseModel):
    """The best score of each of ``probes`` that are of ``people`` who are not enrolled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: ScoreKind
    probes: Annotated[int, Field(ge=1)]
    people: Annotated[int, Field(ge=1)]
    """Several pictures of one are not independent: intervals are those of so many searches."""
    points: Annotated[tuple[Knot, ...], Field(min_length=2)]
    """(FPIR, threshold), falling and rising."""
    calibrated_utc: AwareDatetime
    case_ref: str
    authority: str
    pack_identity: str

    @model_validator(mode="after")
    def _monotone(self) -> Self:
        fpirs, thresholds = zip(*self.points, strict=True)
        if sorted(fpirs, reverse=True) != list(fpirs) or sorted(thresholds) != list(thresholds):
            raise ValueError("points must fall in FPIR and rise in threshold")
        return self

    def threshold_at(self, fpir: float) -> float:
        """Between the points on a line in the logarithm of the FPIR, and beyond them."""
        return score_at(fpir, self.points)

    @property
    def strictest(self) -> float:
        return self.points[-1][0]

    def expected_fpir(self, target: float) -> tuple[float, float]:
        """95 % interval of the FPIR at ``threshold_at(target)``."""
        measured = max(target, self.strictest)
        low, high = clopper_pearson(round(measured * self.people), self.people)
        beyond = UNSURE_PER_DECADE ** max(math.log10(measured / target), 0.0)
        part = target / measured
        return low * part / beyond, min(high * part * beyond, 1.0)


def curve_of(best_scores: FloatArray) -> tuple[Knot, ...]:
    """Points of the curve, as far as enough strangers are above; ``best_scores`` (n,)."""
    count = len(best_scores)
    shares = [share for share in FPIRS if share * count >= FEWEST_ABOVE]
    thresholds = np.quantile(best_scores, [1.0 - share for share in shares])
    knots = zip(shares, np.maximum.accumulate(thresholds).tolist(), strict=True)
    return tuple((share, round(score, 4)) for share, score in knots)


def keep_strangers(snapshot: Path, found: Strangers) -> Path:
    """``snapshot``: its folder; where it is kept comes back. Call it under the gallery's lock.
    Raises OSError."""
    path = _path(snapshot)
    make_own_folder(path.parent)
    sweep(path.parent)
    write_text(path, text_of(found))
    return path


def text_of(found: Strangers) -> str:
    """As it is kept."""
    return found.model_dump_json(indent=1) + "\n"


def strangers_of(snapshot: Path, pack_identity: str) -> Strangers | None:
    """None where nobody has calibrated it, or with other templates; and where the note cannot be
    read, so that nothing is decided by half of it."""
    try:
        found = Strangers.model_validate_json(_path(snapshot).read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.pack_identity == pack_identity else None


def drop_strangers(snapshot: Path) -> Path | None:
    """What was kept is gone: its path, None where there was nothing. Call it under the gallery's
    lock. Raises OSError."""
    path = _path(snapshot)
    if not path.is_file():
        return None
    path.unlink()
    sync(path.parent)
    return path


def not_calibrated_any_more(gallery: str) -> str:
    return (
        f"Gallery {gallery!r} was calibrated on strangers, and this is another snapshot: its "
        "thresholds follow from its own people again, until `lfr calibrate` is run anew."
    )


def lost_with(before: Path, after: Path) -> bool:
    """Whether strangers decided for the snapshot in the folder ``before`` and not for ``after``."""
    return is_calibrated(before) and not is_calibrated(after)


def is_calibrated(snapshot: Path) -> bool:
    """Whether somebody has, with whatever templates and however it reads."""
    return _path(snapshot).is_file()


def _path(snapshot: Path) -> Path:
    return snapshot.parents[1] / FOLDER / f"{snapshot.name}.json"
