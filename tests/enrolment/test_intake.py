from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import Config, EnrolConfig
from lfr_batch.enrolment import intake as enrol_module
from lfr_batch.enrolment.intake import EnrolOrder, compare_here, examine
from lfr_batch.errors import GalleryEmpty, PackNotFound, StoreFull
from lfr_batch.front.enrolment import enrol_order
from lfr_batch.front.machinery import HERE
from lfr_batch.gallery.close_pairs import on_processors
from lfr_batch.gallery.images import read_images
from lfr_batch.gallery.records import EnrolledFace, Enrolment, Pick
from lfr_batch.gallery.store import load_snapshot, read_outcomes, read_thumbnails
from lfr_batch.records import ByteArray
from lfr_batch.work.here import run_here as run
from tests.one_case import ACTOR, ASTRONAUT, AUTHORITY, GROUP, Casework, installed_picture


def enrolled(home: Path, gallery: str, images: Path, exclude: tuple[str, ...] = ()) -> str:
    order = EnrolOrder(gallery, images, None, exclude, AUTHORITY, None, Config(), home)
    enrol_order(order, machinery=HERE)
    return gallery


def enrol_here(home: Path, images: Path, name: str) -> Enrolment:
    order = EnrolOrder(name, images, None, (), AUTHORITY, None, Config(), home)
    return enrol_order(order, machinery=HERE).enrolment


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
    assert reasons.pop("couple").startswith("2 faces of like size: at ")
    assert reasons == {
        "wall": "no face found",
        "tiny": "small",
        "blurred": "blurred",
    }
    snapshot = load_snapshot(casework.home, "mixed")
    outcomes = {file.subject_id: file.outcome for file in read_outcomes(snapshot)}
    assert outcomes == {
        "fine": "enrolled",
        "couple": "look at",
        **dict.fromkeys([*reasons, "broken"], "refused"),
    }


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


def pair(actor_px: int = 112) -> ByteArray:
    """Two portraits side by side; the actor's face has 94 % of the astronaut's size, or less."""
    scene = np.full((250, 440, 3), 128, np.uint8)
    scene[:, :250] = installed_picture(ASTRONAUT)[10:260, 100:350]
    actor = cv2.resize(installed_picture(ACTOR), (actor_px, actor_px), interpolation=cv2.INTER_AREA)
    scene[60 : 60 + actor_px, 290 : 290 + actor_px] = actor
    return scene


def score(casework: Casework, subject_id: str, face: EnrolledFace) -> float:
    """Against the portrait of one of the two."""
    snapshot = load_snapshot(casework.home, "people")
    return float(snapshot.templates[:][snapshot.subject_ids.index(subject_id)] @ face.template)


@pytest.mark.parametrize(
    ("actor_px", "pick", "box", "who", "outcome", "said"),
    [
        (112, None, "", None, "look at", "2 faces of like size: at "),
        (112, "largest", "", "astronaut", "enrolled", "picked as the largest; 1 other face: "),
        (56, None, "", "astronaut", "enrolled", "1 other face: "),
        (112, None, "280,50,420,190", "actor", "enrolled", "by its box; 1 other face: "),
        (56, "largest", "280,50,350,120", None, "refused", "small"),
        (112, "largest", "70,40,180,190", "astronaut", "enrolled", "by its box; 1 other face: "),
        (112, None, "0,200,40,250", None, "refused", "no face in its box: that is 0,200,40,250, "),
        (112, "largest", "0,0,440,250", None, "look at", "2 faces in its box: at "),
    ],
)
def test_whose_face_is_enrolled(
    tmp_path: Path,
    casework: Casework,
    actor_px: int,
    pick: Pick | None,
    box: str,
    who: str | None,
    outcome: str,
    said: str,
) -> None:
    (tmp_path / "S1").mkdir()
    cv2.imwrite(str(tmp_path / "S1" / "pair.png"), pair(actor_px))
    cv2.imwrite(str(tmp_path / "group.png"), installed_picture(ASTRONAUT))
    table = tmp_path / "subjects.csv"
    table.write_text(f'subject,file,box\nS1,pair.png,"{box}"\n', encoding="utf-8")
    order = EnrolOrder("pair", tmp_path, table, (), AUTHORITY, None, Config(), casework.home, pick)
    enrolment = enrol_order(order, machinery=HERE).enrolment
    (file,) = [file for file in enrolment.files if file.subject_id == "S1"]
    assert file.outcome == outcome
    assert file.reason.startswith(said)
    faces = [face for face in enrolment.faces if face.subject_id == "S1"]
    for face in faces:
        other = "actor" if who == "astronaut" else "astronaut"
        assert score(casework, str(who), face) > 0.6
        assert score(casework, other, face) < 0.4
    assert bool(faces) == (who is not None)


def test_a_box_is_a_place_in_the_upright_picture(tmp_path: Path, casework: Casework) -> None:
    """The picture is stored on its side; EXIF says how to turn it."""
    stored = cv2.imencode(".jpg", cv2.rotate(pair(), cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    turn_right = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 6, 0, 0)
    exif = b"Exif\0\0" + turn_right
    segment = struct.pack(">BBH", 0xFF, 0xE1, len(exif) + 2) + exif
    (tmp_path / "pair").write_bytes(stored[:2] + segment + stored[2:])
    table = tmp_path / "subjects.csv"
    table.write_text('subject,file,box\nS1,pair,"280,50,420,190"\n', encoding="utf-8")
    order = EnrolOrder("upright", tmp_path, table, (), AUTHORITY, None, Config(), casework.home)
    (face,) = enrol_order(order, machinery=HERE).enrolment.faces
    assert score(casework, "actor", face) > 0.6


def test_one_picture_of_two_subjects(tmp_path: Path, casework: Casework) -> None:
    cv2.imwrite(str(tmp_path / "pair.png"), pair())
    table = tmp_path / "subjects.csv"
    rows = "L,pair.png,70,40,180,190\nR,pair.png,280,50,420,190\n"
    table.write_text(f"subject,file,left,top,right,bottom\n{rows}", encoding="utf-8")
    order = EnrolOrder("two", tmp_path, table, (), AUTHORITY, None, Config(), casework.home)
    enrolment = enrol_order(order, machinery=HERE).enrolment
    left, right = enrolment.faces
    assert (left.subject_id, right.subject_id) == ("L", "R")
    assert score(casework, "astronaut", left) > 0.6
    assert score(casework, "actor", right) > 0.6
    assert enrolment.report.duplicates == ()


def test_a_place_said_to_be_open_is_a_box_that_decides(tmp_path: Path, casework: Casework) -> None:
    """What is printed of an open picture can be written into the table as it is."""
    cv2.imwrite(str(tmp_path / "pair.png"), pair())
    cv2.imwrite(str(tmp_path / "other.png"), installed_picture(ASTRONAUT))
    (file,) = enrol_here(casework.home, tmp_path, "open").refusals
    for box in file.reason.partition(": at ")[2].split(" and "):
        table = tmp_path / "subjects.csv"
        table.write_text(f'subject,file,box\npair,pair.png,"{box}"\n', encoding="utf-8")
        order = EnrolOrder("open", tmp_path, table, (), AUTHORITY, None, Config(), casework.home)
        faces = enrol_order(order, machinery=HERE).enrolment.faces
        face = next(f for f in faces if f.subject_id == "pair")
        assert [round(side) for side in face.box_xyxy] == [int(side) for side in box.split(",")]


@pytest.mark.parametrize(
    ("pages", "outcome", "reason"),
    [
        ([ASTRONAUT, ACTOR], "enrolled", "picture 1 of 2 in the file, the only one looked at"),
        (
            [None, ASTRONAUT, ACTOR],
            "refused",
            "no face found: picture 1 of 3 in the file, the only one looked at",
        ),
    ],
)
def test_of_several_pictures_in_a_file_the_first_is_looked_at(
    tmp_path: Path,
    casework: Casework,
    pages: list[tuple[str, str] | None],
    outcome: str,
    reason: str,
) -> None:
    wall = np.full((300, 300, 3), 90, np.uint8)
    shown = [wall if source is None else installed_picture(source) for source in pages]
    written, data = cv2.imencodemulti(".tiff", shown)
    assert written
    (tmp_path / "pages").write_bytes(data.tobytes())
    cv2.imwrite(str(tmp_path / "other.png"), installed_picture(ACTOR))
    files = {file.subject_id: file for file in enrol_here(casework.home, tmp_path, "pages").files}
    assert (files["pages"].outcome, files["pages"].reason) == (outcome, reason)


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
    enrolment = enrol_order(order, machinery=HERE).enrolment
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


def test_a_pass_that_breaks_off_is_over(tmp_path: Path, casework: Casework) -> None:
    """Before the engine that it ran on is."""
    happened: list[str] = []

    def noting(*work: Any, **settings: Any) -> Iterator[Any]:
        try:
            yield from run(*work, **settings)
        finally:
            happened.append("pass over")

    def full(_: object) -> None:
        raise StoreFull("no room")

    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((300, 300, 3), 90, np.uint8))
    order = EnrolOrder("broken", tmp_path, None, (), AUTHORITY, None, Config(), casework.home)
    with pytest.raises(StoreFull) as caught:
        examine(order, read_images(tmp_path, None), noting, full)
    assert happened == ["pass over"]
    assert caught.traceback  # it holds the frames, and with them whatever was left half done


def test_without_a_pack_the_way_out_is_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 90, np.uint8))
    with pytest.raises(PackNotFound, match="lfr models fetch open"):
        enrol_here(tmp_path, tmp_path, "people")


@pytest.mark.parametrize(
    ("device", "usable", "where"),
    [("cpu", True, "processors"), ("cuda", False, "processors"), ("cuda", True, "GPU")],
)
def test_templates_are_compared_where_they_were_computed(
    monkeypatch: pytest.MonkeyPatch, device: Literal["cpu", "cuda"], usable: bool, where: str
) -> None:
    monkeypatch.setattr(enrol_module, "cuda_is_usable", lambda: usable)
    compare = compare_here(device)
    assert (compare is on_processors) is (where == "processors")
