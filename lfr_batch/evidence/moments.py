"""The moment of each sighting in its footage: untouched, to be sealed, or with others hidden."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np

from lfr_batch.config.load import parse_config
from lfr_batch.config.schema import Config, S3Config
from lfr_batch.errors import FootageUnreadable, PackError
from lfr_batch.evidence.building import Building
from lfr_batch.evidence.cut import CutClip, cut_clip
from lfr_batch.evidence.facts import RunFacts, SightingFacts, plain
from lfr_batch.evidence.hidden import hidden_clip, hidden_frame
from lfr_batch.evidence.hider import Hider, open_hider
from lfr_batch.evidence.proof import document
from lfr_batch.evidence.sealed import Sealable
from lfr_batch.evidence.spot import Spot, spot_of
from lfr_batch.evidence.untouched import UntouchedFrame, png_of, untouched_frame
from lfr_batch.faces.alignment import ALIGNED_PX, ARCFACE, Template, align
from lfr_batch.faces.boxes import iou
from lfr_batch.faces.evidence import hide_others
from lfr_batch.homes.at_hand import Home, pack_at_hand
from lfr_batch.models.store import load_pack
from lfr_batch.records import ByteArray
from lfr_batch.results.run_state import RunRequest

LARGE_PX = 4 * ALIGNED_PX
LARGE = Template(LARGE_PX, tuple((4 * x, 4 * y) for x, y in ARCFACE.points_xy))
SAME_FACE_IOU = 0.3
_PICTURES = {"png", "stored_png", "data"}


@dataclass
class Moments:
    """Goes through the sightings of a pack once, and keeps what is to be said of each."""

    facts: RunFacts
    request: RunRequest
    home: Home
    s3: S3Config
    built: Building
    frames: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The member ``frame.json`` by sighting."""
    lacks: list[str] = field(default_factory=list)
    doubtful_frames: int = 0
    """Of hidden clips: in which something was hidden by inference."""

    def untouched(self) -> Iterator[Sealable]:
        """What is to be sealed, in order of its names; what shows nobody else is added to the pack
        meanwhile. Raises FootageError, StoreError."""
        for each in _by_id(self.facts.sightings):
            spot, folder = self._spot(each), _folder(each)
            frame = untouched_frame(spot, self.s3)
            clip = self._cut(spot)
            if clip is not None:
                yield f"{folder}/clip.{clip.ending}", clip.data
            if frame.stored_png is not None:
                yield f"{folder}/frame-as-stored.png", frame.stored_png
            yield f"{folder}/frame.png", frame.png
            self._align(each, frame)
            self._say(each, {"frame": _said(frame), "clip": clip and _said(clip)})

    def hidden(self) -> None:
        """Add frames and clips in which everyone else is unrecognisable. Raises as ``untouched``,
        and PackError where the models are gone that find everybody."""
        for each in _by_id(self.facts.sightings):
            spot, folder = self._spot(each), _folder(each)
            frame = untouched_frame(spot, self.s3)
            hidden = hidden_frame(spot, self._hider, self.s3)
            self.built.add(f"{folder}/frame.png", hidden.png)
            said = {"frame": _said(frame), "hidden_frame": _said(hidden), "hidden_clip": None}
            if spot.kind == "video":
                clip = hidden_clip(spot, self._hider, self.s3)
                self.built.add(f"{folder}/clip.{clip.ending}", clip.data)
                self.doubtful_frames += clip.doubtful_frames
                said["hidden_clip"] = _said(clip)
            self._align(each, frame)
            self._say(each, said)

    @cached_property
    def _config(self) -> Config:
        return parse_config(self.request.config, f"the request of run {self.request.run_id}")

    @cached_property
    def _hider(self) -> Hider:
        name = self._config.pack
        pack = load_pack(pack_at_hand(self.home, name, self.s3), name)
        return open_hider(pack, self._config, self._config.engine.threads)

    @cached_property
    def _files(self) -> Mapping[str, Mapping[str, Any]]:
        return {row["footage_id"]: row for row in self.facts.footage}

    def _spot(self, each: SightingFacts) -> Spot:
        return spot_of(each.row, self._files[each.row["footage_id"]])

    def _cut(self, spot: Spot) -> CutClip | None:
        if spot.kind == "still":
            return None
        try:
            return cut_clip(spot, self.s3)
        except FootageUnreadable as error:
            self.lacks.append(f"There is no clip: {error}.")
            return None

    def _say(self, each: SightingFacts, said: Mapping[str, Any]) -> None:
        self.frames[each.sighting_id] = said
        self.built.add(f"{_folder(each)}/frame.json", document(said))

    def _align(self, each: SightingFacts, frame: UntouchedFrame) -> None:
        """Add the face as it is compared, others that reach into it made unrecognisable."""
        landmarks = each.shot.get("landmarks")
        if not landmarks:
            return
        picture = np.asarray(cv2.imdecode(np.frombuffer(frame.png, np.uint8), 1), np.uint8)
        try:
            self._hide_others(picture, each)
        except PackError as error:
            self.lacks.append(f"The aligned face is missing, since others might be in it: {error}")
            return
        points = np.array(landmarks, np.float32).reshape(1, 5, 2)
        for template in (ARCFACE, LARGE):
            name = f"{_folder(each)}/aligned-{template.side_px}.png"
            self.built.add(name, png_of(align(picture, points, template)[0]))

    def _hide_others(self, picture: ByteArray, each: SightingFacts) -> None:
        box = each.row["box"]
        own = np.array([box[side] for side in ("left", "top", "right", "bottom")], np.float32)
        with self._hider.lock:
            found = self._hider.faces(picture).boxes_xyxy
        others = found[iou(found, own[None])[:, 0] < SAME_FACE_IOU] if len(found) else found
        hide_others(picture, own, others)


def _folder(each: SightingFacts) -> str:
    return f"sightings/{each.sighting_id}"


def _by_id(sightings: Sequence[SightingFacts]) -> list[SightingFacts]:
    return sorted(sightings, key=lambda each: each.sighting_id)


def _said(record: Any) -> dict[str, Any]:
    """A record without its pictures, as JSON has it."""
    said = {name: value for name, value in asdict(record).items() if name not in _PICTURES}
    base = said.get("time_base_s")
    known: dict[str, Any] = plain(said if base is None else {**said, "time_base_s": str(base)})
    return known
