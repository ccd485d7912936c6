"""The configuration of a live deployment: frozen, strict, one YAML file (``conf/live.yaml``).
Pure.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, field_validator, model_validator

from lfr_batch.config.schema import (
    Config,
    DecideConfig,
    DetectConfig,
    EngineConfig,
    FacePx,
    FootageConfig,
    Frames,
    InferenceConfig,
    MotionConfig,
    QualityConfig,
    S3Config,
    Section,
    TrackConfig,
)
from lfr_batch.config.sheets import column_key

CameraName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]


def _said(value: Any) -> Any:
    if value is None:
        raise ValueError(
            "it says nothing, and there is no deployment without it; conf/live.yaml has an example"
        )
    return value


Stated = Annotated[Text, BeforeValidator(_said)]
Positive = Annotated[float, Field(gt=0.0)]

Profile = Literal["standard", "day"]
PROFILE_HOURS: dict[Profile, float] = {"standard": 31 * 24.0, "day": 24.0}


STATED = ("place", "case", "authorising_officer", "authority", "purpose")
"""What must be said of every deployment, and may not be blank."""


class DeploymentConfig(Section):
    """What this deployment is, and who answers for it."""

    name: CameraName
    place: Stated
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    case: Stated
    authorising_officer: Stated
    authority: Stated
    """Reference of the written authority."""
    purpose: Stated
    operator: str | None = None
    """Who runs it; null is the login name."""
    licence: str | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


class WatchlistConfig(Section):
    gallery: Text
    snapshot: str | None = None
    """Snapshot id; null is the gallery's current one."""
    max_age_h: Positive = 24.0
    """One enrolled longer ago than this is expired: watchlists are made for a deployment."""


class CameraConfig(Section):
    name: CameraName
    source: Text
    """rtsp://…, http://…, v4l2:/dev/video0; in a rehearsal a file, played at its own pace."""
    loop: bool = False
    """A file begins anew at its end (rehearsal)."""


class WatchConfig(Section):
    """How the cameras are looked at and when a match becomes an alert."""

    looks_per_s: Annotated[float, Field(gt=0.0, le=60.0)] = 8.0
    """Most looks a second and camera; under load the newest frame is taken and others dropped."""
    confirm_shots: Annotated[int, Field(ge=1, le=16)] = 2
    """Shots of a track that must each reach the threshold with the same person."""
    cool_down_s: Annotated[float, Field(ge=0.0)] = 60.0
    """No second alert for the same person and camera within this time."""
    motion: MotionConfig = MotionConfig()


class WebhookConfig(Section):
    url: Annotated[str, Field(pattern=r"^https?://")]
    secret_env: Text
    """Environment variable that holds the signing secret."""
    timeout_s: Positive = 5.0


class AlertsConfig(Section):
    json_lines: str | None = None
    """File of its own to append to, no link, without pictures; null for none."""
    webhook: WebhookConfig | None = None
    results: str | None = None
    """Results root of the Parquet ``alerts`` and ``reviews``; null is LFR_HOME/results."""


class SeedingConfig(Section):
    """Volunteers pass the cameras: who they are stands in the watchlist's own table."""

    groups: tuple[Text, ...] = ()
    """Columns of that table by which the rate of those who were recognised is stated."""
    within_s: Positive = 30.0
    """An alert so long before or after a stated pass belongs to it."""
    cool_down_s: Annotated[float, Field(ge=0.0)] = 10.0
    """As ``watch.cool_down_s``, of volunteers: they pass again and again."""

    @field_validator("groups")
    @classmethod
    def _groups_differ(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        if len({column_key(name) for name in groups}) != len(groups):
            raise ValueError("two groups are the same column")
        return groups


class ConsoleConfig(Section):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8443
    """0 takes any free port."""
    names: tuple[Text, ...] = ()
    """By which it may be asked for, beside ``host``, its addresses and the certificate's names."""
    certificate: str | None = None
    """PEM file for https; needed where ``host`` is not this machine alone."""
    key: str | None = None
    """Its private key; null where the certificate's file holds it."""


class RetentionConfig(Section):
    profile: Profile = "standard"
    """standard: 31 days; day: 24 hours."""
    hours: Positive | None = None
    """The force's own period; overrides the profile."""

    @property
    def period_h(self) -> float:
        return self.hours if self.hours is not None else PROFILE_HOURS[self.profile]


# Kinds of their own, so that a file that says one thing of a section keeps live mode's defaults in
# the rest of it.


class LiveDetectConfig(DetectConfig):
    frames: Frames = "thorough"
    """Who passes a camera may be gone before the thorough detector's turn has come."""
    face_px: FacePx = 16.0


class LiveQualityConfig(QualityConfig):
    min_face_px: Annotated[float, Field(ge=0.0)] = 32.0
    """Officers compare by eye: of a smaller face they can say little."""
    min_eye_px: Annotated[float, Field(ge=0.0)] = 10.0
    min_sharpness: Annotated[float, Field(ge=0.0)] = 4.0
    """Officers decide at once, from the picture: a sharper one is worth the wait."""


class LiveTrackConfig(TrackConfig):
    shot_spacing_s: Annotated[float, Field(ge=0.0)] = 0.2


class LiveDecideConfig(DecideConfig):
    target_fpir: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.0001


class LiveConfig(Section):
    pack: str = "open"
    deployment: DeploymentConfig
    watchlist: WatchlistConfig
    cameras: Annotated[tuple[CameraConfig, ...], Field(min_length=1, max_length=16)]
    watch: WatchConfig = WatchConfig()
    alerts: AlertsConfig = AlertsConfig()
    seeding: SeedingConfig = SeedingConfig()
    console: ConsoleConfig = ConsoleConfig()
    retention: RetentionConfig = RetentionConfig()
    detect: LiveDetectConfig = LiveDetectConfig()
    quality: LiveQualityConfig = LiveQualityConfig()
    track: LiveTrackConfig = LiveTrackConfig()
    decide: LiveDecideConfig = LiveDecideConfig()
    inference: InferenceConfig = InferenceConfig()
    engine: EngineConfig = EngineConfig()
    s3: S3Config = S3Config()

    def as_scan(self) -> Config:
        """What cameras and scans have in common, as a scan has it."""
        return Config(
            pack=self.pack,
            footage=FootageConfig(motion=self.watch.motion),
            detect=self.detect,
            quality=self.quality,
            track=self.track,
            decide=self.decide,
            inference=self.inference,
            engine=self.engine,
            s3=self.s3,
        )

    @model_validator(mode="after")
    def _cameras_differ(self) -> Self:
        names = [camera.name for camera in self.cameras]
        if len(set(names)) != len(names):
            raise ValueError("two cameras have the same name")
        return self
