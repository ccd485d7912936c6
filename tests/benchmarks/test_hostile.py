"""Hostile files: made again by their number, watched from outside, and called by their name."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import hostile, hostile_verdict
from benchmarks.hostile import examined
from benchmarks.hostile_mutations import CHANGES, mutated
from benchmarks.hostile_pool import Examiner, examiner, is_too_long
from benchmarks.hostile_records import Answer
from benchmarks.hostile_seeds import Seed, make_seeds, of_kinds
from benchmarks.hostile_target import examine
from benchmarks.hostile_verdict import BAD, CLASSES, as_table, outcome_of

from .hostile_targets import misbehave

LIMIT_S = 0.5
TOLD = {
    "ok": "ok",
    "partly": "partly",
    "damaged": "damaged",
    "breaks": "damaged",
    "failed": "failed",
    "raise": "EXCEPTION",
    "surprise": "EXCEPTION",
    "die": "CRASHED",
    "many": "SEGMENTS",
    "nameless": "NAMELESS",
    "silent": "NAMELESS",
}
"""What the stand-in does, and what that is called."""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Seed, ...]:
    return make_seeds(tmp_path_factory.mktemp("seeds"))


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Examiner]:
    log = tmp_path_factory.mktemp("log") / "said.log"
    with examiner(misbehave, log, limit_s=60.0) as opened:
        yield opened


def test_whoever_makes_them_takes_turns_with_others(seeds: tuple[Seed, ...]) -> None:
    assert {seed.name for seed in seeds} >= {"av1-mp4", "av1-webm"}
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def outcome(opened: Examiner, folder: Path, word: str) -> str:
    path = folder / "a.file"
    path.write_text(word)
    return outcome_of(opened.examine(path), path.name, len(word))


@pytest.mark.parametrize(("word", "called"), TOLD.items(), ids=str)
def test_every_end_has_its_name(stand_in: Examiner, tmp_path: Path, word: str, called: str) -> None:
    assert outcome(stand_in, tmp_path, word) == called


def test_what_takes_too_much_memory_is_seen(
    stand_in: Examiner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hostile_verdict, "MEMORY_MIB", 150)
    assert outcome(stand_in, tmp_path, "swell") == "MEMORY"
    assert outcome(stand_in, tmp_path, "ok") == "ok"


def test_what_hangs_is_ended_and_the_next_goes_on(tmp_path: Path) -> None:
    with examiner(misbehave, tmp_path / "said.log", LIMIT_S) as opened:
        assert outcome(opened, tmp_path, "hang") == "HUNG"
        assert outcome(opened, tmp_path, "ok") == "ok"


@pytest.mark.parametrize(
    ("wall_s", "core_s", "too_long"),
    [(4.9, 4.9, False), (5.1, 4.0, True), (5.1, 1.0, False), (20.1, 1.0, True)],
)
def test_who_was_kept_waiting_is_waited_for(wall_s: float, core_s: float, too_long: bool) -> None:
    assert is_too_long(wall_s, core_s, 5.0) is too_long


def test_every_class_is_reached_here() -> None:
    assert {*TOLD.values(), "MEMORY", "HUNG"} == set(CLASSES)
    assert set(BAD) < set(CLASSES)


def test_seeds_are_whole_and_the_same_every_time(seeds: tuple[Seed, ...], tmp_path: Path) -> None:
    again = make_seeds(tmp_path)
    assert [(s.name, s.data) for s in again] == [(s.name, s.data) for s in seeds]
    for seed in seeds:
        path = tmp_path / f"{seed.name}{seed.suffix}"
        path.write_bytes(seed.data)
        answer = examine(path)
        assert (set(answer.statuses), answer.sentences) == ({"ok"}, ()), seed.name
        assert answer.segments >= 1
        assert answer.looks >= 1


def test_a_file_is_made_again_by_its_number(seeds: tuple[Seed, ...]) -> None:
    first = [mutated(seeds, 7, number) for number in range(len(seeds) * 2)]
    assert first == [mutated(seeds, 7, number) for number in range(len(seeds) * 2)]
    assert {origin.name for origin, _, _ in first} == {seed.name for seed in seeds}
    assert first != [mutated(seeds, 8, number) for number in range(len(seeds) * 2)]


def test_everything_is_done_to_some_file(seeds: tuple[Seed, ...]) -> None:
    done = {what for n in range(300) for what in mutated(seeds, 1, n)[2].split(", ")}
    assert done == set(CHANGES)
    assert any(mutated(seeds, 1, n)[1] != mutated(seeds, 1, n)[0].data for n in range(20))


@pytest.mark.parametrize("name", CHANGES)
def test_an_empty_file_can_be_changed(name: str) -> None:
    seeds = (Seed("empty", ".x", b""),)
    for number in range(40):
        assert len(mutated(seeds, 3, number)[1]) < 1000


def test_offenders_are_kept_and_listed(tmp_path: Path) -> None:
    words = (Seed("bad", ".x", b"raise"), Seed("good", ".x", b"ok"))
    folder, keep = tmp_path / "here", tmp_path / "keep"
    folder.mkdir()
    keep.mkdir()
    found = list(examined(words, 7, range(6), folder, 60.0, keep, target=always_raises))
    assert [verdict.outcome for verdict in found] == ["EXCEPTION"] * 6
    assert len(list(keep.iterdir())) == 6
    assert as_table(found)[-1][:3] == ["all", "6", "6"]
    report = hostile.as_report(found, 7)
    assert [(o["seed"], o["number"]) for o in report["offenders"]] == [(7, n) for n in range(6)]  # type: ignore[attr-defined]


def always_raises(path: Path) -> Answer:
    raise ValueError(path)


def test_a_few_files_through_the_product(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "hostile.json"
    told = ["--count", "60", "--seed", "7", "--limit-s", "60", "--out", str(out)]
    assert hostile.main(told) == 0, capsys.readouterr().out
    report = json.loads(out.read_text())
    assert report["files"] == 60
    assert report["offenders"] == []
    assert sum(report["outcomes"].values()) == 60


def test_one_file_is_made_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["--seed", "7", "--only", "13", "--limit-s", "60", "--keep", str(tmp_path / "kept")]
    assert hostile.main(told) == 0
    (kept,) = (tmp_path / "kept").iterdir()
    assert kept.name.startswith("000013-")
    assert str(kept) in capsys.readouterr().out


def test_seeds_by_words() -> None:
    made = (Seed("h264-mp4", ".mp4", b""), Seed("jpeg", ".jpg", b""), Seed("png", ".png", b""))
    assert of_kinds(made, ["mp4", "png"]) == (made[0], made[2])
    assert of_kinds(made, []) == made
