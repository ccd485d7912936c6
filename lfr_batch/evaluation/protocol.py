"""Who is enrolled, who is searched for, and who is unknown to the gallery. Pure.

Terms of ISO/IEC 19795-1: a mated search is by somebody who is enrolled, a non-mated one by somebody
who is not. Where the labels give no roles, a split is made of them that is the same every time: it
follows from the subjects' names alone.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lfr_batch.errors import UsageError
from lfr_batch.evaluation.labelled import Labelled

LEFT_OUT = 0.3
"""Of the subjects with several pictures, the share who are kept out of the gallery."""
_SPLIT = "lfr evaluation 1"


@dataclass(frozen=True, slots=True)
class Protocol:
    enrolled: tuple[Labelled, ...]
    mated: tuple[Labelled, ...]
    unknown: tuple[Labelled, ...]
    clips: tuple[Labelled, ...]
    """Stretches of clips, of whomever."""
    sentence: str
    """How it was decided who is who."""

    @property
    def searched(self) -> tuple[Labelled, ...]:
        """Pictures that are searched: mated ones first."""
        return (*self.mated, *self.unknown)


def protocol_of(files: Sequence[Labelled]) -> Protocol:
    """Raises UsageError where the labels do not make an open-set evaluation, with the way out."""
    stated = [file for file in files if file.role is not None]
    if stated and len(stated) < len(files):
        line = next(file.line for file in files if file.role is None)
        raise UsageError(
            f"Line {line} has no role, and others have: give every line enrol, probe or unknown, "
            "or drop the column."
        )
    made = _as_stated(stated) if stated else _as_split(files)
    _require_sound(made)
    return made


def _as_stated(files: Sequence[Labelled]) -> Protocol:
    enrolled = tuple(file for file in files if file.role == "enrol")
    known = {file.subject_id for file in enrolled}
    _require_roles(files, known)
    pictures = [file for file in files if file.is_picture and file.role != "enrol"]
    return Protocol(
        enrolled,
        tuple(file for file in pictures if file.role == "probe"),
        tuple(file for file in pictures if file.role == "unknown"),
        tuple(file for file in files if not file.is_picture),
        "The labels say which picture is enrolled, which is searched for somebody who is, and "
        "which for somebody who is not.",
    )


def _require_roles(files: Sequence[Labelled], known: set[str]) -> None:
    for file in files:
        if file.role == "enrol" and not file.is_picture:
            raise UsageError(
                f"Line {file.line} enrols a clip: enrol a picture, and let the clip be a probe."
            )
        if file.role == "probe" and file.subject_id not in known:
            raise UsageError(
                f"Line {file.line} is a probe of a subject of whom no line enrols a picture: enrol "
                "one, or make its role unknown."
            )
        if file.role == "unknown" and file.subject_id in known:
            raise UsageError(
                f"Line {file.line} is of an unknown person, whom another line enrols: make its "
                "role probe, or drop the other."
            )


def _as_split(files: Sequence[Labelled]) -> Protocol:
    """A clip is of whoever is in it: it makes nobody's role."""
    of: defaultdict[str, list[Labelled]] = defaultdict(list)
    for file in sorted(files, key=lambda file: (file.date, file.uri)):
        if file.is_picture:
            of[file.subject_id].append(file)
    filmed = {file.subject_id for file in files if not file.is_picture}
    outside = left_out_of([s for s, theirs in of.items() if len(theirs) > 1 and s not in filmed])
    enrolled, mated, unknown = list[Labelled](), list[Labelled](), list[Labelled]()
    for subject_id, theirs in sorted(of.items()):
        is_known = subject_id in filmed or (len(theirs) > 1 and subject_id not in outside)
        if is_known:
            enrolled.append(theirs[0])
            mated += theirs[1:]
        else:
            unknown += theirs
    return Protocol(
        tuple(enrolled),
        tuple(mated),
        tuple(unknown),
        tuple(file for file in files if not file.is_picture),
        "The labels give no roles. Of each subject with several pictures the first, by date where "
        "one is given and else by name, is enrolled and the others are searched; "
        f"{LEFT_OUT * 100:.0f} % of these subjects, chosen by a digest of their names, are kept "
        "out of the gallery, and so are subjects with one picture: all of theirs are searched as "
        "unknown.",
    )


def left_out_of(subject_ids: Sequence[str]) -> frozenset[str]:
    """Those whose names have the lowest digests: the share ``LEFT_OUT`` of them, never all."""
    number = min(round(LEFT_OUT * len(subject_ids)), max(len(subject_ids) - 1, 0))
    return frozenset(sorted(subject_ids, key=_digest)[:number])


def _digest(subject_id: str) -> str:
    return hashlib.sha256(f"{_SPLIT}\0{subject_id}".encode()).hexdigest()


def _require_sound(made: Protocol) -> None:
    if not made.enrolled:
        raise UsageError(
            "Nobody would be enrolled: no subject has two pictures; give more pictures of "
            "somebody, or say in a role column which to enrol."
        )
    if made.clips:
        _require_times(made.clips)
        return
    if not made.mated:
        raise UsageError(
            "Nobody who is enrolled would be searched for: give a second picture of somebody, or "
            "lines with the role probe."
        )
    if not made.unknown:
        raise UsageError(
            "There are no unknown people, so it cannot be measured how often somebody is taken for "
            "another: add pictures of people who are not to be enrolled (role unknown)."
        )


def _require_times(clips: Iterable[Labelled]) -> None:
    for clip in clips:
        if clip.role != "unknown" and (clip.begin_s is None or clip.end_s is None):
            where = f"Line {clip.line}" if clip.line else f"{clip.uri}"
            raise UsageError(
                f"{where} is a clip without times: say in columns begin and end from which second "
                "to which its subject is seen, or make its role unknown."
            )


def without_repeats(made: Protocol, digest_of: dict[str, str]) -> tuple[Protocol, int]:
    """Without pictures whose very bytes are enrolled or were searched before: they would count as
    finds; and how many these were. ``digest_of`` has the sha256 of each uri that could be read."""
    seen = {digest_of[file.uri] for file in made.enrolled if file.uri in digest_of}
    kept: dict[str, list[Labelled]] = {"mated": [], "unknown": []}
    dropped = 0
    for kind, files in (("mated", made.mated), ("unknown", made.unknown)):
        for file in files:
            digest = digest_of.get(file.uri, file.uri)
            if digest in seen:
                dropped += 1
            else:
                kept[kind].append(file)
            seen.add(digest)
    fewer = Protocol(
        made.enrolled, tuple(kept["mated"]), tuple(kept["unknown"]), made.clips, made.sentence
    )
    return fewer, dropped
