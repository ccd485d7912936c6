"""From a listing to a plan: every file is probed, and what is found is kept as it comes.

Whoever takes up a run whose planning was interrupted goes on with the files that are left. The plan
is made once all are there, in the order of the listing: whatever happened on the way, it is that of
an undisturbed run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace

from lfr_batch.config.schema import Config
from lfr_batch.errors import ResultsError, RunCancelled
from lfr_batch.footage.segments import plan_segments
from lfr_batch.records import FootageAsset, Segment
from lfr_batch.results.cancel import asked_to_end
from lfr_batch.results.hold import Hold
from lfr_batch.results.probed import ProbedBlocks, ProbedFiles, delete_probed, look_at_probed
from lfr_batch.results.run_log import RunEntry, record_run
from lfr_batch.results.run_state import RunListing, RunRequest, read_listing, write_plan
from lfr_batch.scanning.keeping import keep
from lfr_batch.scanning.known import as_known, searched_before
from lfr_batch.scanning.only_videos import no_still, nothing_but_videos
from lfr_batch.scanning.probing import Numbered, OpenProbers, ProbedFile, probe_all
from lfr_batch.scanning.progress import Progress
from lfr_batch.work.attempts import Tell

PROBED_BLOCK = 512
"""Files that are written at once, at the latest."""
_TRIES = 3


def plan_run(
    hold: Hold,
    request: RunRequest,
    config: Config,
    open_probers: OpenProbers,
    progress: Progress,
    stopping: Callable[[], bool],
) -> None:
    """Probe what is left, then write catalogue and plan.

    A file that cannot be read is no error but an asset with status 'failed'. A search's videos are
    such assets, unless there is nothing else: that is a UsageError. Raises RunCancelled where
    ``stopping`` ended it, StoreAway, EngineError, RunTakenOver.
    """
    run, listing = hold.run, _listing(request)
    record_run(hold, request, RunEntry("planning"))
    probed = look_at_probed(run, listing)
    left = _left(hold, listing, lambda number: probed.is_missing(number) or number in probed.again)
    progress.probe(listing.files, len(left))
    files = ProbedFiles(hold, listing)
    for _ in range(_TRIES):  # who had the run before may have merged or removed its blocks
        if left:
            _probe(files, request, left, config, open_probers, progress, stopping)
        del left
        probed = look_at_probed(run, listing)
        left = _left(hold, listing, probed.is_missing)
        if left and stopping():
            raise _cancelled(hold, listing, len(left))
        if not left:
            with suppress(FileNotFoundError):
                _write(hold, request, config, probed, progress.tell)
                return
    raise ResultsError(
        f"What was found in {len(left)} of the {listing.files} files of run {request.run_id} is "
        f"gone from {run.store.uri}; `lfr resume {request.run_id}` probes again"
    )


def _listing(request: RunRequest) -> RunListing:
    if request.listing is None:
        raise ValueError(f"run {request.run_id} was planned before it began")
    return request.listing


def _left(hold: Hold, listing: RunListing, is_left: Callable[[int], bool]) -> list[Numbered]:
    entries = enumerate(read_listing(hold.run, listing))
    return [Numbered(number, entry) for number, entry in entries if is_left(number)]


def _probe(
    files: ProbedFiles,
    request: RunRequest,
    left: Sequence[Numbered],
    config: Config,
    open_probers: OpenProbers,
    progress: Progress,
    stopping: Callable[[], bool],
) -> None:
    engine = config.engine

    def hear(held: ProbedFile) -> None:
        progress.probed(searched_in(request, held.assets))

    with (
        open_probers(engine, len(left), progress.tell) as probers,
        closing(probe_all(probers, left, config, progress.tell, stopping)) as found,
    ):
        keep(found, files.append, PROBED_BLOCK, engine.ledger_flush_s, hear)


def _cancelled(hold: Hold, listing: RunListing, left: int) -> RunCancelled:
    run_id, asked = hold.run.run_id, asked_to_end(hold)
    by = f" by {asked.operator}" if asked else ""
    return RunCancelled(
        f"Run {run_id} was cancelled{by} while it was planned, with {left} of {listing.files} "
        f"files left to probe: what was found is kept, and `lfr resume {run_id}` goes on."
    )


def _write(
    hold: Hold, request: RunRequest, config: Config, probed: ProbedBlocks, tell: Tell
) -> None:
    """Several passes over what was found, so that neither catalogue nor plan is in memory."""
    if request.kind == "search":
        _require_stills(request, probed)
    key, segment_s = request.segment_key or "", config.footage.segment_s
    known = searched_before(hold.run.store, request, config, probed.in_order(), tell)

    def assets() -> Iterator[FootageAsset]:
        for held in probed.in_order():
            yield from as_known(searched_in(request, held), known)

    def segments() -> Iterator[Segment]:
        for asset in assets():
            yield from plan_segments(asset, segment_s, key)

    write_plan(hold, map(without_index, assets()), segments())
    delete_probed(hold)


def _require_stills(request: RunRequest, probed: ProbedBlocks) -> None:
    videos: list[str] = []
    for held in probed.in_order():
        for asset in searched_in(request, held):
            if asset.error != no_still(asset.uri):
                return
            videos.append(asset.uri)
    raise nothing_but_videos(videos)


def searched_in(request: RunRequest, held: tuple[FootageAsset, ...]) -> tuple[FootageAsset, ...]:
    """A file's assets; of a search's video one that says that it is not searched."""
    first = held[0]
    if request.kind != "search" or first.kind == "still" or first.status == "failed":
        return held
    return (replace(first, status="failed", error=no_still(first.uri)),)


def without_index(asset: FootageAsset) -> FootageAsset:
    """When borders have been found: an hour of footage has a thousand keyframes and more."""
    return replace(asset, keyframes_ns=(), entry_bytes=())
