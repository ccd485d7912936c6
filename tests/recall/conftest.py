"""Scans that several tests look at: the defaults, and the reference they are held against."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.known_answers import KNOWN, LONG, known_gallery
from benchmarks.planted import SCENES
from benchmarks.planted_film import build
from benchmarks.recall_scan import Scan, enrol_gallery, scan
from lfr_batch.config.load import override
from lfr_batch.config.schema import Config

REFERENCE = override(
    Config(),
    {
        "inference.precision": "f32",
        "footage.motion.enabled": False,
        "detect.frames": "thorough",
    },
)
"""Every sampled frame looked at thoroughly, whole, in full precision."""
SPARING = override(Config(), {"detect.frames": "thorough"})
"""All that saves work, but for the quick detector."""

Pair = tuple[Scan, Scan]
"""Sparing work, and as the reference."""


@pytest.fixture(scope="session")
def recall_home(tmp_path_factory: pytest.TempPathFactory, open_pack_home: Path) -> Path:
    home = tmp_path_factory.mktemp("recall")
    (home / "models").mkdir()
    (home / "models" / "open").symlink_to(open_pack_home / "models" / "open")
    return home


@pytest.fixture(scope="session")
def planted(recall_home: Path, open_pack_home: Path) -> Pair:
    """Scans of the planted scenes."""
    images = build(recall_home / "planted", open_pack_home / "cache" / "archives", SCENES)
    assert not enrol_gallery(recall_home, "planted", images)
    return _both([recall_home / "planted" / clip.file for clip in SCENES], "planted", recall_home)


@pytest.fixture(scope="session")
def planted_quickly(recall_home: Path, planted: Pair) -> Scan:
    """The planted scenes with the quick detector."""
    quick = override(Config(), {"detect.frames": "quick"})
    footage = [recall_home / "planted" / clip.file for clip in SCENES]
    return scan(footage, "planted", quick, recall_home, recall_home / "results-quick")


@pytest.fixture(scope="session")
def planted_in_turn(recall_home: Path, planted: Pair) -> Scan:
    """The planted scenes with the defaults."""
    footage = [recall_home / "planted" / clip.file for clip in SCENES]
    return scan(footage, "planted", Config(), recall_home, recall_home / "results-in-turn")


@pytest.fixture(scope="session")
def filmed_gallery(recall_home: Path, shared_data: Path) -> str:
    images = known_gallery(shared_data, recall_home / "known", others=8)
    assert not enrol_gallery(recall_home, "known", images)
    return "known"


@pytest.fixture(scope="session")
def filmed(recall_home: Path, filmed_gallery: str, shared_data: Path) -> Pair:
    """Scans of the real clips with somebody to be found in them."""
    return _both([shared_data / path for path in KNOWN if KNOWN[path]], filmed_gallery, recall_home)


@pytest.fixture(scope="session")
def filmed_in_turn(recall_home: Path, filmed_gallery: str, shared_data: Path) -> Scan:
    """Scans of the same clips with the defaults."""
    paths = [shared_data / path for path in KNOWN if KNOWN[path]]
    return scan(paths, filmed_gallery, Config(), recall_home, recall_home / "results-filmed")


@pytest.fixture(scope="session")
def filmed_strangers(recall_home: Path, filmed_gallery: str, shared_data: Path) -> Scan:
    """A scan of the other real clips, the longest left out."""
    paths = [shared_data / path for path in KNOWN if not KNOWN[path] and path != LONG]
    return scan(paths, filmed_gallery, Config(), recall_home, recall_home / "results-strangers")


def _both(footage: list[Path], gallery: str, home: Path) -> Pair:
    sparing, reference = (
        scan(footage, gallery, config, home, home / f"results-{gallery}-{name}")
        for name, config in (("sparing", SPARING), ("reference", REFERENCE))
    )
    return sparing, reference
