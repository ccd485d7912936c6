"""What a scan would do: looked at, counted and reckoned, with nothing written anywhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lfr_batch.config.load import config_hash
from lfr_batch.engine.in_process import run_in_child
from lfr_batch.footage.catalogue import still_by_name
from lfr_batch.footage.places import ObjectState
from lfr_batch.front.authorising import look_up_order
from lfr_batch.front.machinery import Machinery
from lfr_batch.front.sifting import Sifted, Sought, asked_by, sift
from lfr_batch.gallery.thresholds import ThresholdChoice
from lfr_batch.models.settled import Settled
from lfr_batch.records import FootageAsset, FootageEntry
from lfr_batch.results.answers import rows_of
from lfr_batch.results.lake import open_lake
from lfr_batch.results.lake_version import check_lake
from lfr_batch.results.rates import measured_rate
from lfr_batch.results.sql import run_query
from lfr_batch.results.store import open_store
from lfr_batch.scanning.forecast import Forecast, Lengths, forecast, lengths
from lfr_batch.scanning.known import states_of
from lfr_batch.scanning.plan import (
    FoundFootage,
    Order,
    RunBasis,
    basis_of,
    find_footage,
    request_of,
)
from lfr_batch.scanning.probing import Numbered, Probers, probe_all
from lfr_batch.storage.store import Store
from lfr_batch.storage.verified import nothing_kept
from lfr_batch.version import __version__
from lfr_batch.work.privacy import protect_files
from lfr_batch.work.workers import sized

LOOKED_INTO = 200
"""Files whose length is looked up; that of others follows from their size."""

_SETTLED = """
SELECT settled FROM finished_runs
WHERE kind = 'scan' AND config_hash = $config_hash AND software_version = $version
  AND settled IS NOT NULL
ORDER BY finished_at DESC
LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a scan would have been."""

    found: FoundFootage
    """Its entries are those that would be searched."""
    files: int
    """That were listed."""
    sifted: Sifted | None
    """None: what was searched before would be searched again."""
    matched: int | None
    """Files that a row of the manifest is about; None: there is no manifest."""
    choice: ThresholdChoice
    snapshot_id: str
    results: str
    lengths: Lengths
    forecast: Forecast
    free_bytes: int | None
    """On the disk of the results; None: they are in a bucket."""


def dry_run(order: Order, root: str, machinery: Machinery) -> DryRun:
    """Neither a run nor a file comes of it, anywhere; a home in a bucket is looked at as ever,
    through this node's cache.

    What computes is taken to be what did in the last run with these settings: to find it out anew
    would be put down. Raises as ``run_order``.
    """
    order = look_up_order(order).order
    protect_files()
    store = open_store(root, order.config.s3)
    check_lake(store)
    with nothing_kept():
        basis = basis_of(order)
    found = find_footage(order)
    asked = _asked(order, basis, store)
    done = sift(found, asked, order.config, store, machinery.machine) if order.new_only else None
    left = done.found if done else found
    states = done.states if done else states_of(left.entries, found.states, order.config.s3)
    measured = _lengths(left.entries, states, order)
    workers = sized(order.config.engine, machinery.machine(order.config)).workers
    rate = measured_rate(store, order.config.s3, asked.config_hash, asked.computed_on)
    return DryRun(
        found=left,
        files=len(found.entries),
        sifted=done,
        matched=len(found.entries) - len(found.unlisted) if order.manifest else None,
        choice=basis.choice,
        snapshot_id=basis.snapshot.snapshot_id,
        results=store.uri,
        lengths=measured,
        forecast=forecast(measured.media_s, rate, workers),
        free_bytes=_free_bytes(store),
    )


def _asked(order: Order, basis: RunBasis, store: Store) -> Sought:
    settled = _last_settled(order, store)
    if settled:
        return asked_by(request_of(order, datetime.now(UTC), basis, settled))
    return Sought(order.authority.case_ref, order.gallery, "", config_hash(order.config), None)


def _last_settled(order: Order, store: Store) -> Settled | None:
    given = {"config_hash": config_hash(order.config), "version": __version__}
    with closing(open_lake(store.uri, order.config.s3)) as lake:
        rows = rows_of(run_query(lake, _SETTLED, given))
    for row in rows:
        with suppress(ValidationError, ValueError):
            return TypeAdapter(Settled).validate_python(json.loads(row["settled"]))
    return None


def _lengths(
    entries: Sequence[FootageEntry], states: Mapping[str, ObjectState], order: Order
) -> Lengths:
    """Of some of the files that are no pictures by their names, spread over all of them, what they
    say of their length."""
    films = [entry for entry in entries if not still_by_name(entry.uri)]
    step = max(1, -(-len(films) // LOOKED_INTO))
    some = [Numbered(number, entry) for number, entry in enumerate(films[::step])]
    probed: list[FootageAsset] = []
    tell = _unheard
    for held in probe_all(Probers(run_in_child), some, order.config, tell, unread=True):
        probed += held.assets
    sizes = {entry.uri: states[entry.uri].bytes if entry.uri in states else 0 for entry in entries}
    return lengths(sizes, {entry.uri for entry in films}, probed)


def _unheard(_: str) -> None: ...


def _free_bytes(store: Store) -> int | None:
    if "://" in store.uri:
        return None
    there = next(path for path in (Path(store.uri), *Path(store.uri).parents) if path.exists())
    return shutil.disk_usage(there).free
