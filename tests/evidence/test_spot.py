"""Rows of a run lead back to the very frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.config.schema import Config, EngineConfig
from lfr_batch.evidence.cut import cut_clip
from lfr_batch.evidence.hidden import hidden_frame, moment
from lfr_batch.evidence.hider import open_hider
from lfr_batch.evidence.spot import asset_of, spot_of, stretch
from lfr_batch.evidence.untouched import untouched_frame
from lfr_batch.front.machinery import HERE
from lfr_batch.front.runs import run_order
from lfr_batch.models.store import load_pack
from lfr_batch.results.lake import open_lake
from lfr_batch.results.sql import run_query
from tests.evidence.spots import ANYWHERE, spot_in
from tests.one_case import Casework


def test_what_a_scan_has_found_is_shown_again(
    casework: Casework, open_pack_home: Path, tmp_path: Path
) -> None:
    config = Config(engine=EngineConfig(kind="in_process"))
    order = casework.order("walk.mp4", "portrait.jpg", config=config)
    run_order(order, str(tmp_path / "results"), machinery=HERE)
    lake = open_lake(tmp_path / "results")
    footage = {row["footage_id"]: row for row in run_query(lake, "FROM footage").to_pylist()}
    hider = open_hider(load_pack(open_pack_home, "open"), config, 2)
    kinds = set()
    for row in run_query(lake, "FROM sightings").to_pylist():
        spot = spot_of(row, footage[row["footage_id"]])
        kinds.add(spot.kind)
        assert hidden_frame(spot, hider, ANYWHERE).own_shown
        assert untouched_frame(spot, ANYWHERE).media_s == pytest.approx(row["best_s"])
        if spot.kind == "video":
            assert cut_clip(spot, ANYWHERE).start_s <= max(0.0, row["best_s"] - 5)
            shown = moment(spot, hider, ANYWHERE)
            assert shown.own_frames > 0.9 * shown.frames
    assert kinds == {"video", "still"}


def test_it_begins_at_a_keyframe_where_those_are_known(rendered: dict[str, Path]) -> None:
    asset = asset_of(spot_in(rendered["plain.mp4"], 2.4), ANYWHERE)
    assert stretch(asset, 2_400_000_000, None).start_ns == 2_000_000_000
    assert stretch(asset, 400_000_000, None).start_ns == 0
