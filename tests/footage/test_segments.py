from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.footage.segments import SHORT_TAIL, plan_segments
from lfr_batch.records import AssetStatus, FootageAsset, FootageKind, nanoseconds


def asset(
    duration_s: float | None,
    keyframes_ns: tuple[int, ...] = (),
    kind: FootageKind = "video",
    status: AssetStatus = "ok",
) -> FootageAsset:
    return FootageAsset(
        "id", "x.mp4", kind, status, duration_s=duration_s, keyframes_ns=keyframes_ns
    )


durations = st.one_of(st.none(), st.floats(0.0, 5000.0))
keyframes = st.lists(st.integers(1, 5000 * 10**9), unique=True, max_size=200).map(
    lambda times: (0, *sorted(times))
)


@given(durations, st.one_of(st.just(()), keyframes), st.floats(5.0, 600.0))
def test_segments_cover_the_file_once(
    duration_s: float | None, keyframes_ns: tuple[int, ...], segment_s: float
) -> None:
    segments = plan_segments(asset(duration_s, keyframes_ns), segment_s, "key")
    assert segments[0].start_ns == 0
    assert segments[-1].end_ns is None
    assert [s.end_ns for s in segments[:-1]] == [s.start_ns for s in segments[1:]]
    assert all(s.end_ns is None or s.end_ns > s.start_ns for s in segments)
    assert len({s.segment_id for s in segments}) == len(segments)


@given(durations, keyframes, st.floats(5.0, 600.0))
def test_borders_are_keyframes_and_no_segment_is_short(
    duration_s: float | None, keyframes_ns: tuple[int, ...], segment_s: float
) -> None:
    segments = plan_segments(asset(duration_s, keyframes_ns), segment_s, "key")
    end_ns = max(nanoseconds(duration_s or 0.0), keyframes_ns[-1])
    assert all(s.start_ns in keyframes_ns for s in segments)
    for segment in segments[:-1]:
        assert segment.end_ns is not None
        assert segment.end_ns - segment.start_ns >= nanoseconds(segment_s)
    if len(segments) > 1:
        assert end_ns - segments[-1].start_ns >= nanoseconds(segment_s) * SHORT_TAIL


@pytest.mark.parametrize(
    ("duration_s", "borders_s"),
    [(None, []), (59.0, []), (89.0, []), (90.0, [60]), (150.0, [60, 120]), (149.0, [60])],
)
def test_plain_grid_without_keyframes(duration_s: float | None, borders_s: list[int]) -> None:
    segments = plan_segments(asset(duration_s), 60.0, "key")
    assert [s.start_s for s in segments[1:]] == borders_s


def test_a_failed_asset_has_no_segment_and_a_still_has_one() -> None:
    assert plan_segments(asset(100.0, status="failed"), 10.0, "key") == []
    assert len(plan_segments(asset(None, kind="still"), 10.0, "key")) == 1


def test_segments_remember_the_size_and_their_ids_do_not() -> None:
    small, large = (
        plan_segments(replace(asset(100.0), bytes=size), 10.0, "key") for size in (5, 6)
    )
    assert {segment.bytes for segment in small} == {5}
    assert [s.segment_id for s in small] == [s.segment_id for s in large]


def test_ids_depend_on_what_determines_the_result() -> None:
    first = plan_segments(asset(100.0), 10.0, "key")
    assert first == plan_segments(asset(100.0), 10.0, "key")
    other = plan_segments(asset(100.0), 10.0, "another")
    assert not {s.segment_id for s in first} & {s.segment_id for s in other}
