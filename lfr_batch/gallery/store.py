"""Galleries on disk: immutable snapshots, and a pointer to the current one.

::

    HOME/galleries/<name>/CURRENT                         the current snapshot's id
    HOME/galleries/<name>/confirmed/<snapshot_id>.json    who enrolled the same again, and when
    HOME/galleries/<name>/compared/<snapshot_id>.pairs    the pairs of its images that score high
    HOME/galleries/<name>/snapshots/<snapshot_id>/        templates.parquet  subjects.parquet
                                                          refusals.parquet   index.faiss
                                                          ids.arrow          manifest.json
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from lfr_batch.errors import (
    GalleryDamaged,
    GalleryEmpty,
    GalleryError,
    GalleryMismatch,
)
from lfr_batch.gallery.compared import ComparedSnapshot, read_pairs, write_pairs
from lfr_batch.gallery.confirmed import Confirmation, ages_at, confirm, enrolled_at
from lfr_batch.gallery.enrolment import count_reasons, in_row_order
from lfr_batch.gallery.folders import (
    CURRENT,
    SNAPSHOT_ID,
    current_id,
    gallery_folder,
    gallery_names,
    snapshot_folders,
    snapshot_path,
)
from lfr_batch.gallery.identity import said_by_operator, snapshot_identity
from lfr_batch.gallery.manifest import Manifest
from lfr_batch.gallery.minors import said_again
from lfr_batch.gallery.records import (
    EnrolledFace,
    FileOutcome,
    Snapshot,
    SnapshotContent,
    SnapshotInfo,
    Subject,
)
from lfr_batch.gallery.snapshot_files import (
    MANIFEST,
    dimension_of,
    files_of,
    ids_of,
    map_templates,
    own_files,
    parts_of,
    read_attributes,
    read_columns,
    read_faces,
    read_manifest,
    rows_of,
    segment_files,
    verify_files,
    write_snapshot,
)
from lfr_batch.gallery.snapshot_files import read_outcomes as read_not_enrolled
from lfr_batch.gallery.thumbnails import read_images
from lfr_batch.storage.disk_errors import NOTHING_CHANGED, disk_errors
from lfr_batch.storage.files import write_text
from lfr_batch.storage.folders import new_directory, sweep
from lfr_batch.storage.locks import exclusive
from lfr_batch.storage.verified import verify_once


def publish_snapshot(home: Path, name: str, content: SnapshotContent) -> SnapshotInfo:
    """Write a snapshot and make it the current one of gallery ``name``.

    The same enrolment gives the same snapshot: it is then left as it was first written, with the
    case, authority, date and uris of that time, made current, and noted as enrolled again; a
    damaged one is replaced.
    Publishers of one gallery wait for each other. A publisher killed at any point leaves the
    old snapshot current; what it had written is swept by the next.

    Raises:
        UsageError: ``name`` is no plain file name.
        GalleryEmpty: no faces; lists the reasons for the refusals.
        StoreFull, StoreError: the disk; nothing was changed.
    """
    folder = gallery_folder(home, name)
    if not content.faces:
        raise GalleryEmpty(_nothing_enrolled(name, content.refusals))
    ordered = _sorted_faces(content.faces)
    everyone = _everyone(content.subjects, ordered)
    manifest = _manifest(name, content, ordered, everyone)
    final = folder / "snapshots" / manifest.snapshot_id
    with disk_errors(folder, NOTHING_CHANGED), exclusive(folder / ".lock"):
        if is_intact(final):
            confirm_again(final, manifest)
        else:
            with new_directory(final) as building:
                write_snapshot(building, manifest, ordered, content.not_enrolled, everyone.values())
        if content.compared is not None:
            write_pairs(final, *content.compared)
        sweep(folder)
        write_text(folder / CURRENT, f"{manifest.snapshot_id}\n")
    return info_of(name, final)


def _manifest(
    name: str,
    content: SnapshotContent,
    ordered: Sequence[EnrolledFace],
    everyone: Mapping[str, Subject],
) -> Manifest:
    """Without its ``files``, which are not written yet."""
    pack_id, pack_identity, refusals = content.pack_id, content.pack_identity, content.refusals
    return Manifest(
        name=name,
        snapshot_id=snapshot_identity(
            pack_id,
            pack_identity,
            ordered,
            refusals,
            everyone,
            said_by_operator(accepts_children=content.accepts_children),
        ),
        pack_id=pack_id,
        pack_identity=pack_identity,
        dimension=dimension_of(ordered),
        templates=len(ordered),
        subjects=len({face.subject_id for face in ordered}),
        refused=len(refusals),
        created_utc=content.created_utc,
        case_ref=content.case_ref,
        authority=content.authority,
        files={},
        made_with=content.made_with,
        ages=content.ages,
        accepts_children=content.accepts_children,
    )


def confirm_again(final: Path, manifest: Manifest) -> None:
    """What is there stays as it was first written; that it was enrolled again, and what was then
    said of ages, is noted."""
    before = read_manifest(final)
    said = Confirmation(
        enrolled_utc=manifest.created_utc,
        case_ref=manifest.case_ref,
        authority=manifest.authority,
        ages=said_again(ages_at(final, before.created_utc, before.ages), manifest.ages),
    )
    confirm(final, before.created_utc, said)


def delete_gallery(home: Path, name: str) -> None:
    """Remove all snapshots of a gallery and what is kept of them. Past runs keep their evidence.

    The pointer goes first: who is killed half-way leaves no gallery, and a next call ends it.
    Raises UsageError, GalleryNotFound, StoreError.
    """
    folder = gallery_folder(home, name)
    if not folder.exists():
        current_id(home, folder)
    with disk_errors(folder), exclusive(folder / ".lock"):
        (folder / CURRENT).unlink(missing_ok=True)
        shutil.rmtree(folder)
    for record in (home / "cache" / "verified").glob(f"{name}-*.json"):
        if SNAPSHOT_ID.fullmatch(record.stem.removeprefix(f"{name}-")):
            record.unlink(missing_ok=True)


def load_snapshot(
    home: Path, name: str, snapshot_id: str | None = None, verify: bool = True
) -> Snapshot:
    """Open the current snapshot of a gallery, or the one named.

    ``verify`` compares its files with their sha256, unless they passed before and have not
    changed since (see ``verify_once``).

    Raises:
        UsageError: ``name`` is no plain file name.
        GalleryNotFound: no such gallery or snapshot; says which there are.
        GalleryDamaged: a file is missing or altered.
        GalleryError: written by a newer version, or it may not be looked into.
    """
    path = snapshot_path(home, name, snapshot_id)
    manifest = read_manifest(path)
    if verify:
        _verify_once(home, path, manifest)
    subject_ids, image_ids = ids_of(path, manifest)
    return Snapshot(
        name=name,
        snapshot_id=manifest.snapshot_id,
        pack_id=manifest.pack_id,
        pack_identity=manifest.pack_identity,
        templates=map_templates(path, manifest),
        subject_ids=subject_ids,
        image_ids=image_ids,
        created_utc=manifest.created_utc,
        enrolled_utc=enrolled_at(path, manifest.created_utc),
        case_ref=manifest.case_ref,
        authority=manifest.authority,
        path=path,
        parts=parts_of(path, manifest),
        rows=rows_of(path, manifest),
        made_with=manifest.made_with,
        ages=ages_at(path, manifest.created_utc, manifest.ages),
        accepts_children=manifest.accepts_children,
    )


def _verify_once(home: Path, path: Path, manifest: Manifest) -> None:
    """Each segment by itself: what snapshots share is read once for all of them."""
    records = home / "cache" / "verified"
    own = own_files(path, manifest)
    record = records / f"{manifest.name}-{manifest.snapshot_id}.json"
    verify_once([path / MANIFEST, *own], record, partial(verify_files, own))
    for segment in manifest.segments:
        files = segment_files(path, segment)
        record = records / f"{manifest.name}-{segment.index.sha256[:12]}.json"
        verify_once(list(files), record, partial(verify_files, files))


def load_compared(home: Path, name: str) -> ComparedSnapshot | None:
    """The current snapshot with the pairs that were found in it.

    None where there is neither, or one of them cannot be used: a new enrolment needs no old one.
    """
    try:
        snapshot = load_snapshot(home, name)
    except GalleryError:
        return None
    kept = read_pairs(snapshot.path)
    if kept is None:
        return None
    return ComparedSnapshot(snapshot.subject_ids, snapshot.image_ids, snapshot.templates, *kept)


def verify_snapshot(home: Path, name: str, snapshot_id: str | None = None) -> SnapshotInfo:
    """Compare every file with its sha256. Raises as ``load_snapshot`` does."""
    path = snapshot_path(home, name, snapshot_id)
    verify_files(files_of(path, read_manifest(path)))
    return info_of(name, path)


def list_galleries(home: Path) -> list[SnapshotInfo]:
    """The current snapshot of every gallery, by name; a damaged one says so in ``damage``.

    Raises GalleryError if ``home`` may not be looked into.
    """
    return [_info_or_damage(home, name) for name in gallery_names(home)]


def list_snapshots(home: Path, name: str) -> list[SnapshotInfo]:
    """Every snapshot of a gallery, oldest first. Raises GalleryNotFound, GalleryDamaged."""
    snapshot_path(home, name, None)
    infos = [info_of(name, folder) for folder in snapshot_folders(home, name)]
    return sorted(infos, key=lambda info: (str(info.created_utc), info.snapshot_id))


def read_subjects(snapshot: Snapshot) -> dict[str, Subject]:
    """Every subject that was to be enrolled, those without a template too."""
    columns = read_columns(snapshot.subjects_path, ("subject_id", "attributes"))
    pairs = zip(columns["subject_id"], columns["attributes"], strict=True)
    return {subject_id: Subject(subject_id, dict(attributes)) for subject_id, attributes in pairs}


def read_subjects_of(snapshot: Snapshot, subject_ids: Iterable[str]) -> dict[str, Subject]:
    """Those of the subjects that were to be enrolled, without reading all of them into memory;
    who was not is left out. Raises GalleryDamaged, GalleryError."""
    found = read_attributes(snapshot.subjects_path, subject_ids)
    return {subject_id: Subject(subject_id, pairs) for subject_id, pairs in found.items()}


def read_outcomes(snapshot: Snapshot) -> list[FileOutcome]:
    """What became of every file, sorted by uri; 0.1.0 knew of enrolled and refused ones alone."""
    columns = read_faces(snapshot.parts, snapshot.places, ("subject_id", "uri", "note"))
    rows = zip(*(column.to_pylist() for column in columns.columns), strict=True)
    files = [FileOutcome(whose, uri, note, "enrolled") for whose, uri, note in rows]
    files += read_not_enrolled(snapshot.path)
    return sorted(files, key=lambda file: (file.uri, file.subject_id))


def read_thumbnails(snapshot: Snapshot, image_ids: Iterable[str]) -> dict[str, bytes]:
    """JPEG by image id; ids that the snapshot does not hold are left out."""
    found = read_images(snapshot, image_ids, ("image_id", "thumbnail_jpeg"))
    return dict(zip(*(column.to_pylist() for column in found.columns), strict=True))


def digests_of(snapshot: Snapshot) -> dict[str, str]:
    """sha256 of each of its files, as its manifest says. Raises GalleryDamaged, GalleryError."""
    files = files_of(snapshot.path, read_manifest(snapshot.path))
    return {path.name: entry.sha256 for path, entry in files.items()}


def require_pack(snapshot: Snapshot, pack_identity: str, pack_id: str) -> None:
    """Raises GalleryMismatch unless the templates were made with this very pack."""
    if snapshot.pack_identity != pack_identity:
        made_with = repr(snapshot.pack_id)
        if snapshot.pack_id == pack_id:
            made_with = f"another version of {made_with}"
        raise GalleryMismatch(
            f"Gallery {snapshot.name!r} was enrolled with model pack {made_with}, and scores "
            f"across packs mean nothing; use that pack, or enrol the gallery again with "
            f"{pack_id!r}."
        )


def _sorted_faces(faces: Sequence[EnrolledFace]) -> list[EnrolledFace]:
    ordered = in_row_order(faces)
    if len({(face.subject_id, face.image_id) for face in ordered}) < len(ordered):
        raise ValueError("a subject has an image id twice; collect() the enrolment first")
    return ordered


def _everyone(subjects: Mapping[str, Subject], faces: Iterable[EnrolledFace]) -> dict[str, Subject]:
    ids = sorted({*subjects, *(face.subject_id for face in faces)})
    return {subject_id: subjects.get(subject_id, Subject(subject_id)) for subject_id in ids}


def _nothing_enrolled(name: str, refusals: Sequence[FileOutcome]) -> str:
    reasons = "; ".join(f"{reason}: {n}" for reason, n in count_reasons(refusals).items())
    why = f"none of the pictures gave a template ({reasons})" if refusals else "no pictures"
    return f"Nothing was enrolled in gallery {name!r}: {why}; give pictures that show one face."


def is_intact(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        verify_files(files_of(path, read_manifest(path)))
    except GalleryDamaged:
        return False
    return True


def info_of(name: str, path: Path) -> SnapshotInfo:
    manifest = read_manifest(path)
    return SnapshotInfo(
        name=name,
        snapshot_id=manifest.snapshot_id,
        pack_id=manifest.pack_id,
        pack_identity=manifest.pack_identity,
        templates=manifest.templates,
        subjects=manifest.subjects,
        refused=manifest.refused,
        created_utc=manifest.created_utc,
        enrolled_utc=enrolled_at(path, manifest.created_utc),
        case_ref=manifest.case_ref,
        authority=manifest.authority,
        path=path,
        dimension=manifest.dimension,
        ages=ages_at(path, manifest.created_utc, manifest.ages),
        accepts_children=manifest.accepts_children,
    )


def _info_or_damage(home: Path, name: str) -> SnapshotInfo:
    try:
        return info_of(name, snapshot_path(home, name, None))
    except GalleryError as error:
        folder = home / "galleries" / name
        return SnapshotInfo(
            name, "", "", "", 0, 0, 0, None, None, "", "", folder, damage=str(error)
        )
