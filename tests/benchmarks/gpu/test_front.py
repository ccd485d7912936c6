"""`python -m benchmarks.gpu` on the processor, with little to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu.__main__ import main
from benchmarks.gpu.enrolment import DECODING
from benchmarks.rows import NOT_MEASURED, REFUSED
from tests.footage.clips import write_clip

TEMPLATES = 3000


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", 25)


def figures(home: Path, clip: Path, out: Path, *more: str) -> dict[tuple[str, str], Any]:
    told = ["--device", "cpu", "--quick", "--home", str(home), "--clip", str(clip)]
    assert main([*told, "--out", str(out), *more]) == 0
    report = json.loads(out.read_text())
    assert report["machine"]["cores"] >= 1
    return {(row["what"], row.get("setting", "")): row for row in report["figures"]}


def test_searches_stand_beside_reading_the_templates_once(
    tmp_path: Path, open_pack_home: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = figures(open_pack_home, clip, tmp_path / "gpu.json",
                    "--only", "search", "--templates", str(TEMPLATES))  # fmt: skip
    per_s = found["reading memory", ""]["figure"]
    for probes in ("1 probe", "64 probes", "1,024 probes"):
        row = found["search p50", f"3,000 templates, {probes}"]
        assert row["limit"] == pytest.approx(TEMPLATES * 128 * 4 / per_s / 1e6)
        assert row["share"] == pytest.approx(row["limit"] / row["figure"])
    assert found["multiplying alone", "3,000 templates, 1,024 probes"]["figure"] > 0
    same = found["search: same rows", "3,000 templates, 64 probes"]
    assert (same["figure"], same["share"]) == (64.0, 1.0)
    said = capsys.readouterr()
    assert "share" in said.out
    assert said.err.count("search p50") == 3


def test_what_was_not_named_is_a_row(tmp_path: Path, open_pack_home: Path, clip: Path) -> None:
    found = figures(open_pack_home, clip, tmp_path / "gpu.json", "--only", "wall", "enrolment")
    assert found["wall", ""]["figure"] == found["enrolment", ""]["figure"] == NOT_MEASURED
    assert "--static" in found["wall", ""]["note"]
    assert "--pictures" in found["enrolment", ""]["note"]


def test_pictures_that_are_none_are_a_row(tmp_path: Path, open_pack_home: Path, clip: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    found = figures(open_pack_home, clip, tmp_path / "gpu.json",
                    "--only", "enrolment", "--pictures", str(pictures))  # fmt: skip
    assert found["enrolment", ""]["figure"] == REFUSED
    assert "holds no pictures" in found["enrolment", ""]["note"]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (["--home", "{tmp}"], "has no models"),
        (["--home", "{home}", "--out", "{tmp}/nowhere/gpu.json"], "is no folder"),
        (["--home", "{home}", "--clip", "{tmp}/nothing.mp4"], "is no file"),
    ],
)
def test_wrong_use_is_a_sentence(
    tmp_path: Path,
    open_pack_home: Path,
    capsys: pytest.CaptureFixture[str],
    told: list[str],
    said: str,
) -> None:
    words = [word.format(tmp=tmp_path, home=open_pack_home) for word in told]
    assert main(["--device", "cpu", *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.long
def test_each_model_stands_beside_itself_alone(
    tmp_path: Path, open_pack_home: Path, clip: Path
) -> None:
    found = figures(open_pack_home, clip, tmp_path / "gpu.json", "--only", "models")
    for name in ("YuNet (quick)", "CenterFace (thorough)", "embedder"):
        alone, used = (next(row for (what, _), row in found.items() if what == each)
                       for each in (f"{name} alone", name))  # fmt: skip
        assert used["limit"] == alone["figure"]


@pytest.mark.long
def test_a_scene_is_scanned_and_compared(
    tmp_path: Path, open_pack_home: Path, shared_data: Path
) -> None:
    """Somebody is enrolled from the clip, and found in it by both."""
    clip = shared_data / "footage" / "known_answer" / "stage_clip.mp4"
    found = figures(
        open_pack_home, clip, tmp_path / "gpu.json", "--budget", "1200",
        "--only", "decoding", "street", "agreement", "enrolment",
        "--pictures", str(shared_data / "custody"),
    )  # fmt: skip
    street = next(row for (what, _), row in found.items() if what == "street")
    assert street["share"] == pytest.approx(street["figure"] / street["limit"])
    same = found["street: same people", "as the processor finds"]
    assert same["figure"] == same["limit"] >= 1
    assert found["street: largest score difference", ""]["figure"] <= 0.01
    assert any(what == DECODING for what, _ in found)
