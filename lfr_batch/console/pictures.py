"""An alert's pictures, by the names under which a page asks for them. Pure."""

from __future__ import annotations

from typing import Literal, get_args

from lfr_batch.live.records import Alert

PictureName = Literal[
    "best_shot",
    "gallery",
    "scene",
    "shot-1",
    "shot-2",
    "shot-3",
    "gallery-1",
    "gallery-2",
    "gallery-3",
    "gallery-4",
]
PICTURE_NAMES: tuple[PictureName, ...] = get_args(PictureName)


def pictures_of(alert: Alert) -> dict[PictureName, bytes]:
    """JPEG by name; without those that the alert has not."""
    scene = {} if alert.scene_jpeg is None else {"scene": alert.scene_jpeg}
    shots = {f"shot-{n}": jpeg for n, jpeg in enumerate(alert.further_shots_jpeg, 1)}
    known = {f"gallery-{n}": each.jpeg for n, each in enumerate(alert.further_gallery, 1)}
    all_of_them = {
        "best_shot": alert.best_shot_jpeg,
        "gallery": alert.gallery_jpeg,
        **scene,
        **shots,
        **known,
    }
    return {name: all_of_them[name] for name in PICTURE_NAMES if name in all_of_them}
