"""Where in a transport stream video begins of which its first tables said nothing.

Joined recordings of one recorder carry their video under one number (PID), and are read through.
Those of two do not: a demuxer that has learnt a file's streams from its beginning passes over what
is announced later. There a recording ends and the next begins.

Source: ISO/IEC 13818-1 (packets, 2.4.3.2; programme tables, 2.4.4); 192 bytes are those of
M2TS, 204 those with room for error correction (ETSI EN 300 421).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np

from lfr_batch.records import ByteArray

SYNC = 0x47
IN_A_ROW = 5
"""Packets whose first bytes show where packets lie."""
BEFORE_SYNC = {188: 0, 192: 4, 204: 0}
"""Sizes of packets, and how many bytes of each come before its first own."""
PACKETS = 4096
"""Read at once."""
RESYNC_BYTES = 1 << 16
MOST_RESYNCS = 10_000
"""A file that is so damaged is no longer asked about its tables."""
PAT_PID = 0
PAT_TABLE, PMT_TABLE = 0, 2
VIDEO_TYPES = frozenset(
    {0x01, 0x02, 0x10, 0x1B, 0x1E, 0x1F, 0x20, 0x21, 0x24, 0x27, 0x33, 0x42, 0xD1, 0xD2, 0xEA}
)
"""Stream types of video: MPEG-1, -2 and -4, H.264, JPEG 2000, HEVC, VVC, AVS, Dirac, VC-1."""
CRC_POLYNOMIAL = 0x04C11DB7

Videos = frozenset[tuple[int, int]]
"""PID and stream type of each."""


def packet_bytes(begins: bytes) -> int | None:
    """The size of the packets that it begins with; None: it is no transport stream."""
    for size, before in BEFORE_SYNC.items():
        firsts = begins[before : before + IN_A_ROW * size : size]
        if len(firsts) == IN_A_ROW and set(firsts) == {SYNC}:
            return size
    return None


def next_recording(file: BinaryIO, at: int, size_bytes: int) -> int:
    """Where video is announced that was not from ``at`` on; ``size_bytes``: nowhere."""
    announced: dict[int, Videos] = {}
    expected: frozenset[int] | None = None
    last_pat = at
    for place, pid, section in _sections(file, at, size_bytes):
        if pid == PAT_PID:
            last_pat = place
            expected = expected or frozenset(_tables_of(section))
            continue
        videos, known = _videos(section), frozenset[tuple[int, int]]().union(*announced.values())
        is_first = pid not in announced and pid in (expected or ())
        if videos - known and not is_first:
            return last_pat if last_pat > at else place
        announced[pid] = announced.get(pid, frozenset()) | videos
    return size_bytes


def _sections(file: BinaryIO, at: int, size_bytes: int) -> Iterator[tuple[int, int, bytes]]:
    """Place, PID and content of each programme table that is another than the last of its PID."""
    last: dict[int, bytes] = {PAT_PID: b""}
    for start, size, packets in _packets(file, at, size_bytes):
        pids = (packets[:, 1].astype(np.uint16) & 0x1F) << 8 | packets[:, 2]
        begins = (packets[:, 1] & 0x40) != 0
        rows = _rows_of(last, pids, begins)
        while (row := next(rows, None)) is not None:
            pid, section = int(pids[row]), _section(packets[row].tobytes())
            if section is None or section[0] != (PMT_TABLE if pid else PAT_TABLE):
                continue
            if section == last[pid] and pid != PAT_PID:
                continue
            if section != last[pid] and pid == PAT_PID:
                last = {each: last.get(each, b"") for each in (*last, *_tables_of(section))}
                # The tables that it names may stand in the same block.
                rows = _rows_of(last, pids, begins, row + 1)
            last[pid] = section
            yield start + row * size, pid, section


def _rows_of(
    wanted: Iterable[int], pids: np.ndarray, begins: np.ndarray, first: int = 0
) -> Iterator[int]:
    """Rows of the packets in which a table begins."""
    found = begins[first:] & np.isin(pids[first:], list(wanted))
    return map(int, first + np.flatnonzero(found))


def _packets(file: BinaryIO, at: int, size_bytes: int) -> Iterator[tuple[int, int, ByteArray]]:
    """Place of the first, distance, and (n, 188) bytes of packets in a row."""
    for _ in range(MOST_RESYNCS):
        file.seek(at)
        head = file.read(RESYNC_BYTES)
        found = _first_packet(head)
        if found is None:
            if at + len(head) >= size_bytes or not head:
                return
            at += max(1, len(head) - IN_A_ROW * max(BEFORE_SYNC))
            continue
        at, size = at + found[0], found[1]
        for packets in _in_step(file, at, size):
            yield at, size, packets
            at += len(packets) * size
        if at + size > size_bytes:
            return
        at += 1


def _in_step(file: BinaryIO, at: int, size: int) -> Iterator[ByteArray]:
    """Packets from ``at`` until one does not begin where it should, or there are no more."""
    whole = PACKETS
    while whole == PACKETS:
        file.seek(at)
        block = file.read(PACKETS * size)
        rows = np.frombuffer(block[: len(block) // size * size], np.uint8).reshape(-1, size)
        packets = rows[:, BEFORE_SYNC[size] :][:, :188]
        lost = np.flatnonzero(packets[:, 0] != SYNC)
        whole = int(lost[0]) if len(lost) else len(rows)
        yield packets[:whole]
        at += whole * size


def _first_packet(data: bytes) -> tuple[int, int] | None:
    """Where packets begin, and their size."""
    at = data.find(SYNC)
    while at >= 0:
        for size, before in BEFORE_SYNC.items():
            begin = max(0, at - before)
            if packet_bytes(data[begin : begin + IN_A_ROW * size]) == size:
                return begin, size
        at = data.find(SYNC, at + 1)
    return None


def _section(packet: bytes) -> bytes | None:
    """The section that begins in a packet, without its checksum; None: it is not whole in it."""
    at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    if not packet[3] & 0x10 or at >= len(packet):
        return None
    at += 1 + packet[at]
    length = int.from_bytes(packet[at + 1 : at + 3], "big") & 0xFFF
    section = packet[at : at + 3 + length]
    whole = len(section) == 3 + length and length >= 9
    return section[:-4] if whole and not _crc(section) else None


def _crc(data: bytes) -> int:
    """0 where the checksum at the end of ``data`` is right (ISO/IEC 13818-1, annex A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ CRC_POLYNOMIAL if value & 0x80000000 else value << 1) & 0xFFFFFFFF
    return value


def _tables_of(pat: bytes) -> Iterator[int]:
    """PIDs of the programmes' tables; programme 0 is the network's."""
    for at in range(8, len(pat) - 3, 4):
        if pat[at : at + 2] != b"\0\0":
            yield int.from_bytes(pat[at + 2 : at + 4], "big") & 0x1FFF


def _videos(pmt: bytes) -> Videos:
    found: set[tuple[int, int]] = set()
    at = 12 + (int.from_bytes(pmt[10:12], "big") & 0xFFF)
    while at + 5 <= len(pmt):
        if pmt[at] in VIDEO_TYPES:
            found.add((int.from_bytes(pmt[at + 1 : at + 3], "big") & 0x1FFF, pmt[at]))
        at += 5 + (int.from_bytes(pmt[at + 3 : at + 5], "big") & 0xFFF)
    return frozenset(found)
