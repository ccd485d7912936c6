"""Nobody can be recognised in the pictures that the documents show."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from infra.lock import REPOSITORY
from infra.pictures import faces_in, hidden_jpeg
from lfr_batch.config.schema import Config
from lfr_batch.faces.detectors import Detector
from lfr_batch.faces.evidence import encode_jpeg
from lfr_batch.faces.stages import open_enrol_stages
from lfr_batch.models.store import load_pack
from tests.one_case import ASTRONAUT, installed_picture

PICTURES = sorted((REPOSITORY / "docs" / "pictures").glob("*"))


@pytest.fixture(scope="module")
def detector(open_pack_home: Path) -> Detector:
    return open_enrol_stages(load_pack(open_pack_home, "open"), Config(), threads=1).exact_detector


def test_there_are_pictures() -> None:
    assert [picture.name for picture in PICTURES] == ["console.png", "report.png"]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_no_face_is_in_them(detector: Detector, picture: Path) -> None:
    bgr = cv2.imread(str(picture))
    assert bgr is not None
    assert not len(faces_in(np.asarray(bgr, np.uint8), detector))


def test_a_face_is_hidden(detector: Detector) -> None:
    portrait = installed_picture(ASTRONAUT)
    assert len(faces_in(portrait, detector)) == 1
    hidden = cv2.imdecode(
        np.frombuffer(hidden_jpeg(encode_jpeg(portrait), detector), np.uint8), cv2.IMREAD_COLOR
    )
    assert hidden is not None
    assert not len(faces_in(np.asarray(hidden, np.uint8), detector))
