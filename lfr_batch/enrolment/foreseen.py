"""What a gallery would become, as far as can be said before a new picture is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lfr_batch.config.schema import Config
from lfr_batch.enrolment.growing import GrowOrder, OpenedGallery, SubjectsAfter, subjects_after
from lfr_batch.enrolment.reuse import settle_rows
from lfr_batch.errors import FootageError, StoreAway, StoreError
from lfr_batch.footage.sources import source_of
from lfr_batch.gallery.records import EnrolmentImage, Listing, Snapshot


@dataclass(frozen=True, slots=True)
class ForeseenGrowth:
    """Counts of pictures. Of those that are looked at some may be refused."""

    new: int
    """To be looked at."""
    again: int
    """To be looked at, too: files that the gallery has, with other bytes now."""
    renamed: int
    unchanged: int
    removed: int
    subjects: SubjectsAfter
    bytes: int
    """Of the pictures that are looked at."""
    bytes_more: int
    """That the gallery takes then, if all of them give a template, by what its templates take."""


def foresee_growth(asked: GrowOrder, listing: Listing, opened: OpenedGallery) -> ForeseenGrowth:
    """Nothing is looked at and nothing written. Raises StoreAway."""
    unknown = opened.reused.unknown
    settling = settle_rows(opened.columns, opened.reused, (), is_all=asked.is_all)
    gone = {opened.columns.file(row) for row in settling.removed}
    again = gone & {(image.subject_id, image.uri) for image in unknown}
    return ForeseenGrowth(
        new=len(unknown) - len(again),
        again=len(again),
        renamed=len(settling.renamed),
        unchanged=len(settling.kept),
        removed=len(settling.removed) - len(again),
        subjects=subjects_after(asked, listing, opened.base),
        bytes=_size(unknown, asked.order.config),
        bytes_more=round(len(unknown) * _bytes_each(opened.base)),
    )


def _size(images: Sequence[EnrolmentImage], config: Config) -> int:
    total = 0
    for uri in {image.uri for image in images}:
        try:
            total += source_of(uri, config.s3).state().bytes
        except StoreAway:
            raise
        except (FootageError, StoreError):
            continue  # whoever examines it says why
    return total


def _bytes_each(base: Snapshot) -> float:
    """Of a template, with its picture."""
    files = (path for part in base.parts for path in (part.templates_path, part.index_path))
    sizes = sum(path.stat().st_size for path in files)
    return sizes / max(sum(part.templates for part in base.parts), 1)
