"""What workers found, put together with what the labels say. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from lfr_batch.config.schema import Config
from lfr_batch.evaluation.labelled import Labelled
from lfr_batch.evaluation.outcomes import (
    ClipOutcome,
    EvaluatedOutcome,
    ProbeOutcome,
    SearchedPicture,
)
from lfr_batch.evaluation.planned import PlannedProbes
from lfr_batch.evaluation.protocol import Protocol
from lfr_batch.evaluation.sightings import ClipFigures, Stretch, compared
from lfr_batch.records import FootageAsset, Sighting, seconds
from lfr_batch.tracks.patience import patient
from lfr_batch.tracks.stitch import stitch


def searched_pictures(
    made: Protocol,
    planned: PlannedProbes,
    outcomes: Iterable[EvaluatedOutcome],
    digest_of: Mapping[str, str],
) -> tuple[SearchedPicture, ...]:
    """In the order of the protocol."""
    by_number = {o.number: o for o in outcomes if isinstance(o, ProbeOutcome)}
    mated = len(made.mated)
    return tuple(
        SearchedPicture(
            file.subject_id,
            number < mated,
            by_number.get(number) or ProbeOutcome(number, "unreadable", "unreadable"),
            dict(file.groups),
            digest_of.get(file.uri, ""),
        )
        for number, file in enumerate(planned.pictures)
    )


def clip_figures(
    made: Protocol,
    planned: PlannedProbes,
    outcomes: Iterable[EvaluatedOutcome],
    known: frozenset[str],
    config: Config,
) -> ClipFigures | None:
    """Sightings as a scan stitches them, against the labels of those who are in the gallery."""
    if not planned.clips:
        return None
    pieces: defaultdict[int, list[Sighting]] = defaultdict(list)
    media_s, failed = 0.0, 0
    for outcome in outcomes:
        if isinstance(outcome, ClipOutcome):
            pieces[outcome.number] += outcome.sightings
            media_s += outcome.media_s
            failed += bool(outcome.error)
    seen = [
        Stretch(number, each.subject_id, seconds(each.start_ns), seconds(each.end_ns))
        for number, asset in enumerate(planned.clips)
        for each in _stitched(pieces[number], asset, config)
    ]
    number_of = {asset.uri: number for number, asset in enumerate(planned.clips)}
    labels = [
        Stretch(number_of[clip.uri], clip.subject_id, begin_s, end_s)
        for clip in made.clips
        if clip.role != "unknown" and clip.subject_id in known
        for begin_s, end_s in _times(clip)
    ]
    return compared(labels, seen, media_s, failed)


def _stitched(pieces: list[Sighting], asset: FootageAsset, config: Config) -> Iterable[Sighting]:
    limits = patient(config.track, asset.frame_rate, config.footage.sample_fps, asset.views)
    ordered = sorted(pieces, key=lambda s: (s.start_ns, s.sighting_id))
    return stitch(ordered, limits, config.decide.top_k)


def _times(clip: Labelled) -> Iterable[tuple[float, float]]:
    if clip.begin_s is not None and clip.end_s is not None:
        yield clip.begin_s, clip.end_s
