"""What probes are compared with: models, a gallery and a threshold, opened once in a process."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from lfr_batch.config.schema import Config
from lfr_batch.errors import GalleryNotFound, PackNotFound
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.gallery.derivation import pack_for
from lfr_batch.gallery.faiss_index import Device
from lfr_batch.gallery.matcher import Matcher, open_matcher
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.relative import ScoreKind
from lfr_batch.gallery.store import digests_of, load_snapshot
from lfr_batch.homes.at_hand import Home, pack_at_hand, snapshot_at_hand
from lfr_batch.models.planned import PlannedWith
from lfr_batch.models.sessions import plan_session
from lfr_batch.models.settled import Settled
from lfr_batch.models.store import Pack, load_pack, read_pack
from lfr_batch.recognition.planned import planned_with, require_same, require_software
from lfr_batch.recognition.settle import require_obeyed
from lfr_batch.records import Track
from lfr_batch.work.lending import Lend, for_all, for_each


@dataclass(frozen=True, slots=True)
class SearchSpec:
    """All that is needed to open a search in any process; picklable."""

    home: Home
    """Of model packs."""
    gallery_home: Home
    """Of the gallery; a deployment has a copy of its watchlist elsewhere."""
    gallery: str
    snapshot_id: str
    threshold: float
    config: Config
    lone_threshold: float | None = None
    """For a face that could be seen once only; None: the same."""
    score: ScoreKind = "cosine"
    """Which score the thresholds are of."""
    settled: Settled | None = None
    """What is computed with; None: as the machine has it on which it is opened."""
    planned: PlannedWith | None = None
    """Code, models and gallery that it must be; None: whatever is there."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a probe is compared with, and how strictly."""

    stages: FaceStages
    matcher: Matcher
    threshold: float
    config: Config
    lone_threshold: float | None = None
    opened_with: PlannedWith | None = None
    """Code, models and gallery; None where it was not opened from a spec."""

    def threshold_of(self, track: Track) -> float:
        """A track of too few looks, which could not have had more, has to score higher."""
        lone = track.alone and track.frames < self.config.track.min_frames
        return self.lone_threshold if lone and self.lone_threshold else self.threshold


def open_search(spec: SearchSpec, threads: int) -> Search:
    """Load the models and the gallery.

    Raises PackError, GalleryError, DeviceUnavailable, InferenceDisagrees, NotAsPlanned.
    """
    config = spec.config
    require_software(spec.planned)
    if spec.settled is not None:
        require_obeyed(spec.settled, config.engine.gpu_share)
    snapshot = _snapshot(spec)
    pack = pack_for(snapshot, _pack(spec))
    here = planned_with(pack, digests_of(snapshot))
    require_same(spec.planned, here, pack, spec.gallery)
    stages = open_stages(pack, config, threads, spec.settled)
    matcher = open_matcher(
        snapshot,
        gallery_device(config),
        threads,
        config.engine.gpu_share,
        relative=spec.score == "relative",
    )
    return Search(stages, matcher, spec.threshold, config, spec.lone_threshold, here)


def require_planned(spec: SearchSpec) -> None:
    """As far as this machine sees it: workers look for themselves. Raises NotAsPlanned."""
    require_software(spec.planned)
    if isinstance(spec.home, str) or isinstance(spec.gallery_home, str):
        return  # it would have to be brought here first
    with suppress(PackNotFound, GalleryNotFound):
        snapshot = load_snapshot(spec.gallery_home, spec.gallery, spec.snapshot_id, False)
        pack = pack_for(snapshot, read_pack(spec.home, spec.config.pack))
        require_same(spec.planned, planned_with(pack, digests_of(snapshot)), pack, spec.gallery)


def _pack(spec: SearchSpec) -> Pack:
    name = spec.config.pack
    return load_pack(pack_at_hand(spec.home, name, spec.config.s3), name)


def _snapshot(spec: SearchSpec) -> Snapshot:
    name, snapshot_id = spec.gallery, spec.snapshot_id
    folder = snapshot_at_hand(spec.gallery_home, name, snapshot_id, spec.config.s3)
    return load_snapshot(folder, name, snapshot_id)


def open_searches(spec: SearchSpec, threads: int, together: int) -> Lend[Search]:
    """A search for each of ``together`` threads. Raises as ``open_search``.

    Sessions on a GPU take calls from all threads at once, and do better for it. On processors
    each thread has sessions of its own, on its share of ``threads``, opened when first needed.
    The gallery is everybody's.
    """
    if together == 1 or on_gpu(spec):
        return for_all(open_search(spec, threads))
    share = max(1, threads // together)
    first = open_search(spec, share)

    def another() -> Search:
        pack = pack_for(first.matcher.snapshot, _pack(spec))
        return replace(first, stages=open_stages(pack, spec.config, share, spec.settled))

    return for_each(first, another)


def on_gpu(spec: SearchSpec) -> bool:
    """Whether a worker's models are computed on a GPU. Raises DeviceUnavailable, ConfigError."""
    if spec.settled is not None:
        return spec.settled.device == "cuda"
    config = spec.config
    planned = plan_session(config.inference, threads=1, gpu_share=config.engine.gpu_share)
    return planned.device == "cuda"


def gallery_device(config: Config) -> Device:
    """Where the gallery is searched: beside the models, and not on a GPU without a share of one."""
    if not config.engine.gpu_share:
        return "cpu"
    may_go_on = config.inference.device == "cuda" and config.inference.allow_cpu
    return "auto" if may_go_on else config.inference.device
