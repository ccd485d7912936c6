"""What is asked and said of ages, and of pictures' quality, where somebody is enrolled."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import typer

from lfr_batch.cli.output import counted
from lfr_batch.enrolment.ages import AskAges
from lfr_batch.faces.quality_components import count_looks
from lfr_batch.gallery.minors import (
    row_of_minors,
    said_of_ages,
    said_of_earlier,
    said_of_minors,
)
from lfr_batch.gallery.records import AgesSaid, EnrolledFace, SnapshotInfo
from lfr_batch.gallery.warned import earlier_minors, minors_at


def asking_ages() -> AskAges:
    """Asks on a terminal; elsewhere nobody is there to be asked."""
    return lambda question: (
        typer.prompt(question, default="", show_default=False, err=True)
        if sys.stdin.isatty()
        else None
    )


def age_lines(info: SnapshotInfo) -> Iterator[str]:
    """A warning where somebody is under 18, or that ages are not stated."""
    minors = minors_at(info.path, datetime.now(UTC).date())
    yield from filter(None, (said_of_minors(minors, info.ages), said_of_ages(info.ages, minors)))


def grown_age_lines(before: SnapshotInfo, info: SnapshotInfo, added: AgesSaid) -> Iterator[str]:
    """As ``age_lines``. ``added``: what is known of who came to those of ``before``; where that is
    all that is to be known, the others are named."""
    if info.ages != "not stated" or added not in {"adults", "stated"}:
        yield from age_lines(info)
        return
    today = datetime.now(UTC).date()
    said = said_of_minors(minors_at(info.path, today), info.ages)
    earlier = said_of_earlier(info.name, earlier_minors(info.path, before.path, today))
    yield from filter(None, (said, earlier))


def age_row(info: SnapshotInfo) -> Mapping[str, object]:
    minors = minors_at(info.path, datetime.now(UTC).date())
    return row_of_minors(minors, info.ages, accepts_children=info.accepts_children)


def quality_line(faces: Sequence[EnrolledFace], gallery: str) -> str:
    number, by_component = count_looks(face.measured for face in faces)
    if not number:
        return f"quality: none of {counted(len(faces), 'picture')} is worth a second look"
    what = ", ".join(f"{count} {words}" for words, count in by_component.items())
    return (
        f"quality: {number} of {counted(len(faces), 'picture')} worth a second look ({what}); "
        f"`lfr gallery check {gallery}` names them"
    )


def quality_row(faces: Sequence[EnrolledFace]) -> Mapping[str, Any]:
    number, by_component = count_looks(face.measured for face in faces)
    return {"pictures": number, "by_component": by_component}
