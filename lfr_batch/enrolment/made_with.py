"""What decides, beside a picture and the pack, what becomes of the picture. Pure.

Not the machine and its libraries: rows of one gallery may differ in their last digits as those of
one run may.
"""

from __future__ import annotations

import json
from typing import Any

from lfr_batch.config.schema import Config
from lfr_batch.gallery.records import Pick
from lfr_batch.models.settled import Settled

OF_DETECT = ("still_long_sides_px", "min_score", "nms_iou")
OF_ENROL = ("min_face_px", "min_sharpness", "like_size")


def made_with(config: Config, pick: Pick | None, settled: Settled) -> str:
    """A JSON object: equal where, and only where, all of it is."""
    detect, enrol = config.detect.model_dump(mode="json"), config.enrol.model_dump(mode="json")
    said: dict[str, Any] = {f"detect.{key}": detect[key] for key in OF_DETECT}
    said |= {f"enrol.{key}": enrol[key] for key in OF_ENROL}
    said |= {
        f"quality.{key}": value for key, value in config.quality.model_dump(mode="json").items()
    }
    said |= {"pick": pick, "device": settled.device, "backend": settled.backend}
    said |= {"precisions": dict(settled.precisions)}
    return json.dumps(said, sort_keys=True)


def differing(before: str, now: str) -> list[str]:
    """Names of what differs; all of it where nothing is known of before."""
    old, new = (json.loads(text) if text else {} for text in (before, now))
    return sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
