"""Which footage need not be searched: by how a file stands before it is probed, then its bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from lfr_batch.config.schema import Config, S3Config
from lfr_batch.errors import FootageError, StoreError, UsageError
from lfr_batch.footage.places import ObjectState
from lfr_batch.footage.sources import source_of
from lfr_batch.records import FootageAsset, FootageEntry
from lfr_batch.results.already import Already, Searched, content_of
from lfr_batch.results.run_state import RunRequest
from lfr_batch.storage.store import Store

LOOKS = 16
"""Files that are asked at once how they stand: it is waited for, not computed."""

Known = Mapping[tuple[Any, ...], Searched]
"""Verdicts by ``already.content_of``."""


def states_of(
    entries: Iterable[FootageEntry], listed: Mapping[str, ObjectState], s3: S3Config
) -> dict[str, ObjectState]:
    """How files stand, by uri; nothing of them is read. ``listed``: those of which it is known.

    Without those that cannot be looked at: probing says what is wrong.
    """
    told = {uri for uri, state in listed.items() if state.etag}
    asked = [entry.uri for entry in entries if entry.uri not in told]
    with ThreadPoolExecutor(LOOKS, "states") as pool:
        found = zip(asked, pool.map(partial(_state, s3), asked), strict=True)
        return {**{uri: listed[uri] for uri in told}, **{uri: s for uri, s in found if s}}


def _state(s3: S3Config, uri: str) -> ObjectState | None:
    try:
        return source_of(uri, s3).state()
    except (FootageError, StoreError, UsageError, OSError, ValueError):
        return None


def searched_before(
    store: Store,
    request: RunRequest,
    config: Config,
    probed: Iterable[tuple[FootageAsset, ...]],
    tell: Callable[[str], None],
) -> Known:
    """Of the bytes that were probed, those which need not be searched; none unless the run is to
    leave them out."""
    if not request.new_only or request.search_key is None:
        return {}
    files = Counter(held[0].content_id for held in probed)
    with closing(Already(store, config.s3, request.case_ref, request.search_key)) as already:
        known = already.by_content(content_id for content_id in files if content_id)
    contents = {content[0] for content in known}
    if contents:
        count = sum(files[content_id] for content_id in contents)
        of = f"{count} of {files.total()} files"
        tell(f"Not searched again, since the same bytes were searched before: {of}.")
    return known


def as_known(held: tuple[FootageAsset, ...], known: Known) -> tuple[FootageAsset, ...]:
    """A file's assets, with the verdict of the run that searched the same bytes, where all of it
    was searched."""
    verdicts = [known.get(content_of(asset)) for asset in held if asset.content_id]
    there = [verdict for verdict in verdicts if verdict]
    if len(there) < len(held):
        return held
    return tuple(_with(asset, verdict) for asset, verdict in zip(held, there, strict=True))


def _with(asset: FootageAsset, verdict: Searched) -> FootageAsset:
    partly = verdict.status == "partly"
    note = f"the same bytes were searched in run {verdict.run_id}"
    return replace(
        asset,
        known_from=verdict.run_id,
        status=verdict.status,
        error=None if partly else verdict.error,
        unsearched=verdict.error if partly else None,
        unsearched_share=verdict.unsearched_share or 0.0,
        notes="; ".join(filter(None, (asset.notes, note))),
        retryable=False,
    )
