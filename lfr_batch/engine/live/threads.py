"""A deployment in threads of this process: for rehearsal, debugging and tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from time import monotonic

from lfr_batch.engine.live.steps import LOADING, opening
from lfr_batch.live.alerts.router import Router
from lfr_batch.live.deployment.parts import Camera, open_deployment_router, open_shared_analyst
from lfr_batch.live.deployment.plan import LivePlan, PartState, SayStep, unsaid


@dataclass
class ThreadedDeployment:
    """Satisfies ``LiveEngine``."""

    router: Router
    cameras: dict[str, Camera]
    trouble: str | None = None
    lost: int | None = None
    _dead_since_s: dict[str, float] = field(default_factory=dict)
    """Cameras whose loop has ended by a fault, for good."""

    def parts(self) -> tuple[PartState, ...]:
        process = os.getpid()
        shared = [PartState("router", "router", True, 0, process)]
        shared.append(PartState("analyst", "analyst", True, 0, process))
        return (*shared, *(self._camera(name, process) for name in self.cameras))

    def _camera(self, name: str, process: int) -> PartState:
        if self.cameras[name].alive:
            return PartState(name, "camera", True, 0, process)
        now_s = monotonic()
        down_s = now_s - self._dead_since_s.setdefault(name, now_s)
        return PartState(name, "camera", False, 0, None, down_s)


@contextmanager
def live_threads(plan: LivePlan, at: SayStep = unsaid) -> Iterator[ThreadedDeployment]:
    """What kills one part kills all. Raises what opening a part raises."""
    router = open_deployment_router(plan)
    running = ThreadedDeployment(router, {})
    try:
        with ExitStack() as parts:
            at(LOADING)
            analyst = parts.enter_context(closing(open_shared_analyst(plan)))
            for camera in plan.config.cameras:
                at(opening(camera.name))
                running.cameras[camera.name] = Camera(plan, camera, analyst, router)
                parts.callback(running.cameras[camera.name].stop)
            yield running
    finally:
        running.lost = router.close()
