"""What a pack says of relative scores: from which one on they are rare. Frozen and strict.

A relative score (``gallery.relative``) is one of a whole ranking, so its calibration is one of
searches, not of pairs: in galleries of so many people, such a share of searches by people who are
not enrolled reached so much.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(gt=0.0, lt=1.0)]
Score = Annotated[float, Field(ge=-2.0, le=2.0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SearchPoint(_Part):
    """A share ``fpir`` of searches for people who are not enrolled reached ``threshold``."""

    fpir: Share
    threshold: Score


class SizeCalibration(_Part):
    """Of galleries with so many people, one picture each."""

    subjects: Annotated[int, Field(ge=2)]
    usual_best: Score
    """Median of the best relative score of people who are not enrolled."""
    points: Annotated[tuple[SearchPoint, ...], Field(min_length=2)]
    """Falling FPIR, rising threshold."""

    @model_validator(mode="after")
    def _monotone(self) -> Self:
        for before, after in pairwise(self.points):
            if after.fpir >= before.fpir or after.threshold <= before.threshold:
                raise ValueError("relative calibration must fall in FPIR and rise in threshold")
        return self


class RelativeCalibration(_Part):
    sizes: Annotated[tuple[SizeCalibration, ...], Field(min_length=1)]
    """By rising number of people."""
    calibrated_on: str = ""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(b.subjects <= a.subjects for a, b in pairwise(self.sizes)):
            raise ValueError("sizes of galleries must rise")
        return self
