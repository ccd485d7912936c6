from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lfr_batch.gallery.decide import decide
from lfr_batch.gallery.faiss_index import build_index, open_index, write_index
from lfr_batch.gallery.matcher import Matcher, open_matcher
from lfr_batch.gallery.ranking import RankedSubject
from lfr_batch.gallery.records import Snapshot
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.records import FloatArray


def brute_force(
    snapshot: Snapshot, probe: FloatArray, threshold: float, top_k: int
) -> tuple[Any, ...]:
    every = np.asarray(snapshot.templates, np.float64) @ probe.astype(np.float64)
    scores = every.astype(np.float32).tolist()
    best: dict[str, RankedSubject] = {}
    for score, subject_id, image_id in zip(
        scores, snapshot.subject_ids, snapshot.image_ids, strict=True
    ):
        held = best.get(subject_id)
        if held is None or (-score, image_id) < (-held.score, held.image_id):
            best[subject_id] = RankedSubject(subject_id, image_id, score)
    ranked = sorted(best.values(), key=lambda r: (-r.score, r.subject_id))
    return decide(ranked, threshold, top_k)


def probes_of(templates: FloatArray, seed: int, noise: float) -> FloatArray:
    near = templates + noise * np.random.default_rng(seed).normal(size=templates.shape)
    scaled: FloatArray = (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)
    return scaled


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    images=st.lists(st.sampled_from([1, 1, 2, 3, 60, 300]), min_size=1, max_size=12),
    top_k=st.integers(1, 15),
    threshold=st.sampled_from([-1.0, 0.0, 0.3, 0.7]),
    seed=st.integers(0, 2**32 - 1),
    coarse=st.booleans(),
)
def test_equals_brute_force(
    tmp_path: Path, images: list[int], top_k: int, threshold: float, seed: int, coarse: bool
) -> None:
    """Coarse templates come from a small set, so that there are many exact ties."""
    rng = np.random.default_rng(seed)
    n = sum(images)
    rows = rng.integers(0, 2, (n, 4)) * 2 - 1 if coarse else rng.normal(size=(n, 16))
    templates = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    matcher = small_matcher(tmp_path, templates, images)
    probes = np.concatenate([templates[:3], probes_of(templates[-3:], seed, 0.1)])
    expected = [brute_force(matcher.snapshot, probe, threshold, top_k) for probe in probes]
    assert matcher.match(probes, threshold, top_k) == expected


def small_matcher(folder: Path, templates: FloatArray, images: list[int]) -> Matcher:
    path = folder / "index.faiss"
    path.unlink(missing_ok=True)
    write_index(build_index([templates]), path)
    subject_ids = [f"S{s:02d}" for s, count in enumerate(images) for _ in range(count)]
    image_ids = [f"i{row:04d}" for row in range(len(templates))]
    made = Snapshot.__dataclass_fields__
    values: dict[str, Any] = dict.fromkeys(made) | {
        "templates": templates,
        "subject_ids": tuple(subject_ids),
        "image_ids": tuple(image_ids),
    }
    return Matcher(Snapshot(**values), open_index(path, "cpu"))


@pytest.fixture
def matcher(tmp_path: Path, make_people: Any, publish: Any) -> Matcher:
    people = make_people({"crowd": 700, **{f"S{n:03d}": 1 + n % 3 for n in range(40)}})
    publish(people)
    return open_matcher(load_snapshot(tmp_path, "custody"), "cpu")


def test_hundreds_of_images_of_one_subject_hide_nobody(matcher: Matcher) -> None:
    row = matcher.snapshot.subject_ids.index("crowd")
    (candidates, margin), *others = matcher.match(
        matcher.snapshot.templates[row : row + 3], threshold=0.5, top_k=10
    )
    assert len(candidates) == len({c.subject_id for c in candidates}) == 10
    assert candidates[0].subject_id == "crowd"
    assert candidates[0].image_id == matcher.snapshot.image_ids[row]
    assert [c.above_threshold for c in candidates] == [True] + [False] * 9
    assert margin == pytest.approx(candidates[0].score - candidates[1].score)
    assert len(others) == 2


def test_a_batch_gives_what_single_probes_give(matcher: Matcher) -> None:
    probes = probes_of(np.array(matcher.snapshot.templates[::25]), seed=3, noise=0.05)
    together = matcher.match(probes, 0.3, 5)
    assert together == [matcher.match(probe[None], 0.3, 5)[0] for probe in probes]
    assert matcher.match(probes[:0], 0.3, 5) == []


def test_a_stranger_brings_up_nobody(matcher: Matcher) -> None:
    stranger = np.random.default_rng(9).normal(size=(1, 128))
    unit = (stranger / np.linalg.norm(stranger)).astype(np.float32)
    assert matcher.match(unit, 0.5, 5) == [((), None)]


def test_a_gallery_of_one_subject(tmp_path: Path, make_people: Any, publish: Any) -> None:
    publish(make_people({"only": 3}))
    snapshot = load_snapshot(tmp_path, "custody")
    ((candidates, margin),) = open_matcher(snapshot).match(snapshot.templates[1:2], 0.5, 5)
    assert [c.subject_id for c in candidates] == ["only"]
    assert candidates[0].score == pytest.approx(1.0)
    assert margin is None


def test_no_candidates_wanted(matcher: Matcher) -> None:
    with pytest.raises(ValueError, match="top_k must be at least 1"):
        matcher.match(matcher.snapshot.templates[:1], 0.5, 0)
