"""Pictures whose subjects stand in a table."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest

from lfr_batch.errors import UsageError
from lfr_batch.gallery.images import read_images
from tests.gallery.laid_out import by_path, lay_out, outcomes, write_csv


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


def test_unreadable_csv(pictures: Path) -> None:
    lay_out(pictures, "S1.jpg")
    with pytest.raises(UsageError, match=r"nowhere\.csv cannot be read"):
        read_images(pictures, pictures / "nowhere.csv")
    latin = write_csv(pictures, "")
    latin.write_text("subject,name\nS1,Zo\u00eb\n", encoding="latin-1")
    with pytest.raises(UsageError, match="no CSV in UTF-8"):
        read_images(pictures, latin)
