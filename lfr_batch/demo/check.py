"""Whether a scan of the demonstration's archive answered what is true. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lfr_batch.demo.truth import Clip, Presence, Truth

TOLERANCE_S = 1.0
"""A face at the edge of the picture is found a little earlier or later."""

CLOCK_TOLERANCE = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class ToldSighting:
    """A sighting as the results tell it. ``file`` is a bare name; times in media and UTC."""

    subject_id: str
    file: str
    start_s: float
    end_s: float
    start_utc: datetime | None
    score: float


def judge(truth: Truth, seen: Sequence[ToldSighting], statuses: Mapping[str, str]) -> list[str]:
    """One sentence for everything that is wrong; empty if nothing is.

    ``statuses`` maps the bare name of each recorded file to its footage status.
    """
    return [
        *_missing(truth.presences, seen),
        *_unexpected(truth.presences, seen),
        *_wrong_clock(truth.clips, seen),
        *_misrecorded(truth.clips, statuses),
    ]


def _missing(presences: Iterable[Presence], seen: Sequence[ToldSighting]) -> Iterator[str]:
    for presence in presences:
        scores = [one.score for one in seen if _fits(presence, one)]
        who = f"{presence.subject_id} in {presence.file}"
        when = f"between {presence.from_s:g} and {presence.until_s:g} s"
        if not scores:
            yield f"{who} was not found {when}."
        elif max(scores) < presence.least_score:
            yield (
                f"{who} was found {when} with a score of {max(scores):.2f}, "
                f"but {presence.enrolled_from} must give {presence.least_score:.2f} or more."
            )


def _unexpected(presences: Sequence[Presence], seen: Iterable[ToldSighting]) -> Iterator[str]:
    for one in seen:
        if not any(_fits(presence, one) for presence in presences):
            yield (
                f"{one.subject_id} was found in {one.file} from {one.start_s:.1f} to "
                f"{one.end_s:.1f} s (score {one.score:.2f}) and is not there."
            )


def _wrong_clock(clips: Iterable[Clip], seen: Iterable[ToldSighting]) -> Iterator[str]:
    begins = {clip.file: datetime.fromisoformat(clip.start_utc) for clip in clips}
    for one in seen:
        if one.file not in begins:
            continue
        due = begins[one.file] + timedelta(seconds=one.start_s)
        if one.start_utc is None or abs(one.start_utc - due) > CLOCK_TOLERANCE:
            yield (
                f"{one.subject_id} in {one.file} is dated {one.start_utc}, "
                f"but the manifest makes it {due}."
            )


def _misrecorded(clips: Iterable[Clip], statuses: Mapping[str, str]) -> Iterator[str]:
    for clip in clips:
        status = statuses.get(clip.file)
        if status is None:
            yield f"{clip.file} is not in the footage table."
        elif clip.readable and status != "ok":
            yield f"{clip.file} is recorded as {status} though it can be read."
        elif not clip.readable and status == "ok":
            yield f"{clip.file} is cut off, but is recorded as ok."


def _fits(presence: Presence, one: ToldSighting) -> bool:
    """Whether the sighting is of this subject, in this file, and within this time."""
    return (
        one.subject_id == presence.subject_id
        and one.file == presence.file
        and one.start_s >= presence.from_s - TOLERANCE_S
        and one.end_s <= presence.until_s + TOLERANCE_S
    )
