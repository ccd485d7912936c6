"""The records of live mode, in the order in which they come to be. Pure.

Times ``*_at`` are timezone-aware UTC datetimes. Nothing here is about a person who is not on the
watchlist: counts have no faces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lfr_batch.gallery.relative import ScoreKind

CameraState = Literal["starting", "live", "stalled", "reconnecting", "refused", "ended"]
Verdict = Literal["match", "no_match", "cannot_tell"]
Outcome = Literal["engaged", "arrested", "no_action"]
PassSource = Literal["console", "csv"]
Role = Literal["operator", "reviewer", "authoriser", "auditor"]
Heading = Literal["towards", "away", "left", "right"]
"""Where somebody walks, as the picture shows it."""

ROLES: tuple[Role, ...] = ("operator", "reviewer", "authoriser", "auditor")


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Where the time of one alert went, seconds each; together from capture to raised."""

    wait_s: float
    """From the frame's arrival until it was picked up."""
    detect_s: float
    compare_s: float
    """Second look, templates, search and decision."""
    raise_s: float
    """Until the router took it, to write it."""

    @property
    def total_s(self) -> float:
        return self.wait_s + self.detect_s + self.compare_s + self.raise_s


@dataclass(frozen=True, slots=True)
class RankedCandidate:
    rank: int
    subject_id: str
    score: float


@dataclass(frozen=True, slots=True)
class GalleryPicture:
    """One of a subject's enrolled pictures."""

    image_id: str
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Alert:
    """A proposal: this face may be that person of the watchlist. An officer decides."""

    alert_id: str
    deployment_id: str
    camera: str
    captured_at: datetime
    """When the frame arrived that confirmed it."""
    first_seen_at: datetime
    raised_at: datetime
    """When the router took it, to write it; until then what its camera says."""
    subject_id: str
    image_id: str
    score: float
    threshold: float
    margin: float | None
    quality: float
    detection_score: float
    looks: int
    """Analysed frames that showed the face so far."""
    box_xyxy: tuple[float, float, float, float]
    candidates: tuple[RankedCandidate, ...]
    best_shot_jpeg: bytes
    gallery_jpeg: bytes
    times: StageTimes
    kept: bool = True
    """False while the disk has no room for it: then it is shown, and lost if the machine goes."""
    volunteer: bool = False
    """Its person passes on purpose ("blue list"): it is shown, and counts as no alert."""
    heading: Heading | None = None
    """None where the person hardly moved, or was not followed for long enough."""
    scene_jpeg: bytes | None = None
    """The whole picture of the moment, everyone else hidden; None where none was made. Empty, as
    the further pictures, where it is left out."""
    further_shots_jpeg: tuple[bytes, ...] = ()
    further_gallery: tuple[GalleryPicture, ...] = ()
    """Of the same subject, besides the one that is most alike."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody has seen an alert and takes it on. It decides nothing."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VolunteerPass:
    """A volunteer went past a camera at a stated moment."""

    pass_id: str
    deployment_id: str
    subject_id: str
    camera: str
    at: datetime
    entered_by: str
    entered_at: datetime
    by: PassSource = "console"
    taken_back: bool = False
    """It was a mistake: it counts as none."""


@dataclass(frozen=True, slots=True)
class Review:
    """What an officer decided about an alert; the latest review of an alert counts."""

    review_id: str
    deployment_id: str
    alert_id: str
    reviewer: str
    role: Role
    decided_at: datetime
    verdict: Verdict
    reason: str
    outcome: Outcome | None
    """What happened in the street; None while it is not known."""


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera does, as of ``at``. Counts are since the deployment began."""

    camera: str
    state: CameraState
    at: datetime
    since: datetime
    """When it came into this state."""
    detail: str = ""
    """Why it is not live, without passwords."""
    size_wh: tuple[int, int] | None = None
    frames_received: int = 0
    frames_dropped: int = 0
    """Received, and replaced by a newer one before anybody looked."""
    frames_damaged: int = 0
    frames_analysed: int = 0
    faces_seen: int = 0
    """Tracks of at least ``track.min_frames`` looks: people, not detections."""
    reconnects: int = 0
    received_fps: float = 0.0
    analysed_fps: float = 0.0
    look_ms_p50: float = 0.0
    """From a frame's arrival to the end of the look at it."""
    look_ms_p99: float = 0.0


Light = Literal["dark", "bright", "against"]


@dataclass(frozen=True, slots=True)
class AimGuide:
    """What a camera that is being aimed sees, over the last minute. Counts have no faces."""

    frame_wh: tuple[int, int]
    faces: int = 0
    """People who were followed for as long as watching needs."""
    compared: int = 0
    """Of them, those whose faces would be compared."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why not the others; see ``faces.quality.REFUSALS``, and ``brief`` for too few good looks."""
    width_px: tuple[float, float, float] | None = None
    """Least, median and most of how large faces were, shorter side of the box; None: no face."""
    small_px: float | None = None
    """Median of those that are too small; None: nobody's is."""
    least_px: float = 0.0
    """From how much on they are compared."""
    light: Light | None = None
    """What is wrong with it; None: nothing."""
    edge_px: float | None = None
    """How wide the picture's sharpest edges are; None where it has too few to tell."""
    is_soft: bool = False


@dataclass(frozen=True, slots=True)
class AimReport:
    """A camera that is being aimed, as of ``at``."""

    camera: str
    at: datetime
    guide: AimGuide
    preview_jpeg: bytes = field(repr=False)
    """Every face that was found in it is made unrecognisable."""


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """A deployment so far. Rates are null where their denominator is 0; they are no more than what
    is ``decided`` makes of them, and are never shown without it."""

    faces_seen: int = 0
    alerts: int = 0
    true_alerts: int = 0
    false_alerts: int = 0
    unconfirmed: int = 0
    """Not reviewed, or 'cannot tell'."""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    unkept: int = 0
    """Of the alerts, those that are shown and for which the disk has had no room so far."""

    @property
    def decided(self) -> int:
        """Alerts of which an officer has said whether it is the person."""
        return self.true_alerts + self.false_alerts

    @property
    def false_per_face(self) -> float | None:
        return self.false_alerts / self.faces_seen if self.faces_seen else None

    @property
    def false_per_alert(self) -> float | None:
        return self.false_alerts / self.alerts if self.alerts else None


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A deployment that has begun: what was decided when it did."""

    deployment_id: str
    """Also its ``run_id`` in the results lake."""
    place: str
    case_ref: str
    authorising_officer: str
    authority: str
    purpose: str
    operator: str
    started_at: datetime
    ends_at: datetime
    cameras: tuple[str, ...]
    gallery: str
    snapshot_id: str
    watchlist_size: int
    """Subjects on the watchlist, without volunteers."""
    pack_id: str
    threshold: float
    target_fpir: float | None
    keep_until: datetime
    """When its alerts are to be deleted, by its retention period."""
    rehearsal: bool = False
    """Files were played: nobody was in the street."""
    volunteers: int = 0
    """Enrolled with the watchlist to pass its cameras, and looked for by nobody."""
    score_kind: ScoreKind = "cosine"
    """Which score the threshold is of."""


@dataclass(frozen=True, slots=True)
class WatchingBegun:
    """From then on people are looked for in a deployment that was aimed first."""

    at: datetime
    by: str
    """Whoever said so."""


@dataclass(frozen=True, slots=True)
class CameraOrders:
    """What a camera hears in answer to its report."""

    watching: bool
    """False: it is being aimed, and looks for nobody."""
    told_ns: int = 0
    """When somebody last told it to try its user and password again, on the machine's steady clock,
    which goes on while a part is started anew; 0: nobody has."""


EventKind = Literal["alert", "review", "health", "sink", "watching"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something changed; ask the router for what it is now."""

    number: int
    """Grows, also over a restart of the router."""
    kind: EventKind
    id: str
    """Alert id, review id, camera, the sink's name, or who began watching."""


@dataclass(frozen=True, slots=True)
class SinkState:
    """How far a sink is. ``delivered`` and ``waiting`` count alerts and reviews together."""

    name: str
    delivered: int
    waiting: int
    last_error: str | None
    """Why it does not go on at the moment; None while all is well."""
