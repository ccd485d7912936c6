"""What lies where, and how much of it: from the manifest and from listings, without opening parts
but those that say which run is of which case."""

from __future__ import annotations

import socket
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lfr_batch.config.schema import S3Config
from lfr_batch.front.settings import Settings
from lfr_batch.homes.at_hand import Home
from lfr_batch.homes.cache import cache_folder
from lfr_batch.results import layout
from lfr_batch.results.copies import all_notes
from lfr_batch.results.lake import open_lake
from lfr_batch.results.manifest import LakeManifest
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.schemas import LIVE_DATASETS
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.storage.s3_store import S3Store
from lfr_batch.storage.store import Store

_CASES = """
SELECT
  run_id, coalesce(case_ref, '') AS case_ref, strftime(started_at, '%Y-%m') AS month,
  1 + coalesce(sightings, 0) AS share
FROM runs
"""


@dataclass(frozen=True, slots=True)
class DiskUse:
    """``kind`` says what it is a part of; parts of different kinds may be the same bytes, seen
    another way: runs, groups and cases are what the datasets are."""

    kind: str
    name: str
    bytes: int
    files: int


def disk_use(settings: Settings | None = None) -> list[DiskUse]:
    """Of the results root, the home and this node's cache. ``kind`` 'total' is last, one for each
    place. Raises StoreError, ResultsError, GalleryError."""
    settings = settings or Settings()
    home, s3 = settings.home_and_s3()
    store = open_store(*settings.results_place())
    in_lake = [*_lake(store), *_state(store)]
    in_home = [*_home(home, s3)]
    caches = [_use("cache", str(cache_folder()), _local_sizes(cache_folder()))]
    rows = [*in_lake, *_runs(store, settings), *in_home, *caches, *_copies(store)]
    totals = [_total(store.uri, in_lake), _total(str(home), in_home)]
    return [*rows, *totals]


def _lake(store: Store) -> Iterator[DiskUse]:
    manifest = read_manifest(store)
    by_dataset: defaultdict[str, list[int]] = defaultdict(list)
    for part in manifest.parts():
        by_dataset[part.dataset].append(part.bytes)
    for dataset, sizes in sorted(by_dataset.items()):
        yield DiskUse("dataset", dataset, sum(sizes), len(sizes))
    for dataset in sorted(LIVE_DATASETS):
        yield _use("dataset", dataset, store.sizes(dataset))


def _state(store: Store) -> Iterator[DiskUse]:
    state = store.sizes("_state")
    shards = {path: size for path, size in state.items() if "/shards/" in path}
    rest = {path: size for path, size in state.items() if path not in shards}
    yield _use("state", "of runs", rest)
    yield _use("state", "shards", shards)
    yield _use("state", "retired", store.sizes(layout.RETIRED))
    yield _use("state", "in the making", store.sizes(layout.BUILDING))


def _runs(store: Store, settings: Settings) -> Iterator[DiskUse]:
    """The largest first; what is of a case in a group of several is by its sightings, about."""
    manifest = read_manifest(store)
    owners = sorted(manifest.owners, key=lambda owner: -owner.bytes)
    for owner in owners:
        kind = "run" if owner.key in manifest.runs else "group"
        name = owner.key if kind == "run" else f"{owner.month}/{owner.key}"
        yield DiskUse(kind, name, owner.bytes, len(owner.all_parts))
    if owners:
        for case_ref, size in _cases(manifest, settings).most_common():
            yield DiskUse("case", case_ref, size, 0)


def _cases(manifest: LakeManifest, settings: Settings) -> Counter[str]:
    lake = open_lake(*settings.results_place())
    try:
        rows = run_query(lake, _CASES).to_pylist()
    finally:
        lake.close()
    found: Counter[str] = Counter()
    for row in rows:
        if row["run_id"] in manifest.runs:
            found[row["case_ref"]] += manifest.runs[row["run_id"]].bytes
    grouped = [row for row in rows if row["run_id"] not in manifest.runs]
    for group in manifest.groups:
        shares: Counter[str] = Counter()
        for row in grouped:
            months = row["month"], layout.month_of(row["run_id"])
            if group.may_hold(row["run_id"]) and group.month in months:
                shares[row["case_ref"]] += row["share"]
        for case_ref, share in shares.items():
            found[case_ref] += group.bytes * share // shares.total()
    return found


def _home(home: Home, s3: S3Config) -> Iterator[DiskUse]:
    sizes = _local_sizes(home) if isinstance(home, Path) else S3Store(home, s3).sizes("")
    found: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for path, size in sizes.items():
        found[_of_home(path.split("/"))][path] = size
    for (kind, name), theirs in sorted(found.items()):
        if kind:
            yield _use(kind, name, theirs)


def _of_home(steps: list[str]) -> tuple[str, str]:
    """What of a home a file is: kind and name; ('', '') for results, which are seen apart."""
    first, second, *rest = *steps[:-1], *[""] * max(0, 3 - len(steps))
    if first == "galleries":
        return "gallery", _of_gallery(second, rest)
    if first == "results":
        return "", ""
    return _KINDS.get(first, "home"), second if first in _KINDS else first or "files"


_KINDS = {"models": "models", "live": "live"}


def _of_gallery(name: str, rest: list[str]) -> str:
    match rest:
        case ["snapshots", snapshot, *_]:
            return f"{name} {snapshot}"
        case ["segments" | "files", *_]:
            return f"{name} (shared)"
        case _:
            return f"{name} (notes)"


def _local_sizes(folder: Path) -> dict[str, int]:
    """Of every file once, whatever names it has; where segments share it, under theirs."""
    found: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    for path in sorted(paths, key=lambda path: "segments" not in path.parts):
        stat = path.stat()
        if (stat.st_dev, stat.st_ino) not in seen:
            seen.add((stat.st_dev, stat.st_ino))
            found[path.relative_to(folder).as_posix()] = stat.st_size
    return found


def _copies(store: Store) -> Iterator[DiskUse]:
    """Reports and exports that were noted; 0 files: not on this machine, or gone."""
    for copy in all_notes(store).values():
        path = Path(copy.place)
        here = copy.machine == socket.gethostname() and path.is_file()
        size = path.stat().st_size if here else 0
        yield DiskUse(copy.what, f"{copy.place} on {copy.machine}", size, int(here))


def _use(kind: str, name: str, sizes: Mapping[str, int]) -> DiskUse:
    return DiskUse(kind, name, sum(sizes.values()), len(sizes))


def _total(name: str, uses: Iterable[DiskUse]) -> DiskUse:
    each = list(uses)
    return DiskUse("total", name, sum(u.bytes for u in each), sum(u.files for u in each))
