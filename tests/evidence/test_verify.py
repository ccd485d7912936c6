"""A pack verifies without the product, and nothing in it can be changed unnoticed."""

from __future__ import annotations

import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lfr_batch.evidence import verify
from lfr_batch.evidence.key import EvidenceKey
from lfr_batch.evidence.verify import Unsound, is_signed
from lfr_batch.front.evidence import MadePack

RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
        "6bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d"
        "8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6"
        "594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.fixture(scope="module")
def made(without_footage: MadePack) -> MadePack:
    return without_footage


def alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program as somebody has it who has nothing else."""
    command = [sys.executable, "-I", "verify.py", *words]
    nothing = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        command, cwd=folder, env=nothing, capture_output=True, text=True, check=False
    )


def unpacked(made: MadePack, folder: Path) -> Path:
    shutil.copy(made.path, folder / "pack.zip")
    with zipfile.ZipFile(made.path) as archive:
        archive.extract("verify.py", folder)
    return folder / "pack.zip"


def test_it_verifies_away_from_the_product(made: MadePack, tmp_path: Path) -> None:
    unpacked(made, tmp_path)
    done = alone(tmp_path, "pack.zip", "--key", verify.grouped(made.fingerprint))
    assert done.returncode == 0, done.stderr
    assert f"of run {made.run_id}, case OP-LANTERN 12/26" in done.stdout
    assert "It is the one that you gave." in done.stdout
    other = alone(tmp_path, "pack.zip", "--key", "0" * 32)
    assert other.returncode == 1
    assert "not by the one given" in other.stderr
    for piece in (made.fingerprint[:1], made.fingerprint[:-1], ""):
        told = alone(tmp_path, "pack.zip", "--key", piece)
        assert (told.returncode, told.stdout) == (2, ""), piece
        assert f"--key: {piece!r} is no whole fingerprint: give all 32 letters" in told.stderr
    assert alone(tmp_path, "nowhere.zip").returncode == 2


def test_other_programs_read_the_archive(made: MadePack) -> None:
    with zipfile.ZipFile(made.path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert names == sorted(names, key=str.encode)
    assert names[0] == "README.txt"


def offsets(size: int) -> Iterator[int]:
    """The beginning and the end whole, and a sample of all between."""
    yield from range(40)
    yield from range(size - 80, size)
    yield from random.Random(1).sample(range(size), 120)


def test_every_changed_byte_is_found(made: MadePack, tmp_path: Path) -> None:
    data = bytearray(made.path.read_bytes())
    copy = tmp_path / "pack.zip"
    for at in offsets(len(data)):
        data[at] ^= 1 << at % 8
        copy.write_bytes(data)
        with pytest.raises(Unsound):
            verify.verify(copy)
        data[at] ^= 1 << at % 8
    copy.write_bytes(data)
    assert verify.verify(copy).key == made.fingerprint


@pytest.mark.parametrize("what", ["inserted", "cut", "added", "twice"])
def test_bytes_that_come_or_go_are_found(made: MadePack, tmp_path: Path, what: str) -> None:
    data = made.path.read_bytes()
    copy = tmp_path / "pack.zip"
    for at in [0, len(data) - 1, *random.Random(2).sample(range(len(data)), 20)]:
        changed = {
            "inserted": data[:at] + b"\0" + data[at:],
            "cut": data[:at] + data[at + 1 :],
            "added": data + data[: at + 1],
            "twice": data[:at] + data,
        }[what]
        if changed != data:
            copy.write_bytes(changed)
            with pytest.raises(Unsound):
                verify.verify(copy)


def remade(pack: Path, to: Path, change: Mapping[str, bytes | None]) -> Path:
    """The pack with other members, packed as it should be by somebody who has no key."""
    from lfr_batch.evidence.archive import archive_of, packed_bytes

    with zipfile.ZipFile(pack) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members |= {name: data for name, data in change.items() if data is not None}
    kept = [name for name in members if change.get(name, b"") is not None]
    to.write_bytes(b"".join(archive_of(packed_bytes(n, members[n]) for n in sorted(kept))))
    return to


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("run.json", "run.json is not the file that the manifest names"),
        ("manifest.json", "manifest.json is not the one that was signed"),
        ("proof.json", "proof.json is not the one that was signed"),
        ("manifest.sig", "manifest.sig"),
        ("more.txt", "more.txt is not in the manifest"),
    ],
)
def test_a_member_that_is_exchanged_is_named(
    made: MadePack, tmp_path: Path, name: str, said: str
) -> None:
    copy = remade(made.path, tmp_path / "pack.zip", {name: b"{}"})
    with pytest.raises(Unsound, match=said):
        verify.verify(copy)


def test_a_member_that_is_taken_out_is_named(made: MadePack, tmp_path: Path) -> None:
    for name in ("run.json", "manifest.json", "manifest.sig", "proof.json"):
        copy = remade(made.path, tmp_path / "pack.zip", {name: None})
        with pytest.raises(Unsound, match=f"{name} is missing"):
            verify.verify(copy)


def test_a_pack_signed_anew_is_not_the_one_on_record(made: MadePack, tmp_path: Path) -> None:
    """The log's line says which key it was signed with."""
    with zipfile.ZipFile(made.path) as archive:
        manifest, proof = archive.read("manifest.json"), archive.read("proof.json")
    signed = signed_by(EvidenceKey(secrets.token_bytes(32)), manifest, proof)
    copy = remade(made.path, tmp_path / "pack.zip", signed)
    with pytest.raises(Unsound, match=r"is of another pack \(evidence_key\)"):
        verify.verify(copy)


@pytest.mark.parametrize("is_signed_line", [True, False])
def test_who_forges_the_log_too_has_another_fingerprint(
    made: MadePack, tmp_path: Path, is_signed_line: bool
) -> None:
    """Whoever signs lines with a key of their own is found by --key alone; unsigned ones hold for
    nobody."""
    key = EvidenceKey(secrets.token_bytes(32))
    with zipfile.ZipFile(made.path) as archive:
        manifest, proof = archive.read("manifest.json"), json.loads(archive.read("proof.json"))
    line = {k: v for k, v in proof["lines"][-1]["line"].items() if k not in ("sha256", "signature")}
    line["evidence_key"] = key.fingerprint
    if is_signed_line:
        own = Ed25519PrivateKey.from_private_bytes(key.seed)
        line["signature"] = own.sign(verify.LINE_DOMAIN + verify.canonical(line)).hex()
    line["sha256"] = sha256(verify.canonical(line)).hexdigest()
    forged = verify.canonical({**proof, "lines": [{"line": line, "key": key.public}]})
    copy = remade(made.path, tmp_path / "pack.zip", signed_by(key, manifest, forged))
    if not is_signed_line:
        with pytest.raises(Unsound, match=r"does not end with a signed line evidence\.made"):
            verify.verify(copy)
        return
    assert verify.verify(copy).key == key.fingerprint
    with pytest.raises(Unsound, match="not by the one given"):
        verify.verify(copy, made.fingerprint)


def signed_by(key: EvidenceKey, manifest: bytes, proof: bytes) -> dict[str, bytes]:
    """Members, with the signature of that key."""
    signature = key.signature_of(sha256(manifest).hexdigest(), sha256(proof).hexdigest())
    return {"manifest.json": manifest, "proof.json": proof, "manifest.sig": signature}


def test_names_that_would_leave_the_folder_are_none(made: MadePack, tmp_path: Path) -> None:
    for name in ("../../out.txt", "/out.txt", "a//b", "a\\b", "a\nb", "-rf", "."):
        copy = remade(made.path, tmp_path / "pack.zip", {name: b"x"})
        with pytest.raises(Unsound, match="is no name that a member of a pack has"):
            verify.verify(copy)


@pytest.mark.parametrize(("public", "text", "signature"), RFC_8032)
def test_signatures_are_those_of_rfc_8032(public: str, text: str, signature: str) -> None:
    assert is_signed(bytes.fromhex(text), signature, public)
    assert not is_signed(bytes.fromhex(text) + b"x", signature, public)
    assert not is_signed(bytes.fromhex(text), "00" + signature[2:], public)
    larger = int.from_bytes(bytes.fromhex(signature)[32:], "little") + verify.L
    twin = signature[:64] + larger.to_bytes(32, "little").hex()
    assert not is_signed(bytes.fromhex(text), twin, public)


@pytest.mark.parametrize("nonsense", ["", "zz", "00" * 31, None, 3])
def test_what_is_no_signature_is_none(nonsense: object) -> None:
    public, _, signature = RFC_8032[0]
    assert not is_signed(b"", nonsense, public)
    assert not is_signed(b"", signature, nonsense)
