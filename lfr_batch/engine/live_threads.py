"""A deployment in threads of this process: for rehearsal, debugging and tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from lfr_batch.live.router import Router
from lfr_batch.pipeline.live_parts import Camera, open_deployment_router, open_shared_analyst
from lfr_batch.pipeline.live_plan import LivePlan, PartState


@dataclass(frozen=True)
class ThreadedDeployment:
    router: Router
    cameras: dict[str, Camera]

    def parts(self) -> tuple[PartState, ...]:
        process = os.getpid()
        shared = [PartState("router", "router", True, 0, process)]
        shared.append(PartState("analyst", "analyst", True, 0, process))
        return (
            *shared,
            *(PartState(n, "camera", c.alive, 0, process) for n, c in self.cameras.items()),
        )


@contextmanager
def live_threads(plan: LivePlan) -> Iterator[ThreadedDeployment]:
    """What kills one part kills all. Raises what opening a part raises."""
    with ExitStack() as parts:
        router = parts.enter_context(closing(open_deployment_router(plan)))
        analyst = parts.enter_context(closing(open_shared_analyst(plan)))
        cameras: dict[str, Camera] = {}
        for camera in plan.config.cameras:
            cameras[camera.name] = Camera(plan, camera, analyst, router)
            parts.callback(cameras[camera.name].stop)
        yield ThreadedDeployment(router, cameras)
