from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.config.schema import Config
from lfr_batch.errors import ConfigError
from lfr_batch.front.runs import said_over
from lfr_batch.front.settings import Settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text("decide: {top_k: 2}\nengine: {workers: 2}\njob: {out: there}\n")
    return path


def test_changes_go_before_overrides_and_these_before_the_file(file: Path) -> None:
    assert Settings(file).config().decide.top_k == 2
    said = Settings(file, overrides=("decide.top_k=3",))
    assert said.config({"decide.top_k": 10}).decide.top_k == 3
    changed = Settings(str(file), {"decide.top_k": 4, "pack": None}, overrides=("decide.top_k=3",))
    assert changed.config({"decide.top_k": 10}).decide.top_k == 4
    assert changed.config().pack == Config().pack
    assert Settings().config({"decide.top_k": 10}).decide.top_k == 10


def test_results_are_where_they_are_said_to_be(file: Path, tmp_path: Path) -> None:
    assert Settings(file).results_place()[0] == str(Path.cwd() / "there")
    assert Settings(file, results=tmp_path).results_place()[0] == str(tmp_path)
    assert Settings(home="mine").home_place == Path.cwd() / "mine"


def test_what_is_wrong_is_named_when_it_is_used() -> None:
    wrong = Settings(changes={"decide.top": 1})
    with pytest.raises(ConfigError, match=r"there is no setting 'decide\.top'; did you mean"):
        wrong.config()


def test_only_a_value_is_a_choice() -> None:
    assert Settings(changes={"engine.kind": "ray"}).chosen("engine.kind")
    assert not Settings(changes={"engine.kind": None}).chosen("engine.kind")
    assert not Settings().chosen("engine.kind")


def test_a_run_taken_up_again_keeps_all_of_its_engine_but_what_is_said_now(file: Path) -> None:
    recorded = Settings(changes={"engine.workers": 7, "engine.ledger_flush_s": 9.0}).config()
    assert said_over(recorded, Settings()) == recorded
    asked = Settings(file, {"engine.kind": "in_process", "limits.time_s": 9.0, "pack": "none"})
    over = said_over(recorded, asked)
    assert (over.limits.time_s, over.pack) == (9.0, recorded.pack)
    now = over.engine
    assert now == recorded.engine.model_copy(update={"workers": 2, "kind": "in_process"})
