"""What a deployment says while it starts, and what its terminal says while it is aimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfr_batch.cli.live import starting as starting_module
from lfr_batch.cli.live.starting import Starting, starting
from lfr_batch.cli.live.status import LiveStatus, summary
from lfr_batch.engine.live.threads import live_threads
from lfr_batch.live.deployment.look_after import Situation
from lfr_batch.live.deployment.run import Ended
from lfr_batch.live.deployment.watchlist_receipt import Receipt
from lfr_batch.live.deployment.window import Term
from lfr_batch.live.records import LiveCounts
from tests.live.made import ENDED, figures, health
from tests.live_case import live_config, live_plan, wait_for
from tests.one_case import Casework

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def status(watch_from: datetime | None) -> LiveStatus:
    return LiveStatus(Term(NOW, NOW + HOUR, "window", watch_from), Starting(None), None)


def looked(*, is_aimed: bool) -> Situation:
    return Situation((), (health("north", 3),), LiveCounts(faces_seen=3), is_aimed)


@pytest.mark.parametrize(
    ("watch_from", "said"),
    [
        (NOW - HOUR, "press Begin watching on the console;"),
        (NOW + HOUR, f"press Begin watching on the console from {NOW + HOUR:%H:%M} UTC on;"),
    ],
)
def test_the_terminal_says_that_nobody_is_looked_for(watch_from: datetime, said: str) -> None:
    aimed = status(watch_from).line(looked(is_aimed=True))
    assert f"aiming: nobody is looked for; {said}" in aimed
    assert "seen" not in aimed
    assert "3 faces seen" in status(watch_from).line(looked(is_aimed=False))


def test_a_camera_that_refuses_the_password_is_said_with_the_way_out() -> None:
    refused = replace(health("north", 0), state="refused", detail="tried 3 times, waits to be told")
    line = status(None).line(replace(looked(is_aimed=False), health=(refused,)))
    assert (
        "north refused (tried 3 times, waits to be told: mend the password in the configuration "
        "and start anew, or press Try again on the console)"
    ) in line


def test_a_deployment_that_was_only_aimed_says_so() -> None:
    receipt = Receipt("d", "w", "s-1", "it was stopped", "tester", ENDED, (), verified_gone=True)
    for since, said in ((None, True), (ENDED, False)):
        done = figures(aimed=True, watching_since=since)
        lines = list(summary(Ended(done, receipt, "complete")))
        assert any(line.startswith("watching was never begun") for line in lines) == said


def test_a_step_that_takes_long_is_said_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(starting_module, "TICK_S", 0.01)
    monkeypatch.setattr(starting_module, "SAY_AGAIN_S", 0.05)
    said = ""

    def is_said(words: str) -> bool:
        nonlocal said
        said += capsys.readouterr().err
        return words in said

    with starting(None) as begun:
        begun.at("loading the models, which takes a while")
        wait_for(lambda: is_said("loading the models: 0 s so far"))
        begun.done()
    assert said.startswith("loading the models, which takes a while\n")


def test_what_may_be_refused_is_said_only_once_it_takes_a_while(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(starting_module, "TICK_S", 0.01)
    with starting(None, after_s=3600.0) as checking:
        checking.at("checking model pack open")
        checking.tick()
    assert capsys.readouterr().err == ""
    with starting(None, after_s=0.05) as checking:
        checking.at("checking watchlist people")
        wait_for(lambda: capsys.readouterr().err == "checking watchlist people\n")


def test_on_a_terminal_it_is_shown_in_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(starting_module, "TICK_S", 0.01)
    shown: list[str] = []
    with starting(shown.append) as begun:
        begun.at("opening camera north")
        wait_for(lambda: shown)
    assert set(shown) == {"opening camera north: 0 s so far"}
    assert capsys.readouterr().err == "opening camera north\n"


def test_every_part_is_said_before_it_is_opened(casework: Casework, tmp_path: Path) -> None:
    config = live_config(casework, {"north": "walk.mp4", "south": "group.mp4"})
    said: list[str] = []
    with live_threads(live_plan(casework, config, tmp_path), said.append):
        pass
    assert [step.partition(",")[0] for step in said] == [
        "loading the models",
        "opening camera north",
        "opening camera south",
    ]
