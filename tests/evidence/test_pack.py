"""What a pack holds, who may open what, and what is refused without leaving anything."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest

from lfr_batch.errors import LfrError, QueryError, StoreFull, StoreUnreachable, UsageError
from lfr_batch.evidence import verify
from lfr_batch.front.evidence import (
    MadePack,
    PackOrder,
    key_fingerprint,
    make_evidence,
    renew_evidence_key,
)
from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_verify import verify as verify_log
from lfr_batch.oversight.shown import LOOKS
from lfr_batch.results.copies import copies_known
from lfr_batch.results.store import open_store
from tests.evidence.runs import RunCase
from tests.live.full_disk import small_disk

SECRET = pyrage.x25519.Identity.generate()
PUBLIC = str(SECRET.to_public())


def members_of(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def said_in(members: dict[str, bytes], name: str) -> Any:
    return json.loads(members[name])


def opened(members: dict[str, bytes], folder: Path) -> Path:
    plain = pyrage.decrypt(members["sealed.age"], [SECRET])
    zipfile.ZipFile(io.BytesIO(plain)).extractall(folder)
    return folder


def order(case: RunCase, out: Path, **more: Any) -> PackOrder:
    return replace(PackOrder(case.run_id, out, operator="d.officer"), **more)


def test_frames_and_clips_are_sealed_for_a_named_key(case: RunCase, tmp_path: Path) -> None:
    (case.home / "policy.yaml").write_text(f"evidence: {{keys: {{court: {PUBLIC}}}}}\n")
    out = tmp_path / "pack.zip"
    made = make_evidence(order(case, out, to=("court",), why="trial"), case.settings)
    assert (made.lacks, out.stat().st_mode & 0o777) == ((), 0o600)
    members = members_of(out)
    manifest = said_in(members, "manifest.json")
    assert (manifest["to"], manifest["why"]) == ({"court": PUBLIC}, "trial")
    assert not [name for name in members if name.endswith(("frame.png", ".mp4"))]
    folder = opened(members, tmp_path / "opened")
    assert verify.verify_opened(manifest, folder) == len(manifest["sealed"]) == 3
    for each in made.sightings:
        frame = said_in(members, f"sightings/{each}/frame.json")["frame"]
        sealed = manifest["sealed"][f"sightings/{each}/frame.png"]
        assert sealed["sha256"] == frame["png_sha256"]
    (clip,) = folder.rglob("clip.mp4")
    clip.write_bytes(clip.read_bytes()[:-1] + b"x")
    with pytest.raises(verify.Unsound, match=r"clip.mp4 in .* is not the file that was sealed"):
        verify.verify_opened(manifest, folder)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(members["sealed.age"], [pyrage.x25519.Identity.generate()])


def test_everything_about_a_sighting_is_in_it(without_footage: MadePack) -> None:
    made, members = without_footage, members_of(without_footage.path)
    run = said_in(members, "run.json")
    assert run["run"]["case_ref"] == "OP-LANTERN 12/26"
    assert run["models"]["files_sha256"]
    assert run["models"]["now"]["licence"]
    assert run["gallery"]["files_sha256"]
    (seen,) = (each for each in made.sightings if b"walk.mp4" in board_text(members, each))
    said = said_in(members, f"sightings/{seen}/sighting.json")
    assert [c["subject_id"] for c in said["candidates"]] == ["astronaut", "actor"]
    assert said["reviews"] == []
    for rank in (1, 2):
        assert members[f"sightings/{seen}/enrolled-{rank}.jpg"][:2] == b"\xff\xd8"
    assert members[f"sightings/{seen}/board.pdf"].startswith(b"%PDF")
    files = said_in(members, "footage.json")["files"]
    assert {each["state"] for each in files} == {"same"}
    (video,) = (each for each in files if each["uri"].endswith("walk.mp4"))
    assert video["now"]["sha256"] == video["recorded"]["sha256"]
    (stream,) = video["container"]["streams"]
    assert (stream["codec"], stream["width"], stream["frames"]) == ("h264", 640, 50)


def board_text(members: dict[str, bytes], sighting: str) -> bytes:
    """What the board is of: texts of a PDF are compressed, the facts beside it are not."""
    facts = said_in(members, f"sightings/{sighting}/sighting.json")["sighting"]
    footage = said_in(members, "footage.json")["searched"]
    (file,) = (each for each in footage if each["footage_id"] == facts["footage_id"])
    return str(file["uri"]).encode()


def test_one_sighting_alone(case: RunCase, without_footage: MadePack, tmp_path: Path) -> None:
    one, other = without_footage.sightings
    out = tmp_path / "b.zip"
    made = make_evidence(order(case, out, sightings=(one,), without_footage=True), case.settings)
    assert made.sightings == (one,)
    assert not [name for name in members_of(out) if other in name]


def test_it_is_on_record_before_it_is_there(case: RunCase, tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    for event in LOOKS:
        audit.record(case.home, event, [{"by": "anna", "run_id": case.run_id}])
    made = make_evidence(order(case, out, without_footage=True, why="trial"), case.settings)
    line = list(audit.entries(case.home))[-1]
    assert (line["event"], line["run_id"], line["by"]) == (
        "evidence.made", case.run_id, "d.officer"
    )  # fmt: skip
    assert (line["why"], line["evidence_key"]) == ("trial", made.fingerprint)
    proof = said_in(members_of(out), "proof.json")
    assert [each["line"]["event"] for each in proof["lines"]] == ["run.begun", "evidence.made"]
    assert {each["line"]["run_id"] for each in proof["lines"]} == {case.run_id}
    assert verify_log(case.home).head == line["sha256"]
    (copy,) = copies_known(open_store(case.home / "results"), case.run_id)
    assert (copy.what, copy.place) == ("evidence", str(out))


def test_no_line_no_pack(case: RunCase, tmp_path: Path) -> None:
    log = case.home / "audit" / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b"j.doe", b"x.doe"))
    log.write_bytes(b"\n".join(log.read_bytes().splitlines()[:-1]) + b"\n")
    out = tmp_path / "out" / "pack.zip"
    out.parent.mkdir()
    with pytest.raises(LfrError):
        make_evidence(order(case, out, without_footage=True), case.settings)
    assert list(out.parent.iterdir()) == []


REFUSED = [
    ({}, UsageError, "holds untouched frames, which show other people"),
    ({"to": ("nobody",)}, UsageError, "Nobody called nobody is known"),
    ({"to": ("age1qqqq",)}, UsageError, "is no public key of age"),
    ({"to": (PUBLIC,), "redact": True}, UsageError, "give --to or --redact, not both"),
    ({"to": (PUBLIC,), "without_footage": True}, UsageError, "there is nothing to seal"),
    ({"redact": True, "sightings": ("beef",)}, QueryError, "has no sighting beef; it has"),
    ({"redact": True, "run": "20200101-000000-scan-0000"}, QueryError, "there is no run"),
    ({"nothing_found": True}, UsageError, "has 2 sightings"),
    ({"nothing_found": True, "redact": True}, UsageError, "goes with RUN alone"),
]


@pytest.mark.parametrize(("more", "error", "said"), REFUSED)
def test_what_is_refused_leaves_nothing(
    case: RunCase, tmp_path: Path, more: dict[str, Any], error: type[LfrError], said: str
) -> None:
    out = tmp_path / "out" / "pack.zip"
    out.parent.mkdir()
    with pytest.raises(error, match=said):
        make_evidence(order(case, out, **more), case.settings)
    assert list(out.parent.iterdir()) == []
    assert "evidence.made" not in {line["event"] for line in audit.entries(case.home)}


def test_what_is_there_stays(case: RunCase, tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    out.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        make_evidence(order(case, out, redact=True), case.settings)
    with pytest.raises(UsageError, match=r"is a folder: name a file in it, as .*pack\.zip"):
        make_evidence(order(case, tmp_path, redact=True), case.settings)
    with pytest.raises(UsageError, match="There is no folder"):
        make_evidence(order(case, tmp_path / "no" / "pack.zip", redact=True), case.settings)
    assert out.read_text() == "mine"


@pytest.mark.parametrize("what", ["changed", "gone"])
def test_footage_that_is_not_what_was_searched(
    finished: RunCase, case: RunCase, tmp_path: Path, what: str
) -> None:
    still = finished.footage / "portrait.jpg"
    kept, out = tmp_path / "kept.jpg", tmp_path / "pack.zip"
    shutil.copy2(still, kept)
    try:
        if what == "changed":
            still.write_bytes(still.read_bytes()[:-1] + b"\0")
        else:
            still.unlink()
        with pytest.raises(UsageError, match=f"portrait.jpg (has|is) {what} since it was searched"):
            make_evidence(order(case, out, to=(PUBLIC,)), case.settings)
        assert not out.exists()
        made = make_evidence(order(case, out, without_footage=True), case.settings)
    finally:
        shutil.copy2(kept, still)
    assert any(f"{what} since it was searched" in each for each in made.lacks)
    files = said_in(members_of(out), "footage.json")["files"]
    assert sorted(each["state"] for each in files) == sorted([what, "same"])


def test_a_full_disk_leaves_nothing(case: RunCase, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", "200k") as place:
        with pytest.raises(StoreFull, match="name another place with --out"):
            make_evidence(order(case, place / "pack.zip", without_footage=True), case.settings)
        assert list(place.iterdir()) == []


def test_a_key_that_is_lost_is_not_silently_another(case: RunCase, tmp_path: Path) -> None:
    before = key_fingerprint(case.settings)
    key = case.home / "evidence" / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key_fingerprint(case.settings) == before
    key.unlink()
    with pytest.raises(StoreUnreachable, match=f"is gone, the key {verify.grouped(before)}"):
        make_evidence(order(case, tmp_path / "p.zip", without_footage=True), case.settings)
    assert not (tmp_path / "p.zip").exists()
    after = renew_evidence_key(case.settings, "d.officer", "it was lost")
    assert key_fingerprint(case.settings) == after != before
    line = list(audit.entries(case.home))[-1]
    assert (line["event"], line["key_now"], line["why"]) == (
        "evidence.key_renewed", after, "it was lost"
    )  # fmt: skip
    key.write_text("{}")
    with pytest.raises(StoreUnreachable, match="is damaged"):
        key_fingerprint(case.settings)


KILLED = """
import os, sys
from pathlib import Path
from lfr_batch.evidence import building
from lfr_batch.front.evidence import PackOrder, make_evidence
import lfr_batch as lfr

def half(members):
    for number, chunk in enumerate(whole(members)):
        if number == 7:
            os.kill(os.getpid(), 9)
        yield chunk

whole, building.archive_of = building.archive_of, half
order = PackOrder(sys.argv[2], Path(sys.argv[3]), without_footage=True)
make_evidence(order, lfr.Settings(home=sys.argv[1]))
"""


def test_a_kill_leaves_no_half_pack(case: RunCase, tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    words = [sys.executable, "-c", KILLED, str(case.home), case.run_id, str(out)]
    done = subprocess.run(words, env=dict(os.environ), capture_output=True, check=False)
    assert done.returncode == -9, done.stderr
    assert not out.exists()
    (left,) = tmp_path.glob(".tmp-*")
    make_evidence(order(case, out, without_footage=True), case.settings)
    assert verify.verify(out)
    assert not left.exists()
    events = [line["event"] for line in audit.entries(case.home)]
    assert events.count("evidence.made") == 2
