from __future__ import annotations

import numpy as np
import pytest

from lfr_batch.footage.signatures import (
    is_text,
    looks_encrypted,
    missing_share,
    missing_tail,
    refusal,
)

NOISE = np.random.default_rng(1).bytes(65536)


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04" + NOISE, "ZIP archive"),
        (b"-----BEGIN PGP MESSAGE-----\n", "OpenPGP"),
        (b"\x85\x02\x0c\x03" + NOISE, "OpenPGP"),
        (b"\xc1\xc0\x4c\x03" + NOISE, "OpenPGP"),
        (b"time,camera\n1,2\n", "text file"),
        ("Überwachung\n".encode() * 999, "text file"),
        ("notes\n".encode("utf-16"), "text file"),
    ],
)
def test_files_that_are_no_footage(head: bytes, part: str) -> None:
    assert part in (refusal(head) or "")


@pytest.mark.parametrize("head", [b"\0\0\0\x18ftypisom" + bytes(64), b"\x47" + NOISE, NOISE])
def test_everything_else_is_for_the_decoder_to_judge(head: bytes) -> None:
    assert refusal(head) is None


def test_a_character_cut_in_two_is_still_text() -> None:
    assert is_text(("a" + "é" * 4096).encode()[:4096])


def test_random_bytes_look_encrypted_and_skewed_ones_do_not() -> None:
    assert looks_encrypted(NOISE)
    assert looks_encrypted(NOISE[:5000])
    assert not looks_encrypted(bytes(b & 0xF7 for b in NOISE))


@pytest.mark.parametrize(
    ("head", "size", "missing"),
    [
        (b"RIFF" + (1000).to_bytes(4, "little") + b"AVI ", 1008, False),
        (b"RIFF" + (1000).to_bytes(4, "little") + b"AVI ", 900, True),
        ((b"\x47" + bytes(187)) * 5, 188 * 100, False),
        ((b"\x47" + bytes(187)) * 5, 188 * 100 + 7, True),
        (NOISE, 12345, False),
    ],
)
def test_missing_tail(head: bytes, size: int, missing: bool) -> None:
    assert (missing_tail(head, size) is not None) == missing


@pytest.mark.parametrize(
    ("announced", "size", "share"), [(1992, 1000, 0.5), (1992, 2000, 0.0), (992, 2000, 0.0)]
)
def test_what_is_missing_is_known_where_the_header_announces_it(
    announced: int, size: int, share: float
) -> None:
    riff = b"RIFF" + announced.to_bytes(4, "little") + b"AVI "
    assert missing_share(riff, size) == pytest.approx(share)
    assert missing_share((b"\x47" + bytes(187)) * 5, 188 * 100 + 7) == 0.0
