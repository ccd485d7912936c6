"""What lies under LFR_HOME: model packs, galleries and the results root."""

from __future__ import annotations

import os
from pathlib import Path

from lfr_batch import cuda
from lfr_batch.cli.findings import Finding, ok, problem, warning
from lfr_batch.cli.findings_machine import nearest_existing
from lfr_batch.cli.output import counted
from lfr_batch.config.schema import Config, S3Config
from lfr_batch.errors import LfrError
from lfr_batch.gallery.card_sizes import bytes_needed
from lfr_batch.gallery.faiss_index import LEAST_ON_GPU, gallery_bytes
from lfr_batch.gallery.records import SnapshotInfo
from lfr_batch.gallery.store import list_galleries
from lfr_batch.homes.at_hand import Home, manifests_at_hand, pack_at_hand
from lfr_batch.homes.cache import cache_folder
from lfr_batch.models.devices import cuda_is_usable
from lfr_batch.models.store import load_pack, pack_names
from lfr_batch.results.lake_version import check_lake, lake_version
from lfr_batch.results.store import open_store
from lfr_batch.work.machine import sized_here

S3_OF_ENVIRONMENT = S3Config()


def data_findings(home: Home, results: str, s3: S3Config = S3_OF_ENVIRONMENT) -> list[Finding]:
    if isinstance(home, str):
        return [*bucket_findings(home, s3), results_finding(results, s3)]
    return [
        home_finding(home),
        *pack_findings(home),
        *gallery_findings(home),
        results_finding(results, s3),
    ]


def bucket_findings(home: str, s3: S3Config) -> list[Finding]:
    """Whether it can be read, and what is in it, which is brought into the cache for that."""
    try:
        folder = manifests_at_hand(home, s3)
        for name in pack_names(folder):
            pack_at_hand(home, name, s3)
    except LfrError as error:
        return [problem("home", str(error), "Mend the access to it, or set LFR_HOME to another.")]
    cached = ok("home", f"{home}; what is needed of it is kept in {cache_folder()}")
    return [cached, *pack_findings(folder), *gallery_findings(folder)]


def home_finding(home: Path) -> Finding:
    """Whether LFR_HOME can be written, or made where it is not there yet."""
    there = nearest_existing(home)
    if not there.is_dir():
        return problem("home", f"{there} is not a folder", "Set LFR_HOME to a folder.")
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        remedy = f"Set LFR_HOME to a folder you own, or ask for access to {there}."
        return problem("home", f"{home} cannot be written", remedy)
    return ok("home", f"{home}" if home.exists() else f"{home}, made when it is needed")


def pack_findings(home: Path) -> list[Finding]:
    """One finding per pack, every file compared with its sha256."""
    try:
        names = pack_names(home)
    except (LfrError, OSError) as error:
        return [problem("packs", str(error), "Mend the access to LFR_HOME.")]
    if not names:
        return [warning("packs", "none here", "Run `lfr models fetch open`.")]
    return [_pack_finding(home, name) for name in names]


def gallery_findings(home: Path) -> list[Finding]:
    """One finding per gallery, from its current snapshot's manifest, and of its place on a GPU."""
    try:
        galleries = list_galleries(home)
    except (LfrError, OSError) as error:
        return [problem("galleries", str(error), "Mend the access to LFR_HOME.")]
    if not galleries:
        return [ok("galleries", "none yet; `lfr gallery enrol NAME --images DIR` makes one")]
    room_bytes = gallery_room_bytes()
    return [gallery_finding(info, room_bytes) for info in galleries]


def gallery_finding(info: SnapshotInfo, room_bytes: int) -> Finding:
    """``room_bytes``: what a worker of a scan has of a GPU for it; 0 without one."""
    topic = f"gallery {info.name}"
    if info.damage:
        return problem(topic, info.damage, "Restore it from a backup, or enrol again.")
    text = (
        f"{counted(info.subjects, 'subject')}, {counted(info.templates, 'template')}, "
        f"pack {info.pack_id}"
    )
    if not room_bytes or info.templates < LEAST_ON_GPU:
        return ok(topic, text)
    needed = bytes_needed(info.templates, info.dimension)
    if needed <= room_bytes:
        return ok(topic, f"{text}, searched on the GPU")
    return warning(
        topic,
        f"{text}, searched by processors: it takes {needed >> 20:,} MiB of a GPU, and a worker's "
        f"share has {room_bytes >> 20:,} MiB for it",
        "Give workers a larger share of the GPU (engine.gpus_per_worker).",
    )


def gallery_room_bytes() -> int:
    """What a worker of a scan with the usual settings has of a GPU for its gallery."""
    if not cuda_is_usable():
        return 0
    return gallery_bytes(cuda.memory_bytes(), sized_here(Config()).engine.gpu_share)


def results_finding(root: str, s3: S3Config) -> Finding:
    """Whether the results root can be read, and which version of the schemas it holds."""
    try:
        store = open_store(root, s3)
        check_lake(store)
        version = lake_version(store)
    except LfrError as error:
        return problem("results", str(error), "Mend that, or name another root with --out.")
    if "://" not in root and not os.access(nearest_existing(Path(root)), os.W_OK):
        return problem("results", f"{root} cannot be written", "Name another root with --out.")
    return ok("results", f"{root}, " + (f"schema {version}" if version else "no runs yet"))


def _pack_finding(home: Path, name: str) -> Finding:
    topic = f"pack {name}"
    try:
        manifest = load_pack(home, name).manifest
    except (LfrError, OSError) as error:
        remedy = f"Remove {home / 'models' / name} and fetch or add the pack again."
        return problem(topic, str(error), remedy)
    files = counted(len(manifest.files), "file")
    text = f"{manifest.pack_id}, {files} verified, {manifest.permitted_use}"
    if not manifest.calibration:
        return warning(
            topic,
            f"{text}, not calibrated",
            "Calibrate its galleries with `lfr calibrate`.",
        )
    return ok(topic, text)
