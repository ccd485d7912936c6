from __future__ import annotations

import mmap
from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.search import BATCHES, footprint_mib, medians_s, throughput
from benchmarks.synthetic_gallery import SyntheticFaces, subject_ids, write_gallery
from lfr_batch.gallery.matcher import open_matcher
from lfr_batch.gallery.store import load_snapshot, read_subjects, verify_snapshot

N = 5_000


def test_faces_are_the_same_however_they_are_asked_for() -> None:
    faces = SyntheticFaces(N)
    every = list(faces)
    assert len(every) == len(faces) == N
    for part in (slice(0, 3), slice(4000, 4200), slice(4990, 6000)):
        for asked, made in zip(faces[part], every[part], strict=True):
            assert asked.image_id == made.image_id
            assert np.array_equal(asked.template, made.template)
    assert np.array_equal(faces[4500].template, every[4500].template)


def test_one_subject_in_five_has_several_images() -> None:
    faces = list(SyntheticFaces(N - N % 7))
    images = Counter(face.subject_id for face in faces)
    assert Counter(images.values()) == {1: len(images) * 4 // 5, 3: len(images) // 5}
    assert list(images) == list(subject_ids(len(faces))) == sorted(images)


def test_a_written_gallery_is_a_gallery(tmp_path: Path) -> None:
    path = write_gallery(tmp_path, "synthetic", N, "open", "f" * 64)
    info = verify_snapshot(tmp_path, "synthetic")
    assert (info.path, info.templates) == (path, N)
    snapshot = load_snapshot(tmp_path, "synthetic")
    assert len(read_subjects(snapshot)) == info.subjects == len(set(snapshot.subject_ids))
    keys = list(zip(snapshot.subject_ids, snapshot.image_ids, strict=True))
    assert keys == sorted(set(keys))
    ((candidates, _),) = open_matcher(snapshot, "cpu").match(snapshot.templates[7:8], 0.9, 1)
    assert candidates[0].image_id == snapshot.image_ids[7]


def test_every_batch_is_measured(tmp_path: Path) -> None:
    write_gallery(tmp_path, "synthetic", 100, "open", "f" * 64)
    matcher = open_matcher(load_snapshot(tmp_path, "synthetic"), "cpu", threads=1)
    rows = throughput(matcher, threads=1, repeats=1, clock=iter(range(1000)).__next__)
    assert [row["batch"] for row in rows] == list(BATCHES)
    for row in rows:
        assert row["blas"] == row["faiss"] == row["match"] == row["batch"]
        assert row["share_of_blas"] == 1.0


def test_medians_are_taken_of_each_in_turn() -> None:
    calls: list[str] = []
    ticks = iter([0, 1, 0, 5, 0, 9, 0, 5, 0, 2, 0, 6])
    work = {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}
    assert medians_s(work, 3, ticks.__next__) == {"a": 2, "b": 5}
    assert calls == ["a", "b"] * 3


def test_a_footprint_is_of_this_process() -> None:
    before = footprint_mib()
    # Mapped anew: what numpy gives may be memory that this process had already.
    with closing(mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)) as kept:
        kept.write(b"1" * (64 << 20))
        assert 60 < footprint_mib()["own"] - before["own"] < 150
