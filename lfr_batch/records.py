"""The records that flow through the system, in the order in which they come to be. Pure.

Every record is frozen. Arrays inside them are shared, not copied: treat them as read-only.

Units and layouts, here and everywhere: ``*_ns`` are integer nanoseconds of media time (0 is the
first frame of the file), ``*_s`` are seconds as float, ``*_utc`` are timezone-aware datetimes in
UTC, ``boxes_xyxy`` are pixels (left, top, right, bottom) of the upright full-size picture,
``landmarks_xy`` are five points (left eye, right eye, nose tip, left and right mouth corner as seen
in the picture) in the same pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
ByteArray = NDArray[np.uint8]
BoolArray = NDArray[np.bool_]

NS_PER_S = 1_000_000_000

FootageKind = Literal["video", "still"]
AssetStatus = Literal["ok", "partly", "damaged", "failed"]
"""'partly': sound, but some of its content is not looked at, by design or limit."""
SegmentStatus = Literal["done", "failed", "quarantined"]
Decoder = Literal["cpu", "nvdec"]
"""Which one takes footage: the processor's, or that of an NVIDIA GPU."""
FieldOrder = Literal["progressive", "top", "bottom"]
"""Which field of an interlaced picture was filmed first."""


@dataclass(frozen=True, slots=True)
class FootageEntry:
    """One file or object that was asked for, with what a manifest says of it."""

    uri: str
    camera_id: str | None = None
    site: str | None = None
    start_utc: datetime | None = None
    rotate_deg: int = 0
    """Clockwise turn to apply on top of the file's own metadata: 0, 90, 180 or 270."""
    aspect: float | None = None
    """Width by height of the true, upright picture; None: as the file says."""


@dataclass(frozen=True, slots=True)
class FootageAsset:
    """What probing found of one recording of one stream of a file, or of a still.

    ``status`` 'failed' means that nothing of it can be searched.
    """

    footage_id: str
    uri: str
    kind: FootageKind
    status: AssetStatus
    error: str | None = None
    camera_id: str | None = None
    site: str | None = None
    start_utc: datetime | None = None
    start_source: str | None = None
    duration_s: float | None = None
    width: int | None = None
    height: int | None = None
    codec: str | None = None
    frame_rate: float | None = None
    rotation_deg: int = 0
    bytes: int | None = None
    sha256: str | None = None
    """Hex sha256 of the bytes, or the store's own checksum as ``etag:…``/``sha256:…``."""
    keyframes_ns: tuple[int, ...] = ()
    entry_bytes: tuple[int, ...] = ()
    """Of a fragmented MP4: where each of these begins, from the beginning of the recording."""
    head_end_byte: int | None = None
    """Where its header and its first fragment end, counted alike."""
    stream: int | None = None
    """Number of the video stream in its container, from 0; None for a still."""
    recording: int = 1
    """Number of the recording in its file, where several stand one behind the other."""
    first_byte: int = 0
    end_byte: int | None = None
    """Where the recording lies in its file; None: to its end."""
    pictures: int | None = None
    """Pictures (pages, frames) that a still holds; None for a video."""
    content_id: str | None = None
    """Hex sha256 of the file's bytes; None for an object whose store knows none."""
    modified_ns: int | None = None
    """When the file was last modified, nanoseconds since 1970; None in a bucket."""
    changed_ns: int | None = None
    """When anything about it last changed (ctime), which programs cannot set back; None in a
    bucket, and where it was too recent to tell a later change by it."""
    version_id: str | None = None
    """The object's version in a bucket that keeps versions."""
    sample_aspect: float = 1.0
    """Width of a stored pixel by its height."""
    mirrored: bool = False
    """Stored mirrored left to right, before any turn."""
    fields: FieldOrder = "progressive"
    views: int = 1
    """Cameras whose pictures take turns in it."""
    unsearched: str | None = None
    """What of its content is not looked at, as a sentence; None: nothing that probing knows of."""
    unsearched_share: float = 0.0
    """Of its content, 0 to 1, as far as probing knows."""
    notes: str | None = None
    """What is worth knowing and no fault."""
    retryable: bool = False
    """Of one that failed: the fault was of the place, not of the file, and may pass."""
    aspect: float | None = None
    """As it was told by ``FootageEntry``."""
    state_id: str | None = None
    """As ``footage.state_id`` has it; None, too, where the fault may pass."""
    known_from: str | None = None
    """The run that had searched the same bytes before; None: they are this run's to search."""


@dataclass(frozen=True, slots=True)
class Segment:
    """The unit of work: the frames of one asset with ``start_ns <= pts < end_ns``."""

    segment_id: str
    footage_id: str
    uri: str
    kind: FootageKind
    start_ns: int
    end_ns: int | None
    """None: to the end of the file."""
    duration_s: float | None
    """What the file's header announces for the whole asset, to notice a missing tail."""
    rotation_deg: int = 0
    attempt: int = 1
    bytes: int | None = None
    """Size of the file when the segment was planned; None where it is not known."""
    sha256: str | None = None
    """The file's checksum when the segment was planned, as ``FootageAsset.sha256``."""
    modified_ns: int | None = None
    changed_ns: int | None = None
    version_id: str | None = None
    stream: int | None = None
    first_byte: int = 0
    end_byte: int | None = None
    sample_aspect: float = 1.0
    mirrored: bool = False
    fields: FieldOrder = "progressive"
    views: int = 1
    frame_rate: float | None = None
    codec: str | None = None
    head_end_byte: int | None = None
    """As ``FootageAsset.head_end_byte``."""
    enter_byte: int | None = None
    """Where in a recording its fragments begin; None: it is entered by time."""
    leave_byte: int | None = None
    """Where they end; None: with the recording."""

    @property
    def start_s(self) -> float:
        return self.start_ns / NS_PER_S

    @property
    def end_s(self) -> float:
        """End of the segment in seconds; the asset's duration where the segment is open."""
        if self.end_ns is not None:
            return self.end_ns / NS_PER_S
        return max(self.duration_s or self.start_s, self.start_s)


@dataclass(frozen=True, slots=True)
class FaceBatch:
    """The faces of one picture: boxes (n, 4), landmarks (n, 5, 2), scores (n,), all float32."""

    boxes_xyxy: FloatArray
    landmarks_xy: FloatArray
    scores: FloatArray

    def __post_init__(self) -> None:
        n = len(self.scores)
        shapes = (self.boxes_xyxy.shape, self.landmarks_xy.shape, self.scores.shape)
        if shapes != ((n, 4), (n, 5, 2), (n,)):
            raise ValueError(f"a FaceBatch of {n} faces cannot have shapes {shapes}")

    @staticmethod
    def empty() -> FaceBatch:
        return FaceBatch(
            np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32)
        )

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, which: NDArray[Any]) -> FaceBatch:
        """The faces at ``which``: an index array or a mask."""
        return FaceBatch(self.boxes_xyxy[which], self.landmarks_xy[which], self.scores[which])


@dataclass(frozen=True, slots=True)
class FaceView:
    """One face and its surroundings, cut out of a picture; all coordinates are the cutting's."""

    bgr: ByteArray
    """(height, width, 3), at most 480 pixels a side, never enlarged."""
    box_xyxy: FloatArray
    landmarks_xy: FloatArray
    others_xyxy: FloatArray
    """(m, 4) boxes of the picture's other faces, wherever they are."""
    scale: float
    """Pixels of the cutting per pixel of the picture."""
    origin_xy: tuple[int, int]
    """Where the cutting's top left stands in the picture."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One face at one moment, good enough to be compared. Lives in a worker's memory only."""

    pts_ns: int
    box_xyxy: FloatArray
    landmarks_xy: FloatArray
    detection_score: float
    quality: float
    view: FaceView
    other_field: FaceView | None = None
    """The same part of the same frame's other field; None where a frame is one picture."""
    picture: int | None = None
    """Number of the picture of a still, from 1; None in a video."""


@dataclass(frozen=True, slots=True)
class Track:
    """One face followed through a segment, closed."""

    number: int
    start_ns: int
    end_ns: int
    first_box_xyxy: FloatArray
    last_box_xyxy: FloatArray
    frames: int
    """Looks that showed it, those included in which nothing had changed."""
    shots: tuple[Shot, ...]
    """Best first; empty if the quality gate refused every one."""
    alone: bool = False
    """No other look of its scene was near in time: it could not have been seen twice."""
    velocity_px_s: tuple[float, float] | None = None
    """Of its centre between the last two looks that showed it; None before the second."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gallery subject proposed for a probe. ``score`` is a cosine in [-1, 1]."""

    rank: int
    subject_id: str
    image_id: str
    score: float
    above_threshold: bool
    relative_score: float | None = None
    """See ``gallery.relative``; None where the cosine decides."""


@dataclass(frozen=True, slots=True)
class FurtherShot:
    """Another look at the person of a sighting, besides its evidence picture."""

    pts_ns: int
    quality: float
    box_xyxy: tuple[float, float, float, float]
    jpeg: bytes
    """Everyone else hidden, as in the evidence picture."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A track whose best candidate reaches the threshold."""

    sighting_id: str
    footage_id: str
    segment_id: str
    start_ns: int
    end_ns: int
    first_box_xyxy: tuple[float, float, float, float]
    last_box_xyxy: tuple[float, float, float, float]
    frames: int
    best_ns: int
    box_xyxy: tuple[float, float, float, float]
    landmarks_xy: tuple[float, ...]
    """Ten numbers: x, y of the five points."""
    quality: float
    detection_score: float
    margin: float | None
    """Best score minus the best score of any other subject; None in a gallery of one subject."""
    candidates: tuple[Candidate, ...]
    jpeg: bytes
    pieces: int = 1
    """Tracks that were stitched into this sighting."""
    picture: int | None = None
    """Number of the picture (page, frame) of a still, from 1; None in a video."""
    threshold: float | None = None
    """The score, a cosine, from which this face made a sighting; None: the run's threshold."""
    thumbnail: bytes | None = None
    """The evidence picture as a small JPEG; None in shards of before."""
    further: tuple[FurtherShot, ...] = ()
    """A few, best first, at different moments; none in a still."""

    @property
    def score(self) -> float:
        return self.candidates[0].score

    @property
    def relative_score(self) -> float | None:
        return self.candidates[0].relative_score

    @property
    def subject_id(self) -> str:
        return self.candidates[0].subject_id


@dataclass(frozen=True, slots=True)
class SegmentOutcome:
    """A segment's receipt: small, free of biometric data, one per segment whatever happened."""

    segment_id: str
    footage_id: str
    start_s: float
    end_s: float
    status: SegmentStatus
    attempt: int
    error: str | None = None
    frames_decoded: int = 0
    frames_analysed: int = 0
    faces_detected: int = 0
    faces_rejected: int = 0
    rejections: Mapping[str, int] = field(default_factory=dict)
    """Refused faces by reason; sums to ``faces_rejected``."""
    tracks: int = 0
    sightings: int = 0
    media_s: float = 0.0
    unsearched: str | None = None
    """What of the segment was there and was not looked at, as a sentence; None: nothing."""
    unsearched_s: float = 0.0
    """Media time of that, as far as it is known."""
    decode_s: float = 0.0
    infer_s: float = 0.0
    wall_s: float = 0.0
    epoch: str = ""
    """Of the run's holder whose worker it was: its sightings lie under that name."""
    host: str | None = None
    """Machine of the worker; None, as what follows, where no worker came to an end with it."""
    software: str | None = None
    """As ``software.software`` says it."""
    models: str | None = None
    """As ``models.planned.models_digest`` says it."""
    computed_on: str | None = None
    """What decoded and computed, in words, and the processor's vectors or the GPU there."""


def seconds(time_ns: int) -> float:
    return time_ns / NS_PER_S


def nanoseconds(time_s: float) -> int:
    """Nearest integer nanosecond. ``time_s`` must be finite."""
    if not math.isfinite(time_s):
        raise ValueError(f"{time_s} is not a moment")
    return round(time_s * NS_PER_S)
