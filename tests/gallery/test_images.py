from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.records import EnrolmentImage
from tests.gallery.laid_out import by_path, lay_out, outcomes, write_csv
from tests.refused import refused


def test_folder_names_the_subject(pictures: Path) -> None:
    lay_out(pictures, "S001/a.jpg", "S001/b.PNG", "S002/a.jpg")
    listing = read_images(pictures, None)
    assert by_path(pictures, listing) == {
        "S001/a.jpg": "S001",
        "S001/b.PNG": "S001",
        "S002/a.jpg": "S002",
    }
    assert list(listing.subjects) == ["S001", "S002"]
    assert listing.not_enrolled == ()


def test_the_whole_name_of_a_picture_is_its_subject(pictures: Path) -> None:
    lay_out(pictures, "case_001.jpg", "case_002.jpg", "case_002.png", "J. Doe.webp")
    listing = read_images(pictures, None)
    subjects = [i.subject_id for i in listing.images]
    assert subjects == ["J. Doe", "case_001", "case_002", "case_002"]
    assert set(listing.subjects) == {"J. Doe", "case_001", "case_002"}


def test_people_whose_names_hold_a_dot_stay_apart(pictures: Path) -> None:
    lay_out(pictures, "J. Doe", "J. Smith", "S1.v2", "S1.jfif")
    listing = read_images(pictures, None)
    assert [i.subject_id for i in listing.images] == ["J. Doe", "J. Smith", "S1", "S1.v2"]


@pytest.mark.parametrize(
    "name", ["a", "a.jpg", "a.JFIF", "a.jpe", "a.heic", "a.txt", "a.mp4", "a.x"]
)
def test_endings_do_not_decide(pictures: Path, name: str) -> None:
    lay_out(pictures, f"S1/{name}")
    lay_out(pictures, f"S2/{name}", content=b"words")
    listing = read_images(pictures, None)
    assert by_path(pictures, listing) == {f"S1/{name}": "S1"}
    assert set(listing.subjects) == {"S1", "S2"}
    assert [Path(o.uri).parent.name for o in listing.not_enrolled] == ["S2"]


def test_every_file_has_an_outcome(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg", "S1/b", "S1/.c.jpg", "S1/.thumbs/d.jpg", "S1/deep/e.jpg")
    lay_out(pictures, "readme", "S1/notes.txt", "S1/f.jpg", "S1/.hidden", content=b"words")
    lay_out(pictures, "S1/g.png", "S3", content=b"")
    lay_out(pictures, "Thumbs.db", content=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    lay_out(pictures, "clip.mp4", content=b"\0\0\0\x20ftypisom")
    os.mkfifo(pictures / "S1" / "pipe")
    os.mkfifo(pictures / "S1" / "pipe.jpg")
    (pictures / "S1" / "gone.jpg").symlink_to("nowhere")
    (pictures / "S1" / "loop").symlink_to("loop")
    (pictures / "S1" / "back").symlink_to("..")
    (pictures / "S2").mkdir()
    listing = read_images(pictures, None)
    assert by_path(pictures, listing) == {"S1/a.jpg": "S1", "S1/b": "S1"}
    beside = "not a picture"
    said = outcomes(pictures, listing)
    assert said.pop("S1/deep/e.jpg")[:2] == ("look at", "")
    assert said.pop("S1/loop") == (
        "refused",
        "S1",
        "unreadable: cannot be read (Too many levels of symbolic links): check the disk",
    )
    assert said == {
        "S1/.c.jpg": (beside, "", "hidden picture"),
        "S1/.thumbs/d.jpg": (beside, "", "hidden picture"),
        "S1/.hidden": (beside, "", "hidden file"),
        "readme": (beside, "", "text file"),
        "S1/notes.txt": (beside, "", "text file"),
        "S1/f.jpg": ("refused", "S1", "not a picture: text file"),
        "S1/g.png": ("refused", "S1", "not a picture: empty file"),
        "S3": (beside, "", "empty file"),
        "Thumbs.db": (beside, "", "file of Windows or Office"),
        "clip.mp4": (beside, "", "video"),
        "S1/pipe": (beside, "", "pipe, socket or device"),
        "S1/pipe.jpg": ("refused", "S1", "not a picture: pipe, socket or device"),
        "S1/back": (beside, "", "link in a circle"),
        "S1/gone.jpg": (
            "refused",
            "S1",
            "unreadable: is a link to a file that is not there: mend the link",
        ),
    }
    assert set(listing.subjects) == {"S1", "S2"}


@pytest.mark.parametrize("name", ["S1/b", "S1/b.jpg", "S1/b.psd"])
def test_a_picture_in_a_format_that_is_not_read_is_refused(pictures: Path, name: str) -> None:
    lay_out(pictures, "S1/a.jpg")
    lay_out(pictures, name, "S1/.b", content=b"8BPS\0\1")
    why = "unreadable: is a Photoshop picture, which cannot be decoded here: convert it to JPEG"
    assert outcomes(pictures, read_images(pictures, None)) == {
        name: ("refused", "S1", why),
        "S1/.b": ("not a picture", "", "hidden picture"),
    }


def test_a_picture_deep_down_is_open_for_a_decision(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg", "S1/2024/may/b.jpg")
    listing = read_images(pictures, None)
    (deep,) = listing.not_enrolled
    assert (deep.outcome, deep.subject_id) == ("look at", "")
    assert deep.reason.startswith("subject unclear: it lies 3 folders deep; put it into")


def test_a_flat_picture_that_is_empty_still_names_its_subject(pictures: Path) -> None:
    lay_out(pictures, "S1.jpg")
    lay_out(pictures, "S2.jpg", content=b"")
    listing = read_images(pictures, None)
    assert outcomes(pictures, listing) == {"S2.jpg": ("refused", "S2", "not a picture: empty file")}
    assert set(listing.subjects) == {"S1", "S2"}


@pytest.mark.parametrize("name", [b"S\xe9.jpg", b"S\xe9/a.jpg"])
def test_names_that_are_no_unicode(pictures: Path, name: bytes) -> None:
    lay_out(pictures, "S1.jpg", os.fsdecode(name))
    listing = read_images(pictures, None)
    (odd,) = listing.not_enrolled
    assert odd.uri.startswith("file://")
    assert odd.outcome == "look at"
    assert "not valid Unicode; rename it" in odd.reason
    assert set(listing.subjects) == {"S1"}


def test_an_odd_name_in_a_subjects_folder_is_enrolled(pictures: Path) -> None:
    lay_out(pictures, os.fsdecode(b"S1/caf\xe9.jpg"))
    (image,) = read_images(pictures, None).images
    assert (image.subject_id, image.uri) == ("S1", f"file://{pictures}/S1/caf%E9.jpg")


def test_uris_are_absolute(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(pictures, "S1/a.jpg")
    monkeypatch.chdir(pictures.parent)
    listing = read_images(Path("pictures"), None)
    assert listing.images == (EnrolmentImage("S1", str(pictures / "S1" / "a.jpg")),)


def test_a_folder_without_pictures_is_a_subject_to_report(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg")
    lay_out(pictures, "S2/notes.txt", "S3/.DS_Store", ".git/config", content=b"words")
    listing = read_images(pictures, None)
    assert len(listing.images) == 1
    assert set(listing.subjects) == {"S1", "S2", "S3"}


def test_linked_subject_folders_are_followed(pictures: Path, tmp_path: Path) -> None:
    lay_out(tmp_path / "elsewhere", "a.jpg")
    lay_out(pictures, "S1/a.jpg")
    for subject in ("S2", "S3"):
        (pictures / subject).symlink_to(tmp_path / "elsewhere")
    assert {i.subject_id for i in read_images(pictures, None).images} == {"S1", "S2", "S3"}


def test_links_in_a_circle_are_followed_once(pictures: Path) -> None:
    """Two that lead to each other, one to a folder above all, one into a folder passed before."""
    lay_out(pictures, "S1/a.jpg", "S2/a.jpg")
    (pictures / "S1" / "to").symlink_to("../S2")
    (pictures / "S2" / "to").symlink_to("../S1")
    (pictures / "S2" / "above").symlink_to(pictures.parent)
    listing = read_images(pictures, None)
    assert by_path(pictures, listing) == {"S1/a.jpg": "S1", "S2/a.jpg": "S2"}
    circles = {path for path, (_, _, why) in outcomes(pictures, listing).items() if "circle" in why}
    assert circles == {"S1/to/to", "S2/to/to", "S2/above", "S1/to/above"}


@pytest.mark.parametrize("glob", ["S1/*", "b.jpg", "*b*"])
def test_exclude(pictures: Path, glob: str) -> None:
    lay_out(pictures, "S1/b.jpg", "S2/c.jpg")
    table = write_csv(pictures, "subject,file,age\nS1,b.jpg,30\nS2,c.jpg,40\n")
    listing = read_images(pictures, table, [glob])
    assert [i.subject_id for i in listing.images] == ["S2"]
    assert set(listing.subjects) == {"S2"}, "a subject left out on purpose is not missing"
    left_out = ("excluded", "", f"--exclude {glob}")
    assert outcomes(pictures, listing) == {"S1/b.jpg": left_out}


@pytest.mark.parametrize(
    ("glob", "subjects"),
    [
        ("docs/*", {"S1", "S2"}),
        ("Thumbs.db", {"S1", "S2", "docs"}),
        ("S2/*", {"S1", "docs"}),
        ("*.txt", {"S1", "S2"}),
    ],
)
def test_exclude_goes_by_all_files(pictures: Path, glob: str, subjects: set[str]) -> None:
    """A folder is no subject where all it holds, or a picture in it, is left out."""
    lay_out(pictures, "S1/a.jpg", "S2/b.jpg")
    lay_out(pictures, "docs/a.txt", "S2/Thumbs.db", content=b"words")
    assert set(read_images(pictures, None, [glob]).subjects) == subjects


def test_a_folder_of_other_things_says_what_it_holds(pictures: Path) -> None:
    lay_out(pictures, "S1/readme.txt", "S1/notes.txt", content=b"words")
    lay_out(pictures, "clip.mp4", content=b"\0\0\0\x20ftypisom")
    with pytest.raises(UsageError, match=r"no pictures \(it holds 2 × text file, 1 × video\)"):
        read_images(pictures, None)


def test_a_folder_that_may_not_be_looked_into(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg")
    for folder in (pictures.parent, pictures):
        with refused(folder), pytest.raises(UsageError, match="mend its permissions"):
            read_images(pictures, None)


@pytest.mark.parametrize(
    ("closed", "outcome", "subject", "why"),
    [
        ("S2/a.jpg", "refused", "S2", "unreadable: may not be read by this user"),
        ("S2", "look at", "", "unreadable: the folder may not be read by this user"),
        ("S2/old", "look at", "", "unreadable: the folder may not be read by this user"),
        ("S2/old/a.jpg", "look at", "", "subject unclear: it lies 2 folders deep"),
        ("loose", "refused", "loose", "unreadable: may not be read by this user"),
    ],
)
def test_what_may_not_be_read_is_named(
    pictures: Path, closed: str, outcome: str, subject: str, why: str
) -> None:
    lay_out(pictures, "S1/a.jpg", "S2/a.jpg", "S2/old/a.jpg", "loose")
    with refused(pictures / closed):
        listing = read_images(pictures, None)
    said = outcomes(pictures, listing)[closed]
    assert said[:2] == (outcome, subject)
    assert said[2].startswith(why)
    assert "S1/a.jpg" in by_path(pictures, listing)
    assert "S2" in listing.subjects


def test_names_that_are_too_long(pictures: Path) -> None:
    lay_out(pictures, "S1.jpg")
    with pytest.raises(UsageError, match="File name too long"):
        read_images(pictures / ("n" * 300), None)
    with pytest.raises(UsageError, match="File name too long"):
        read_images(pictures, pictures / ("n" * 300))
    table = write_csv(pictures, f"subject,file\nS1,{'n' * 300}\n")
    with pytest.raises(UsageError, match="no file below --images"):
        read_images(pictures, table)


def test_custody_set(shared_data: Path) -> None:
    custody = shared_data / "custody"
    listing = read_images(custody, custody / "metadata.csv", ["S029-01*"])
    images, subjects = listing.images, listing.subjects
    assert len(images) == 113
    assert len(subjects) == 50
    assert subjects["S001"].attributes["sex"] == "F"
    assert subjects["S001"].attributes["encounter"].startswith("1; 2; 3")
    assert sum(i.subject_id == "S029" for i in images) == 2
    assert all(Path(i.uri).is_file() for i in images)


def test_folder_per_person_layout(shared_data: Path) -> None:
    listing = read_images(shared_data / "faces", shared_data / "faces.csv")
    images, subjects = listing.images, listing.subjects
    assert len(images) == 2475
    assert len(subjects) == 1500
    assert Counter(i.subject_id for i in images)["Aaron_Peirsol"] > 1
