from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from unicodedata import normalize

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.records import EnrolmentImage, Listing
from tests.refused import refused

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


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


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


def test_composed_and_decomposed_letters_are_one_subject(pictures: Path) -> None:
    lay_out(pictures, f"{normalize('NFD', 'Zoë')}/a.jpg", f"{normalize('NFC', 'Zoë')}/b.jpg")
    table = write_csv(pictures, f"subject,sex\n{normalize('NFD', 'Zoë')},F\n")
    listing = read_images(pictures, table)
    composed = normalize("NFC", "Zoë")
    assert [i.subject_id for i in listing.images] == [composed, composed]
    assert {s: dict(each.attributes) for s, each in listing.subjects.items()} == {
        composed: {"sex": "F"}
    }


def test_a_decomposed_name_is_found_by_a_composed_one(pictures: Path) -> None:
    lay_out(pictures, f"in/{normalize('NFD', 'Zoë')}.jpg")
    table = write_csv(pictures, f"subject,file\nS1,{normalize('NFC', 'Zoë')}.jpg\n")
    assert [i.subject_id for i in read_images(pictures, table).images] == ["S1"]


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


def test_csv_wins_over_layout_and_name(pictures: Path) -> None:
    lay_out(pictures, "intake/x.jpg", "intake/y.jpg", "deep/er/z.jpg", "S4.jpg")
    table = write_csv(
        pictures, "file,subject_id,name\nintake/x.jpg,S1,Ann\ny.jpg,S2,Bo\ndeep/er/z.jpg,S3,Cy\n"
    )
    listing = read_images(pictures, table)
    subjects = listing.subjects
    assert by_path(pictures, listing) == {
        "S4.jpg": "S4",
        "deep/er/z.jpg": "S3",
        "intake/x.jpg": "S1",
        "intake/y.jpg": "S2",
    }
    assert subjects["S2"].attributes == {"name": "Bo"}
    assert subjects["S4"].attributes == {}
    assert set(subjects) == {"S1", "S2", "S3", "S4"}


def test_one_file_name_in_many_subject_folders(pictures: Path) -> None:
    lay_out(pictures, "S1/0001.jpg", "S2/0001.jpg")
    table = write_csv(pictures, "subject,file\nS1,0001.jpg\nS2,0001.jpg\n")
    assert by_path(pictures, read_images(pictures, table)) == {
        "S1/0001.jpg": "S1",
        "S2/0001.jpg": "S2",
    }


def test_paths_may_be_relative_to_the_csv(pictures: Path) -> None:
    lay_out(pictures, "a/1.jpg", "b/1.jpg")
    table = write_csv(pictures, "subject,path\nX,pictures/a/1.jpg\nY,pictures\\b\\1.jpg\n")
    assert by_path(pictures, read_images(pictures, table)) == {"a/1.jpg": "X", "b/1.jpg": "Y"}


def test_varying_attributes_are_joined(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg", "S1/b.jpg", "S1/c.jpg")
    table = write_csv(
        pictures, "subject,file,sex,age\nS1,a.jpg,F,31\nS1,b.jpg,F,33\nS1,c.jpg,,31\n"
    )
    assert read_images(pictures, table).subjects["S1"].attributes == {"sex": "F", "age": "31; 33"}


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffSubject;Sex\nS1;F\n",
        "subject\tSex\r\nS1\tF\r\n\r\n",
        "Subject ID, Sex\nS1, F\n",
        'sep=;\n"SUBJECT-ID" ; "Sex"\n"S1" ; "F"\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_csv_of_spreadsheets(pictures: Path, text: str, encoding: str) -> None:
    lay_out(pictures, "S1.jpg")
    table = write_csv(pictures, "")
    table.write_bytes((text if encoding == "utf-8" else text.lstrip("\ufeff")).encode(encoding))
    assert read_images(pictures, table).subjects["S1"].attributes == {"Sex": "F"}


def test_a_listed_subject_without_pictures_is_kept_for_the_report(pictures: Path) -> None:
    lay_out(pictures, "S1.jpg")
    listing = read_images(pictures, write_csv(pictures, "subject,sex\nS1,F\nS2,M\n"))
    assert [i.subject_id for i in listing.images] == ["S1"]
    assert set(listing.subjects) == {"S1", "S2"}


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


def test_a_hidden_or_foreign_file_that_the_table_names(pictures: Path) -> None:
    lay_out(pictures, "S1/.a.jpg")
    lay_out(pictures, "S2/b.dat", content=b"words")
    table = write_csv(pictures, "subject,file\nS1,.a.jpg\nS2,b.dat\n")
    listing = read_images(pictures, table)
    assert by_path(pictures, listing) == {"S1/.a.jpg": "S1"}
    assert outcomes(pictures, listing) == {
        "S2/b.dat": ("refused", "S2", "not a picture: text file")
    }


def test_pictures_without_a_row_are_named(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg", "S1/b.jpg", "S2.jpg")
    table = write_csv(pictures, "subject,file\nS1,a.jpg\n")
    rowless = read_images(pictures, table).without_row
    assert rowless == (str(pictures / "S1" / "b.jpg"), str(pictures / "S2.jpg"))
    assert read_images(pictures, write_csv(pictures, "subject,file\nS1,\n")).without_row == ()


def test_boxes_of_the_table(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg", "S1/b.jpg", "pair.jpg")
    table = write_csv(
        pictures,
        'subject,file,box,sex\nS1,a.jpg,"1,2,3,4",F\nS1,b.jpg,,F\n'
        "S2,pair.jpg,10 20 30 40,M\nS3,pair.jpg,50 20 70 40,M\n",
    )
    listing = read_images(pictures, table)
    boxes = {(i.subject_id, Path(i.uri).name): i.box_xyxy for i in listing.images}
    assert boxes == {
        ("S1", "a.jpg"): (1.0, 2.0, 3.0, 4.0),
        ("S1", "b.jpg"): None,
        ("S2", "pair.jpg"): (10.0, 20.0, 30.0, 40.0),
        ("S3", "pair.jpg"): (50.0, 20.0, 70.0, 40.0),
    }
    assert listing.subjects["S1"].attributes == {"sex": "F"}


@pytest.mark.parametrize(
    ("files", "csv", "exclude", "says"),
    [
        ([], None, [], "not a directory"),
        (["S1.jpg"], None, ["S9*"], "'S9\\*' matches no file"),
        (["S1.jpg"], None, ["*"], "leaves none"),
        (["S1.jpg"], "", [], "is empty"),
        (["S1.jpg"], "name,age\nS1,3\n", [], "no column 'subject'.*it has: name, age"),
        (["S1.jpg"], "subject,file\n", [], "no rows"),
        (["S1.jpg"], "subject,age,AGE\nS1,1,2\n", [], "'age' twice"),
        (["S1.jpg"], "subjects,age\nS1,1\n", [], "rename 'subjects', if it identifies the person"),
        (["S1.jpg"], "person,age\nS1,1\n", [], "rename the column that identifies the person"),
        (["S1.jpg"], "subject,bxo\nS1,1\n", [], "has a column 'bxo': did you mean 'box'?"),
        (["S1.jpg"], "subject,fil\nS1,1\n", [], "has a column 'fil': did you mean 'file'?"),
        (["S1.jpg"], "subject,Pathh\nS1,1\n", [], "has a column 'Pathh': did you mean 'path'?"),
        (["S1.jpg"], "subject,file,bx\nS1,S1.jpg,1\n", [], "did you mean 'box'?"),
        (["S1.jpg"], "subject,left,top,rihgt,bottom\nS1,1,1,2,2\n", [], "did you mean 'right'?"),
        (["S1.jpg"], "subject,age\nS1\n", [], "line 2 has 1 cells"),
        (["S1.jpg"], "subject,age\nS1,1,2\n", [], "line 2 has 3 cells"),
        (["S1.jpg"], "subject,age\nS1,1\n ,2\n", [], "line 3 names no subject"),
        (["S1.jpg"], 'subject,age\nS1,"1\n', [], "not valid CSV"),
        (["S1.jpg"], "subject,file\nS1,S2.jpg\n", [], "line 2 names 'S2.jpg'.*no file below"),
        (["S1.jpg"], "subject,file\nS1,../../S1.jpg\n", [], "no file below"),
        (["S1.jpg"], "subject,file\nS1,a\nS1,S1.jpg\nS1,b\n", [], "line 2 names 'a', line 4"),
        (["S1.jpg"], "subject,file\n" + "S1,a\n" * 7, [], "'a' and 2 more rows name one"),
        (
            ["S1.jpg"],
            "subject,file\nA,S1.jpg\nB,S1.jpg\n",
            [],
            "line 3 gives S1.jpg to 'B'.*or give each the box",
        ),
        (["S1.jpg"], "subject,file,box\nA,S1.jpg,1 2 3 4\nB,S1.jpg,\n", [], "give each the box"),
        (
            ["S1.jpg"],
            "subject,file,box\nA,S1.jpg,1 2 3 4\nB,S1.jpg,1 2 3 4\n",
            [],
            "box of another",
        ),
        (["S1.jpg"], "subject,file,box\nA,S1.jpg,1 2 3 4\nA,S1.jpg,1 2 3 5\n", [], "another box"),
        (["S1.jpg"], "subject,box\nS1,1 2 3 4\n", [], "gives a box but no file"),
        (["a/1.jpg", "b/1.jpg"], "subject,file\nX,1.jpg\n", [], "lies in a and b"),
        (["S1.jpg"], "subject,age\nT1,3\n", [], "None of the subjects.*'T1'"),
    ],
)
def test_refusals(
    pictures: Path, files: list[str], csv: str | None, exclude: list[str], says: str
) -> None:
    lay_out(pictures, *files)
    table = None if csv is None else write_csv(pictures, csv)
    with pytest.raises(UsageError, match=says):
        read_images(pictures, table, exclude)


def test_a_folder_of_other_things_says_what_it_holds(pictures: Path) -> None:
    lay_out(pictures, "S1/readme.txt", "S1/notes.txt", content=b"words")
    lay_out(pictures, "clip.mp4", content=b"\0\0\0\x20ftypisom")
    with pytest.raises(UsageError, match=r"no pictures \(it holds 2 × text file, 1 × video\)"):
        read_images(pictures, None)


def test_unreadable_csv(pictures: Path) -> None:
    lay_out(pictures, "S1.jpg")
    with pytest.raises(UsageError, match=r"nowhere\.csv cannot be read"):
        read_images(pictures, pictures / "nowhere.csv")
    latin = write_csv(pictures, "")
    latin.write_text("subject,name\nS1,Zo\u00eb\n", encoding="latin-1")
    with pytest.raises(UsageError, match="no CSV in UTF-8"):
        read_images(pictures, latin)


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
