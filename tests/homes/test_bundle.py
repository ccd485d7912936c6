from __future__ import annotations

import pytest
from pydantic import ValidationError

from lfr_batch.errors import StoreError
from lfr_batch.homes.bundle import Bundle, FileInBundle, from_json, to_json

ENTRY = FileInBundle(sha256="ab" * 32, bytes=3)


def test_a_bundle_is_written_and_read() -> None:
    bundle = Bundle(files={"manifest.json": ENTRY, "sub/model.onnx": ENTRY})
    assert from_json(to_json(bundle), "here") == bundle


@pytest.mark.parametrize(
    "name", ["", "/etc/passwd", "../up", "a/../../up", "a//b", ".", "a\\b", "a\nb", "C:x"]
)
def test_names_stay_inside(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a file name inside a bundle"):
        Bundle(files={name: ENTRY})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"lfr_bundle": 2, "files": {}}',
        b'{"lfr_bundle": 1, "files": {"a": {"sha256": "ab", "bytes": 1}}}',
        b'{"lfr_bundle": 1, "files": {"../a": {"sha256": "' + b"ab" * 32 + b'", "bytes": 1}}}',
    ],
)
def test_what_is_no_bundle_is_said_with_its_place(data: bytes) -> None:
    with pytest.raises(StoreError, match=r"^s3://b/x\.json lists no files that this version can"):
        from_json(data, "s3://b/x.json")
