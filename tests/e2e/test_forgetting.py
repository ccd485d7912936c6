"""Nothing of people who are not in the gallery stays: not in results, logs or Ray's files."""

from __future__ import annotations

import mmap
import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

from lfr_batch.config.schema import Config, FootageConfig, S3Config
from lfr_batch.faces.realign import realign
from lfr_batch.faces.stages import FaceStages, open_stages
from lfr_batch.faces.view import aligned_rgb
from lfr_batch.footage.open import open_segment
from lfr_batch.footage.segments import plan_segments
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.compare import MadeProbes, make_probes
from lfr_batch.recognition.search import Search
from lfr_batch.records import FootageEntry, Track
from lfr_batch.scanning import segment as stage
from tests.e2e.cli import WHO, lfr
from tests.e2e.here import sql
from tests.one_case import Casework
from tests.probing import probe

CHUNK = 24
"""Bytes of a template that are searched for: six floats do not come about by chance."""
JPEG = b"\xff\xd8\xff"


def files_below(*places: Path) -> list[Path]:
    found = (path for place in places for path in place.rglob("*"))
    return [p for p in found if p.is_file() and not p.is_symlink() and p.stat().st_size]


def holding(needles: Iterable[bytes], files: Iterable[Path]) -> set[Path]:
    wanted = list(needles)
    hits: set[Path] = set()
    for path in files:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if any(data.find(needle) >= 0 for needle in wanted):
                hits.add(path)
    return hits


@pytest.fixture(scope="module")
def strangers(casework: Casework) -> tuple[bytes, ...]:
    """Pieces of what a scan of people who are not enrolled holds."""
    with pytest.MonkeyPatch.context() as patch:
        return tuple(canaries(casework, "group.mp4", patch))


def canaries(casework: Casework, clip: str, patch: pytest.MonkeyPatch) -> list[bytes]:
    """Pieces of every template, aligned face and cutting that a scan of ``clip`` holds."""
    pieces: list[bytes] = []

    def watched(tracks: list[Track], stages: FaceStages, split_score: float) -> MadeProbes:
        probes = make_probes(tracks, stages, split_score)
        for probe_ in probes.people:
            pieces.append(probe_.template.tobytes()[:CHUNK])
            for shot in probe_.shots:
                (better_xy,) = realign([shot.view], stages.exact_detector)
                aligned = np.stack([aligned_rgb(shot.view, better_xy), aligned_rgb(shot.view)])
                pieces.append(stages.embedder.embed(aligned)[0].tobytes()[:CHUNK])
                pieces.extend(face[56].tobytes()[: 4 * CHUNK] for face in aligned)
                cutting = shot.view.bgr
                pieces.append(cutting[len(cutting) // 2].tobytes()[: 4 * CHUNK])
        return probes

    patch.setattr("lfr_batch.recognition.compare.make_probes", watched)
    asset = probe(FootageEntry(str(casework.footage / clip)), FootageConfig(), S3Config())
    (segment,) = plan_segments(asset, 60.0, "key")
    config = Config()
    stages = open_stages(load_pack(casework.home, "open"), config, threads=2)
    matcher = open_matcher(load_snapshot(casework.home, "people"))
    search = Search(stages, matcher, 0.4, config)
    stage.scan_segment(segment, open_segment(segment, S3Config()), search)
    patch.undo()
    return [piece for piece in pieces if len(np.unique(np.frombuffer(piece, np.uint8))) > 8]


def test_strangers_leave_nothing_behind(
    casework: Casework, strangers: tuple[bytes, ...], tmp_path: Path
) -> None:
    assert len(strangers) > 20
    results = tmp_path / "results"
    footage = [casework.footage / name for name in ("group.mp4", "portrait.jpg")]
    ray_files = Path(mkdtemp(prefix="ray"))  # sockets below it must have short names
    done = lfr(
        casework.home, "scan", casework.played, *footage, "--gallery", "people", *WHO,
        "--set", "engine.workers=1", "--out", results,
        RAY_TMPDIR=str(ray_files), LFR_LOG="DEBUG",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (tmp_path / "output.txt").write_text(done.stdout + done.stderr)

    kept = files_below(results, ray_files, casework.home, tmp_path)
    assert any(ray_files in path.parents and path.suffix == ".log" for path in kept)
    assert holding(strangers, kept) == set()

    pictures = {
        path.relative_to(results).parts[0] for path in holding([JPEG], files_below(results))
    }
    assert pictures == {"best_shots"}
    (shots,) = sql(casework.home, "SELECT count(*) AS n FROM best_shots", results)
    (sightings,) = sql(casework.home, "SELECT count(*) AS n FROM sightings", results)
    assert shots["n"] == sightings["n"] == 2
    assert holding([JPEG], files_below(ray_files)) == set()
    shutil.rmtree(ray_files)


def test_the_search_for_canaries_finds_what_is_there(
    strangers: tuple[bytes, ...], tmp_path: Path
) -> None:
    leak = tmp_path / "leak.bin"
    leak.write_bytes(b"noise" * 1000 + strangers[0] + b"noise")
    assert holding(strangers, [leak]) == {leak}
