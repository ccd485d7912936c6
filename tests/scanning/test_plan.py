from __future__ import annotations

from datetime import UTC, datetime

from lfr_batch.config.schema import Config, FootageConfig
from lfr_batch.records import FootageAsset
from lfr_batch.scanning.plan import make_plan
from tests.casework import Casework


def test_borders_stand_at_keyframes_and_keyframes_are_not_kept(casework: Casework) -> None:
    config = Config(footage=FootageConfig(segment_s=5.0))
    probed: list[FootageAsset] = []
    order = casework.order("walk.mp4", "portrait.jpg", config=config)
    plan = make_plan(order, datetime.now(UTC), probed.extend)
    walk = next(asset for asset in probed if asset.kind == "video")
    borders = [segment.start_ns for segment in plan.segments if segment.kind == "video"]
    assert len(borders) == 2
    assert set(borders) <= set(walk.keyframes_ns)
    assert [asset.footage_id for asset in plan.assets] == [asset.footage_id for asset in probed]
    assert all(asset.keyframes_ns == () for asset in plan.assets)
