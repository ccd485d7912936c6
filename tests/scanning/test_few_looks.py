"""Footage of which few looks show anybody: low rates, single pictures, cameras that take turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from lfr_batch.config.schema import (
    Config,
    FootageConfig,
)
from lfr_batch.recognition.search import Search
from lfr_batch.records import ByteArray, seconds
from tests.footage.clips import RATE, pictures, write_clip
from tests.one_case import ASTRONAUT, installed_picture, walk
from tests.scanning.scans import scan, with_config


@cache
def passing() -> tuple[ByteArray, ...]:
    return tuple(walk(installed_picture(ASTRONAUT), seconds=5, present=(0, 5)))


@cache
def nobody() -> ByteArray:
    return next(walk(installed_picture(ASTRONAUT), seconds=1, present=(0, 0)))


def seen_at(moments: list[int], every: int = 1) -> Iterator[ByteArray]:
    """The astronaut stands in the pictures with these numbers, elsewhere each time."""
    shown, empty = passing(), nobody()
    for i in range(max(moments) + 3):
        picture = shown[i * every % len(shown)] if i in moments else empty
        yield np.ascontiguousarray(picture[..., ::-1])


def clip_of_rate(path: Path, moments: list[int], rate: Fraction, every: int = 1) -> Path:
    """One picture each 1/``rate`` s, in a container that states its times."""
    ticks = (round(i * RATE / rate) for i in range(1_000_000))
    return write_clip(path, seen_at(moments, every), ticks=ticks, keyframe_every=1)


@pytest.mark.parametrize("rate", [Fraction(1, 5), Fraction(1, 2), Fraction(1), Fraction(3, 2)])
@pytest.mark.parametrize("moments", [[4], [4, 5], [3, 5, 6, 8]], ids=["once", "twice", "often"])
def test_someone_in_footage_of_a_low_rate_is_found(
    tmp_path: Path, search: Search, rate: Fraction, moments: list[int]
) -> None:
    result = scan(clip_of_rate(tmp_path / "lapse.mp4", moments, rate, every=20), search)
    assert {s.subject_id for s in result.sightings} == {"astronaut"}
    starts_s = [seconds(s.start_ns) for s in result.sightings]
    assert min(starts_s) == pytest.approx(moments[0] / rate, abs=0.05)
    assert result.outcome.unsearched is None
    assert result.outcome.media_s == pytest.approx((max(moments) + 2) / rate, abs=0.1)


def test_a_lone_look_has_to_score_higher(tmp_path: Path, search: Search) -> None:
    path = clip_of_rate(tmp_path / "lapse.mp4", [3], Fraction(1, 5))
    strict = replace(search, lone_threshold=0.99)
    assert scan(path, strict).sightings == ()
    (sighting,) = scan(path, replace(search, lone_threshold=0.5)).sightings
    assert sighting.threshold == 0.5
    twice = clip_of_rate(tmp_path / "fast.mp4", [3, 4, 5, 6], Fraction(5))
    (followed,) = scan(twice, strict).sightings
    assert followed.threshold == search.threshold


def test_a_lone_look_in_footage_of_an_ordinary_rate_is_no_track(
    tmp_path: Path, search: Search
) -> None:
    path = clip_of_rate(tmp_path / "blink.mp4", [10], Fraction(5))
    every_frame = with_config(search, Config(footage=FootageConfig(sample_fps=0.0)))
    assert scan(path, every_frame).sightings == ()


@pytest.mark.parametrize("ending", ["mp4", "gif", "avi"])
def test_a_video_of_one_picture_is_found_as_the_still_is(
    tmp_path: Path, search: Search, ending: str
) -> None:
    codec = {"mp4": "libx264", "gif": "gif", "avi": "mjpeg"}[ending]
    picture = next(islice(seen_at([1]), 1, None))
    path = write_clip(tmp_path / f"one.{ending}", [picture], codec=codec)
    still = tmp_path / "one.png"
    cv2.imwrite(str(still), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    ((moving,), (standing,)) = (scan(each, search).sightings for each in (path, still))
    assert moving.subject_id == standing.subject_id == "astronaut"
    assert moving.score == pytest.approx(standing.score, abs=0.1)


@pytest.mark.parametrize("cameras", [3, 5])
def test_someone_before_one_of_the_cameras_that_take_turns_is_one_sighting(
    tmp_path: Path, search: Search, cameras: int
) -> None:
    """At five looks of 25 pictures a second, one camera of five would be all that is looked at."""
    rooms = [next(pictures(1, (640, 360), seed)) for seed in range(1, cameras)]
    walker = seen_at(list(range(20, 70)))
    shown = [next(walker) if i % cameras == 0 else rooms[i % cameras - 1] for i in range(200)]
    (sighting,) = scan(
        write_clip(tmp_path / "dvr.avi", shown, codec="mjpeg", keyframe_every=1), search
    ).sightings
    assert sighting.subject_id == "astronaut"
    assert seconds(sighting.start_ns) == pytest.approx(20 * cameras / RATE, abs=0.4)


def test_a_leap_of_time_is_not_searched(tmp_path: Path, search: Search) -> None:
    ticks = [*range(50), *range(2500, 2550)]
    path = write_clip(tmp_path / "leap.mkv", 100, ticks=ticks)
    outcome = scan(path, search).outcome
    assert outcome.status == "done"
    assert outcome.media_s == pytest.approx(3.92, abs=0.1)
    assert outcome.unsearched_s == pytest.approx(98.04, abs=0.1)
    assert "no picture between 2.0 s and 100.0 s" in (outcome.unsearched or "")


def test_a_beginning_between_keyframes_is_said_and_not_counted(
    tmp_path: Path, search: Search
) -> None:
    path = write_clip(tmp_path / "whole.ts", 100, keyframe_every=50)
    cut = tmp_path / "cut.ts"
    with av.open(str(path)) as given, av.open(str(cut), "w") as out:
        source = given.streams.video[0]
        stream = out.add_stream_from_template(source)
        for number, packet in enumerate(given.demux(source)):
            if packet.size and number >= 10:
                packet.stream = stream
                out.mux(packet)
    outcome = scan(cut, search).outcome
    assert outcome.status == "done"
    assert "begins between keyframes" in (outcome.unsearched or "")
    assert outcome.unsearched_s == pytest.approx(1.6, abs=0.1)
    assert outcome.media_s == pytest.approx(1.96, abs=0.1)
