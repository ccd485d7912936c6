"""What the operator is told of a standing job: what is left out, what it costs, each tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lfr_batch.cli.durations import clock, footage_time, size
from lfr_batch.cli.output import counted, say
from lfr_batch.front.sifting import Again, Sifted
from lfr_batch.front.standing import Tick
from lfr_batch.scanning.forecast import Forecast

SHOWN = 5


def tell_sifted(sifted: Sifted) -> None:
    for sentence in sifted_sentences(sifted):
        say(sentence)


def sifted_sentences(sifted: Sifted) -> list[str]:
    """What is not searched now and why, and what it costs to search again what was."""
    before = sifted.found.searched_before or {}
    said = []
    if before:
        said.append(
            f"{_files(before, 'was', 'were')} searched before and left out: {_runs(before)}"
        )
    if sifted.under_way:
        now = sifted.under_way
        said.append(f"{_files(now, 'is', 'are')} being searched already: {_runs(now)}")
    said += waiting_sentences(sifted.waiting)
    if sifted.again:
        said.append(again_sentence(sifted.again))
    return said


def waiting_sentences(waiting: Mapping[str, str]) -> list[str]:
    said = [f"waits: {uri}: {why}" for uri, why in list(waiting.items())[:SHOWN]]
    more = len(waiting) - SHOWN
    return [*said, f"  … and {counted(more, 'more file')} that wait"] if more > 0 else said


def again_sentence(again: Again) -> str:
    snapshots, versions = " and ".join(again.snapshots), ", ".join(again.versions)
    files, footage = counted(again.files, "file"), footage_time(again.forecast.media_s)
    return (
        f"{files}, {footage} of footage, last searched with gallery snapshot {snapshots} "
        f"(lfr-batch {versions}): searched again, all of it, since templates of unknown people are "
        f"not kept. Expected: {forecast_sentence(again.forecast)}."
    )


def forecast_sentence(found: Forecast) -> str:
    rate = found.rate
    if rate is None:
        return "no time, since no run with these settings has been measured here"
    of = f"{counted(rate.runs, 'run')} over {footage_time(rate.measured_s)} on {rate.on_what}"
    speed = f"measured: {rate.media_s:.1f}× real time a worker, by {of}"
    disk = f"up to {size(found.bytes or 0)} of results"
    worker_s = found.worker_s or 0.0
    if found.wall_s is None:
        return f"{clock(worker_s)} of one worker ({speed}), {disk}"
    workers = counted(found.workers, "worker")
    return f"about {clock(found.wall_s)} with {workers} ({speed}), {disk}"


def forecast_row(found: Forecast) -> dict[str, Any]:
    """For ``--json``; null where there is nothing to tell it by."""
    rate = found.rate
    return {
        "media_s": found.media_s,
        "workers": found.workers or None,
        "expected_worker_s": found.worker_s,
        "expected_s": found.wall_s,
        "expected_bytes": found.bytes,
        "measured_real_time": rate.media_s if rate else None,
        "measured_runs": rate.runs if rate else 0,
        "measured_media_s": rate.measured_s if rate else None,
    }


def tick_row(tick: Tick) -> dict[str, Any]:
    """For ``--json``."""
    return {
        "job": tick.job,
        "at": tick.at.isoformat(),
        "files_listed": tick.files,
        "searched_before": dict(tick.searched_before),
        "under_way": dict(tick.under_way),
        "waiting": dict(tick.waiting),
        "error": tick.error,
    }


def tick_sentence(tick: Tick) -> str:
    """Of one that found nothing to search."""
    if tick.error:
        return f"nothing could be searched: {tick.error}"
    parts = [
        f"{counted(count, 'file')} {what}"
        for count, what in (
            (sum(tick.searched_before.values()), "searched before"),
            (sum(tick.under_way.values()), "being searched by another run"),
            (len(tick.waiting), "waiting"),
        )
        if count
    ]
    return f"nothing new: {', '.join(parts) or 'there is no footage'}"


def _files(counts: Mapping[str, int], one: str, several: str) -> str:
    count = sum(counts.values())
    return f"{counted(count, 'file')} {one if count == 1 else several}"


def _runs(counts: Mapping[str, int]) -> str:
    named: Sequence[str] = sorted(counts, key=lambda run: (-counts[run], run))
    said = [f"{counts[run]} in run {run}" for run in named[:SHOWN]]
    more = sum(counts[run] for run in named[SHOWN:])
    others = counted(len(named) - SHOWN, "more run")
    return ", ".join([*said, f"{more} in {others}"] if more else said)
