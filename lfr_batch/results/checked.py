"""A lake looked through: whether what its manifest names is there, whole and as it should be, and
what lies beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lfr_batch.errors import ResultsError
from lfr_batch.results import layout
from lfr_batch.results.damage import publish_again
from lfr_batch.results.ends import Ends, ends_of
from lfr_batch.results.fit import unfit
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.manifest import LakeManifest, LakePart
from lfr_batch.results.manifest_log import read_manifest
from lfr_batch.results.migrations import LIVE_VERSION, kinds
from lfr_batch.results.schemas import LIVE_DATASETS, PUBLISHED
from lfr_batch.storage.store import Store

What = Literal["missing", "damaged", "unfit", "left over"]
_REBUILD = "`lfr lake check --rebuild` writes it again"
_REMOVE = "nobody reads it; remove it once nothing else is at work on these results"


@dataclass(frozen=True, slots=True)
class Fault:
    """Of one file; ``said`` and ``way_out`` follow its name in a sentence."""

    path: str
    what: What
    said: str
    way_out: str

    @property
    def is_harmless(self) -> bool:
        return self.what == "left over"


def faults(store: Store) -> Iterator[Fault]:
    """All there are, as they are found; only the ends of parts are read.

    Raises ResultsTooNew, StoreUnreachable, and ResultsError for a manifest that is damaged or lost.
    """
    check_lake(store)
    manifest, end_of = read_manifest(store), ends_of(store)
    sizes = {
        path: size
        for dataset in ("runs", *PUBLISHED, *sorted(LIVE_DATASETS))
        for path, size in store.sizes(dataset).items()
    }
    if aside := [part for run in manifest.runs.values() for part in run.aside]:
        sizes |= store.sizes(layout.WITHHELD)
    for part in (*manifest.parts(), *aside, *_live(sizes)):
        yield from _of_part(part, sizes.get(part.path), end_of, publish_again(part.path))
    if manifest.number:
        found = store.sizes(layout.EMPTY)
        for part in _empty():
            yield from _of_part(part, found.get(part.path), end_of, _REBUILD)
    yield from _left_over(manifest, sizes)


def _live(sizes: Mapping[str, int]) -> Iterator[LakePart]:
    for path, size in sizes.items():
        dataset = path.partition("/")[0]
        if dataset in LIVE_DATASETS and path.endswith(".parquet"):
            yield LakePart(dataset, path, size, LIVE_VERSION)


def _empty() -> Iterator[LakePart]:
    """Of any length."""
    for dataset, version in kinds():
        yield LakePart(dataset, layout.empty_part(dataset, version), 0, version)


def _of_part(part: LakePart, size: int | None, end_of: Ends, way_out: str) -> Iterator[Fault]:
    if size is None:
        yield Fault(part.path, "missing", "is not there", way_out)
        return
    if part.bytes not in (0, size):
        said = f"has {size} bytes, and had {part.bytes} when it was published"
        yield Fault(part.path, "damaged", said, way_out)
        return
    try:
        why = unfit(part, end_of(part.path))
    except FileNotFoundError:
        yield Fault(part.path, "missing", "is not there", way_out)
    except ResultsError:
        yield Fault(part.path, "damaged", "is damaged", way_out)
    else:
        if why is not None:
            yield Fault(part.path, "unfit", why, way_out)


def _left_over(manifest: LakeManifest, sizes: Iterable[str]) -> Iterator[Fault]:
    known = manifest.paths.union(manifest.retiring)
    for path in sizes:
        if path not in known and path.partition("/")[0] not in LIVE_DATASETS:
            yield Fault(path, "left over", "is named by no manifest", _REMOVE)
