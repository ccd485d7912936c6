from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lfr_batch.live.deployment.watchlist_receipt import (
    RECEIPT,
    DestroyedFile,
    Receipt,
    load_receipt,
    save_receipt,
    sentence,
    with_files,
)
from tests.live.made import DEPLOYMENT, STARTED

FILE = DestroyedFile("watchlist/a", 3, "aa")
A_RECEIPT = Receipt(DEPLOYMENT, "people", "s-1", "it was stopped", "j.doe", STARTED, (FILE,))


def test_what_is_saved_can_be_loaded_by_its_owner_alone(tmp_path: Path) -> None:
    save_receipt(tmp_path, A_RECEIPT)
    assert load_receipt(tmp_path) == A_RECEIPT
    assert (tmp_path / RECEIPT).stat().st_mode & 0o777 == 0o600


def test_none_and_a_torn_one_are_none(tmp_path: Path) -> None:
    assert load_receipt(tmp_path) is None
    (tmp_path / RECEIPT).write_text('{"deployment_id": "20')
    assert load_receipt(tmp_path) is None


def test_its_sentence_says_how_it_went() -> None:
    gone = replace(A_RECEIPT, verified_gone=True)
    assert sentence(gone).endswith("left behind is destroyed: it was stopped")
    assert sentence(replace(A_RECEIPT, trouble="x: no")).endswith("is not destroyed: x: no")
    assert sentence(A_RECEIPT).endswith("its folder is still there")


def test_a_file_that_is_known_stays_as_it_was_first_seen() -> None:
    overwritten, more = replace(FILE, sha256="of zeros"), DestroyedFile("watchlist/0", 1, "00")
    assert with_files(A_RECEIPT, [overwritten, more]).files == (more, FILE)
