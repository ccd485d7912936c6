from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.records import EnrolmentImage
from tests.refused import refused


def lay_out(directory: Path, *paths: str) -> Path:
    for path in paths:
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"not looked at")
    return directory


def by_path(directory: Path, images: list[EnrolmentImage]) -> dict[str, str]:
    return {str(Path(i.uri).relative_to(directory)): i.subject_id for i in images}


def write_csv(directory: Path, text: str) -> Path:
    file = directory.parent / "subjects.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


def test_folder_names_the_subject(pictures: Path) -> None:
    lay_out(pictures, "S001/a.jpg", "S001/b.PNG", "S002/a.jpg", "S002/notes.txt", "S002/._a.jpg")
    images, subjects = read_images(pictures, None)
    assert by_path(pictures, images) == {
        "S001/a.jpg": "S001",
        "S001/b.PNG": "S001",
        "S002/a.jpg": "S002",
    }
    assert list(subjects) == ["S001", "S002"]


def test_the_whole_name_of_a_picture_is_its_subject(pictures: Path) -> None:
    lay_out(pictures, "case_001.jpg", "case_002.jpg", "case_002.png", "J. Doe.webp")
    images, subjects = read_images(pictures, None)
    assert [i.subject_id for i in images] == ["J. Doe", "case_001", "case_002", "case_002"]
    assert set(subjects) == {"J. Doe", "case_001", "case_002"}


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "JPG"])
def test_picture_suffixes(pictures: Path, suffix: str) -> None:
    lay_out(pictures, f"S1.{suffix}", "S2.heic", "S3.mp4")
    assert [i.subject_id for i in read_images(pictures, None)[0]] == ["S1"]


def test_uris_are_absolute(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(pictures, "S1/a.jpg")
    monkeypatch.chdir(pictures.parent)
    images, _ = read_images(Path("pictures"), None)
    assert images == [EnrolmentImage("S1", str(pictures / "S1" / "a.jpg"))]


def test_a_folder_without_pictures_is_a_subject_to_report(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg", "S2/a.heic")
    images, subjects = read_images(pictures, None)
    assert len(images) == 1
    assert set(subjects) == {"S1", "S2"}


def test_linked_subject_folders_are_followed(pictures: Path, tmp_path: Path) -> None:
    lay_out(tmp_path / "elsewhere", "a.jpg")
    lay_out(pictures, "S1/a.jpg")
    (pictures / "S2").symlink_to(tmp_path / "elsewhere")
    assert {i.subject_id for i in read_images(pictures, None)[0]} == {"S1", "S2"}


def test_csv_wins_over_layout_and_name(pictures: Path) -> None:
    lay_out(pictures, "intake/x.jpg", "intake/y.jpg", "deep/er/z.jpg", "S4.jpg")
    table = write_csv(
        pictures, "file,subject_id,name\nintake/x.jpg,S1,Ann\ny.jpg,S2,Bo\ndeep/er/z.jpg,S3,Cy\n"
    )
    images, subjects = read_images(pictures, table)
    assert by_path(pictures, images) == {
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
    assert by_path(pictures, read_images(pictures, table)[0]) == {
        "S1/0001.jpg": "S1",
        "S2/0001.jpg": "S2",
    }


def test_paths_may_be_relative_to_the_csv(pictures: Path) -> None:
    lay_out(pictures, "a/1.jpg", "b/1.jpg")
    table = write_csv(pictures, "subject,path\nX,pictures/a/1.jpg\nY,pictures\\b\\1.jpg\n")
    assert by_path(pictures, read_images(pictures, table)[0]) == {"a/1.jpg": "X", "b/1.jpg": "Y"}


def test_varying_attributes_are_joined(pictures: Path) -> None:
    lay_out(pictures, "S1/a.jpg", "S1/b.jpg", "S1/c.jpg")
    table = write_csv(
        pictures, "subject,file,sex,age\nS1,a.jpg,F,31\nS1,b.jpg,F,33\nS1,c.jpg,,31\n"
    )
    assert read_images(pictures, table)[1]["S1"].attributes == {"sex": "F", "age": "31; 33"}


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
    assert read_images(pictures, table)[1]["S1"].attributes == {"Sex": "F"}


def test_a_listed_subject_without_pictures_is_kept_for_the_report(pictures: Path) -> None:
    lay_out(pictures, "S1.jpg")
    images, subjects = read_images(pictures, write_csv(pictures, "subject,sex\nS1,F\nS2,M\n"))
    assert [i.subject_id for i in images] == ["S1"]
    assert set(subjects) == {"S1", "S2"}


@pytest.mark.parametrize("glob", ["S1/*", "b.jpg", "*b*"])
def test_exclude(pictures: Path, glob: str) -> None:
    lay_out(pictures, "S1/b.jpg", "S2/c.jpg")
    table = write_csv(pictures, "subject,file,age\nS1,b.jpg,30\nS2,c.jpg,40\n")
    images, subjects = read_images(pictures, table, [glob])
    assert [i.subject_id for i in images] == ["S2"]
    assert set(subjects) == {"S2"}, "a subject left out on purpose is not missing"


@pytest.mark.parametrize(
    ("files", "csv", "exclude", "says"),
    [
        ([], None, [], "not a directory"),
        (["S1/readme.txt"], None, [], "holds no pictures"),
        (["S1.jpg"], None, ["S9*"], "'S9\\*' matches no picture"),
        (["S1.jpg"], None, ["*"], "leaves none"),
        (["a/b/c.jpg"], None, [], "c.jpg lies 2 folders deep"),
        (["S1.jpg"], "", [], "is empty"),
        (["S1.jpg"], "name,age\nS1,3\n", [], "no column 'subject'.*it has: name, age"),
        (["S1.jpg"], "subject,file\n", [], "no rows"),
        (["S1.jpg"], "subject,age,AGE\nS1,1,2\n", [], "'age' twice"),
        (["S1.jpg"], "subjects,age\nS1,1\n", [], "did you mean 'subjects'"),
        (["S1.jpg"], "subject,age\nS1\n", [], "line 2 has 1 cells"),
        (["S1.jpg"], "subject,age\nS1,1,2\n", [], "line 2 has 3 cells"),
        (["S1.jpg"], "subject,age\nS1,1\n ,2\n", [], "line 3 names no subject"),
        (["S1.jpg"], 'subject,age\nS1,"1\n', [], "not valid CSV"),
        (["S1.jpg"], "subject,file\nS1,S2.jpg\n", [], "line 2 names 'S2.jpg'.*no picture"),
        (["S1.jpg"], "subject,file\nS1,../../S1.jpg\n", [], "no picture"),
        (["S1.jpg"], "subject,file\nA,S1.jpg\nB,S1.jpg\n", [], "line 3 gives S1.jpg to 'B'"),
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
    for folder in (pictures.parent, pictures, pictures / "S1"):
        with refused(folder), pytest.raises(UsageError, match="mend its permissions"):
            read_images(pictures, None)


def test_names_that_are_too_long(pictures: Path) -> None:
    lay_out(pictures, "S1.jpg")
    with pytest.raises(UsageError, match="File name too long"):
        read_images(pictures / ("n" * 300), None)
    with pytest.raises(UsageError, match="File name too long"):
        read_images(pictures, pictures / ("n" * 300))
    table = write_csv(pictures, f"subject,file\nS1,{'n' * 300}\n")
    with pytest.raises(UsageError, match="no picture below --images"):
        read_images(pictures, table)


def test_custody_set(shared_data: Path) -> None:
    custody = shared_data / "custody"
    images, subjects = read_images(custody, custody / "metadata.csv", ["S029-01*"])
    assert len(images) == 113
    assert len(subjects) == 50
    assert subjects["S001"].attributes["sex"] == "F"
    assert subjects["S001"].attributes["encounter"].startswith("1; 2; 3")
    assert sum(i.subject_id == "S029" for i in images) == 2
    assert all(Path(i.uri).is_file() for i in images)


def test_folder_per_person_layout(shared_data: Path) -> None:
    images, subjects = read_images(shared_data / "faces", shared_data / "faces.csv")
    assert len(images) == 2475
    assert len(subjects) == 1500
    assert Counter(i.subject_id for i in images)["Aaron_Peirsol"] > 1
