"""A gallery's next snapshot, written from the last one and what is new alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.errors import GalleryEmpty, GalleryError
from lfr_batch.gallery.close_pairs import ClosePairs, PairLimits
from lfr_batch.gallery.compared import write_pairs
from lfr_batch.gallery.folders import CURRENT, current_id, gallery_folder, snapshot_folders
from lfr_batch.gallery.growth import (
    Grown,
    GrownRows,
    attribute_rows,
    grown_rows,
    identity_rows,
    number_rows,
)
from lfr_batch.gallery.identity import identity_of, picture_key, said_by_operator
from lfr_batch.gallery.manifest import Manifest, SegmentEntry
from lfr_batch.gallery.merging import NOWHERE, moved, plan_merge, size_after
from lfr_batch.gallery.quality_columns import ALWAYS
from lfr_batch.gallery.records import EnrolledFace, Snapshot, SnapshotInfo, refusals_in
from lfr_batch.gallery.segments import part_of, shared, sweep_segments, write_segment
from lfr_batch.gallery.snapshot_files import (
    SEGMENTS,
    read_faces,
    read_manifest,
    write_parted_snapshot,
)
from lfr_batch.gallery.store import confirm_again, info_of, is_intact
from lfr_batch.records import BoolArray
from lfr_batch.storage.disk_errors import NOTHING_CHANGED, disk_errors
from lfr_batch.storage.files import write_text
from lfr_batch.storage.folders import new_directory, sweep
from lfr_batch.storage.locks import exclusive


def publish_grown(
    home: Path, name: str, grown: Grown, compared: tuple[ClosePairs, PairLimits] | None = None
) -> SnapshotInfo:
    """Write it and make it the gallery's current snapshot; as ``publish_snapshot`` in all else.

    ``compared``: all close pairs of its rows, kept for the next time. Raises GalleryError where
    somebody has made another snapshot current meanwhile, GalleryEmpty where nobody is left.
    """
    folder = gallery_folder(home, name)
    rows = grown_rows(grown.base, grown.kept, grown.faces)
    if not len(rows.sources):
        raise GalleryEmpty(
            f"Nobody would be left in gallery {name!r}; `lfr gallery delete {name}` removes it."
        )
    manifest = _manifest(name, grown, rows)
    final = folder / "snapshots" / manifest.snapshot_id
    with disk_errors(folder, NOTHING_CHANGED), exclusive(folder / ".lock"):
        _require_current(home, name, grown.base)
        sweep_segments(folder, snapshot_folders(home, name))
        if is_intact(final):
            confirm_again(final, manifest)
        else:
            segments, places = _segments_for(grown, rows)
            manifest = manifest.model_copy(update={"segments": segments})
            ids = rows.subject_ids, rows.image_ids
            with new_directory(final) as building:
                write_parted_snapshot(
                    building, manifest, places, ids, grown.not_enrolled, grown.subjects
                )
        if compared is not None:
            write_pairs(final, *compared)
        sweep(folder)
        write_text(folder / CURRENT, f"{manifest.snapshot_id}\n")
    return info_of(name, final)


def _require_current(home: Path, name: str, base: Snapshot) -> None:
    if current_id(home, gallery_folder(home, name)) != base.snapshot_id:
        raise GalleryError(
            f"Gallery {name!r} was changed by somebody else meanwhile (snapshot "
            f"{base.snapshot_id} is not its current one any more); run it again."
        )


def _manifest(name: str, grown: Grown, rows: GrownRows) -> Manifest:
    """Without files and segments, which are not written yet."""
    base, refusals = grown.base, refusals_in(grown.not_enrolled)
    return Manifest(
        name=name,
        snapshot_id=identity_of(
            base.pack_id,
            base.pack_identity,
            identity_rows(rows, _hashes(base, grown.faces, rows)),
            refusals,
            attribute_rows(grown.subjects),
            said_by_operator(accepts_children=grown.accepts_children),
        ),
        pack_id=base.pack_id,
        pack_identity=base.pack_identity,
        dimension=base.templates.shape[1],
        templates=len(rows.sources),
        subjects=int(number_rows(rows.subject_ids)[-1]) + 1,
        refused=len(refusals),
        created_utc=grown.created_utc,
        case_ref=grown.case_ref,
        authority=grown.authority,
        files={},
        made_with=base.made_with,
        ages=grown.ages,
        accepts_children=grown.accepts_children,
    )


def _hashes(base: Snapshot, faces: Sequence[EnrolledFace], rows: GrownRows) -> pa.ChunkedArray:
    read = read_faces(base.parts, base.places, ("sha256", ALWAYS))
    measured = pc.if_else(pc.is_valid(read[ALWAYS]), picture_key("", is_measured=True), "")
    there = pc.binary_join_element_wise(read["sha256"], measured, "")
    new = [picture_key(face.sha256, is_measured=face.measured is not None) for face in faces]
    keys = pa.chunked_array([*there.chunks, pa.array(new, pa.string())], pa.string())
    return keys.take(pa.array(rows.sources))


def _segments_for(grown: Grown, rows: GrownRows) -> tuple[tuple[SegmentEntry, ...], np.ndarray]:
    """The segments of the snapshot to be, and where in them each of its rows is."""
    base = grown.base
    before = shared(base.path, read_manifest(base.path))
    live = _live([each.templates for each in before], base.places[grown.kept])
    merge = plan_merge(
        [each.templates for each in before], [int(mask.sum()) for mask in live], len(grown.faces)
    )
    segments = [before[number] for number in merge.kept]
    if merge.merged or grown.faces:
        folder = base.path.parents[1] / SEGMENTS
        merged = [(part_of(folder, before[number]), live[number]) for number in merge.merged]
        segments.append(write_segment(folder, merged, grown.faces, base.templates.shape[1]))
    old = moved(live, merge)
    new = size_after(live, merge) + np.arange(len(grown.faces))
    places = np.concatenate([old[base.places], new])[rows.sources]
    if (places == NOWHERE).any():
        raise AssertionError("a row of the snapshot lies in none of its segments")
    return tuple(segments), places


def _live(sizes: Sequence[int], places: np.ndarray) -> list[BoolArray]:
    """Of each segment, which of its rows are at one of ``places``."""
    mask = np.zeros(sum(sizes), np.bool_)
    mask[places] = True
    return np.split(mask, np.cumsum(sizes)[:-1])
