"""What tests of deployments share: a home of their own on the casework's people and clips."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lfr_batch.config.live import ConsoleConfig, LiveConfig, WatchlistConfig
from lfr_batch.config.schema import EngineConfig
from lfr_batch.live.deployment.order import LiveOrder
from tests.live_case import FOR_EVER_H, live_config
from tests.one_case import Casework, pass_on_agreement


def own_home(casework: Casework, folder: Path) -> Path:
    """With the casework's galleries and models, and nothing else."""
    home = folder / "home"
    home.mkdir()
    for name in ("galleries", "models"):
        (home / name).symlink_to(casework.home / name)
    pass_on_agreement(casework.home, home)
    return home


def deployable(casework: Casework, cameras: dict[str, str], **changes: Any) -> LiveConfig:
    """A configuration that may be rehearsed now, in this process; clips are played once."""
    config = live_config(casework, cameras)
    played = tuple(camera.model_copy(update={"loop": False}) for camera in config.cameras)
    usual = {
        "cameras": played,
        "watchlist": WatchlistConfig(gallery="people", max_age_h=FOR_EVER_H),
        "engine": EngineConfig(kind="in_process"),
        "console": ConsoleConfig(port=0),
    }
    return config.model_copy(update={**usual, **changes})


def order(config: LiveConfig, home: Path, rehearse: bool = True) -> LiveOrder:
    return LiveOrder(config, home, str(home.parent / "results"), rehearse)
