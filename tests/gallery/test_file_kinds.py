from __future__ import annotations

import cv2
import numpy as np
import pytest

from lfr_batch.gallery.file_kinds import HEAD_BYTES, PICTURE, has_picture_ending, kind_of, stem_of

GREY = np.full((40, 60, 3), 90, np.uint8)


@pytest.mark.parametrize("format_", ["jpg", "png", "webp", "bmp", "tiff", "gif", "avif", "jp2"])
def test_what_opencv_writes_as_a_picture_is_one(format_: str) -> None:
    written, data = cv2.imencode(f".{format_}", GREY)
    assert written
    assert kind_of(data.tobytes()[:HEAD_BYTES]) == PICTURE


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic", PICTURE),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", PICTURE),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", "camera's raw picture"),
        (b"\xff\x4f\xff\x51\0\x2f", PICTURE),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL picture"),
        (b"8BPS\0\1", "Photoshop picture"),
        (b"MM\0+\0\x08", PICTURE),
        (b"P5 640 480 255\n", "Netpbm picture"),
        (b"P6\n640 480 255\n", "Netpbm picture"),
        (b"", "empty file"),
        (b"height 182 cm\n", "text file"),
        (b"P2P traffic\n", "text file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text file"),
        ("größe\n".encode("utf-16"), "text file"),
        (b"BM is no bitmap here\n", "text file"),
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41", "video"),
        (b"\0\0\0\x14ftypqt  ", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video"),
        (b"\x1a\x45\xdf\xa3\x01", "video"),
        ((b"\x47" + bytes(187)) * 5, "video"),
        (b"RIFF\0\0\0\0WAVEfmt ", "sound recording"),
        (b"PK\x03\x04\x14\0", "archive or encrypted file"),
        (b"%PDF-1.7\n%\xe2\xe3", "document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "file of Windows or Office"),
        (b"MZ\x90\0\3", "program"),
        (b"\0\0\0\1Bud1\0\0", "macOS folder file"),
        (b"\0\x05\x16\x07\0\2\0\0Mac OS X", "macOS side-car"),
        (b"something WEBP", "text file"),
        (bytes(4096), "unknown kind of file"),
    ],
)
def test_kinds(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("S001.jpg", "S001"),
        ("S001.JFIF", "S001"),
        ("S001", "S001"),
        ("S001.v2", "S001.v2"),
        ("S001.v2.heic", "S001.v2"),
        ("J. Doe", "J. Doe"),
        ("J. Smith.avif", "J. Smith"),
        ("S001.jpg.bak", "S001.jpg.bak"),
    ],
)
def test_only_a_pictures_ending_is_no_part_of_a_name(name: str, stem: str) -> None:
    assert stem_of(name) == stem
    assert has_picture_ending(name) == (stem != name)
