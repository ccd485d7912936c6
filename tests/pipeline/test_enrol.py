from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config, EnrolConfig
from lfr_batch.engine.in_process import run
from lfr_batch.errors import GalleryEmpty, PackNotFound
from lfr_batch.gallery.records import Enrolment
from lfr_batch.gallery.store import load_snapshot, read_refusals, read_thumbnails
from lfr_batch.pipeline.enrol import EnrolOrder, enrol
from tests.casework import ASTRONAUT, AUTHORITY, GROUP, Casework, installed_picture

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def enrolled(home: Path, gallery: str, images: Path, exclude: tuple[str, ...] = ()) -> str:
    order = EnrolOrder(gallery, images, None, exclude, AUTHORITY, None, Config(), home)
    enrol(order, run, NOW)
    return gallery


def enrol_here(home: Path, images: Path, name: str) -> Enrolment:
    order = EnrolOrder(name, images, None, (), AUTHORITY, None, Config(), home)
    return enrol(order, run, NOW)[1]


def test_refused_pictures_are_listed_with_their_reason(tmp_path: Path, casework: Casework) -> None:
    astronaut = installed_picture(ASTRONAUT)
    blurred = cv2.GaussianBlur(astronaut, (0, 0), 9)
    half = astronaut[:300, 80:380]
    pictures = {
        "fine": astronaut,
        "wall": np.full((300, 300, 3), 90, np.uint8),
        "tiny": cv2.resize(astronaut, (128, 128), interpolation=cv2.INTER_AREA),
        "blurred": np.asarray(blurred, np.uint8),
        "couple": np.hstack([half, half[:, ::-1]]),
    }
    for name, picture in pictures.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    enrolment = enrol_here(casework.home, tmp_path, "mixed")
    reasons = {refusal.subject_id: refusal.reason for refusal in enrolment.refusals}
    assert [face.subject_id for face in enrolment.faces] == ["fine"]
    assert reasons.pop("broken").startswith("unreadable: ")
    assert reasons == {
        "wall": "no face found",
        "tiny": "small",
        "blurred": "blurred",
        "couple": "several faces, none most prominent",
    }
    snapshot = load_snapshot(casework.home, "mixed")
    assert {r.subject_id for r in read_refusals(snapshot)} == {*reasons, "broken"}


def test_a_picture_with_bystanders_enrols_the_one_in_front(
    tmp_path: Path, casework: Casework
) -> None:
    group = installed_picture(GROUP)
    front = cv2.resize(group[380:560, 640:860], (880, 720))
    scene = cv2.resize(group, (1280, 886))
    scene[100:820, 200:1080] = front
    cv2.imwrite(str(tmp_path / "front.png"), scene)
    enrolment = enrol_here(casework.home, tmp_path, "front")
    (face,) = enrolment.faces
    assert face.box_xyxy[2] - face.box_xyxy[0] > 200


def test_a_tilted_head_enrols_as_an_upright_one(tmp_path: Path, casework: Casework) -> None:
    astronaut = installed_picture(ASTRONAUT)
    height, width = astronaut.shape[:2]
    turn = cv2.getRotationMatrix2D((0.43 * width, 0.21 * height), 45, 1.0)
    tilted = cv2.warpAffine(astronaut, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    for name, picture in {"upright": astronaut, "tilted": tilted}.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    faces = {f.subject_id: f.template for f in enrol_here(casework.home, tmp_path, "tilt").faces}
    assert float(faces["upright"] @ faces["tilted"]) > 0.96


@pytest.mark.parametrize(("min_sharpness", "refused"), [(4.0, ["blurred"]), (2.0, [])])
def test_how_sharp_a_gallery_picture_is_to_be(
    tmp_path: Path, casework: Casework, min_sharpness: float, refused: list[str]
) -> None:
    soft = cv2.GaussianBlur(installed_picture(ASTRONAUT), (0, 0), 4)
    for name, picture in {"sharp": installed_picture(ASTRONAUT), "soft": soft}.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), picture)
    config = Config(enrol=EnrolConfig(min_sharpness=min_sharpness))
    assert min_sharpness == 2.0 or config == Config()
    order = EnrolOrder("soft", tmp_path, None, (), AUTHORITY, None, config, casework.home)
    _, enrolment = enrol(order, run, NOW)
    assert [refusal.reason for refusal in enrolment.refusals] == refused


def test_templates_have_unit_length_and_a_thumbnail(casework: Casework) -> None:
    snapshot = load_snapshot(casework.home, "people")
    np.testing.assert_allclose(np.linalg.norm(snapshot.templates, axis=1), 1.0, rtol=1e-5)
    pictures = read_thumbnails(snapshot, snapshot.image_ids)
    assert all(picture.startswith(b"\xff\xd8") for picture in pictures.values())


def test_the_same_person_under_two_names_is_reported(tmp_path: Path, casework: Casework) -> None:
    astronaut = installed_picture(ASTRONAUT)
    cv2.imwrite(str(tmp_path / "one.png"), astronaut)
    cv2.imwrite(str(tmp_path / "two.jpg"), astronaut[:400, :450], [cv2.IMWRITE_JPEG_QUALITY, 60])
    (found,) = enrol_here(casework.home, tmp_path, "twins").report.duplicates
    assert {found.subject_a, found.subject_b} == {"one", "two"}
    assert found.score > 0.9


def test_nobody_enrolled_is_refused_and_leaves_no_gallery(
    tmp_path: Path, casework: Casework
) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 90, np.uint8))
    with pytest.raises(GalleryEmpty, match="no face found"):
        enrol_here(casework.home, tmp_path, "nobody")
    assert not (casework.home / "galleries" / "nobody" / "CURRENT").exists()


def test_without_a_pack_the_way_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackNotFound, match="lfr models fetch open"):
        enrol_here(tmp_path, tmp_path, "people")
