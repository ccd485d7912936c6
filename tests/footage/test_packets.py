"""Which packets of rendered clips are handed to a decoder."""

from __future__ import annotations

from pathlib import Path

from lfr_batch.footage.local import LocalFile
from lfr_batch.footage.packets import length_ns, packet_ns, packets_to_decode
from lfr_batch.footage.pyav_input import open_video
from lfr_batch.footage.reading import Reading, Wanted
from lfr_batch.footage.stillness import Group, Stillness

from .clips import pictures, write_clip

FRAMES = 100
MS = 10**6


class StillFromSecondOne(Stillness):
    def skips(self, group: Group) -> bool:
        return group.start_ns >= 1000 * MS


def still_clip(folder: Path, b_frames: int = 0) -> str:
    shown = [next(pictures(1))] * FRAMES
    return str(write_clip(folder / "a.mp4", shown, encoder={"bf": str(b_frames)}))


def test_every_packet_and_then_the_empty_one(tmp_path: Path) -> None:
    with open_video(LocalFile(still_clip(tmp_path, b_frames=2))) as video:
        reading = Reading(video.timing)
        packets = list(packets_to_decode(video, reading))
        times_ns = [packet_ns(packet, reading) for packet in packets if packet.size]
        assert [packet.size > 0 for packet in packets] == [True] * FRAMES + [False]
        assert (reading.packets, reading.at_end) == (FRAMES, True)
        assert sorted(times_ns) == [n * 40 * MS for n in range(FRAMES)]
        assert {length_ns(video, packet) for packet in packets if packet.size} == {40 * MS}


def handed_on_ms(path: str, stillness: Stillness) -> tuple[list[int], Reading]:
    with open_video(LocalFile(path)) as video:
        reading = Reading(video.timing, Wanted(sample_fps=5.0), stillness)
        packets = packets_to_decode(video, reading)
        return [packet_ns(packet, reading) // MS for packet in packets if packet.size], reading


def test_of_still_groups_the_first_alone(tmp_path: Path) -> None:
    stillness = StillFromSecondOne()
    times_ms, reading = handed_on_ms(still_clip(tmp_path), stillness)
    assert times_ms == [*range(0, 1000, 40), 1000, 2000, 3000]
    # Nothing was decoded, so that each slot's first of the others would have been its sample.
    assert [ns // MS for ns in stillness.held_ns][:6] == [1040, 1200, 1400, 1600, 1800, 2040]
    assert reading.read_to_ns == FRAMES * 40 * MS
    assert reading.packets == FRAMES


def test_where_frames_are_reordered_no_group_stands_for_itself(tmp_path: Path) -> None:
    stillness = StillFromSecondOne()
    times_ms, reading = handed_on_ms(still_clip(tmp_path, b_frames=2), stillness)
    assert (len(times_ms), reading.packets, stillness.held_ns) == (FRAMES, FRAMES, [])
