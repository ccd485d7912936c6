"""Pictures in a bucket are listed as those in a folder are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lfr_batch.config.schema import S3Config
from lfr_batch.errors import UsageError
from lfr_batch.gallery.images import read_images
from lfr_batch.storage.s3_store import S3Store
from tests.gallery.laid_out import JPEG, write_csv
from tests.s3_servers import moto_server, new_bucket

FILES = {
    "S1/a.jpg": JPEG,
    "S1/notes": b"words",
    "S2/deep/b.jpg": JPEG,
    "S3.jpg": JPEG,
    "S4/.hidden.jpg": JPEG,
    "S5/empty.jpg": b"",
    "Müller/c d.jpg": JPEG,
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as address:
        yield address


@pytest.fixture
def place(endpoint: str, tmp_path: Path) -> Iterator[str]:
    with new_bucket(endpoint, tmp_path) as bucket:
        store = S3Store(f"s3://{bucket}/custody", S3Config())
        for name, data in FILES.items():
            store.write_atomic(name, data)
        S3Store(f"s3://{bucket}/custody-of-others", S3Config()).write_atomic("S9/z.jpg", JPEG)
        yield f"s3://{bucket}/custody"


def test_a_bucket_says_what_a_folder_says(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    table = write_csv(folder, "subject,file,sex\nS1,S1/a.jpg,F\nS7,S3.jpg,M\n")
    for subjects in (None, table):
        here, there = (read_images(where, subjects) for where in (folder, place))
        assert [(i.subject_id, i.uri) for i in there.images] == [
            (i.subject_id, i.uri.replace(str(folder), place)) for i in here.images
        ]
        assert [(o.subject_id, o.outcome, o.reason) for o in there.not_enrolled] == [
            (o.subject_id, o.outcome, o.reason) for o in here.not_enrolled
        ]
        assert there.subjects == here.subjects


def test_an_empty_prefix_is_refused(place: str) -> None:
    with pytest.raises(UsageError, match="nothing-there"):
        read_images(f"{place}/nothing-there", None)
