"""The one configuration: every key, its unit, its bounds and its default. Pure.

Frozen and strict: an unknown key or a wrong type is refused by name. ``conf/default.yaml`` shows
every key with its default; a test keeps the two equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from lfr_batch.config.time_zones import NOT_A_ZONE, zone_of
from lfr_batch.errors import ConfigError


def _known_zone(name: str) -> str:
    try:
        zone_of(name)
    except ConfigError as error:
        raise PydanticCustomError("time_zone", NOT_A_ZONE) from error
    return name


FacePx = Annotated[float, Field(ge=6.0, le=128.0)]
Frames = Literal["mixed", "thorough", "quick"]
Score = Literal["auto", "cosine", "relative"]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class MotionConfig(Section):
    enabled: bool = True
    changed_luma: Annotated[float, Field(gt=0.0, le=255.0)] = 6.0
    """A cell of the tiny luma picture has changed when it moved by more than this (0-255)."""
    max_skip_s: Annotated[float, Field(gt=0.0)] = 2.0
    """Of decoded frames, analyse at least one, whole, in this many seconds in any case."""
    linger_s: Annotated[float, Field(ge=0.0)] = 1.2
    """Go on looking where something changed for so long: who comes to a halt is seen in peace."""
    regions: bool = True
    """Look only at the part of the picture that changed, where the detector takes any size and that
    costs less than the whole: not on a GPU."""
    groups: bool = True
    """Decode only the first picture of groups whose packets show that nothing moves in them."""

    @property
    def skips_groups(self) -> bool:
        return self.enabled and self.groups


class FootageConfig(Section):
    segment_s: Annotated[float, Field(ge=5.0, le=600.0)] = 60.0
    sample_fps: Annotated[float, Field(ge=0.0, le=240.0)] = 5.0
    """Analysed frames per second of media time; 0 analyses every frame."""
    start_time_from: tuple[Literal["manifest", "filename", "container"], ...] = (
        "manifest",
        "filename",
        "container",
    )
    """Where the wall-clock start may come from, best first."""
    time_zone: TimeZone = "UTC"
    """IANA name of the zone of times that state none, in file names and in the manifest."""
    decode: Literal["auto", "cpu", "nvdec"] = "auto"
    """nvdec: on the GPU's decoder what it decodes exactly as processors do; auto: there, where
    footage is searched on a GPU."""
    scaling: Literal["auto", "processor", "gpu"] = "auto"
    """gpu: what detectors are shown is made there of the decoder's own planes; auto: there, where
    footage is searched on a GPU whose pictures are found to be the processor's."""
    deinterlace: Literal["auto", "top", "bottom", "never"] = "auto"
    """auto: videos whose pictures are woven of two fields, as found out when they are probed; top,
    bottom: every video, this field first; never: none."""
    motion: MotionConfig = MotionConfig()


class DetectConfig(Section):
    frames: Frames = "mixed"
    """Which detector looks at video frames: the thorough one that looks at stills, the pack's quick
    one, or both in turn. Without a quick one all looks are thorough. Best shots are always looked
    at again thoroughly."""
    thorough_every_s: Annotated[float, Field(ge=0.1, le=60.0)] = 2.0
    """Of mixed looks, ``track.min_frames`` in a row are thorough once in this many seconds."""
    face_px: FacePx = 15.0
    """Video frames are scaled so that the smallest face the quality gate accepts is this wide;
    below, recall falls quickly (docs/performance.md)."""
    long_side_px: Annotated[int, Field(ge=128, le=4096)] | None = None
    """Video frames are scaled so that their longer side is this; null: ``face_px`` decides."""
    still_long_sides_px: tuple[Annotated[int, Field(ge=128, le=4096)], ...] = (1280, 640, 320)
    """Stills are looked at in each of these sizes, largest first; those to be searched never larger
    than shows the smallest face the quality gate accepts 24 pixels wide."""
    still_tile_px: Annotated[int, Field(ge=256, le=4096)] | None = 1280
    """Stills that none of these sizes shows that well are searched in overlapping tiles, too, which
    show it 24 pixels wide and are as large as this; null: they are not."""
    min_score: Fraction = 0.5
    nms_iou: Fraction | None = None
    """Overlap above which the weaker box goes; null is the detector's own convention."""
    batch: Annotated[int, Field(ge=1, le=256)] = 4
    """Frames of 832 x 480 in one call on a GPU, more of smaller and fewer of larger ones; on
    processors single frames are fastest."""

    @field_validator("face_px", mode="before")
    @classmethod
    def _null_is_the_default(cls, given: Any) -> Any:
        """Files of before may say null."""
        return cls.model_fields["face_px"].default if given is None else given


class QualityConfig(Section):
    """A face that misses any of these is counted and never compared."""

    min_face_px: Annotated[float, Field(ge=0.0)] = 24.0
    """Shorter side of the box."""
    min_eye_px: Annotated[float, Field(ge=0.0)] = 7.5
    """Distance between the eyes."""
    min_detection_score: Fraction = 0.55
    min_sharpness: Annotated[float, Field(ge=0.0)] = 1.5
    """Root mean square of the Laplacian of the aligned grey face; low in blurred, but in small and
    dark faces, too, who are recognised all the same (docs/performance.md)."""
    max_yaw: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0
    """Nose off the eyes' mid-point, in eye distances along the eye axis; 0 is frontal."""
    min_pitch: float = 0.2
    max_pitch: float = 0.95
    """Where the nose stands between the eyes (0) and the mouth (1); frontal is about 0.55."""
    max_roll_deg: Annotated[float, Field(ge=0.0, le=180.0)] = 60.0


class TrackConfig(Section):
    min_iou: Fraction = 0.2
    max_centre_shift: Annotated[float, Field(gt=0.0)] = 1.0
    """Largest move between two looks, in box sides, when boxes do not overlap."""
    max_gap_s: Annotated[float, Field(gt=0.0)] = 1.0
    min_frames: Annotated[int, Field(ge=1)] = 2
    """Looks that must agree before a face in video is a track; a lone look is likely no face."""
    shots: Annotated[int, Field(ge=1, le=16)] = 4
    """Best shots of a track that make its template."""
    shot_spacing_s: Annotated[float, Field(ge=0.0)] = 0.4
    split_score: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.2
    """Shots of one track that score below this against each other are two people."""
    stitch_gap_s: Annotated[float, Field(ge=0.0)] = 1.0


class DecideConfig(Section):
    target_fpir: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.01
    """Wanted share of probes of unknown people that bring up any candidate."""
    score: Score = "auto"
    """auto: the relative score where gallery and pack have one, unless a threshold is given: a
    number alone is a cosine."""
    threshold: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None
    """Overrides the derived threshold; of ``score``."""
    lone_fmr_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.1
    """Of the false match rate that the target allows, the share a lone look may have: a face that
    could not be seen twice (a time-lapse, a scene of one look) is more often no face."""
    top_k: Annotated[int, Field(ge=1, le=1000)] = 5


class EnrolConfig(Section):
    """Gallery pictures are held to ``QualityConfig``, but for the first two limits."""

    min_face_px: Annotated[float, Field(ge=0.0)] = 48.0
    min_sharpness: Annotated[float, Field(ge=0.0)] = 4.0
    like_size: Annotated[float, Field(gt=0.0, le=1.0)] = 0.7
    """A second face of at least this share of the first's size leaves open whose picture it is."""
    duplicate_score: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.6
    """Two subjects whose images score at least this are reported as perhaps one person."""
    same_picture_score: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.98
    ray_from_images: Annotated[int, Field(ge=1)] = 2000
    """Enrolments of at least this many images run on Ray."""


class InferenceConfig(Section):
    backend: Literal["auto", "openvino", "onnxruntime"] = "auto"
    """auto: onnxruntime where a GPU is used, OpenVINO otherwise."""
    precision: Literal["auto", "bf16", "f16", "tf32", "f32"] = "auto"
    """auto: the quickest that agrees with f32 at start-up: bf16 on processors that have it, f16
    with TensorRT, tf32 with CUDA."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    allow_cpu: bool = False
    """Go on without a GPU when device is 'cuda' and there is none, or not for the whole graph."""
    tensorrt: Literal["auto", "always", "never"] = "auto"
    """auto: where it is installed; it computes what agrees in f16."""
    embed_batch: Annotated[int, Field(ge=1, le=1024)] = 16
    """Faces in one call of the embedder."""


class EngineConfig(Section):
    kind: Literal["ray", "in_process"] = "ray"
    address: str | None = None
    """Ray cluster to use; null starts one on this machine (or follows RAY_ADDRESS)."""
    loopback: bool = True
    """Of one that is started: it listens on 127.0.0.1 alone."""
    open_cluster: bool = False
    """Whether live mode runs on a cluster that asks for no token."""
    workers: Annotated[int, Field(ge=0)] = 0
    """At most; 0: as many as there is room for."""
    cpus_per_worker: Annotated[float, Field(gt=0.0)] | None = None
    """Cores of a worker; on a single machine it takes those, too, that no other would use. null:
    one, or about four where it has a part of a GPU, see ``work.workers``."""
    gpus_per_worker: Annotated[float, Field(ge=0.0)] | None = None
    """A fraction lets several workers share a GPU, each with that part of its memory; 0: none is
    used. null: all that are usable are shared out."""
    segments_per_worker: Annotated[int, Field(ge=0)] = 0
    """Segments, or groups of stills, that a worker has at once; 0: one on processors, as many as
    it has cores on a GPU."""
    labels: Mapping[str, str] = Field(default_factory=dict)
    """Ray's labels that a node must have for a worker to be on it."""
    drain_s: Annotated[float, Field(ge=0.0)] = 20.0
    """What is in hand may take so long after SIGTERM."""
    ledger_flush_s: Annotated[float, Field(gt=0.0)] = 5.0

    @property
    def gpu_share(self) -> float:
        """What a worker may use of one GPU; where that has not been settled, all of it in this
        process and nothing on Ray."""
        settled = self.gpus_per_worker
        return min(1.0, float(self.kind == "in_process") if settled is None else settled)

    @property
    def is_sized(self) -> bool:
        """Whether nothing that a worker gets is left to be found out."""
        known = self.cpus_per_worker is not None and self.gpus_per_worker is not None
        return known and self.segments_per_worker > 0

    @property
    def threads(self) -> int:
        """Of a worker; where that has not been settled, one."""
        return max(1, round(self.cpus_per_worker or 1.0))


class LimitsConfig(Section):
    """What a segment, a picture or a file that is probed may take, until it is given up and its
    worker process is ended; null or 0: as much as it takes."""

    memory_mib: Annotated[float, Field(ge=0.0)] | None = 960.0
    """By which the memory of a worker may grow beyond what it has with models and gallery; of one
    that has several in hand, for each."""
    time_s: Annotated[float, Field(ge=0.0)] | None = 120.0
    """Processor time, whatever it is."""
    time_factor: Annotated[float, Field(ge=0.0)] | None = 5.0
    """Seconds of processor time more for each second of footage; where a file on a disk is probed,
    which is read to its end for its hash, for every 20 MB."""


class S3Config(Section):
    endpoint_url: str | None = None
    region: str | None = None
    checksums: Literal["when_supported", "when_required"] | None = None
    """For stores that know nothing of S3's newer checksums, use when_required."""
    read_ahead_mib: Annotated[int, Field(ge=1, le=64)] = 4
    requester_pays: bool = False
    """Accept the cost of reading footage in buckets whose requesters pay."""


class JobConfig(Section):
    """What to scan, for jobs that are submitted to a cluster; the command line goes first."""

    footage: tuple[str, ...] = ()
    manifest: str | None = None
    gallery: str | None = None
    case: str | None = None
    authority: str | None = None
    purpose: str | None = None
    licence: str | None = None
    out: str | None = None
    """Results root: a directory or s3://bucket/prefix; null is LFR_HOME/results."""
    every_s: Annotated[float, Field(gt=0.0)] = 300.0
    """From one look of a watch to the next."""
    still_s: Annotated[float, Field(ge=0.0)] = 60.0
    """What a watch finds waits until it has not changed for so long, or between two looks."""


class Config(Section):
    pack: str = "open"
    job: JobConfig = JobConfig()
    footage: FootageConfig = FootageConfig()
    detect: DetectConfig = DetectConfig()
    quality: QualityConfig = QualityConfig()
    track: TrackConfig = TrackConfig()
    decide: DecideConfig = DecideConfig()
    enrol: EnrolConfig = EnrolConfig()
    inference: InferenceConfig = InferenceConfig()
    engine: EngineConfig = EngineConfig()
    limits: LimitsConfig = LimitsConfig()
    s3: S3Config = S3Config()
