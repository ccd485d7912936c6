from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from lfr_batch.config.schema import FootageConfig, S3Config
from lfr_batch.footage import catalogue
from lfr_batch.footage.places import Source
from lfr_batch.footage.pyav_input import check_head
from lfr_batch.records import FootageAsset, FootageEntry
from tests.probing import probe

from .clips import write_clip, write_sound

KEY = "00112233445566778899aabbccddeeff"


def look(path: Path | str, **entry: object) -> FootageAsset:
    return probe(FootageEntry(str(path), **entry), FootageConfig(), S3Config())  # type: ignore[arg-type]


def test_facts_of_a_clip(rendered: dict[str, Path]) -> None:
    path = rendered["plain.mp4"]
    asset = look(path, camera_id="cam", site="North")
    assert (asset.status, asset.error, asset.kind) == ("ok", None, "video")
    assert (asset.codec, asset.width, asset.height, asset.frame_rate) == ("h264", 160, 120, 25.0)
    assert asset.duration_s == pytest.approx(4.0)
    assert asset.sha256 == sha256(path.read_bytes()).hexdigest()
    assert asset.bytes == path.stat().st_size
    assert asset.keyframes_ns == (0, 10**9, 2 * 10**9, 3 * 10**9)
    assert (asset.camera_id, asset.site) == ("cam", "North")
    assert asset.footage_id == look(path).footage_id
    assert len(asset.footage_id) == 16


def test_a_file_that_is_replaced_while_it_is_looked_at_fails(
    tmp_path: Path, rendered: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(rendered["plain.mp4"].read_bytes())

    def meanwhile(source: Source) -> bytes:
        path.write_bytes(rendered["faststart.mp4"].read_bytes())
        return check_head(source)

    monkeypatch.setattr(catalogue, "check_head", meanwhile)
    asset = look(path)
    assert asset.status == "failed"
    assert f"{path} was changed, replaced or moved away while" in (asset.error or "")


@pytest.mark.parametrize("name", ["clip.mkv", "clip.ts", "clip.flv", "mjpeg.avi", "vp9.webm"])
def test_keyframes_are_known_in_every_container(rendered: dict[str, Path], name: str) -> None:
    assert look(rendered[name]).keyframes_ns == (0, 10**9, 2 * 10**9, 3 * 10**9)


def test_footage_without_timestamps_is_entered_at_its_start(rendered: dict[str, Path]) -> None:
    assert look(rendered["raw.h264"]).keyframes_ns == (0,)


def test_same_bytes_at_another_place_are_other_footage(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(rendered["plain.mp4"].read_bytes())
    assert look(copy).sha256 == look(rendered["plain.mp4"]).sha256
    assert look(copy).content_id == sha256(copy.read_bytes()).hexdigest()
    assert look(copy).content_id == look(rendered["plain.mp4"]).content_id
    assert look(copy).footage_id != look(rendered["plain.mp4"]).footage_id


@pytest.mark.parametrize(
    ("matrix", "extra", "expected", "size_wh"),
    [(0, 0, 0, (160, 120)), (-90, 0, 90, (120, 160)), (90, 0, 270, (120, 160)),
     (180, 90, 270, (120, 160)), (-90, 270, 0, (160, 120))],
)  # fmt: skip
def test_rotation(
    tmp_path: Path, matrix: int, extra: int, expected: int, size_wh: tuple[int, int]
) -> None:
    path = write_clip(tmp_path / "a.mp4", 5, rotation=matrix)
    asset = look(path, rotate_deg=extra)
    assert (asset.rotation_deg, (asset.width, asset.height)) == (expected, size_wh)


def test_start_comes_from_the_first_place_that_knows(tmp_path: Path) -> None:
    tags = {"creation_time": "2021-01-01T00:00:00Z"}
    path = write_clip(tmp_path / "20220101_000000.mp4", 5, tags=tags)
    given = datetime(2023, 1, 1, tzinfo=UTC)
    found = [look(path, start_utc=given), look(path)]
    assert [(a.start_source, a.start_utc and a.start_utc.year) for a in found] == [
        ("manifest", 2023),
        ("filename", 2022),
    ]
    only = FootageConfig(start_time_from=("container",))
    asset = probe(FootageEntry(str(path), start_utc=given), only, S3Config())
    assert (asset.start_source, asset.start_utc) == ("container", datetime(2021, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "tags", "source", "note"),
    [
        ("01-02-2024 10-00-00.mp4", "2021-01-01T00:00:00Z", "container", "or 1 February 2024"),
        ("01-02-2024 10-00-00.mp4", None, "none", "or 1 February 2024"),
        ("2024-02-01 10-00-00.mp4", None, "filename", None),
        ("2024-03-31/01-30-00.mp4", None, "filename", "did not exist there"),
        ("20991231_235958.mp4", None, "none", "that is to come"),
        ("2024-02-30 10-00-00.mp4", None, "none", "there is no such date"),
        ("clip.mp4", None, "none", None),
    ],
)
def test_where_the_start_comes_from_and_what_is_doubtful_of_it(
    tmp_path: Path, name: str, tags: str | None, source: str, note: str | None
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    write_clip(path, 5, tags={"creation_time": tags} if tags else {})
    london = FootageConfig(time_zone="Europe/London")
    asset = probe(FootageEntry(str(path)), london, S3Config())
    assert (asset.start_source, asset.start_utc is None) == (source, source == "none")
    assert asset.notes is None if note is None else note in (asset.notes or "")
    given = probe(
        FootageEntry(str(path), start_utc=datetime(2023, 1, 1, tzinfo=UTC)), london, S3Config()
    )
    assert (given.start_source, given.notes) == ("manifest", None)


def test_an_animation_is_a_video_and_motion_jpeg_too(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    assert look(rendered["stream.mjpeg"]).kind == "video"
    assert look(rendered["mjpeg.avi"]).kind == "video"


def bad_files(folder: Path, rendered: dict[str, Path]) -> dict[Path, str]:
    """Files that are no footage, with a part of the sentence for each."""
    mp4 = rendered["plain.mp4"].read_bytes()
    mkv = rendered["clip.mkv"].read_bytes()
    noise = np.random.default_rng(0).bytes(200_000)
    contents = {
        "zero.mp4": (b"", "is empty"),
        "text.mp4": (b"just words, line after line\n" * 500, "is a text file"),
        "playlist.m3u8": (b"#EXTM3U\n#EXTINF:4,\nplain.mp4\n", "is a text file"),
        "cut.mp4": (mp4[: len(mp4) // 2], "moov"),
        "header.mkv": (bytes(200) + mkv[200:], "header is damaged"),
        "picture.png": (b"words" + noise, "does not begin as one"),
        "archive.mp4": (b"PK\x03\x04" + noise, "ZIP archive"),
        "cipher.mp4": (noise, "is encrypted"),
        "pgp.mp4": (b"\x85\x01\x0c\x03" + noise, "OpenPGP"),
    }
    found = {}
    for name, (data, part) in contents.items():
        (folder / name).write_bytes(data)
        found[folder / name] = part
    cenc = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": KEY, "encryption_kid": KEY}
    found[write_clip(folder / "cenc.mp4", 10, muxer=cenc)] = "is encrypted (CENC)"
    found[write_sound(folder / "sound.m4a")] = "holds sound only"
    found[folder / "none.mp4"] = "does not exist"
    found[folder] = "is a folder: name its files"
    return found


def test_each_kind_of_bad_file_has_its_sentence(
    tmp_path: Path, rendered: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    for path, part in bad_files(tmp_path, rendered).items():
        asset = look(path)
        assert asset.status == "failed", path
        assert part in (asset.error or ""), asset.error
        assert str(path) in (asset.error or "")
    assert capfd.readouterr() == ("", "")


def test_footage_that_cannot_be_read_by_its_own_structure_is_damaged(
    tmp_path: Path, rendered: dict[str, Path]
) -> None:
    for name in ("mpeg4.avi", "clip.ts"):
        data = rendered[name].read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) * 6 // 10 | 1])
        assert look(tmp_path / name).status == "damaged"


def test_real_footage(shared_data: Path) -> None:
    turned = look(shared_data / "footage/codecs/stored_rotated_90.mp4")
    assert (turned.rotation_deg, turned.width, turned.height) == (90, 640, 480)
    codecs = {
        look(path).codec
        for path in (shared_data / "footage").glob("*/*.*")
        if path.suffix != ".png"
    }
    assert codecs == {"h264", "hevc", "mpeg4", "vp8", "mjpeg"}


def test_a_surprise_in_one_file_is_that_files_failure(
    rendered: dict[str, Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def surprised(*_: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(catalogue, "probe_moving", surprised)
    asset = look(rendered["clip.ts"])
    assert asset.status == "failed"
    assert asset.bytes
    said = r".*/clip\.ts: unexpected IndexError: .* \(at lfr_batch\.footage\.catalogue:\d+\)"
    assert re.fullmatch(said, asset.error or "")
    assert re.search(r"IndexError: .*catalogue\.py:\d+ > .*test_catalogue\.py:\d+", caplog.text)
