"""Which files are whole, and how often what could not be searched is tried again."""

from __future__ import annotations

from itertools import pairwise

import pytest

from lfr_batch.footage.places import ObjectState
from lfr_batch.records import FootageEntry
from lfr_batch.scanning.arrivals import LONGEST_PAUSE, Tried, put_off, tried_now, waiting

S = 1_000_000_000
NOW = 1_000 * S
OLD = ObjectState(500, NOW - 61 * S, NOW - 61 * S, (1, 2))
FRESH = ObjectState(500, NOW - 5 * S, NOW - 5 * S, (1, 2))
SHORTER = ObjectState(400, NOW - 35 * S, NOW - 35 * S, (1, 2))
BACKDATED = ObjectState(500, NOW - 9999 * S, NOW - 5 * S, (1, 2))
OBJECT = ObjectState(500, etag='"e"')


@pytest.mark.parametrize(
    ("names", "now", "before", "why"),
    [
        (["a.mp4"], OLD, None, None),
        (["a.mp4"], FRESH, None, "it was changed 5 s ago"),
        (["a.mp4"], BACKDATED, None, "it was changed 5 s ago"),
        (["a.mp4"], FRESH, FRESH, None),
        (["a.mp4"], FRESH, SHORTER, "it is still written to: it had 400 bytes and has 500"),
        (["a.mp4"], OBJECT, None, None),
        (["a.mp4"], None, None, None),
        (["a.mp4.part"], OLD, OLD, "by its name it is still being copied"),
        (["a.mp4.FilePart"], OLD, OLD, "by its name it is still being copied"),
        (["s3://b/a.mp4.part"], OBJECT, None, "by its name it is still being copied"),
        (["a.mp4", "a.mp4.crdownload"], OLD, OLD, "there is a part of it beside it"),
        (["a.mp4", "b.mp4.part"], OLD, OLD, None),
    ],
)
def test_a_file_waits_until_it_is_still(
    names: list[str], now: ObjectState | None, before: ObjectState | None, why: str | None
) -> None:
    entries = [FootageEntry(name) for name in names]
    states = dict.fromkeys(names, now) if now else {}
    known = dict.fromkeys(names, before) if before else {}
    found = waiting(entries, states, known, NOW, 60.0)
    assert (why or "") in found.get(names[0], "")
    assert (names[0] in found) == (why is not None)


def test_what_was_in_vain_is_tried_at_ever_longer_intervals() -> None:
    states, tried, at = {"a": OLD}, dict[str, Tried](), []
    for tick in range(1, 3000):
        if "a" in put_off(tried, states, tick):
            continue
        at.append(tick)
        tried = tried_now(tried, ["a"], states, tick)
    pauses = [later - earlier for earlier, later in pairwise(at)]
    assert pauses[:6] == [1, 2, 4, 8, 16, 32]
    assert max(pauses) == pauses[-1] == LONGEST_PAUSE


def test_what_has_changed_is_tried_at_once() -> None:
    tried = tried_now({"a": Tried(OLD, 7, 0)}, ["a"], {"a": OLD}, 100)
    assert put_off(tried, {"a": OLD}, 101)["a"].endswith("tried again in 127 ticks")
    assert put_off(tried, {"a": FRESH}, 101) == {}
    assert tried_now(tried, ["a"], {"a": FRESH}, 101)["a"] == Tried(FRESH, 1, 102)
