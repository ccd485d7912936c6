"""Whether an evidence pack is, byte for byte, what was made, signed and put on record.

    python3 -I verify.py pack.zip [--key FINGERPRINT] [--opened FOLDER]

One file for Python 3.8 or later that needs nothing else: neither lfr_batch nor any package. A copy
of it lies in every pack; whoever does not trust the pack takes it from somewhere else.

The archive is made in one way only (members in order of their names, nothing compressed, fixed
dates), so that every byte of it follows from its members. ``manifest.json`` has the sha256 of all
others, ``manifest.sig`` the Ed25519 signature (RFC 8032) of it and of ``proof.json``, and that has
the signed lines of the audit log which say that the pack was made.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Iterator, NamedTuple

MANIFEST, SIGNATURE, PROOF = "manifest.json", "manifest.sig", "proof.json"
UNLISTED = frozenset({MANIFEST, SIGNATURE, PROOF})
PACK_DOMAIN = b"lfr_batch evidence pack\n"
LINE_DOMAIN = b"lfr_batch audit log: a line\n"
MADE = "evidence.made"
FINGERPRINT_LETTERS = 32
CHUNK_BYTES = 1 << 20
MOST_BYTES, MOST_MEMBERS = 0xFFFFFFFE, 0xFFFE
"""Of an archive: the format's own limits."""
_KEPT_BYTES = 64 << 20  # a member that is read as JSON is smaller


class Unsound(Exception):
    """What does not hold, as a sentence that names it."""


class Member(NamedTuple):
    """A file of the archive."""

    name: str
    size: int
    crc: int
    sha256: str
    start: int
    """Where its header begins in the archive."""


class Verified(NamedTuple):
    """A pack that holds."""

    manifest: dict[str, Any]
    key: str
    """Fingerprint of the key that signed it."""
    lines: int
    signed: int
    """Lines of the audit log, and how many of them are signed."""
    log_key: str
    """Fingerprint of the audit log's first key, as the pack says it."""


def local_header(name: bytes, size: int, crc: int) -> bytes:
    """Of one member: stored as it is, dated 1 January 1980."""
    return struct.pack(
        "<4s5H3I2H", b"PK\3\4", 20, 0x800, 0, 0, 0x21, crc, size, size, len(name), 0
    ) + name  # fmt: skip


def directory_entry(name: bytes, size: int, crc: int, start: int) -> bytes:
    """Of one member in the list at the archive's end; it is its owner's alone."""
    return struct.pack(
        "<4s6H3I5H2I", b"PK\1\2", 0x314, 20, 0x800, 0, 0, 0x21, crc, size, size, len(name),
        0, 0, 0, 0, 0o100600 << 16, start,
    ) + name  # fmt: skip


def directory_of(members: list[Member], start: int) -> bytes:
    """The list of members with the ending; ``start``: where it begins."""
    entries = b"".join(directory_entry(m.name.encode(), m.size, m.crc, m.start) for m in members)
    count, size = len(members), len(entries)
    return entries + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, 0)


def read_archive(file: BinaryIO, kept: dict[str, bytes]) -> list[Member]:
    """Its members; those named in ``kept`` are kept there. Raises Unsound where a byte is not what
    follows from the members."""
    members: list[Member] = []
    while True:
        start = file.tell()
        head = file.read(30)
        if head[:4] != b"PK\3\4":
            break
        member = _read_member(file, head, start, kept)
        if members and member.name.encode() <= members[-1].name.encode():
            raise Unsound(f"{member.name} is not in its place in the archive")
        if len(members) == MOST_MEMBERS or file.tell() > MOST_BYTES:
            raise Unsound(f"the archive is larger than a pack can be, from {member.name} on")
        members.append(member)
    wanted = directory_of(members, start)
    file.seek(start)
    if file.read(len(wanted) + 1) != wanted:
        after = members[-1].name if members else "its beginning"
        raise Unsound(f"the archive is not as it was made after {after}: bytes were changed there")
    return members


def _read_member(file: BinaryIO, head: bytes, start: int, kept: dict[str, bytes]) -> Member:
    if len(head) < 30:
        raise Unsound(f"the archive was cut at byte {start}")
    crc, size, _, length = struct.unpack("<3IH", head[14:28])
    raw = file.read(length)
    name = raw.decode(errors="backslashreplace")
    if head + raw != local_header(raw, size, crc):
        raise Unsound(f"{name} does not stand in the archive as it was packed")
    if not all(re.fullmatch(r"\w[\w.@-]*", part) for part in name.split("/")):
        raise Unsound(f"{name!r} is no name that a member of a pack has")
    digest, found, left, data = hashlib.sha256(), 0, size, []
    while left:
        chunk = file.read(min(CHUNK_BYTES, left))
        if not chunk:
            raise Unsound(f"{name} was cut: {left} of its {size} bytes are missing")
        left -= len(chunk)
        digest.update(chunk)
        found = zlib.crc32(chunk, found)
        if name in kept and size <= _KEPT_BYTES:
            data.append(chunk)
    if found != crc:
        raise Unsound(f"{name} is not as it was packed: bytes of it were changed")
    if name in kept:
        kept[name] = b"".join(data)
    return Member(name, size, crc, digest.hexdigest(), start)


# Ed25519, as RFC 8032 has it: points (X, Y, Z, T) with x = X/Z, y = Y/Z, T = XY/Z

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


class EdPoint(NamedTuple):
    x: int
    y: int
    z: int
    t: int


def _add(a: EdPoint, b: EdPoint) -> EdPoint:
    s, t = (a.y - a.x) * (b.y - b.x) % P, (a.y + a.x) * (b.y + b.x) % P
    u, v = 2 * a.t * b.t * D % P, 2 * a.z * b.z % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return EdPoint(e * f % P, g * h % P, f * g % P, e * h % P)


def _times(factor: int, point: EdPoint) -> EdPoint:
    total = EdPoint(0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _add(total, point)
        point = _add(point, point)
        factor >>= 1
    return total


def _point(data: bytes) -> EdPoint | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (not x and sign):
        return None
    x = P - x if x & 1 != sign else x
    return EdPoint(x, y, 1, x * y % P)


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(text: bytes, signature: object, public: object) -> bool:
    """Whether a signature (hex) is of that text by that public key (hex)."""
    try:
        key, proof = bytes.fromhex(str(public)), bytes.fromhex(str(signature))
    except ValueError:
        return False
    own, r, s = _point(key), _point(proof[:32]), int.from_bytes(proof[32:], "little")
    if len(proof) != 64 or own is None or r is None or BASE is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(proof[:32] + key + text).digest(), "little") % L
    left, right = _times(s, BASE), _add(r, _times(k, own))
    apart = left.x * right.z - right.x * left.z, left.y * right.z - right.y * left.z
    return not any(each % P for each in apart)


# What a pack says


def canonical(said: Any) -> bytes:
    """How what is signed is written."""
    return json.dumps(said, sort_keys=True, ensure_ascii=False).encode()


def fingerprint(public: str) -> str:
    """What people note of a public key: 32 hex letters of its sha256."""
    return hashlib.sha256(public.encode()).hexdigest()[:FINGERPRINT_LETTERS]


def grouped(found: str) -> str:
    return " ".join(found[start : start + 4] for start in range(0, len(found), 4))


def whole_fingerprint(given: str) -> str:
    """Of what somebody has noted. Raises ArgumentTypeError for a piece of one: another key that
    begins alike is soon made."""
    whole = "".join(given.split()).replace("-", "").lower()
    if len(whole) != FINGERPRINT_LETTERS:
        said = f"{given!r} is no whole fingerprint: give all {FINGERPRINT_LETTERS} letters of it"
        raise argparse.ArgumentTypeError(said)
    return whole


def signed_text(said: dict[str, Any]) -> bytes:
    """What the signature of a manifest is of."""
    return PACK_DOMAIN + canonical({k: v for k, v in said.items() if k != "signature"})


def verify(path: Path, key: str | None = None) -> Verified:
    """Raises Unsound for the first thing that does not hold; ``key``: the whole fingerprint that
    the signing key must have."""
    kept = dict.fromkeys(UNLISTED, b"")
    with path.open("rb") as file:
        there = {member.name: member for member in read_archive(file, kept)}
    for name in sorted(UNLISTED - there.keys()):
        raise Unsound(f"{name} is missing: this is no evidence pack, or one of which it was taken")
    own = _verified_signature(kept)
    if key is not None and own != key:
        raise Unsound(f"{SIGNATURE} is by the key {grouped(own)}, and not by the one given")
    manifest = _parsed(MANIFEST, kept[MANIFEST])
    _verify_members(manifest, there)
    proof = _parsed(PROOF, kept[PROOF])
    lines, signed = _verify_proof(proof, manifest, there[MANIFEST].sha256, own)
    return Verified(manifest, own, lines, signed, fingerprint(str(proof["first_key"])))


def _verified_signature(kept: dict[str, bytes]) -> str:
    said = _parsed(SIGNATURE, kept[SIGNATURE])
    if kept[SIGNATURE] != canonical(said):
        raise Unsound(f"{SIGNATURE} is not as it was written")
    own = fingerprint(str(said.get("key")))
    if said.get("fingerprint") != own or not is_signed(
        signed_text(said), said.get("signature"), said.get("key")
    ):
        raise Unsound(f"{SIGNATURE} is not by the key that it names: it, or that key, was changed")
    for name, column in ((MANIFEST, "manifest_sha256"), (PROOF, "proof_sha256")):
        if hashlib.sha256(kept[name]).hexdigest() != said.get(column):
            raise Unsound(f"{name} is not the one that was signed")
    return own


def _verify_members(manifest: dict[str, Any], there: dict[str, Member]) -> None:
    listed = manifest["members"]
    for name, entry in sorted(listed.items()):
        member = there.get(name)
        if member is None:
            raise Unsound(f"{name} is missing, which the manifest names")
        if (member.sha256, member.size) != (entry["sha256"], entry["size"]):
            raise Unsound(f"{name} is not the file that the manifest names: its sha256 is another")
    for name in sorted(there.keys() - listed.keys() - UNLISTED):
        raise Unsound(f"{name} is not in the manifest: somebody has added it")


def _verify_proof(
    proof: dict[str, Any], manifest: dict[str, Any], manifest_sha256: str, own: str
) -> tuple[int, int]:
    """How many lines there are, and how many are signed; ``own``: what signs the pack."""
    before: dict[str, Any] | None = None
    for each in proof["lines"]:
        line = each["line"]
        _verify_line(line, each.get("key"))
        if before is not None and line["n"] == before["n"] + 1:
            _verify_link(before, line, each.get("key"))
        before = line
    if before is None or before.get("event") != MADE or "signature" not in before:
        raise Unsound(f"{PROOF} does not end with a signed line {MADE} of the audit log")
    same = {"manifest_sha256": manifest_sha256, "evidence_key": own}
    for name, value in {**same, "run_id": manifest["run_id"], "by": manifest["by"]}.items():
        if before.get(name) != value:
            raise Unsound(f"{PROOF}: line {before['n']} of the log is of another pack ({name})")
    return len(proof["lines"]), sum("signature" in each["line"] for each in proof["lines"])


def _verify_line(line: dict[str, Any], key: object) -> None:
    said = {k: v for k, v in line.items() if k != "sha256"}
    if hashlib.sha256(canonical(said)).hexdigest() != line["sha256"]:
        raise Unsound(f"{PROOF}: line {line['n']} of the audit log is not as it was written")
    unsigned = canonical({k: v for k, v in said.items() if k != "signature"})
    if "signature" in line and not is_signed(LINE_DOMAIN + unsigned, line["signature"], key):
        raise Unsound(f"{PROOF}: the signature of line {line['n']} of the audit log is wrong")


def _verify_link(before: dict[str, Any], line: dict[str, Any], key: object) -> None:
    renewed = line.get("key") == key
    if line["previous"] != before["sha256"] or (
        "signature" in line and "next_key" in before and before["next_key"] != key and not renewed
    ):
        raise Unsound(f"{PROOF}: line {line['n']} of the audit log does not follow the one before")


def verify_opened(manifest: dict[str, Any], folder: Path) -> int:
    """How many files of ``folder`` are those that were sealed. Raises Unsound."""
    listed = manifest["sealed"]
    for name, entry in sorted(listed.items()):
        path = folder / name
        if not path.is_file():
            raise Unsound(f"{name} is missing in {folder}, which was sealed")
        if (_sha256_of(path), path.stat().st_size) != (entry["sha256"], entry["size"]):
            raise Unsound(f"{name} in {folder} is not the file that was sealed")
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in listed:
            raise Unsound(f"{name} in {folder} was not sealed: somebody has added it")
    return len(listed)


def _sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            digest.update(chunk)
    return digest.hexdigest()


def _parsed(name: str, data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data.decode())
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unsound(f"{name} cannot be read")
    return said


def told(found: Verified, given: bool) -> Iterator[str]:
    """What holds, in plain words."""
    said = found.manifest
    yield "{what} of run {run_id}, case {case_ref}, made {made_at} by {by}.".format(**said)
    yield "Holds: the archive is as it was made, every byte of it."
    yield f"Holds: each of its {len(said['members'])} members is the one that the manifest names."
    yield f"Holds: manifest and proof are signed by the key {grouped(found.key)}."
    compare = "Compare it with the fingerprint you got in another way, or give that with --key."
    yield f"       {'It is the one that you gave.' if given else compare}"
    yield (
        f"Holds: {found.lines} lines of the audit log are as they were written, and {found.signed} "
        "of them as they were signed; the last says that this pack was made, and by that key."
    )
    yield (
        f"       By what the pack says the log begins with the key {grouped(found.log_key)}. That, "
        "whose keys signed these lines and what stands between them only the whole log shows, "
        "which its keeper has (`lfr audit verify`)."
    )
    if said["sealed"]:
        yield (
            f"Closed: sealed.age holds {len(said['sealed'])} files for {', '.join(said['to'])}; "
            "open it with `age` and give --opened FOLDER."
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify an evidence pack.")
    parser.add_argument("pack", type=Path)
    parser.add_argument("--key", type=whole_fingerprint, help="the signing key's fingerprint")
    parser.add_argument("--opened", type=Path, help="folder with what sealed.age held")
    asked = parser.parse_args()
    try:
        found = verify(asked.pack, asked.key)
        for sentence in told(found, asked.key is not None):
            print(sentence)
        if asked.opened is not None:
            count = verify_opened(found.manifest, asked.opened)
            print(f"Holds: {count} files in {asked.opened} are those that were sealed.")
    except (Unsound, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        why = error if isinstance(error, Unsound) else f"the pack says nothing sensible: {error!r}"
        print(f"DOES NOT HOLD: {why}.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename or asked.pack} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
