"""`lfr live` whose analyst notes pieces of all that it holds, in a folder that is not searched.

The folder is named by ``CANARIES``. Nothing else differs from what an operator runs.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from lfr_batch.cli.app import main
from lfr_batch.engine.live import part_actors
from lfr_batch.engine.live.actors import AnalystActor
from lfr_batch.engine.live.shared_pictures import borrow
from lfr_batch.live.deployment.plan import LivePlan

FOLDER = "CANARIES"
PIECE = 96
TEMPLATE_PIECE = 24
"""Bytes of a template that are searched for: six floats do not come about by chance."""


def note(kind: str, data: bytes) -> None:
    if len(np.unique(np.frombuffer(data, np.uint8))) > 8:
        Path(os.environ[FOLDER], f"{kind}.{uuid4().hex}").write_bytes(data)


def middle(picture: Any) -> bytes:
    """Of a picture (h, w, 3): bytes around its middle, as they lie in memory."""
    row = picture[len(picture) // 2].tobytes()
    start = max(0, len(row) // 2 - PIECE // 2)
    return bytes(row[start : start + PIECE])


class WatchedDetector:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def detect_all(self, pictures: Any) -> Any:
        held = list(pictures)
        for content, _ in held:
            note("input", middle(content))
        return self._inner.detect_all(held)


class WatchedEmbedder:
    def __init__(self, inner: Any) -> None:
        self._inner, self._each = inner, inner._each
        inner._each = self._noted_each

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def embed(self, aligned_rgb: Any) -> Any:
        templates = self._inner.embed(aligned_rgb)
        for aligned, template in zip(aligned_rgb, templates, strict=True):
            note("aligned", middle(aligned))
            note("template", template.tobytes()[:TEMPLATE_PIECE])
        return templates

    def _noted_each(self, *given: Any) -> Any:
        """Of a face and of its mirror image, before they become one."""
        templates = self._each(*given)
        for template in templates:
            note("template", template.tobytes()[:TEMPLATE_PIECE])
        return templates


class WatchedAnalyst(AnalystActor):
    def __init__(self, plan: LivePlan) -> None:
        super().__init__(plan)
        local = self._analyst._analyst
        stages = local.search.stages
        detectors: Any = {
            turn: WatchedDetector(detector) for turn, detector in stages.frame_detectors.items()
        }
        embedder: Any = WatchedEmbedder(stages.embedder)
        stages = replace(stages, frame_detectors=detectors, embedder=embedder)
        self._analyst._analyst = replace(local, search=replace(local.search, stages=stages))

    def compare(self, track: Any, moments_ns: Any, views: Any, pixels: Any, weights: Any) -> Any:
        for ref in pixels:
            note("crop", middle(borrow(ref)))
        well, answer = super().compare(track, moments_ns, views, pixels, weights)
        book = self._analyst._analyst.book
        if well and not any(person.candidates[0] for person in answer.people):
            for template in book.known(track).values():
                note("stranger", template.tobytes()[:TEMPLATE_PIECE])
        return well, answer


if __name__ == "__main__":
    setattr(part_actors, "AnalystActor", WatchedAnalyst)  # noqa: B010 - it is not for others to set
    main()
