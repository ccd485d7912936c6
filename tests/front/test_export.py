"""What leaves is on record, whole, and never in the place of something else."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import lfr_batch as lfr
from lfr_batch.errors import AuthorityError, QueryError, StoreFull, StoreUnreachable, UsageError
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify
from lfr_batch.results.copies import copies_known
from lfr_batch.results.export_evidence import MANIFEST_CSV
from lfr_batch.results.store import open_store
from tests.live.full_disk import small_disk
from tests.results.exported import OTHER_CASE, three_runs
from tests.results.runs_asked import EARLIER, LATER
from tests.results.synthetic import RUN_ID

STATED = lfr.Authority("OP-LANTERN 12/26", "Insp. A, ref 1", "disclosure", "j.doe")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three runs. Read only."""
    place = tmp_path_factory.mktemp("export") / "results"
    three_runs(open_store(place)).close()
    return place


@pytest.fixture
def home(results: Path, tmp_path: Path) -> Path:
    shutil.copytree(results, tmp_path / "results")
    return tmp_path


@pytest.fixture
def settings(home: Path) -> lfr.Settings:
    return lfr.Settings(home=home, results=home / "results")


def test_an_export_is_on_record_with_who_answers_for_it(home: Path, settings: lfr.Settings) -> None:
    out = home / "s.parquet"
    done = lfr.export(out, STATED, settings=settings)
    assert (done.path, dict(done.rows)) == (out, {"sightings": 8})
    assert done.run_ids == (EARLIER, LATER)
    assert set(pq.read_table(out).column("run_id").to_pylist()) == {EARLIER, LATER}
    (line,) = audit.entries(home)
    expected = {
        "event": "results.opened", "what": "export", "place": str(out), "by": "j.doe",
        "run_ids": [EARLIER, LATER], "case_ref": "OP-LANTERN 12/26", "rows": 8,
        "shows_subjects": True, "authority": "Insp. A, ref 1", "purpose": "disclosure",
        "cases": ["OP-LANTERN 12/26"], "runs": 2, "why": None,
        "detail": f"sightings 8, to {out}", "rows_of": {"sightings": 8},
    }  # fmt: skip
    assert {name: line[name] for name in expected} == expected
    assert verify(home).entries == 1
    store = open_store(home / "results")
    (copy,) = copies_known(store, LATER)
    assert (copy.place, copy.is_report) == (str(out), False)
    assert copies_known(store, RUN_ID) == ()


def test_everything_and_one_run_and_a_question(home: Path, settings: lfr.Settings) -> None:
    everything = lfr.export(home / "a.duckdb", STATED, everything=True, settings=settings)
    assert everything.rows["runs"] == len(everything.run_ids) == 3
    one = lfr.export(home / "o.csv", STATED, run=RUN_ID, views=["runs"], settings=settings)
    assert (one.run_ids, dict(one.rows)) == ((RUN_ID,), {"runs": 1})
    asked = lfr.export(
        home / "q.csv", STATED, run=EARLIER, question="best", parameters={"top": 2},
        settings=settings,
    )  # fmt: skip
    assert (dict(asked.rows), asked.said) == (
        {"best": 2},
        f"of run {EARLIER}, case OP-LANTERN 12/26; key: run_id, sighting_id",
    )
    lines = list(audit.entries(home))
    assert lines[0]["cases"] == ["OP-LANTERN 12/26", OTHER_CASE]
    assert [line["shows_subjects"] for line in lines] == [True, False, True]


def test_evidence_is_a_folder_and_is_replaced_as_one(home: Path, settings: lfr.Settings) -> None:
    folder = home / "evidence"
    done = lfr.export(folder, STATED, run=RUN_ID, evidence=True, settings=settings)
    assert dict(done.rows) == {"pictures": 4}
    assert len(list(folder.glob("*.jpg"))) == 4
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(UsageError, match="is there already: name another place, or give --force"):
        lfr.export(folder, STATED, evidence=True, settings=settings)
    lfr.export(folder, STATED, evidence=True, force=True, settings=settings)
    assert len(list(folder.glob("*.jpg"))) == 8
    (folder / MANIFEST_CSV).write_text("mine")
    with pytest.raises(UsageError, match="holds something else than exported evidence"):
        lfr.export(folder, STATED, evidence=True, force=True, settings=settings)
    assert [line["what"] for line in audit.entries(home)] == ["export", "export"]
    assert [line["detail"][:10] for line in audit.entries(home)] == ["pictures 4", "pictures 8"]
    assert not list(home.glob(".tmp-*"))


def test_what_is_there_stays_unless_it_is_to_be_replaced(
    home: Path, settings: lfr.Settings
) -> None:
    out = home / "s.csv"
    out.write_text("mine")
    with pytest.raises(UsageError, match=f"{out} is there already"):
        lfr.export(out, STATED, settings=settings)
    assert out.read_text() == "mine"
    lfr.export(out, STATED, force=True, settings=settings)
    assert out.read_text().startswith("run_id,")
    (home / "d.csv").mkdir()
    with pytest.raises(UsageError, match="is no file"):
        lfr.export(home / "d.csv", STATED, force=True, settings=settings)
    assert len(list(audit.entries(home))) == 1


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"run": "nope"}, QueryError, "there is no run nope"),
        ({"run": RUN_ID, "everything": True}, UsageError, "give --run or --all, not both"),
        ({"views": ["runs"], "question": "best"}, UsageError, "give --view or --question"),
        ({"views": ["runs", "footage"]}, UsageError, "holds one table"),
        ({"views": ["columns"], "evidence": True}, UsageError, "go with --to"),
        ({"question": "who"}, QueryError, "there is no ready query 'who'"),
        ({"stated": replace(STATED, authority=" ")}, AuthorityError, "--authority must be stated"),
        ({"to": "x.xlsx"}, UsageError, "nothing is exported as .xlsx"),
        ({"to": "no/such/folder/x.csv"}, StoreUnreachable, "No such file or directory"),
    ],
)
def test_what_cannot_be_exported_leaves_nothing(
    home: Path,
    settings: lfr.Settings,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    error: type[Exception],
    said: str,
) -> None:
    monkeypatch.chdir(home)
    before = sorted(home.iterdir())
    with pytest.raises(error, match=said):
        lfr.export(**{"to": "x.csv", "stated": STATED, "settings": settings, **changes})  # type: ignore[arg-type]
    assert sorted(home.iterdir()) == before


@pytest.mark.parametrize("name", ["s.parquet", "s.csv", "s.duckdb"])
def test_a_full_disk_leaves_nothing(home: Path, settings: lfr.Settings, name: str) -> None:
    with small_disk(home / "disk", "4k") as disk:
        with pytest.raises(StoreFull, match=r"is full; free space or name another"):
            lfr.export(disk / name, STATED, views=["best_shots"], settings=settings)
        assert list(disk.iterdir()) == []
    assert list(audit.entries(home)) == []


def test_a_full_disk_leaves_no_evidence(home: Path, settings: lfr.Settings) -> None:
    with small_disk(home / "disk", "16k") as disk:
        with pytest.raises(StoreFull, match="is full; free space or name another"):
            lfr.export(disk / "evidence", STATED, evidence=True, settings=settings)
        assert list(disk.iterdir()) == []


def test_without_its_line_in_the_log_nothing_leaves(home: Path, settings: lfr.Settings) -> None:
    (home / "audit").mkdir()
    audit.audit_log(home).write_text(json.dumps({"n": 1}) + "\n")
    with pytest.raises(lfr.LfrError, match="was altered"):
        lfr.export(home / "s.csv", STATED, settings=settings)
    assert not (home / "s.csv").exists()


def test_of_a_home_in_a_bucket_the_note_in_the_lake_is_the_record(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = lfr.Settings(home="s3://forces/home", results=home / "results")
    lfr.export(home / "s.csv", STATED, run=RUN_ID, settings=away)
    (copy,) = copies_known(open_store(home / "results"), RUN_ID)
    assert not copy.is_report
    assert (copy.place, copy.by, copy.rows) == (str(home / "s.csv"), "j.doe", 4)
    assert not audit.audit_log(home).exists()

    def refuses(*_: object) -> None:
        raise StoreUnreachable("cannot use it: Read-only file system")

    monkeypatch.setattr("lfr_batch.front.export.note_copy", refuses)
    with pytest.raises(StoreUnreachable, match="Read-only"):
        lfr.export(home / "t.csv", STATED, run=RUN_ID, settings=away)
    assert not (home / "t.csv").exists()


def test_a_lake_that_is_only_read_here_can_be_exported_from(
    home: Path, settings: lfr.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise StoreUnreachable("cannot use it: Read-only file system")

    monkeypatch.setattr("lfr_batch.front.export.note_copy", refuses)
    lfr.export(home / "s.csv", STATED, settings=settings)
    assert [line["event"] for line in audit.entries(home)] == ["results.opened"]
