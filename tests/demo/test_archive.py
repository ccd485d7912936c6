"""The archive is built whole, once, the same each time, and says the truth about itself.

Built with every rendered clip cut to a fraction of a second: how a clip begins is how it goes on.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from lfr_batch.demo import archive as archive_module
from lfr_batch.demo.archive import DemoArchive, build_demo_archive
from lfr_batch.demo.camera import View
from lfr_batch.demo.materials import FETCHED, INSTALLED, read_material, read_picture
from lfr_batch.demo.pyav_writer import read_frames
from lfr_batch.demo.scenes import FILMINGS, Filming
from lfr_batch.demo.truth import TRUTH
from lfr_batch.errors import PackDamaged, StoreUnreachable
from lfr_batch.footage.manifest import read_manifest
from lfr_batch.gallery.images import read_images


def shortened(filming: Filming) -> Filming:
    first = filming.path[0]
    return replace(filming, path=(first, View(0.2, first.cx + 4, first.cy, first.width)))


@pytest.fixture(autouse=True)
def short_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "FILMINGS", tuple(map(shortened, FILMINGS)))


@pytest.fixture
def home(open_pack_home: Path, tmp_path: Path) -> Path:
    """A fresh home that shares the archives which the tests fetched before."""
    (tmp_path / "cache").symlink_to(open_pack_home / "cache")
    return tmp_path


def contents(archive: DemoArchive) -> dict[str, bytes]:
    files = (path for path in sorted(archive.root.rglob("*")) if path.is_file())
    return {str(path.relative_to(archive.root)): path.read_bytes() for path in files}


def test_two_builds_show_the_same(home: Path, tmp_path: Path) -> None:
    """Pictures and tables to the byte; of videos the frames, nearly: encoders have moods."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "cache").symlink_to(home / "cache")
    first, again = (contents(build_demo_archive(place)) for place in (home, other))
    assert first.keys() == again.keys()
    videos = {name for name in first if name.endswith((".mp4", ".avi"))}
    assert {n: first[n] for n in first.keys() - videos} == {
        n: again[n] for n in again.keys() - videos
    }
    for name in sorted(videos - {"archive/damaged_cam1.mp4"}):
        seen = [read_frames(place / "demo" / name)[0] for place in (home, other)]
        assert len(seen[0]) == len(seen[1])
        assert np.abs(seen[0][-1].astype(int) - seen[1][-1]).mean() < 2


def test_a_second_build_touches_nothing_and_an_older_recipe_is_replaced(home: Path) -> None:
    built = build_demo_archive(home)
    made_at = built.manifest.stat().st_mtime_ns
    stray = built.footage / "of an older version.mp4"
    stray.write_bytes(b"")
    assert build_demo_archive(home) == built
    assert built.manifest.stat().st_mtime_ns == made_at
    (built.root / "recipe.txt").write_text("0")
    build_demo_archive(home)
    assert not stray.exists()


def test_a_build_that_fails_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_registry(name: str, cache_dir: Path) -> bytes:
        if name == "bikes.mp4":
            raise StoreUnreachable("no network")
        return read_material(name, cache_dir)

    monkeypatch.setattr(archive_module, "read_material", no_registry)
    with pytest.raises(StoreUnreachable):
        build_demo_archive(home)
    assert [path.name for path in home.iterdir()] == ["cache"]


def test_the_tables_are_what_the_commands_read(home: Path) -> None:
    built = build_demo_archive(home)
    listing = read_images(built.custody, built.subjects_csv)
    assert sorted(image.subject_id for image in listing.images) == sorted(listing.subjects)
    assert set(listing.subjects) == {subject.subject_id for subject in TRUTH.subjects}
    entries = read_manifest(str(built.manifest)).entries
    assert {Path(entry.uri).name for entry in entries} == {clip.file for clip in TRUTH.clips}
    assert {path.name for path in built.footage.iterdir()} == {clip.file for clip in TRUTH.clips}
    assert all(Path(entry.uri).is_file() and entry.start_utc for entry in entries)
    told = json.loads(built.expected_json.read_text())
    assert len(told["presences"]) == len(TRUTH.presences)
    with built.subjects_csv.open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(TRUTH.subjects)


def test_the_clips_can_be_decoded_and_the_damaged_one_cannot(home: Path) -> None:
    built = build_demo_archive(home)
    codecs = set()
    for clip in TRUTH.clips:
        path = str(built.footage / clip.file)
        if not clip.readable:
            with pytest.raises(av.error.FFmpegError):
                av.open(path)
            continue
        with av.open(path) as container:
            codecs.add(container.streams.video[0].codec_context.name)
            assert next(container.decode(video=0)).pts is not None
    assert codecs == {"h264", "mpeg4", "mjpeg"}


def test_nobody_is_to_be_found_by_the_very_picture_that_is_filmed() -> None:
    enrolled = {subject.subject_id: subject.file for subject in TRUTH.subjects}
    filmed = {filming.file: filming.pictures for filming in FILMINGS}
    for presence in TRUTH.presences:
        assert enrolled[presence.subject_id] not in filmed.get(presence.file, ())


def test_faces_keep_their_shape(home: Path) -> None:
    for filming in FILMINGS:
        scene = filming.compose(
            [read_picture(n, home / "cache/archives") for n in filming.pictures]
        )
        width, height = filming.size_wh
        for view in filming.path:
            assert view.width <= scene.shape[1]
            assert view.cy - view.width * height / width / 2 >= 0
            assert view.cy + view.width * height / width / 2 <= scene.shape[0]


def test_a_material_that_is_not_the_file_it_was_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distribution, path, _ = INSTALLED["t1.jpg"]
    tampered = {**INSTALLED, "t1.jpg": (distribution, path, "0" * 64)}
    monkeypatch.setattr("lfr_batch.demo.materials.INSTALLED", tampered)
    with pytest.raises(PackDamaged, match="not the file it was"):
        read_picture("t1.jpg", home)


def test_every_picture_of_a_scene_has_a_source() -> None:
    used = {name for filming in FILMINGS for name in filming.pictures}
    used |= {subject.file for subject in TRUTH.subjects} - {"driver.png"}
    assert used <= {*FETCHED, *INSTALLED}
