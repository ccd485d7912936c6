"""What the operator is told of the footage that was found and of the manifest about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lfr_batch.cli.output import say
from lfr_batch.records import FootageAsset
from lfr_batch.scanning.plan import FoundFootage

SHOWN = 20
GAPS = (
    "not searched, since it could not be seen (see to it, and scan it in a run of its own; this "
    "one will not count as complete)"
)


def tell_found(found: FoundFootage) -> None:
    """Before it is probed, which may take hours."""
    for sentence in found.said[:SHOWN]:
        say(sentence)
    _and_more(len(found.said))
    _list(GAPS, found.gaps)
    _list("rows of the manifest that match none of the footage", found.strays)
    _list("files without a row in the manifest", found.unlisted)


@dataclass(slots=True)
class Notes:
    """What probing noted: one line for a file, however many streams it has."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, assets: Sequence[FootageAsset]) -> None:
        """Of one file."""
        noted = dict.fromkeys(f"{asset.uri}: {asset.notes}" for asset in assets if asset.notes)
        self.count += len(noted)
        self.first += list(noted)[: SHOWN - len(self.first)]

    def tell(self) -> None:
        _list("notes about the footage", sorted(self.first), self.count)


def found_counts(found: FoundFootage | None) -> dict[str, int | None]:
    """For ``--json``; null for a run that was resumed."""
    return {
        "left_out": sum(found.left_out.values()) if found else None,
        "manifest_rows_unmatched": len(found.strays) if found else None,
        "footage_without_row": len(found.unlisted) if found else None,
    }


def _list(what: str, lines: Sequence[str], count: int | None = None) -> None:
    count = len(lines) if count is None else count
    if lines:
        say(f"{what}: {count}")
    for line in lines[:SHOWN]:
        say(f"  {line}")
    _and_more(count)


def _and_more(count: int) -> None:
    if count > SHOWN:
        say(f"  … and {count - SHOWN} more")
