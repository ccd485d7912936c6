from __future__ import annotations

from dataclasses import replace

import pytest

from lfr_batch.footage.places import ObjectState
from lfr_batch.footage.unchanged import changed_sentence, since_opened, since_planned
from lfr_batch.records import Segment

PLAN = Segment(
    "s", "f", "/a.mp4", "video", 0, None, 1.0,
    bytes=9, sha256="ab", modified_ns=100, changed_ns=200,
)  # fmt: skip
DISK = ObjectState(9, modified_ns=100, changed_ns=200, inode=(1, 2))
OBJECT = replace(PLAN, sha256="etag:x", modified_ns=None, changed_ns=None)
STORED = ObjectState(9, checksum="etag:x")


@pytest.mark.parametrize(
    ("planned", "now", "verdict"),
    [
        (PLAN, DISK, "same"),
        (PLAN, replace(DISK, inode=(7, 8)), "same"),  # another machine
        (PLAN, replace(DISK, bytes=8), "changed"),
        (PLAN, replace(DISK, modified_ns=101), "doubt"),  # touched, or another file
        (PLAN, replace(DISK, changed_ns=201), "doubt"),  # chmod, or a copy that keeps its times
        (replace(PLAN, changed_ns=None), DISK, "doubt"),  # planned while it was still warm
        (replace(PLAN, changed_ns=None), replace(DISK, changed_ns=None), "doubt"),
        (replace(PLAN, bytes=None, sha256=None), DISK, "same"),  # nothing to compare with
        (replace(PLAN, sha256=None), replace(DISK, modified_ns=1), "same"),
        (replace(PLAN, sha256=None), replace(DISK, bytes=8), "changed"),
        (OBJECT, STORED, "same"),
        (OBJECT, replace(STORED, checksum="etag:y"), "changed"),
        (OBJECT, replace(STORED, bytes=8), "changed"),
        (replace(OBJECT, version_id="1"), replace(STORED, version_id="1"), "same"),
        (replace(OBJECT, version_id="1"), replace(STORED, version_id="2"), "same"),  # same bytes
        (
            replace(OBJECT, version_id="1"),
            replace(STORED, version_id="1", checksum="etag:after-a-move"),
            "same",
        ),
        (
            replace(OBJECT, version_id="1"),
            replace(STORED, version_id="2", checksum="etag:y"),
            "changed",
        ),
    ],
)
def test_what_stands_there_against_the_plan(
    planned: Segment, now: ObjectState, verdict: str
) -> None:
    assert since_planned(planned, now) == verdict


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (DISK, DISK, "same"),
        (DISK, replace(DISK, changed_ns=201), "doubt"),  # chmod, a second link, moved and back
        (DISK, replace(DISK, inode=(1, 3)), "doubt"),  # a copy in its place
        (DISK, replace(DISK, inode=(2, 2)), "doubt"),
        (DISK, replace(DISK, modified_ns=101, changed_ns=201), "changed"),
        (DISK, replace(DISK, bytes=10, modified_ns=101), "changed"),
        (STORED, STORED, "same"),
        (STORED, replace(STORED, checksum="etag:y"), "changed"),
        (STORED, replace(STORED, version_id="2"), "same"),  # the same bytes once more
    ],
)
def test_what_stands_there_after_it_was_read(
    before: ObjectState, now: ObjectState, verdict: str
) -> None:
    assert since_opened(before, now) == verdict


@pytest.mark.parametrize(
    ("now_bytes", "how"),
    [(9, "its size is the same, its contents are not"), (8, "it had 9 bytes and has 8")],
)
def test_the_sentence_names_the_file_and_what_differs(now_bytes: int, how: str) -> None:
    assert changed_sentence("/a.mp4", 9, now_bytes) == (
        f"/a.mp4 has changed since the run was planned ({how}): scan it anew, or put it back as "
        "it was and give `lfr resume RUN --retry-failed`"
    )
