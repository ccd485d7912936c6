"""`lfr models add --embedder`: one command, and an embedder of one's own is a pack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lfr_batch.models.store import load_pack
from tests.cli.here import lfr
from tests.models.derived import FROM_96_PX, FROM_BGR, FROM_NHWC, derived, wider

STATED = ["--name", "mine", "--licence", "MIT", "--permitted-use", "any"]
FED = ["--colour", "rgb"]


@pytest.fixture
def home(tmp_path: Path, open_pack_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    (home / "models").mkdir(parents=True)
    (home / "models" / "open").symlink_to(open_pack_home / "models" / "open")
    monkeypatch.setenv("LFR_HOME", str(home))
    return home


@pytest.fixture
def wide(home: Path, tmp_path: Path) -> Path:
    sface = load_pack(home, "open").embedder_path
    return derived(sface, tmp_path / "wide.onnx", ("n", 3, 112, 112), (), wider())


def test_an_embedder_is_a_pack_after_one_command(
    home: Path, wide: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = lfr(capsys, "models", "add", "--embedder", str(wide), *FED, "--flip", *STATED)
    assert code == 0, err
    assert "512 numbers of 112 pixels, rgb, nchw, mean 0, std 1, template arcface, with its" in out
    assert "not calibrated: its galleries need `lfr calibrate`, or searches --threshold" in out
    code, out, _ = lfr(capsys, "models", "list", "--json")
    (mine,) = [row for row in json.loads(out) if row["pack"].startswith("mine@")]
    assert mine["embedder"] == "wide.onnx (512-d)"
    assert mine["detector"] == "centerface and yunet"
    code, out, _ = lfr(capsys, "models", "verify", "mine")
    assert code == 0


def test_what_a_manifest_says_options_say_otherwise(
    home: Path, wide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sface = load_pack(home, "open").embedder_path
    before: Any = [*FROM_NHWC, *FROM_BGR, *FROM_96_PX]
    small = derived(sface, tmp_path / "small.onnx", ("n", 96, 96, 3), before)
    sheets = tmp_path / "wide.yaml", tmp_path / "small.json"
    sheets[0].write_text("colour: rgb\nflip: true\n")
    points = [[0.34, 0.46], [0.66, 0.46], [0.5, 0.64], [0.37, 0.82], [0.63, 0.82]]
    sheets[1].write_text(json.dumps({"colour": "bgr", "template": points, "std": 2}))
    given = ["--embedder", str(wide), "--embedder", str(small), "--weights", "3,1"]
    given += ["--manifest", str(sheets[0]), "--manifest", str(sheets[1]), "--std", "1"]
    code, _, err = lfr(capsys, "models", "add", *given, *STATED)
    assert code == 0, err
    manifest = load_pack(home, "mine").manifest
    first, second = manifest.embedders
    assert (first.flip, first.channel_order, first.template) == (True, "rgb", "arcface")
    assert (second.flip, second.channel_order, second.layout) == (False, "bgr", "nhwc")
    assert second.template == tuple(map(tuple, points))
    assert (first.std, second.std, second.input_px) == (1.0, 1.0, 96)
    assert (manifest.weights, manifest.dim) == ((0.75, 0.25), 640)


def test_a_template_is_given_as_a_file(
    home: Path, wide: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = tmp_path / "points.yaml"
    points.write_text("[[0.3, 0.5], [0.7, 0.5], [0.5, 0.6], [0.4, 0.8], [0.6, 0.8]]")
    given = ["--embedder", str(wide), *FED, "--template", str(points), *STATED]
    assert lfr(capsys, "models", "add", *given)[0] == 0
    assert load_pack(home, "mine").manifest.embedder.template[0] == (0.3, 0.5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--permitted-use", "all"], "--permitted-use all is not known"),
        (["--licence", " "], "give --licence"),
        (["--colour", "cmyk"], "colour"),
        (["--template", "nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--weights", "0.5,0.5"], "--weights is for two embedders"),
        (["--detector-pack", "gone"], "no model pack 'gone'"),
        (["--name", "../mine"], "no name for a pack"),
        (["some/folder"], "give one of them"),
        (["--manifest", "a", "--manifest", "b"], "2 x --manifest"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    changes: list[str], said: str, home: Path, wide: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--embedder", str(wide), *FED, *STATED, *changes]
    code, _, err = lfr(capsys, "models", "add", *given)
    assert (code, said in err) == (2, True), err
    assert sorted(path.name for path in (home / "models").iterdir()) == ["open"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["notes.txt"], "notes.txt is not a directory: give the one with the pack's files"),
        (["folder"], "has no SCRFD detector in it (there: no .onnx file)"),
        (["models"], "broken.onnx is not a readable ONNX model"),
        (["--embedder", "notes.txt", *FED, *STATED], "notes.txt is not a readable ONNX model"),
        (["--embedder", "nowhere.onnx", *FED, *STATED], "nowhere.onnx is not a readable ONNX"),
    ],
)
def test_what_is_no_model_is_a_refused_order(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("notes.txt", "folder/notes.txt", "models/broken.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no model")
    code, _, err = lfr(capsys, "models", "add", *given)
    assert (code, said in err) == (2, True), err
    assert sorted(path.name for path in (home / "models").iterdir()) == ["open"]


def test_options_of_an_embedder_are_refused_beside_a_directory(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = lfr(capsys, "models", "add", str(tmp_path), "--size", "112")
    assert (code, "--size is about an --embedder" in err) == (2, True)
    code, _, err = lfr(capsys, "models", "add")
    assert (code, "give a directory, or --embedder FILE" in err) == (2, True)
