"""Two embedders of one's own, weighed, on the whole path: enrolled, grown, scanned, live."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import lfr_batch as lfr
from lfr_batch.config.schema import Config
from lfr_batch.errors import UsageError
from lfr_batch.gallery.store import load_snapshot
from lfr_batch.live.watching.analyst import open_analyst
from lfr_batch.models.embedder_sheet import EmbedderSheet
from lfr_batch.models.own_pack import OwnEmbedder, OwnPack, add_own_pack
from lfr_batch.models.store import load_pack
from lfr_batch.recognition.search import SearchSpec
from tests.models.derived import FROM_96_PX, FROM_BGR, FROM_NHWC, derived, wider
from tests.one_case import ACTOR, ASTRONAUT, AUTHORITY, Casework, installed_picture

THRESHOLD = 0.4


@pytest.fixture
def home(tmp_path: Path, open_pack_home: Path) -> Path:
    home, detectors = tmp_path / "home", load_pack(open_pack_home, "open")
    sface, pictures = detectors.embedder_path, ("n", 3, 112, 112)
    first = derived(sface, tmp_path / "wide.onnx", pictures, (), wider())
    before = [*FROM_NHWC, *FROM_BGR, *FROM_96_PX]
    second = derived(sface, tmp_path / "small.onnx", (1, 96, 96, 3), before)
    own = (
        OwnEmbedder(first, EmbedderSheet(colour="rgb", flip=True)),
        OwnEmbedder(second, EmbedderSheet(colour="bgr")),
    )
    add_own_pack(home, OwnPack("two", own, (0.6, 0.4), "MIT", "any"), detectors)
    return home


def test_it_enrols_grows_and_finds_people(
    casework: Casework, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"engine.kind": "in_process", "pack": "two"}
    settings = lfr.Settings(changes=changes, home=home, results=tmp_path / "results")
    people = tmp_path / "people"
    for name, source in (("astronaut", ASTRONAUT), ("actor", ACTOR)):
        (people / name / name).mkdir(parents=True)
        cv2.imwrite(str(people / name / name / "p.png"), installed_picture(source))
    lfr.enrol("people", people / "astronaut", AUTHORITY, settings=settings)
    lfr.add_to_gallery("people", people / "actor", AUTHORITY, settings=settings)
    snapshot = load_snapshot(home, "people")
    assert list(snapshot.subject_ids) == ["actor", "astronaut"]
    templates = np.asarray(snapshot.templates)
    assert templates.shape == (2, 640)
    np.testing.assert_allclose(np.linalg.norm(templates, axis=1), 1.0, atol=1e-5)

    passing = casework.played / "passing.mp4"
    with pytest.raises(UsageError, match="threshold"):
        lfr.scan(passing, "people", AUTHORITY, settings=settings)
    decided = {**changes, "decide.threshold": THRESHOLD}
    settings = lfr.Settings(changes=decided, home=home, results=tmp_path / "results")
    run = lfr.scan(passing, "people", AUTHORITY, settings=settings)
    (row,) = run.ask("sightings_of_run", top=5).to_pylist()
    assert (row["subject_id"], row["score"] > THRESHOLD) == ("astronaut", True)

    spec = SearchSpec(home, home, "people", snapshot.snapshot_id, THRESHOLD, Config(pack="two"))
    analyst = open_analyst(spec)  # it looks at a drawn face at once
    analyst.tidy()
    assert analyst.search.stages.embedder.dims == (512, 128, 640)
