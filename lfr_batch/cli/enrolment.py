"""What an enrolment says of the files it was given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any

from lfr_batch.gallery.records import OUTCOMES, FileOutcome, Outcome

SHOWN = 20
"""Lines of one outcome, unless all are asked for."""
NAMED = 3
"""Names of one kind of file that is no picture."""

LINES: dict[Outcome, str] = {
    "look at": "look at {file}{whose}: {reason}",
    "refused": "refused {file}{whose}: {reason}",
    "repeated": "repeated {file}{whose}: {reason}",
    "enrolled": "enrolled {file}{whose}, {reason}",
}
"""Outcomes with a line for each file, what is to be done first."""
SUMS: dict[Outcome, str] = {"not a picture": "not a picture", "excluded": "excluded"}
"""Outcomes with one line for all."""

TO_DECIDE = (
    "to decide between faces: give the place of the right one, as left,top,right,bottom, in a "
    "'box' column of --subjects; --pick largest takes the largest face of each picture"
)


def lines_of(files: Iterable[FileOutcome], gallery: str, *, everything: bool) -> list[str]:
    """What there is to say of the files: nothing of those that were plainly enrolled.

    ``everything``: else the lines of an outcome end with how many more there are, and where.
    """
    by_outcome: dict[Outcome, list[FileOutcome]] = {}
    for file in files:
        if file.outcome != "enrolled" or file.reason:
            by_outcome.setdefault(file.outcome, []).append(file)
    lines: list[str] = []
    for outcome, form in LINES.items():
        those = by_outcome.get(outcome, [])
        shown = those if everything else those[:SHOWN]
        lines += [form.format(file=f.uri, whose=_whose(f), reason=f.reason) for f in shown]
        if len(those) > len(shown):
            more = f"… and {len(those) - len(shown)} more like these"
            lines.append(f"{more}; `lfr gallery show {gallery} --files` lists all")
    lines += [
        f"{words}: {_kinds(by_outcome[outcome])}"
        for outcome, words in SUMS.items()
        if outcome in by_outcome
    ]
    return lines


def needs_choice(files: Iterable[FileOutcome]) -> bool:
    """Whether a picture is open for which a face can be chosen."""
    return any(file.outcome == "look at" and file.subject_id for file in files)


def file_rows(files: Iterable[FileOutcome]) -> list[dict[str, Any]]:
    return [
        {"file": f.uri, "outcome": f.outcome, "reason": f.reason, "subject": f.subject_id or None}
        for f in files
    ]


def outcome_counts(files: Iterable[FileOutcome]) -> dict[str, int]:
    counts = Counter(file.outcome for file in files)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _whose(file: FileOutcome) -> str:
    return f" ({file.subject_id})" if file.subject_id else ""


def _kinds(files: Sequence[FileOutcome]) -> str:
    """'2 × text file (S1/a.txt, S2/b.txt), 1 × video (S1/c.mp4)'."""
    by_kind: dict[str, list[FileOutcome]] = {}
    for file in files:
        by_kind.setdefault(file.reason, []).append(file)
    most_first = sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0]))
    return ", ".join(
        f"{len(those)} × {kind} ({names([file.uri for file in those], count=False)})"
        for kind, those in most_first
    )


def names(uris: Sequence[str], *, count: bool = True) -> str:
    """'12 (S1/a.jpg, S1/b.jpg, S1/c.jpg, …)', or the names alone."""
    paths = [PurePath(uri) for uri in uris[:NAMED]]
    shown = [f"{path.parent.name}/{path.name}" for path in paths]
    listed = ", ".join([*shown, "…"] if len(uris) > NAMED else shown)
    return f"{len(uris)} ({listed})" if count else listed
