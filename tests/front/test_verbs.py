"""The front door on real footage, and what does not get through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

import lfr_batch as lfr
from lfr_batch.config.schema import EngineConfig
from lfr_batch.errors import AuthorityError, GalleryNotFound, QueryError, RunNotFound, UsageError
from lfr_batch.front.forgetting import runs_naming
from lfr_batch.front.listeners import EnrolListener, RunListener
from lfr_batch.front.machinery import alone_on_ray
from lfr_batch.gallery.store import list_galleries, load_snapshot
from lfr_batch.oversight import audit
from tests.one_case import AUTHORITY, Casework
from tests.patience import PATIENCE_S

IN_PROCESS = {"engine.kind": "in_process"}


@pytest.fixture
def settings(casework: Casework, tmp_path: Path) -> lfr.Settings:
    return lfr.Settings(changes=IN_PROCESS, home=casework.home, results=tmp_path / "results")


def test_a_scan_its_resumption_and_its_results(casework: Casework, settings: lfr.Settings) -> None:
    said: list[str] = []
    told = RunListener(
        accepted=lambda order: said.append(f"accepted {order.kind}"),
        found=lambda found: said.append(f"found {len(found.entries)}"),
        created=lambda _: said.append("created"),
    )
    passing = casework.played / "passing.mp4"
    run = lfr.scan(passing, "people", AUTHORITY, settings=settings, listener=told)
    assert said == ["accepted scan", "found 1", "created"]
    assert (run.status, run.sightings, run.not_whole()) == ("complete", 1, [])
    (row,) = run.ask("sightings_of_run", top=5).to_pylist()
    assert (row["subject_id"], row["uri"]) == ("astronaut", str(passing))
    assert row["score"] >= run.threshold

    snapshot = load_snapshot(casework.home, "people").snapshot_id
    assert runs_naming(settings, "people") == {snapshot: 1}

    again = lfr.resume(run.run_id, operator="j.doe", settings=settings)
    assert (again.run_id, again.status, again.sightings) == (run.run_id, "complete", 1)
    assert again.ask("best").num_rows == 1
    opened = [
        line["by"]
        for line in audit.entries(casework.home)
        if line["event"] == "results.opened" and line["run_ids"] == [run.run_id]
    ]
    assert opened == [AUTHORITY.operator, "j.doe"], "not whoever is logged in at the machine"

    with lfr.open_results(settings) as results:
        asked = "SELECT case_ref, authority, purpose, operator FROM runs WHERE run_id = $run"
        (stated,) = results.arrow(asked, {"run": run.run_id}).to_pylist()
        assert tuple(stated.values()) == (
            AUTHORITY.case_ref,
            AUTHORITY.authority,
            AUTHORITY.purpose,
            AUTHORITY.operator,
        )
        (proposed,) = results.arrow("FROM subjects WHERE subject_id = 'astronaut'").to_pylist()
        assert (proposed["name"], proposed["templates"]) == ("astronaut", 1)
        frame = results.pandas("FROM sightings")
        assert list(frame["subject_id"]) == ["astronaut"]
        assert results.ask("best").num_rows == 1
        of_run = f"of run {run.run_id}, case {AUTHORITY.case_ref}; key: run_id, sighting_id"
        assert results.about("best", {"run_id": "latest"}) == of_run
        assert results.run_id(run.run_id[:-1]) == run.run_id
        assert results.connection.sql("FROM finished_runs").to_arrow_table().num_rows == 1
        with pytest.raises(QueryError, match="CREATE is refused: results are only read here"):
            results.arrow("CREATE TABLE mine AS FROM sightings")


def test_a_search_ranks_ten_in_this_process_unless_it_is_said_otherwise(
    casework: Casework, tmp_path: Path
) -> None:
    settings = lfr.Settings(home=casework.home, results=tmp_path)
    still = str(casework.footage / "portrait.jpg")
    run = lfr.search([still], "people", AUTHORITY, settings=settings)
    config = run.result.request.config
    assert (config["decide"]["top_k"], config["engine"]["kind"]) == (10, "in_process")
    rows = run.ask("candidates_of_run").to_pylist()
    assert [(row["rank"], row["subject_id"]) for row in rows] == [(1, "astronaut"), (2, "actor")]
    assert (run.result.request.kind, run.sightings) == ("search", 1)


def test_small_enrolments_need_no_ray_and_take_the_place_of_the_last(
    casework: Casework, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(casework.home / "models")
    pictures = casework.footage.parent / "people"
    examined: list[int] = []
    listener = EnrolListener(examined=lambda enrolment: examined.append(len(enrolment.faces)))
    settings = lfr.Settings(home=home)
    first = lfr.enrol("two", pictures, AUTHORITY, settings=settings, listener=listener)
    assert (first.before, first.info.templates, examined) == (None, 2, [2])
    assert first.is_settled
    unstated = replace(AUTHORITY, purpose="")
    one = lfr.enrol("two", pictures, unstated, exclude=["actor/*"], settings=settings)
    assert one.before == first.info
    assert [(info.name, info.templates) for info in list_galleries(home)] == [("two", 1)]


BLANK = {
    "case_ref": "--case must be stated",
    "authority": "--authority must be stated",
    "purpose": "--purpose must be stated",
    "operator": "The operator must be stated",
}


@pytest.mark.parametrize("what", BLANK)
@pytest.mark.parametrize("blank", ["", " \t", "\u200b\u202e"])
@pytest.mark.parametrize("verb", [lfr.scan, lfr.search, lfr.enrol])
def test_nothing_is_compared_before_it_is_stated_who_answers(
    casework: Casework, tmp_path: Path, verb: Callable[..., Any], what: str, blank: str
) -> None:
    if (verb, what) == (lfr.enrol, "purpose"):
        return
    home, stated = tmp_path / "home", replace(AUTHORITY, **{what: blank})
    settings = lfr.Settings(changes=IN_PROCESS, home=home)
    names = ("people", casework.footage) if verb is lfr.enrol else (casework.footage, "people")
    with pytest.raises(AuthorityError, match=BLANK[what]):
        verb(*names, stated, settings=settings)
    assert not home.exists()


@pytest.mark.parametrize(
    ("footage", "gallery", "error", "says"),
    [
        ([], "people", UsageError, "There is nothing to scan"),
        (["x.mp4"], "", UsageError, r"Which gallery\?"),
        (["/none/x.mp4"], "people", UsageError, "does not exist"),
        (["x.mp4"], "nobody", GalleryNotFound, "nobody"),
    ],
)
def test_what_is_refused_leaves_no_run(
    settings: lfr.Settings, footage: list[str], gallery: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        lfr.scan(footage, gallery, AUTHORITY, settings=settings)
    with lfr.open_results(settings) as results:
        assert results.arrow("FROM runs").num_rows == 0


def test_a_run_there_is_not_cannot_be_taken_up(settings: lfr.Settings) -> None:
    with pytest.raises(RunNotFound):
        lfr.resume("20260101-000000-scan-0000", settings=settings)


def test_nobody_who_answers_for_it_is_a_refusal(settings: lfr.Settings) -> None:
    nobody: Any = None
    with pytest.raises(AuthorityError, match="Nobody has stated who answers"):
        lfr.scan("footage", "people", nobody, settings=settings)


def test_nothing_to_search_is_said(settings: lfr.Settings) -> None:
    with pytest.raises(UsageError, match="nothing to search: name stills"):
        lfr.search([], "people", AUTHORITY, settings=settings)


def test_two_threads_do_not_end_each_others_ray() -> None:
    held, may_go = Event(), Event()

    def first() -> None:
        with alone_on_ray(EngineConfig(kind="ray")):
            held.set()
            assert may_go.wait(PATIENCE_S)

    thread = Thread(target=first)
    thread.start()
    assert held.wait(PATIENCE_S)
    with (
        pytest.raises(UsageError, match=r"in use by another call.*engine\.kind to in_process"),
        alone_on_ray(EngineConfig(kind="ray")),
    ):
        pass
    with alone_on_ray(EngineConfig(kind="in_process")):
        may_go.set()
    thread.join()
    with alone_on_ray(EngineConfig(kind="ray")):
        pass
