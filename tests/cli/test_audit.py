"""`lfr audit`: what a person sees of the signed log."""

from __future__ import annotations

from pathlib import Path

import pytest

from lfr_batch.oversight import audit
from lfr_batch.oversight.audit_key import key_file
from tests.cli.here import lfr


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LFR_HOME", str(tmp_path))
    monkeypatch.delenv("LFR_RESULTS", raising=False)
    return tmp_path


def test_the_key_is_shown_noted_and_asked_for(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = lfr(capsys, "audit", "key")
    fingerprint = out.strip()
    assert (code, len(fingerprint.replace(" ", ""))) == (0, 32)
    assert lfr(capsys, "audit", "key")[1].strip() == fingerprint
    assert lfr(capsys, "live-user", "add", "jane", "--role", "reviewer")[0] == 0
    code, out, _ = lfr(capsys, "audit", "verify", "--key", fingerprint)
    assert code == 0
    assert f"1 line is as it was written, and signed; the key's fingerprint is {fingerprint}" in out
    assert lfr(capsys, "audit", "verify", "--key", "0" * 32)[0] == 1
    code, _, err = lfr(capsys, "audit", "verify", "--key", fingerprint[:4])
    assert (code, "is too little to tell a key by" in err) == (2, True)


def test_a_key_is_renewed_for_a_reason_and_named_from_then_on(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit.record(home, "test", [{}])
    key_file(home).unlink()
    code, _, err = lfr(capsys, "live-user", "add", "jane", "--role", "reviewer")
    assert (code, "audit/key is gone" in err, "--renew" in err) == (1, True, True)
    assert lfr(capsys, "audit", "key", "--renew")[0] == 2
    code, out, _ = lfr(capsys, "audit", "key", "--renew", "--why", "restored without its key")
    assert code == 0
    code, _, err = lfr(capsys, "audit", "verify")
    assert (code, "goes on with another key" in err) == (1, True)
    assert lfr(capsys, "audit", "verify", "--key", out.strip())[0] == 0
    assert list(audit.entries(home))[-1]["why"] == "restored without its key"
