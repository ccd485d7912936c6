"""The three kinds of parts of a deployment, opened from its plan in whatever process they run."""

from __future__ import annotations

from threading import Event, Thread
from time import time_ns

from lfr_batch.config.live import CameraConfig
from lfr_batch.faces.detectors import frame_detectors, reading_of
from lfr_batch.footage.streams import StreamReader, open_stream
from lfr_batch.live.alerts.protocol import AlertRouter
from lfr_batch.live.alerts.router import Router, open_router
from lfr_batch.live.deployment.plan import LivePlan
from lfr_batch.live.watching.aim import aim_camera
from lfr_batch.live.watching.analyst import Analyst, open_analyst
from lfr_batch.live.watching.camera import Watch
from lfr_batch.live.watching.orders import Reports
from lfr_batch.live.watching.shared_analyst import SharedAnalyst
from lfr_batch.live.watching.track_book import CameraLoop
from lfr_batch.live.watching.watch import Outbox, watch_camera
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.search import SearchSpec
from lfr_batch.recognition.settle import obeying_motion
from lfr_batch.results.store import open_store
from lfr_batch.tracks import association
from lfr_batch.work.privacy import overwrite_what_is_freed, protect_files

END_S = 3.0


def open_shared_analyst(plan: LivePlan) -> SharedAnalyst:
    """Raises any LfrError that makes the deployment impossible."""
    return SharedAnalyst(open_analyst(_search(plan)))


def open_deployment_router(plan: LivePlan) -> Router:
    protect_files()
    overwrite_what_is_freed()
    store = open_store(plan.results_root, plan.config.s3)
    return open_router(
        plan.router_folder, plan.deployment, plan.config, store, watch_from=plan.watch_from
    )


def _search(plan: LivePlan) -> SearchSpec:
    """The watchlist, and how cameras look for who is on it."""
    record = plan.deployment
    return SearchSpec(
        home=plan.home,
        gallery_home=plan.watchlist_home,
        gallery=record.gallery,
        snapshot_id=record.snapshot_id,
        threshold=record.threshold,
        score=record.score_kind,
        config=plan.config.as_scan(),
        settled=plan.settled,
        planned=plan.planned,
    )


class Camera:
    """One camera's threads: its reader, its loop and its outbox."""

    def __init__(
        self, plan: LivePlan, camera: CameraConfig, analyst: Analyst, router: AlertRouter
    ) -> None:
        """Raises ConfigError for a source that cannot be one."""
        association.prepare()  # no frame should wait for that
        protect_files()
        overwrite_what_is_freed()
        self._stopping, self._looked = Event(), Event()
        before = next((h for h in router.health() if h.camera == camera.name), None)
        refused = before.detail if before and before.state == "refused" else None
        self._reader = StreamReader(open_stream(camera), refused=refused)
        self._outbox = Outbox(router.raise_alert, self._looked)
        watch = _watch(plan, camera, analyst)
        reports = Reports(router.report_health, self._reader.try_again)

        def look() -> None:
            if plan.watch_from is not None:
                show = router.report_aim
                aim_camera(self._reader, watch, reports, show, before, self._stopping)
            watch_camera(self._reader, watch, self._outbox, reports.tell, before, self._stopping)

        self._loop = Thread(target=look, name=f"watch-{camera.name}", daemon=True)
        self._reader.start()
        self._loop.start()

    @property
    def alive(self) -> bool:
        """Whether its threads run; but for a reader that has played its file, each ends by itself
        only through a fault."""
        reads = self._reader.alive or self._reader.stats().state == "ended"
        return self._loop.is_alive() and self._outbox.alive and reads

    def stop(self) -> None:
        """Look no more; alerts that were built are still handed over."""
        self._stopping.set()
        self._reader.stop()
        self._loop.join(END_S)
        self._looked.set()
        self._outbox.join(END_S)


def _watch(plan: LivePlan, camera: CameraConfig, analyst: Analyst) -> Watch:
    manifest = load_pack(plan.home, plan.config.pack).manifest
    detect, own = plan.config.detect, plan.config.watch
    looking = own.model_copy(update={"motion": obeying_motion(own.motion, plan.settled)})
    return Watch(
        camera=camera.name,
        deployment_id=plan.deployment.deployment_id,
        threshold=plan.deployment.threshold,
        config=plan.config.model_copy(update={"watch": looking}),
        readings={
            turn: reading_of(spec, detect)
            for turn, spec in frame_detectors(manifest, detect).items()
        },
        analyst=analyst,
        loop=CameraLoop(camera.name, time_ns()),
    )
