"""What became of a hostile file, as one word, and a table of many. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.hostile_records import Answer, Ended

MEMORY_MIB = 1536
"""What a file of a few kilobytes may never take."""
SEGMENT_BYTES = 64
"""Of a file to each segment that is planned of it, beside the first few: it begins with a keyframe,
which takes as much with its place in an index."""
FEW_SEGMENTS = 3

FINE = ("ok", "partly", "damaged", "failed")
BAD = ("EXCEPTION", "HUNG", "CRASHED", "MEMORY", "SEGMENTS", "NAMELESS")
CLASSES = (*FINE, *BAD)
"""NAMELESS: something is wrong, and no sentence with the file's name says what."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of file ``number`` of a run."""

    number: int
    origin: str
    """The seed's name."""
    done: str
    """What was done to it."""
    bytes: int
    outcome: str
    ended: Ended
    sentence: str = ""

    @property
    def bad(self) -> bool:
        return self.outcome in BAD


def outcome_of(ended: Ended, name: str, size_bytes: int) -> str:
    """One of ``CLASSES``. ``name`` is the file's."""
    without_answer = {"hung": "HUNG", "crashed": "CRASHED", "raised": "EXCEPTION"}
    if ended.how in without_answer:
        return without_answer[ended.how]
    if ended.how == "memory" or ended.peak_mib > MEMORY_MIB or ended.answer is None:
        return "MEMORY"
    return _of_answer(ended.answer, name, size_bytes)


def _of_answer(answer: Answer, name: str, size_bytes: int) -> str:
    if any("unexpected " in sentence for sentence in answer.sentences):
        return "EXCEPTION"
    if answer.segments > FEW_SEGMENTS + size_bytes // SEGMENT_BYTES:
        return "SEGMENTS"
    untold = set(answer.statuses) != {"ok"} and not answer.sentences
    if untold or any(name not in sentence for sentence in answer.sentences):
        return "NAMELESS"
    if set(answer.statuses) == {"failed"}:
        return "failed"
    if answer.decoded_damaged or {"damaged", "failed"} & set(answer.statuses):
        return "damaged"
    return "partly" if "partly" in answer.statuses else "ok"


def sentence_of(ended: Ended) -> str:
    """What is shown of it: the first thing that was said."""
    said = ended.answer.sentences if ended.answer else ()
    return said[0] if said else ended.detail


def as_table(verdicts: Sequence[Verdict]) -> list[list[str]]:
    """Head first; a row for each seed, one for all of them last. Classes that are empty are left
    out."""
    shown = [name for name in CLASSES if any(v.outcome == name for v in verdicts)]
    rows = [["made of", "files", *shown, "longest", "most memory"]]
    for origin in dict.fromkeys(verdict.origin for verdict in verdicts):
        rows.append(_row(origin, [v for v in verdicts if v.origin == origin], shown))
    return [*rows, _row("all", verdicts, shown)]


def _row(name: str, verdicts: Sequence[Verdict], shown: Sequence[str]) -> list[str]:
    counts = Counter(verdict.outcome for verdict in verdicts)
    longest_s = max((v.ended.wall_s for v in verdicts), default=0.0)
    most_mib = max((v.ended.peak_mib for v in verdicts), default=0.0)
    cells = [str(counts[each] or "") for each in shown]
    return [name, str(len(verdicts)), *cells, f"{longest_s:.1f} s", f"{most_mib:.0f} MiB"]
