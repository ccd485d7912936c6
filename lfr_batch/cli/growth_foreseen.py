"""`lfr gallery add --dry-run` and `sync --dry-run`: what would change, and how much that is."""

from __future__ import annotations

from typing import Any

from lfr_batch.cli.durations import size
from lfr_batch.cli.output import answer, answer_json, counted, say
from lfr_batch.front.growing import ForeseenGallery, leaving_sentence


def show_foreseen(found: ForeseenGallery, *, as_json: bool) -> None:
    for sentence in found.said:
        say(sentence)
    if as_json:
        answer_json([_row(found)])
        return
    for line in _lines(found):
        answer(line)


def _lines(found: ForeseenGallery) -> list[str]:
    growth, said = found.growth, found.growth.subjects
    looked_at = counted(growth.new + growth.again, "picture")
    other = (
        f", {growth.again} of them in place of one that has other bytes now" if growth.again else ""
    )
    stays = f"{growth.unchanged} unchanged, {growth.renamed} under another name"
    lines = [
        f"gallery    {found.now.name}, snapshot {found.now.snapshot_id} with "
        f"{counted(found.now.templates, 'picture')} of {counted(found.now.subjects, 'subject')}",
        f"pictures   {looked_at} to be looked at{other}; {stays}, {growth.removed} removed",
        f"subjects   {len(said.new)} new, {len(said.gone)} gone; of "
        f"{len(said.said) - len(said.new)} others something else is said",
        f"to read    {size(growth.bytes)} of pictures to be looked at",
        f"disk       up to {size(growth.bytes_more)} more, if each of them is enrolled",
    ]
    if leaving := leaving_sentence(said.gone):
        lines.append(f"           {leaving}")
    if found.asks:
        lines.append(f"asks       {found.asks}: without --yes it asks, or refuses")
    return [*lines, "Nothing was written."]


def _row(found: ForeseenGallery) -> dict[str, Any]:
    growth, said = found.growth, found.growth.subjects
    return {
        "gallery": found.now.name,
        "snapshot": found.now.snapshot_id,
        "to_look_at": growth.new + growth.again,
        "new": growth.new,
        "other_bytes": growth.again,
        "renamed": growth.renamed,
        "unchanged": growth.unchanged,
        "removed": growth.removed,
        "subjects_new": sorted(said.new),
        "subjects_changed": sorted({*said.said} - said.new),
        "subjects_gone": list(said.gone),
        "bytes": growth.bytes,
        "expected_bytes": growth.bytes_more,
        "asks": found.asks or None,
    }
