from __future__ import annotations

import json
import multiprocessing
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lfr_batch.config.schema import InferenceConfig
from lfr_batch.errors import InferenceDisagrees
from lfr_batch.models.agreement import (
    Verdict,
    compare_best_cells,
    compare_score_maps,
    compare_templates,
    kept_or_measured,
    open_detector_session,
    open_embedder_session,
)
from lfr_batch.models.openvino_session import has_bf16
from lfr_batch.models.selection import Selection
from lfr_batch.models.session_plan import Share
from lfr_batch.models.store import Pack, load_pack
from tests.synced import synced

needs_bf16 = pytest.mark.skipif(not has_bf16(), reason="this processor has no bf16 arithmetic")
AUTO = InferenceConfig(device="cpu")
TWO_THREADS = Share(2)
CACHE = Path("cache") / "agreement.json"


def forge(home: Path, agrees: bool) -> None:
    """Overwrite what the checks found."""
    entries = json.loads((home / CACHE).read_text())
    forged = {"agrees": agrees, "finding": "forged"}
    (home / CACHE).write_text(json.dumps(dict.fromkeys(entries, forged)))


def checked(home: Path, inference: InferenceConfig = AUTO) -> tuple[str, str]:
    pack = load_pack(home, "open")
    detector = open_detector_session(pack, inference, TWO_THREADS)
    return detector.description, open_embedder_session(pack, inference, TWO_THREADS).description


@dataclass(frozen=True, slots=True)
class OnceChecked:
    kept: str
    """What the cache says."""
    descriptions: tuple[str, str]
    synced: tuple[Path, ...]
    home: Path


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, open_pack: Pack) -> OnceChecked:
    home = tmp_path_factory.mktemp("checked") / "home"
    shutil.copytree(open_pack.directory, home / "models" / "open")
    with synced() as order:
        descriptions = checked(home)
    return OnceChecked((home / CACHE).read_text(), descriptions, tuple(order), home)


@pytest.fixture
def doubted(once: OnceChecked, home_with_open: Path) -> Path:
    """A home in which what was found is that nothing agrees."""
    (home_with_open / CACHE).parent.mkdir()
    (home_with_open / CACHE).write_text(once.kept)
    forge(home_with_open, agrees=False)
    return home_with_open


@needs_bf16
def test_bf16_is_used_once_it_agrees_and_that_is_kept(
    once: OnceChecked,
) -> None:
    assert once.descriptions == ("OpenVINO CPU bf16, 2 threads",) * 2
    kept = json.loads(once.kept)
    assert [entry["agrees"] for entry in kept.values()] == [True, True]
    assert once.synced[-1] == once.home / "cache"


@needs_bf16
def test_the_detector_of_frames_is_checked_too(home_with_open: Path) -> None:
    pack = load_pack(home_with_open, "open")
    session = open_detector_session(pack, AUTO, TWO_THREADS, pack.manifest.frame_detector)
    assert session.description == "OpenVINO CPU bf16, 2 threads"
    [(key, kept)] = json.loads((home_with_open / CACHE).read_text()).items()
    assert key.startswith(pack.manifest.files["yunet.onnx"])
    assert kept["agrees"]


@needs_bf16
def test_a_kept_disagreement_goes_on_in_f32_and_says_why(doubted: Path) -> None:
    expected = "OpenVINO CPU f32, 2 threads (bf16 disagreed: forged)"
    assert checked(doubted) == (expected, expected)


@needs_bf16
def test_bf16_that_disagrees_is_refused_where_it_was_demanded(
    once: OnceChecked, doubted: Path
) -> None:
    demanded = InferenceConfig(device="cpu", precision="bf16")
    assert "bf16" in checked(once.home, demanded)[0]
    with pytest.raises(InferenceDisagrees, match=r"centerface\.onnx in bf16.*forged"):
        checked(doubted, demanded)


@needs_bf16
def test_a_noted_session_works_like_any_other(doubted: Path) -> None:
    session = open_embedder_session(load_pack(doubted, "open"), AUTO, TWO_THREADS)
    batch = np.zeros((2, 112, 112, 3), np.uint8)
    assert np.array_equal(session.run(batch)[0], next(session.run_all([batch]))[0])
    assert not session.gathers
    assert session.input_wh((112, 112)) == (112, 112)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"k": 1}', '{"k": {"agrees": "yes", "finding": ""}}', '{"k": {}}', "\x00"],
)
def test_a_corrupt_cache_is_measured_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / CACHE).parent.mkdir()
    (tmp_path / CACHE).write_text(text)
    found = Verdict(agrees=True, finding="measured")
    assert kept_or_measured(tmp_path, "k", lambda: found) == found
    [entry] = json.loads((tmp_path / CACHE).read_text()).values()
    assert entry == {"agrees": True, "finding": "measured"}


@needs_bf16
def test_a_home_that_cannot_be_written_is_no_obstacle(home_with_open: Path) -> None:
    (home_with_open / "cache").write_text("a file where the folder should be")
    pack = load_pack(home_with_open, "open")
    assert "bf16" in open_embedder_session(pack, AUTO, TWO_THREADS).description


@pytest.mark.parametrize(
    "settings", [{"precision": "f32"}, {"backend": "onnxruntime"}], ids=["f32", "onnxruntime"]
)
def test_what_is_the_reference_or_equals_it_is_not_checked(
    home_with_open: Path, settings: dict[str, Any]
) -> None:
    descriptions = checked(home_with_open, InferenceConfig(device="cpu", **settings))
    assert all("CPU f32" in description for description in descriptions)
    assert not (home_with_open / CACHE).exists()


@needs_bf16
def test_workers_that_start_together_do_not_tear_the_cache(home_with_open: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=checked, args=(home_with_open,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert json.loads((home_with_open / CACHE).read_text())
    assert [path.name for path in (home_with_open / "cache").iterdir()] == ["agreement.json"]


@pytest.mark.parametrize(("angle", "agrees"), [(0.0, True), (0.03, True), (0.06, False)])
def test_templates_agree_while_they_point_the_same_way(angle: float, agrees: bool) -> None:
    reference = np.array([[1.0, 0.0], [0.0, 2.0]], np.float32)
    turned = np.array([[3 * np.cos(angle), 3 * np.sin(angle)], [0.0, 1.0]], np.float32)
    assert compare_templates((reference,), (turned,)).agrees is agrees


@pytest.mark.parametrize(("gap", "agrees"), [(0.0, True), (0.049, True), (0.051, False)])
def test_score_maps_agree_within_a_gap(gap: float, agrees: bool) -> None:
    scores, boxes = np.zeros((1, 1, 2, 2), np.float32), np.zeros((1, 2, 2, 2), np.float32)
    other = scores.copy()
    other[0, 0, 1, 1] = gap
    assert compare_score_maps((scores, boxes), (other, boxes + 100.0), 1).agrees is agrees


@pytest.mark.parametrize(
    ("numbers", "told", "agrees"),
    [
        ((1, 3), (0.9, 0.6), True),
        ((3, 1), (0.6, 0.9), True),
        ((1, 3), (0.94, 0.56), True),
        ((1, 3), (0.9, 0.54), False),
        ((1, 2), (0.9, 0.58), True),  # nearly as good as what it left out
        ((1, 0), (0.9, 0.3), False),  # 3 and 2 are far better
        ((0, 1, 2, 3), (0.3, 0.9, 0.58, 0.6), True),
        ((0, 1, 2, 3), (0.3, 0.9, 0.58, 0.7), False),
    ],
)
def test_the_best_cells_agree_within_a_gap(
    numbers: tuple[int, ...], told: tuple[float, ...], agrees: bool
) -> None:
    selection = Selection((8,), (1, 1), 1, "rows")
    scores = np.array([0.3, 0.9, 0.58, 0.6], np.float32).reshape(1, 4, 1)
    rows = [[0, number, score, 100.0] for number, score in zip(numbers, told, strict=True)]
    fast = (np.array([rows], np.float32),)
    assert compare_best_cells((scores, scores), fast, selection).agrees is agrees


def test_an_answer_that_is_not_a_number_never_agrees() -> None:
    reference = np.ones((1, 2), np.float32)
    broken = np.full((1, 2), np.nan, np.float32)
    assert not compare_templates((reference,), (broken,)).agrees
    assert not compare_score_maps((reference,), (broken,), 1).agrees
