"""`lfr scan --dry-run`: what would be searched, and what that takes."""

from __future__ import annotations

from typing import Any

from lfr_batch.cli.durations import footage_time, size
from lfr_batch.cli.found import found_counts, tell_found
from lfr_batch.cli.output import answer, answer_json, counted
from lfr_batch.cli.standing import forecast_row, forecast_sentence, sifted_sentences
from lfr_batch.front.dry_run import DryRun
from lfr_batch.gallery.thresholds import explain
from lfr_batch.scanning.forecast import Lengths


def show(found: DryRun, as_json: bool) -> None:
    tell_found(found.found)
    if as_json:
        answer_json([_row(found)])
        return
    for line in _lines(found):
        answer(line)


def _lines(found: DryRun) -> list[str]:
    left = len(found.found.entries)
    lines = [f"files      {counted(found.files, 'file')} found, {left} to be searched"]
    if found.sifted:
        lines += [f"           {sentence}" for sentence in sifted_sentences(found.sifted)]
    if found.matched is not None:
        unmatched = f"{len(found.found.strays)} of its rows match none"
        lines.append(
            f"manifest   about {found.matched} of {counted(found.files, 'file')}; {unmatched}"
        )
    lines += [
        f"footage    {_lengths_sentence(found.lengths)}",
        f"time       {forecast_sentence(found.forecast)}{_stills(found.lengths)}",
        f"disk       {_disk(found)}",
        f"gallery    snapshot {found.snapshot_id}",
        f"threshold  {explain(found.choice)}",
        "Nothing was written.",
    ]
    return lines


def _lengths_sentence(found: Lengths) -> str:
    how = (
        f"estimated by the length of {found.looked_into} of {found.films} and the size of all"
        if found.is_estimated
        else "by what the files say of their length"
    )
    stills = f", {counted(found.stills, 'still')}" if found.stills else ""
    lost = f", {found.unreadable} of which cannot be read" if found.unreadable else ""
    return f"{footage_time(found.media_s)} of video ({how}{lost}){stills}; {size(found.bytes)}"


def _stills(found: Lengths) -> str:
    return f"; without {counted(found.stills, 'still')}" if found.stills else ""


def _disk(found: DryRun) -> str:
    free = f"; {size(found.free_bytes)} are free" if found.free_bytes is not None else ""
    needed = found.forecast.bytes
    wanted = f"up to {size(needed)}" if needed is not None else "not known"
    return f"{wanted}, in {found.results}{free}"


def _row(found: DryRun) -> dict[str, Any]:
    sifted, lengths = found.sifted, found.lengths
    return {
        "files": found.files,
        "to_search": len(found.found.entries),
        "searched_before": dict(found.found.searched_before or {}) if sifted else None,
        "under_way": dict(sifted.under_way) if sifted else None,
        "searched_again": sifted.again.files if sifted and sifted.again else 0,
        "manifest_rows_matched": found.matched,
        **found_counts(found.found),
        "gaps": list(found.found.gaps),
        "bytes": lengths.bytes,
        "looked_into": lengths.looked_into,
        "stills": lengths.stills,
        "unreadable": lengths.unreadable,
        **forecast_row(found.forecast),
        "free_bytes": found.free_bytes,
        "results": found.results,
        "gallery_snapshot": found.snapshot_id,
        "threshold": found.choice.value,
    }
