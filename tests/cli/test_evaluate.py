from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lfr_batch.evaluation.room import ROOMS
from lfr_batch.front import searching
from lfr_batch.results.schemas import EVALUATIONS
from tests.cli.here import lfr
from tests.evaluation.enrolled_faces import home_with_pack
from tests.evaluation.labelled_faces import some_faces, write_table

STATED = ("--case", "EV-1", "--authority", "Insp. A, ref 1", "--engine", "in_process")


@pytest.fixture
def home(tmp_path: Path, open_pack_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = home_with_pack(tmp_path / "home", open_pack_home)
    monkeypatch.setenv("LFR_HOME", str(place))
    monkeypatch.chdir(tmp_path)
    return place


def left_in(home: Path) -> list[str]:
    """What an evaluation that is over has left in its rooms."""
    return sorted(path.name for path in (home / ROOMS).iterdir())


def asked(capsys: pytest.CaptureFixture[str], sql: str) -> list[str]:
    code, out, _ = lfr(capsys, "sql", sql, "--format", "csv")
    assert code == 0
    return out.splitlines()[1:]


def test_from_a_table_to_a_report_and_rows_without_a_name(
    shared_data: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = some_faces(shared_data)
    known = sorted({row["subject"] for row in rows})[:15]
    rows = [{**row, "name": row["subject"] if row["subject"] in known else ""} for row in rows]
    table = write_table(home.parent / "labels.csv", rows)
    code, out, err = lfr(capsys, "evaluate", str(table), *STATED, "--out", "report")
    assert code == 0, err
    assert "Column 'name' tells no groups apart: it says who somebody is (--group 'name' " in err
    page = (home.parent / "report" / "evaluation.html").read_text()
    assert left_in(home) == [".lock"]
    written = [*home.rglob("*.parquet"), *home.rglob("*.json*")]
    texts = [page, out, *(_text(path) for path in written)]
    surnames = {row["subject"] for row in rows}
    assert [name for name in surnames for text in texts if name in text] == []

    [run] = asked(capsys, "SELECT kind, status, case_ref FROM runs")
    assert run == "evaluation,complete,EV-1"
    [fpir] = asked(
        capsys,
        "SELECT found, among FROM evaluations WHERE figure = 'fpir' AND group_column IS NULL",
    )
    found, among = map(int, fpir.split(","))
    assert 0 <= found <= 3
    assert 30 <= among <= 35
    assert f"Of {among} searches by people who are not in the gallery, {found} brought up" in out
    assert "half" in page
    names = ", ".join(name for name in EVALUATIONS.names if name != "run_id")
    assert len(asked(capsys, f"SELECT {names} FROM evaluations WHERE figure = 'threshold'")) == 1
    assert asked(capsys, "SELECT count(*) FROM columns WHERE view = 'evaluations'") == ["17"]
    _in_order(home, capsys)
    _compared(home, capsys, table)


def _text(path: Path) -> str:
    if path.suffix == ".parquet":
        return str(pq.ParquetFile(path).read().to_pylist())
    return path.read_text(errors="replace")


def _in_order(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lake and the audit log keep what they promise."""
    assert lfr(capsys, "audit", "verify")[0] == 0
    assert "run.begun" in (home / "audit" / "audit.jsonl").read_text()
    assert lfr(capsys, "lake", "check")[0] == 0
    code, out, _ = lfr(capsys, "status", "latest")
    assert code == 0
    assert "an evaluation: its figures are in" in out
    assert "evaluations" in lfr(capsys, "du")[1]
    code, _, err = lfr(capsys, "resume", "latest")
    assert code == 2
    assert "evaluation" in err
    code, out, err = lfr(capsys, "report", "latest", "--out", "again.html")
    assert (code, out.strip()) == (0, str(home.parent / "again.html")), err
    again, first = home.parent / "again.html", home.parent / "report" / "evaluation.html"
    assert again.read_text() == first.read_text()


def _compared(home: Path, capsys: pytest.CaptureFixture[str], table: Path) -> None:
    """Nobody is found at a threshold of 0.99: each mated picture goes wrong in the second alone."""
    words = ("evaluate", str(table), *STATED, "--out", "strict", "--threshold", "0.99")
    code, _, err = lfr(capsys, *words, "--compare", "latest")
    assert code == 0, err
    page = (home.parent / "strict" / "evaluation.html").read_text()
    assert "Compared with an earlier evaluation" in page
    assert "given by the operator" in page
    both = asked(
        capsys,
        "SELECT count(*), count(DISTINCT run_id), sum(value)::INT FROM evaluations "
        "WHERE figure = 'probe' AND detail = 'mated' AND threshold > 0.9",
    )
    number, runs, wrong = both[0].split(",")
    assert (runs, wrong) == ("1", number)
    assert f"Of {number} mated pictures that both searched, {number} went wrong in this" in page
    first = asked(capsys, "SELECT run_id FROM runs ORDER BY started_at LIMIT 1")[0]
    kept = "SELECT count(*) FROM evaluations"
    before = asked(capsys, kept)
    assert lfr(capsys, "lake", "compact")[0] == 0
    assert list((home / "results" / "evaluations").glob("month=*"))
    assert asked(capsys, kept) == before
    forget = ("forget", "run", first, "--case", "C", "--authority", "A", "--purpose", "p", "--yes")
    code, _, err = lfr(capsys, *forget)
    assert code == 0, err
    assert asked(capsys, "SELECT count(DISTINCT run_id) FROM evaluations") == ["1"]


def test_a_folder_is_split_by_itself(
    shared_data: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first picture of those with several is enrolled; three in ten of them are kept out."""
    rows = [row for row in some_faces(shared_data) if row["role"] != "nonmated"]
    pictures = home.parent / "pictures"
    for row in rows:
        (pictures / row["subject"]).mkdir(parents=True, exist_ok=True)
        (pictures / row["subject"] / Path(row["file"]).name).symlink_to(row["file"])
    (pictures / "notes.txt").write_text("no picture")
    code, out, err = lfr(capsys, "evaluate", str(pictures), *STATED, "--out", "report", "--json")
    assert code == 0, err
    assert "Left out, since they are no pictures of a subject: 1 files." in err
    assert '"evaluation_id"' in out
    page = (home.parent / "report" / "evaluation.html").read_text()
    assert "The labels give no roles." in page
    counted = "SELECT found FROM evaluations WHERE figure = 'count' AND detail = '{}'"
    people = {row["subject"] for row in rows}
    [outside] = asked(capsys, counted.format("non-mated people"))
    assert len(people) == 25
    assert int(outside) in {7, 8}


def test_who_stops_it_leaves_no_template(
    shared_data: Path,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = some_faces(shared_data)
    table = write_table(home.parent / "labels.csv", rows)
    seen: list[list[str]] = []

    def stop(*_: object) -> None:
        [room] = (path for path in (home / ROOMS).iterdir() if path.is_dir())
        seen.append([path.suffix for path in room.rglob("*") if path.is_file()])
        raise KeyboardInterrupt

    monkeypatch.setattr(searching, "search_probes", stop)
    code, _, err = lfr(capsys, "evaluate", str(table), *STATED, "--out", "report")
    assert code == 130
    assert "Stopped: its templates are destroyed" in err
    assert ".parquet" in seen[0]
    assert left_in(home) == [".lock"]
    assert asked(capsys, "SELECT status FROM runs") == ["cancelled"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["subject", "a"], "names no files: add a column 'file'"),
        (["file,subject", "nowhere.jpg,a"], "line 2 names nowhere.jpg, which is no file beside it"),
        (["file,subject,role", "x.jpg,a,friend"], "has the role 'friend'; write enrol, probe or"),
        (["file,subject,begin,end", "x.jpg,a,soon,9"], "has 'soon' in 'begin'; write seconds"),
        (["file,subject,begin,end", "x.jpg,a,9,3"], "line 2 ends before it begins"),
        (["file,subject", "x.jpg,a"], "no subject has two pictures"),
    ],
)
def test_labels_that_make_no_evaluation_are_refused_in_a_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], lines: list[str], sentence: str
) -> None:
    table = home.parent / "labels.csv"
    table.write_text("\n".join(lines) + "\n")
    (home.parent / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more than its beginning")
    code, _, err = lfr(capsys, "evaluate", str(table), *STATED, "--out", "report")
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("empty", "empty holds no pictures (it holds nothing); give a folder per subject"),
        ("nowhere", "nowhere is neither a folder nor a CSV: give a folder per subject"),
    ],
)
def test_a_place_without_pictures_is_refused_as_it_was_given(
    home: Path, capsys: pytest.CaptureFixture[str], place: str, sentence: str
) -> None:
    (home.parent / "empty").mkdir()
    code, _, err = lfr(capsys, "evaluate", place, *STATED, "--out", "report")
    assert code == 2
    assert sentence in err
    assert "--images" not in err


def test_an_evaluation_to_compare_with_has_to_be_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", "labels.csv", *STATED, "--out", "report", "--compare", "2026")
    code, _, err = lfr(capsys, *words)
    assert code == 2
    assert "there is no evaluation '2026' (none has finished yet)" in err


def test_who_answers_for_it_has_to_be_stated(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = lfr(capsys, "evaluate", "labels.csv", "--out", "report")
    assert code == 2
    assert "--case and --authority must be stated" in err
