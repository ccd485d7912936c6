"""Folders of pictures to enrol, and what is made of them."""

from __future__ import annotations

from pathlib import Path

from lfr_batch.gallery.records import Listing

JPEG = b"\xff\xd8\xff\xe0 only its first bytes are looked at"


def lay_out(directory: Path, *paths: str, content: bytes = JPEG) -> Path:
    for path in paths:
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return directory


def by_path(directory: Path, listing: Listing) -> dict[str, str]:
    return {str(Path(i.uri).relative_to(directory)): i.subject_id for i in listing.images}


def outcomes(directory: Path, listing: Listing) -> dict[str, tuple[str, str, str]]:
    """What became of the files that are no images: outcome, subject, reason."""
    return {
        str(Path(o.uri).relative_to(directory)): (o.outcome, o.subject_id, o.reason)
        for o in listing.not_enrolled
    }


def write_csv(directory: Path, text: str) -> Path:
    file = directory.parent / "subjects.csv"
    file.write_text(text, encoding="utf-8")
    return file
