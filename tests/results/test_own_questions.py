"""Questions of somebody's own, beside the ready ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.errors import QueryError
from lfr_batch.results.ask import about, ask
from lfr_batch.results.queries import all_queries, load_query, query_names
from lfr_batch.results.sql import Lake
from tests.refused import refused

from .synthetic import RUN_ID

STRONG = """\
-- Sightings that score more than $Least.
-- Key: run_id, sighting_id.
SELECT run_id, sighting_id, score FROM sightings
WHERE score > coalesce($Least::DOUBLE, 0.6) AND ($run_id::VARCHAR IS NULL OR run_id = $run_id)
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "strong.sql").write_text(STRONG)
    (tmp_path / "notes.txt").write_text("not a question")
    return tmp_path


def test_it_is_listed_and_asked_like_ours(lake: Lake, own: Path) -> None:
    ready = all_queries(own)
    assert list(ready) == [*query_names(), "strong"]
    assert ready["strong"].summary == "Sightings that score more than $Least."
    assert ready["strong"].parameters == ("Least", "run_id")
    assert ask(lake, "strong", own=own).num_rows == 2
    assert ask(lake, "strong", {"Least": "0.7", "run_id": RUN_ID}, own).num_rows == 1
    assert about(lake, "strong", own=own) == "key: run_id, sighting_id"


def test_which_runs_it_is_about_is_said_where_it_asks_for_runs_as_ours_do(
    lake: Lake, own: Path
) -> None:
    macro = "asked_run($run_id::VARCHAR, $case_ref::VARCHAR, $all::BOOLEAN)"
    (own / "mine.sql").write_text(f"-- Mine.\nFROM {macro}")
    assert about(lake, "mine", {"run_id": RUN_ID[:12]}, own).startswith(f"of run {RUN_ID}, case ")
    with pytest.raises(QueryError, match="there is no run 2099"):
        ask(lake, "mine", {"run_id": "2099"}, own)


def test_a_name_of_ours_is_not_taken_over(lake: Lake, own: Path) -> None:
    (own / "best.sql").write_text(STRONG)
    told = r"best\.sql has the name of one of the ready questions: call it otherwise"
    with pytest.raises(QueryError, match=told):
        ask(lake, "best", own=own)
    with pytest.raises(QueryError, match=told):
        all_queries(own)
    assert ask(lake, "strong", own=own).num_rows == 2


def test_what_is_not_there_is_named_with_all_that_is(own: Path) -> None:
    with pytest.raises(QueryError, match=r"no ready query 'weak'; there .*visits, strong"):
        load_query("weak", own)
    assert all_queries(own / "absent").keys() == all_queries().keys()


def test_a_file_that_is_no_text_and_a_folder_that_is_closed(own: Path) -> None:
    (own / "odd.sql").write_bytes(b"-- \xff")
    with pytest.raises(QueryError, match=r"odd.sql cannot be read as a question in UTF-8"):
        load_query("odd", own)
    with refused(own), pytest.raises(QueryError, match=r"cannot be read .*; mend its permissions"):
        all_queries(own)


@pytest.mark.parametrize("given", [{"nope": "1"}, {"all": "true"}, {"case_ref": "OP-1"}])
def test_a_parameter_it_does_not_have(lake: Lake, own: Path, given: dict[str, str]) -> None:
    with pytest.raises(QueryError, match=r"the question strong has no parameter .*it has Least"):
        ask(lake, "strong", given, own)
