"""What became of a file, in the words of the report: "nobody" only where somebody looked. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

PENDING = "pending"
"""Status of a segment that was never tried."""
NEVER = "never"
KNOWN = "known"
"""Of a file whose bytes an earlier run had searched."""

SAID: Mapping[str, str] = MappingProxyType(
    {
        "ok": "searched whole",
        "partly": "in part, by design or limit",
        "damaged": "in part: it is faulty",
        "failed": "could not be searched",
        NEVER: "never searched",
        KNOWN: "searched before, in another run",
    }
)
"""A file's status, 'never' or 'known', as the report says it."""

_LACKING: Mapping[str, str] = MappingProxyType(
    {
        "failed": "could not be searched at all",
        NEVER: "never searched",
        "damaged": "searched only in part (faulty)",
        "partly": "searched only in part (by design or limit)",
        "ok": "of which nothing was looked at",
    }
)


def outcome(footage: Mapping[str, Any], segments: Sequence[Mapping[str, Any]]) -> str:
    """A ``footage`` row's status, 'never' where no segment of it was ever tried, or 'known'."""
    if footage.get("known_from"):
        return KNOWN
    never = bool(segments) and all(s["status"] == PENDING for s in segments)
    return NEVER if never else str(footage["status"])


def was_looked_at(footage: Mapping[str, Any]) -> bool:
    """Whether a single frame of the file was searched."""
    return footage["status"] != "failed" and bool(
        footage["frames_analysed"] or footage["searched_s"]
    )


def lacking(footage: Sequence[Mapping[str, Any]]) -> list[str]:
    """How many of the files were not searched whole, in words; what is worst comes first.

    Each row has its ``outcome`` and ``looked_at``; a file is one, however many rows it has.
    """
    files = [_of_file(rows) for rows in by_file(footage).values()]
    found = Counter(which for which, looked_at in files if which != "ok" or not looked_at)
    return [f"{found[which]} {said}" for which, said in _LACKING.items() if found[which]]


def by_file(footage: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The rows of each file: one for each recording of each stream."""
    files: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in footage:
        files[row["uri"]].append(row)
    return dict(files)


def is_whole(rows: Sequence[Mapping[str, Any]]) -> bool:
    return all(row["outcome"] == "ok" for row in rows)


def _of_file(rows: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """Outcome, and whether it was looked at: in part where its rows differ."""
    states = {(row["outcome"], row["looked_at"]) for row in rows}
    if len(states) == 1:
        return states.pop()
    outcomes = {which for which, _ in states}
    if not any(looked_at for _, looked_at in states):
        return ("failed" if "failed" in outcomes else NEVER), False
    return ("damaged" if outcomes & {"failed", "damaged"} else "partly"), True


def parts(footage: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """``footage_id`` → its stream and recording, both from 1, where its file has several."""
    files = by_file(footage).values()
    named = ((row["footage_id"], _part(row, rows)) for rows in files for row in rows)
    return {footage_id: part for footage_id, part in named if part}


def _part(row: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    named = (("video stream", "stream", 1), ("recording", "recording", 0))
    return ", ".join(
        f"{word} {row[name] + more}"
        for word, name, more in named
        if row[name] is not None and len({each[name] for each in rows}) > 1
    )


def place(part: str, picture: int | None, pictures: int | None) -> str:
    """Which part of its file somebody was seen in: stream, recording and picture of a still."""
    several = picture is not None and max(picture, pictures or 1) > 1
    of = f" of {pictures}" if pictures and pictures > 1 else ""
    return ", ".join(text for text in (part, f"picture {picture}{of}" if several else "") if text)
