"""The threshold of a search: by which score, from what it follows, and what it will do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lfr_batch.config.schema import DecideConfig
from lfr_batch.errors import ConfigError
from lfr_batch.gallery.calibrated import Strangers, strangers_of
from lfr_batch.gallery.fitted import (
    Likeness,
    fitted,
    relative_threshold_at,
    relative_usual_best,
    strictest_of,
)
from lfr_batch.gallery.likeness import likeness_of
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.relative import LEAST_SUBJECTS, ScoreKind
from lfr_batch.gallery.snapshot_files import read_manifest
from lfr_batch.gallery.thresholds import (
    HIGHEST_SCORE,
    Knot,
    ThresholdChoice,
    choose_threshold,
    required_fmr,
    stricter,
    threshold_at,
)
from lfr_batch.models.manifest import PackManifest

FEWEST_COMPARED = 10
"""People; fewer say nothing of themselves."""
DIGITS = 4
"""A threshold does not hang on a machine's last bits."""


@dataclass(frozen=True, slots=True)
class _Base:
    """What the pack says of a gallery of so many people."""

    score: ScoreKind
    threshold_at: Callable[[float], float]
    """Of an FPIR."""
    usual_best: float
    strictest_fpir: float

    def rise(self, fpir: float, share: float) -> float:
        """By how much the threshold is higher for a share of ``fpir``."""
        return self.threshold_at(fpir * share) - self.threshold_at(fpir)


def derive(decide: DecideConfig, manifest: PackManifest, snapshot: Snapshot) -> ThresholdChoice:
    """The threshold for a gallery with the derivation that made its templates, or the operator's.

    Raises ConfigError where the pack's calibration does not serve, or a score was asked for that
    cannot be had.
    """
    subjects = read_manifest(snapshot.path).subjects
    strangers = strangers_of(snapshot.path, snapshot.pack_identity)
    kind = score_of(decide, manifest, subjects, snapshot.name, strangers)
    if decide.threshold is None and strangers is not None and strangers.score == kind:
        return _calibrated(decide, manifest, len(snapshot.subject_ids), strangers)
    if manifest.relative is None or (decide.threshold is not None and kind == "cosine"):
        return _of_pack_alone(decide, manifest, len(snapshot.subject_ids), kind)
    base = _base(kind, manifest, subjects)
    if decide.threshold is not None:
        return _given(decide, base, len(snapshot.subject_ids))
    return _fitted(decide, manifest, snapshot, base, subjects)


def _of_pack_alone(
    decide: DecideConfig, manifest: PackManifest, templates: int, kind: ScoreKind
) -> ThresholdChoice:
    """Every template an independent comparison, as it always was."""
    knots = calibration_of(manifest)
    choice = choose_threshold(decide.target_fpir, templates, knots, decide.threshold)
    return replace(choice, lone=stricter(choice, knots, decide.lone_fmr_share), score=kind)


def _calibrated(
    decide: DecideConfig, manifest: PackManifest, templates: int, strangers: Strangers
) -> ThresholdChoice:
    """As those who were searched for, and are not enrolled, have scored."""
    target, knots = decide.target_fpir, calibration_of(manifest)
    value, lone = (
        round(min(strangers.threshold_at(fpir), HIGHEST_SCORE), DIGITS)
        for fpir in (target, target * decide.lone_fmr_share)
    )
    return ThresholdChoice(
        value=value,
        fmr=required_fmr(target, templates),
        target_fpir=target,
        comparisons=templates,
        people=strangers.probes,
        extrapolated=target < strangers.strictest,
        lone=lone,
        score=strangers.score,
        method="impostors",
        expected_fpir=strangers.expected_fpir(target),
        before=choose_threshold(target, templates, knots).value if len(knots) > 1 else None,
    )


def _given(decide: DecideConfig, base: _Base, templates: int) -> ThresholdChoice:
    """The operator's, of the relative score."""
    value, target = decide.threshold or 0.0, decide.target_fpir
    return ThresholdChoice(
        value=value,
        fmr=required_fmr(target, templates),
        target_fpir=target,
        comparisons=templates,
        overridden=True,
        lone=min(value + base.rise(target, decide.lone_fmr_share), HIGHEST_SCORE),
        score=base.score,
    )


def _fitted(
    decide: DecideConfig, manifest: PackManifest, snapshot: Snapshot, base: _Base, subjects: int
) -> ThresholdChoice:
    likeness, target = _likeness(snapshot, base.score, subjects), decide.target_fpir
    found = fitted(target, base.threshold_at, base.usual_best, likeness, base.strictest_fpir)
    value = round(min(found.value, HIGHEST_SCORE), DIGITS)
    templates = len(snapshot.subject_ids)
    before = choose_threshold(target, templates, calibration_of(manifest)).value
    moved_nowhere = base.score == "cosine" and round(before, DIGITS) == value
    return ThresholdChoice(
        value=value,
        fmr=required_fmr(target, templates),
        target_fpir=target,
        comparisons=templates,
        people=subjects,
        extrapolated=found.extrapolated,
        lone=round(min(value + base.rise(target, decide.lone_fmr_share), HIGHEST_SCORE), DIGITS),
        score=base.score,
        method="gallery",
        expected_fpir=found.expected_fpir,
        before=None if moved_nowhere else before,
    )


def calibration_of(manifest: PackManifest) -> list[Knot]:
    return [(point.fmr, point.threshold) for point in manifest.calibration]


def score_of(
    decide: DecideConfig,
    manifest: PackManifest,
    subjects: int,
    gallery: str,
    strangers: Strangers | None = None,
) -> ScoreKind:
    """Raises ConfigError for a relative score where there is none."""
    obstacle, calibrated = "", strangers.score if strangers else None
    if subjects < LEAST_SUBJECTS:
        obstacle = f"it takes {LEAST_SUBJECTS} people, and gallery {gallery!r} has {subjects}"
    elif manifest.relative is None and decide.threshold is None and calibrated != "relative":
        obstacle = f"{manifest.pack_id}, with which gallery {gallery!r} was enrolled, has none"
    if decide.score == "relative" and obstacle:
        raise ConfigError(
            f"No relative score decides here: {obstacle}. Let the cosine decide (decide.score, or "
            "--threshold cosine:NUMBER)."
        )
    if decide.score != "auto":
        return decide.score
    if obstacle or decide.threshold is not None:
        return "cosine"
    return calibrated or "relative"


def _base(kind: ScoreKind, manifest: PackManifest, subjects: int) -> _Base:
    if kind == "relative" and manifest.relative is not None:
        return _Base(
            kind,
            relative_threshold_at(manifest.relative, subjects),
            relative_usual_best(manifest.relative, subjects),
            strictest_of(manifest.relative),
        )
    knots = calibration_of(manifest)

    def of_cosine(fpir: float) -> float:
        return threshold_at(required_fmr(fpir, subjects), knots).value

    strictest = 1.0 - (1.0 - knots[-1][0]) ** subjects
    return _Base("cosine", of_cosine, of_cosine(0.5), strictest)


def _likeness(snapshot: Snapshot, kind: ScoreKind, subjects: int) -> Likeness | None:
    if subjects < FEWEST_COMPARED:
        return None
    return likeness_of(open_matcher(snapshot, "cpu", relative=kind == "relative"), subjects)
