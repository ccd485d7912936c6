"""What may be held against a run that was hit: what its driver said, its rows. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.soak_hits import Hit

NOT_OURS = re.compile(
    r"Traceback \(most recent|ray\.exceptions|RayActorError|RayTaskError|ActorDiedError"
    r"|\*\*\* SIG|\*\*\* Aborted|Check failed|core_worker|absl|_raylet|grpc"
    r"|^\[20\d\d-\d\d-\d\d .*\] |\([a-zA-Z_]+ pid=\d+|unexpected ",
    re.MULTILINE,
)
"""What Ray, Abseil, gRPC and Python say when something dies, and no operator should read."""
COMPLETE = frozenset({0, 3})
"""Of a run that is over: all was searched, or some of it cannot be."""
CODES = frozenset({1, 2})
"""Of a command that says in a sentence what is wrong: of the machinery, of what was asked."""
ASKED: Mapping[str, int] = {"TERM": 143, "INT": 130, "KILL": -9}
"""What a driver that was sent such a signal may end with, besides."""
SENTENCE = re.compile(r"^lfr: .{20,}")


@dataclass(frozen=True, slots=True)
class End:
    """Of a driver."""

    code: int
    said: str
    sent: frozenset[str] = frozenset()
    """Signals it was sent."""


@dataclass(slots=True)
class Struck:
    """A hit that met something."""

    hit: Hit
    at_s: float
    """Since the run began."""
    whom: str
    went_on_s: float | None = None
    """From the hit until the next receipt was written, or the run was over."""
    ended: int | None = None
    """What the driver ended with before that."""
    said: str = ""
    """The driver's last sentence then."""


@dataclass(slots=True)
class Record:
    """A run, with all that it took."""

    run_id: str
    struck: list[Struck] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    lasted_s: float = 0.0
    faults: int = 0
    requests: int = 0
    given_up: int = 0
    """Segments that were hit as often as they are tried; `lfr resume` was asked once more."""
    notices: list[str] = field(default_factory=list)
    offences: list[str] = field(default_factory=list)


def held_against(end: End) -> Iterator[str]:
    """What is wrong with how a driver ended."""
    allowed = COMPLETE | CODES | {ASKED[sent] for sent in end.sent if sent in ASKED}
    if end.code not in allowed:
        yield f"a driver ended with {end.code}"
    if found := NOT_OURS.search(end.said):
        yield f"a driver said: {line_around(end.said, found.start())}"
    if end.code not in COMPLETE and end.code > 0 and not SENTENCE.match(last_line(end.said)):
        yield f"a driver that ended with {end.code} did not say why: {last_line(end.said)!r}"


def last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def line_around(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0].strip()


def differences(
    found: Mapping[str, Sequence[Any]], undisturbed: Mapping[str, Sequence[Any]]
) -> Iterator[str]:
    """One sentence for each view whose rows are others."""
    for view, rows in undisturbed.items():
        theirs, ours = _keyed(rows), _keyed(found[view])
        missing, more = theirs.keys() - ours.keys(), ours.keys() - theirs.keys()
        if missing or more or len(rows) != len(found[view]):
            example = next(iter(sorted(more or missing)), "a row twice")
            yield (
                f"{view}: {len(found[view])} rows for {len(rows)}, {len(missing)} missing, "
                f"{len(more)} others, such as {example[:600]}"
            )


def _keyed(rows: Sequence[Any]) -> dict[str, Any]:
    return {repr(row): row for row in rows}


HEAD = ("kind", "way", "hits", "runs", "went on after s", "longest s", "driver ended", "offences")


def as_table(records: Sequence[Record]) -> list[tuple[str, ...]]:
    """By kind and way, its head first, its sum last. Offences are counted in each row whose hit
    their run had."""
    pairs = [(record, struck) for record in records for struck in record.struck]
    found = sorted({(struck.hit.kind, struck.hit.way) for _, struck in pairs})
    rows = [
        _row(kind, way, [p for p in pairs if (p[1].hit.kind, p[1].hit.way) == (kind, way)])
        for kind, way in found
    ]
    return [HEAD, *rows, _row("all", "", pairs)]


def _row(kind: str, way: str, pairs: Sequence[tuple[Record, Struck]]) -> tuple[str, ...]:
    runs = {record.run_id: record for record, _ in pairs}
    spans = [struck.went_on_s for _, struck in pairs if struck.went_on_s is not None]
    ended = sum(struck.ended is not None for _, struck in pairs)
    return (
        kind,
        way,
        str(len(pairs)),
        str(len(runs)),
        f"{median(spans):.0f}" if spans else "",
        f"{max(spans):.0f}" if spans else "",
        str(ended),
        str(sum(len(record.offences) for record in runs.values())),
    )
