"""The threshold that a wanted false-positive rate asks for. Pure.

Terms as in ISO/IEC 19795-1 and NIST IR 8271. FMR: share of comparisons of different people that
score at least the threshold. FPIR: share of searches by people who are not enrolled that bring up
anybody. A search compares the probe with each of N templates; taken as independent, they give
FPIR = 1 − (1 − FMR)^N. N counts templates, not subjects: the images of one subject resemble each
other, so their false matches fall together and the true FPIR is lower.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

from lfr_batch.errors import ConfigError
from lfr_batch.gallery.relative import ScoreKind

HIGHEST_SCORE = 1.0
UNCALIBRATED_DECADE = 0.07
"""What a tenth of the FMR costs in score with the open pack; taken where a pack says nothing."""

Method = Literal["pack", "gallery", "impostors"]
"""What a threshold follows from: the pack's calibration, with every template an independent
comparison; that, moved to where the gallery's own people score; what strangers scored whom the
operator had (``lfr calibrate``)."""
METHODS: tuple[Method, ...] = get_args(Method)

Knot = tuple[float, float]
"""(FMR or FPIR, threshold); of several, falling and rising."""


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    value: float
    fmr: float
    """The highest FMR that the target allows."""
    target_fpir: float | None = None
    comparisons: int | None = None
    """Templates that a probe is compared with."""
    extrapolated: bool = False
    """The FMR is stricter than any that was calibrated."""
    overridden: bool = False
    """The operator gave the value."""
    lone: float | None = None
    """For a face that could be seen once only; None: the same."""
    score: ScoreKind = "cosine"
    """Which score reaches it."""
    method: Method = "pack"
    people: int | None = None
    """Whom it was derived from: the gallery's, or strangers who were searched for."""
    expected_fpir: tuple[float, float] | None = None
    """95 % interval of the FPIR that it gives; None where nothing but the target is known of it."""
    before: float | None = None
    """The cosine that the pack's calibration alone asks for; None where that is the value."""

    @property
    def calibrated_fmr(self) -> float | None:
        """Of one comparison at the value; None where the pack's calibration does not say it."""
        return self.fmr if self.method == "pack" and not self.overridden else None


def required_fmr(target_fpir: float, n: int) -> float:
    """The FMR with which ``n`` comparisons keep to ``target_fpir``, in (0, target_fpir]."""
    if not 0.0 < target_fpir < 1.0:
        raise ConfigError(f"target_fpir must lie between 0 and 1, not {target_fpir}.")
    if n < 1:
        raise ValueError(f"a gallery has at least 1 template, not {n}")
    return -math.expm1(math.log1p(-target_fpir) / n)


def threshold_at(fmr: float, calibration: Sequence[Knot]) -> ThresholdChoice:
    """The threshold for ``fmr``, linear in log FMR between calibrated points.

    Stricter than the last point, the line through the last two goes on, to 1.0 at most. Looser
    than the first point, the first point's threshold stands: it lets through less than was
    asked for, and the shape of the curve there was not measured.

    Raises:
        ConfigError: no calibration, one that does not fall in FMR and rise in threshold, or a
            single point that is not strict enough.
    """
    knots = _checked(calibration)
    (first_fmr, lowest), (last_fmr, highest) = knots[0], knots[-1]
    if fmr >= first_fmr:
        return ThresholdChoice(lowest, fmr)
    if fmr >= last_fmr:
        return ThresholdChoice(min(score_at(fmr, knots), highest), fmr)
    _require_slope(knots)
    return ThresholdChoice(min(score_at(fmr, knots), HIGHEST_SCORE), fmr, extrapolated=True)


def score_at(share: float, knots: Sequence[Knot]) -> float:
    """Linear in the logarithm of the share; beyond the ends, as at the ends. Two knots and more."""
    pairs = list(pairwise(knots))
    (looser, low), (stricter, high) = next(
        (pair for pair in pairs if share >= pair[1][0]), pairs[-1]
    )
    part = math.log(looser / share) / math.log(looser / stricter)
    return low + (high - low) * part


def choose_threshold(
    target_fpir: float, n: int, calibration: Sequence[Knot], override: float | None = None
) -> ThresholdChoice:
    """The threshold for a gallery of ``n`` templates, or the operator's own.

    Raises:
        ConfigError: no override, and the calibration does not serve (see ``threshold_at``).
    """
    fmr = required_fmr(target_fpir, n)
    if override is not None:
        return ThresholdChoice(override, fmr, target_fpir, n, overridden=True)
    return replace(threshold_at(fmr, calibration), target_fpir=target_fpir, comparisons=n)


def stricter(choice: ThresholdChoice, calibration: Sequence[Knot], fmr_share: float) -> float:
    """The threshold for a share of the FMR that ``choice`` allows.

    An operator's own threshold is raised by as much as the calibration says, or by
    ``UNCALIBRATED_DECADE`` a decade where there is none that serves.
    """
    try:
        raised = threshold_at(choice.fmr * fmr_share, calibration).value
        rise = raised - threshold_at(choice.fmr, calibration).value
    except ConfigError:
        rise = -UNCALIBRATED_DECADE * math.log10(fmr_share)
    return min(choice.value + rise, HIGHEST_SCORE)


def explain(choice: ThresholdChoice) -> str:
    """One sentence for the operator, or two."""
    of = " of the relative score" if choice.score == "relative" else ""
    head = f"threshold {choice.value:.3f}{of}: "
    over = "" if choice.comparisons is None else f" over {_compared(choice)}"
    target = "" if choice.target_fpir is None else f"target FPIR {choice.target_fpir:g}{over}"
    if choice.overridden:
        instead = f", in place of the one that {target} asks for" if target else ""
        return f"{head}given by the operator{instead}"
    caveat = ", beyond the calibrated range" if choice.extrapolated else ""
    if choice.expected_fpir is not None:
        return f"{head}{target}{caveat}; {_expected(choice.expected_fpir)}{_before(choice)}"
    needs = f"needs FMR {choice.fmr:.2g} or lower{caveat}"
    return (
        f"{head}{target} {needs}" if target else f"{head}for FMR {choice.fmr:.2g} or lower{caveat}"
    )


def _expected(fpir: tuple[float, float]) -> str:
    low, high = (f"{100 * end:.2g}" for end in fpir)
    return f"{low} to {high} % of searches for unknown people are expected to bring up somebody"


def _before(choice: ThresholdChoice) -> str:
    """What the calibration alone would have asked for."""
    if choice.before is None:
        return ""
    return f" (without regard to the gallery's people: a cosine of {choice.before:.3f})"


def _compared(choice: ThresholdChoice) -> str:
    n = choice.people
    if n is None:
        return _templates(choice.comparisons or 0)
    if choice.method == "impostors":
        return f"{n:,} searches for strangers"
    return "1 person" if n == 1 else f"{n:,} people"


def _templates(n: int) -> str:
    return "1 template" if n == 1 else f"{n:,} templates"


def _checked(calibration: Sequence[Knot]) -> Sequence[Knot]:
    if not calibration:
        raise ConfigError(
            "The model pack has no score calibration, so no threshold follows from a target "
            "FPIR; calibrate the gallery with `lfr calibrate`, or give one with --threshold."
        )
    for (fmr, threshold), (next_fmr, next_threshold) in pairwise(calibration):
        if next_fmr >= fmr or next_threshold <= threshold:
            raise ConfigError(
                f"The model pack's score calibration does not fall in FMR and rise in threshold "
                f"at FMR {next_fmr:g}; mend the pack or give --threshold."
            )
    if not all(0.0 < fmr <= 1.0 and -1.0 <= value <= 1.0 for fmr, value in calibration):
        raise ConfigError(
            "The model pack's score calibration holds an FMR or a threshold that cannot be; "
            "mend the pack or give --threshold."
        )
    return calibration


def _require_slope(knots: Sequence[Knot]) -> None:
    """What the line through the last two knots takes."""
    if len(knots) < 2:
        raise ConfigError(
            f"The model pack is calibrated at FMR {knots[0][0]:g} only, which is not strict "
            "enough for this gallery and target; calibrate the gallery with `lfr calibrate`, or "
            "give a threshold with --threshold."
        )
