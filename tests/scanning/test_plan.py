from __future__ import annotations

from collections.abc import Sequence

from lfr_batch.config.schema import Config, FootageConfig
from lfr_batch.records import FootageAsset
from lfr_batch.scanning.progress import Unheard
from tests.one_case import Casework
from tests.planned import make_plan


class Probed(Unheard):
    def __init__(self) -> None:
        self.assets: list[FootageAsset] = []

    def probed(self, assets: Sequence[FootageAsset]) -> None:
        self.assets += assets


def test_borders_stand_at_keyframes_and_keyframes_are_not_kept(casework: Casework) -> None:
    config = Config(footage=FootageConfig(segment_s=5.0))
    heard = Probed()
    plan = make_plan(casework.order("walk.mp4", "portrait.jpg", config=config), heard)
    walk = next(asset for asset in heard.assets if asset.kind == "video")
    borders = [segment.start_ns for segment in plan.segments if segment.kind == "video"]
    assert len(borders) == 2
    assert set(borders) <= set(walk.keyframes_ns)
    names = sorted(asset.uri for asset in heard.assets)
    assert [asset.uri for asset in plan.assets] == names
    assert all(asset.keyframes_ns == () for asset in plan.assets)
