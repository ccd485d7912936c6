"""The stages that look at faces, opened together from one model pack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from lfr_batch.config.schema import Config, DetectConfig
from lfr_batch.faces.detectors import (
    Detector,
    Input,
    detect_each,
    frame_detectors,
    make_detector,
)
from lfr_batch.faces.embedder import Embedder, EmbedderPart
from lfr_batch.faces.letterbox import PixelRegion, long_side_px
from lfr_batch.faces.multiscale import merge, together
from lfr_batch.faces.realign import INPUT_PX
from lfr_batch.faces.tiles import TALLER, tiles, uncut, with_small
from lfr_batch.faces.turns import Turn
from lfr_batch.faces.view import Picture
from lfr_batch.models.agreement import open_detector_session, open_embedder_session
from lfr_batch.models.ladder import USUAL_WH, Size
from lfr_batch.models.manifest import DetectorSpec
from lfr_batch.models.session_plan import DetectorUse, Share
from lfr_batch.models.sessions import PlanesSession, Session, plan_session
from lfr_batch.models.settled import Settled, obeyed
from lfr_batch.models.store import Pack
from lfr_batch.planes import Scaler
from lfr_batch.records import FaceBatch

STILL_FACE_PX = 24.0
"""A fifth larger than recall asks for in frames (docs/performance.md)."""
SECOND_LOOK_WH: Size = (INPUT_PX, INPUT_PX)
LARGE_FACE_PX = 36.0
"""Who is as wide as this in a copy of a still is not looked for in larger ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolStages:
    """What becomes a template, of a gallery's pictures or of best shots, passes through these."""

    exact_detector: Detector
    """In full precision: a landmark a pixel off costs score."""
    embedder: Embedder


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceStages(EnrolStages):
    frame_detectors: Mapping[Turn, Detector]
    still_detector: Detector
    """All threads at one picture, for which somebody waits."""
    scaler: Scaler | None = None
    """What reads frames where a GPU's decoder left them; None: they are brought down."""

    @property
    def gathers(self) -> bool:
        """Whether segments may be searched in several threads at once, see ``Session.gathers``."""
        detectors = (self.exact_detector, self.still_detector, *self.frame_detectors.values())
        return self.embedder.gathers and all(each.session.gathers for each in detectors)

    @property
    def description(self) -> str:
        detectors = ", ".join(each.description for each in self.frame_detectors.values())
        return f"{detectors}; embedder on {self.embedder.description}"


def open_enrol_stages(
    pack: Pack,
    config: Config,
    threads: int,
    settled: Settled | None = None,
    usual_whs: tuple[Size, ...] | None = None,
) -> EnrolStages:
    """With the arithmetic that was settled; None: as this machine has it. ``usual_whs``: what will
    be looked at in full precision; None: pictures to be enrolled, in all their sizes.

    Raises DeviceUnavailable, InferenceDisagrees or ConfigError.
    """
    inference = obeyed(config.inference, settled, pack.manifest.embedder.file)
    f32 = inference.model_copy(update={"precision": "f32"})
    stills = tuple((side, side) for side in config.detect.still_long_sides_px)
    usual = (*stills, SECOND_LOOK_WH) if usual_whs is None else usual_whs
    alone = Share(threads, 1, config.engine.gpu_share)
    opening = partial(open_detector_session, pack, f32, alone)
    exact = _open_detector(pack, pack.manifest.detector, config.detect, usual, opening)
    embedder = _open_embedder(pack, config, settled, replace(alone, streams=threads))
    return EnrolStages(exact_detector=exact, embedder=embedder)


def _open_embedder(pack: Pack, config: Config, settled: Settled | None, share: Share) -> Embedder:
    specs = pack.manifest.embedders
    sessions = (
        open_embedder_session(pack, obeyed(config.inference, settled, spec.file), share, spec)
        for spec in specs
    )
    weighed = zip(specs, sessions, pack.manifest.weights or (1.0,), strict=True)
    parts = [EmbedderPart(spec, session, weight) for spec, session, weight in weighed]
    return Embedder(parts, config.inference.embed_batch)


def open_stages(
    pack: Pack, config: Config, threads: int, settled: Settled | None = None
) -> FaceStages:
    """As ``open_enrol_stages``, with what looks at footage and stills beside."""
    thorough, specs = pack.manifest.detector, frame_detectors(pack.manifest, config.detect)

    def detector(spec: DetectorSpec, streams: int) -> Detector:
        inference = obeyed(config.inference, settled, spec.file)
        share = Share(threads, streams, config.engine.gpu_share)
        opening = partial(open_detector_session, pack, inference, share)
        return _open_detector(pack, spec, config.detect, (USUAL_WH,), opening)

    scaler = _scaler(config, threads, settled)
    enrol = open_enrol_stages(pack, config, threads, settled, (SECOND_LOOK_WH,))
    exact = enrol.exact_detector
    # Where no second look puts landmarks right, the first has to.
    still = detector(thorough, 1) if exact.reading.any_size else exact
    # Frames stream by, one a thread; but two detectors need not each be at their quickest.
    watching = {
        turn: _reading_planes(
            still if spec == thorough and len(specs) > 1 else detector(spec, threads), scaler
        )
        for turn, spec in specs.items()
    }
    return FaceStages(
        exact_detector=exact,
        embedder=enrol.embedder,
        frame_detectors=watching,
        still_detector=still,
        scaler=scaler,
    )


def _scaler(config: Config, threads: int, settled: Settled | None) -> Scaler | None:
    if settled is None or settled.scaling == "processor":
        return None
    from lfr_batch.models.plane_scaler import scaler_of  # noqa: PLC0415 - slow import

    precise = {"device": settled.device, "backend": settled.backend}
    inference = config.inference.model_copy(update=precise)
    return scaler_of(plan_session(inference, threads, gpu_share=config.engine.gpu_share))


def _reading_planes(detector: Detector, scaler: Scaler | None) -> Detector:
    takes_them = isinstance(detector.session, PlanesSession)
    return replace(detector, scaler=scaler) if takes_them else detector


def _open_detector(
    pack: Pack,
    spec: DetectorSpec,
    config: DetectConfig,
    usual_whs: tuple[Size, ...],
    open_session: Callable[[DetectorSpec, DetectorUse], Session],
) -> Detector:
    use = DetectorUse(config.batch, usual_whs, config.min_score)
    if spec == pack.manifest.detector:  # it looks at stills, too, whose sizes are many
        return make_detector(spec, open_session(spec, use), config)
    # Whole frames are of one size for hours, parts of them of nine.
    detector = make_detector(spec, open_session(spec, replace(use, fixed_shapes=True)), config)
    if not detector.reading.in_parts:
        return detector
    return replace(detector, part_session=open_session(spec, use))


def detect_in_still(
    detector: Detector,
    picture: Picture,
    long_sides_px: tuple[int, ...],
    smallest_px: float = 0.0,
    tile_px: int | None = None,
) -> FaceBatch:
    """Faces of a still, looked at in several sizes (largest first), best first.

    A still has no next frame to make up for a miss, and a face that fills the picture is seen
    whole in a small copy only. No copy is larger than shows faces of ``smallest_px`` well. Where
    none is as large as that, it is looked at in tiles as well, unless ``tile_px`` is None.
    """
    enough_px = long_side_px(picture.size_wh, smallest_px, STILL_FACE_PX)
    wanted = [detector.fit(picture.size_wh, min(side, enough_px)) for side in long_sides_px]
    boxes = list(dict.fromkeys(wanted))  # a small picture is not looked at twice
    copies = ((picture.rgb(*box.content_wh), box) for box in boxes)
    found = merge(list(detect_each(detector, copies)))
    if tile_px is None or enough_px <= max(long_sides_px):
        return found
    scale = enough_px / max(picture.size_wh)
    large_px = LARGE_FACE_PX * max(picture.size_wh) / max(long_sides_px)
    return with_small(found, _in_tiles(detector, picture, scale, tile_px, large_px), large_px)


def _in_tiles(
    detector: Detector, picture: Picture, scale: float, tile_px: int, large_px: float
) -> FaceBatch:
    """The faces up to ``large_px`` of a picture that is shown ``scale`` times as large as it is."""
    regions = _regions(detector, picture.size_wh, scale, tile_px, large_px)
    shown = (_tile(detector, picture, region, scale) for region in regions)
    found = zip(regions, detect_each(detector, shown), strict=True)
    return together([uncut(faces, region, picture.size_wh) for region, faces in found])


def _tile(detector: Detector, picture: Picture, region: PixelRegion, scale: float) -> Input:
    left, top, right, bottom = region
    size_wh = right - left, bottom - top
    box = detector.fit(size_wh, round(max(size_wh) * scale))
    shown = cv2.resize(picture.bgr_part(*region), box.content_wh, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(shown, cv2.COLOR_BGR2RGB), np.uint8), box


def _regions(
    detector: Detector, size_wh: tuple[int, int], scale: float, tile_px: int, large_px: float
) -> list[PixelRegion]:
    """The whole picture where its pixels are no more than a tile's, else tiles."""
    width, height = size_wh
    if detector.reading.any_size and width * height * scale**2 <= tile_px**2:
        return [(0, 0, width, height)]
    side_px = min(tile_px, *detector.fit((tile_px, tile_px), tile_px).input_wh)
    return tiles(size_wh, round(side_px / scale), round(large_px * TALLER))
