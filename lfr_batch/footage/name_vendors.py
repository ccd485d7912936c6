"""File names whose sense follows from who made them: a table, in order of preference. Pure.

What is not here is read by the grammar of ``name_times``: most recorders write date and time so
that they need no explanation. Every example means 23:59:58 on 31 January 2024 (or 23:59).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

DAY = r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)"
DAY_APART = r"(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)"
SHORT_DAY = r"(?P<yy>\d\d)(?P<month>\d\d)(?P<day>\d\d)"
CLOCK = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
EPOCH = r"(?P<epoch>[12]\d{9})"
DAY_S = 86400


@dataclass(frozen=True, slots=True)
class Vendor:
    """How one maker names files. ``pattern`` is about the end of the path, without the ending."""

    maker: str
    example: str
    pattern: str
    utc: bool = False
    """The time is UTC and not the recorder's local one."""
    to_the_minute: bool = False
    not_the_recording: str | None = None
    """Where the name tells another moment: which."""


VENDORS = (
    # Google Camera names by UTC whatever the phone's zone; PXL_….TS, .LS, .NIGHT, ~2 follow.
    Vendor(
        "Google Pixel",
        "PXL_20240131_235958123.TS.mp4",
        rf"PXL_{DAY}_{CLOCK}\d{{3}}\b[^/]*",
        utc=True,
    ),
    # Zoom's recordings to the cloud.
    Vendor("Zoom", "GMT20240131-235958_Recording.mp4", rf"GMT{DAY}-{CLOCK}_[^/]*", utc=True),
    # Canon's manual of VK-64 and VB-C60, "Files to Make a Backup": "Greenwich Mean Time".
    Vendor(
        "Canon NVR",
        "NVR_MPEG4_0123456789ABCDEF_20240131_235958_20240201_000058.mov",
        rf"NVR_(?:INDEX|MEDIA|MPEG4)_[^/_]+_{DAY}_{CLOCK}_\d{{8}}_\d{{6}}",
        utc=True,
    ),
    # Canon's manual of VB-S30D, "Memory Card Access": UTC; the file begins at its first time, its
    # second is that of the whole recording.
    Vendor(
        "Canon memory card",
        "20240131235958-235954-M00_508.mov",
        rf"{DAY}{CLOCK}-\d{{6}}-[EMRTU]\d\d_\d+",
        utc=True,
    ),
    # TP-Link Tapo as media sync names them: "Unix timestamp of start … and end"
    # (github.com/JurajNyiri/HomeAssistant-Tapo-Control, issue 509).
    Vendor("Tapo", "1706745598-1706745611.mp4", rf"{EPOCH}-(?P<until>[12]\d{{9}})", utc=True),
    # Frigate's clips (github.com/blakeblackshear/frigate, issue 323) and recordings, which are in
    # folders of the day and the hour, UTC.
    Vendor(
        "Frigate clip",
        "front-1706745598.272411-0lbwng.mp4",
        rf"[^/]+-{EPOCH}\.\d{{1,6}}-[a-z0-9]{{6}}(?:-clean)?",
        utc=True,
    ),
    Vendor(
        "Frigate recording",
        "recordings/2024-01-31/23/front/59.58.mp4",
        rf"recordings/{DAY_APART}/(?P<hour>\d\d)/[^/]+/(?P<minute>\d\d)\.(?P<second>\d\d)",
        utc=True,
    ),
    # Xiaomi: a folder per hour, minute and second, and the same moment as epoch seconds.
    Vendor("Xiaomi", "2024013123/59M58S_1706745598.mp4", rf"\d{{10}}/\d\dM\d\dS_{EPOCH}", utc=True),
    # Yi: github.com/roleoroleo/yi-hack-Allwinner-v2, issue 826 (the length follows the second).
    Vendor(
        "Yi",
        "2024Y01M31D23H/E159M58S60.mp4",
        r"(?P<year>20\d\d)Y(?P<month>\d\d)M(?P<day>\d\d)D(?P<hour>\d\d)H"
        r"/(?:E\d)?(?P<minute>\d\d)M(?P<second>\d\d)S\d*",
    ),
    # Dahua, Amcrest and Lorex: the day is a folder; files go from a time to a time.
    Vendor(
        "Dahua",
        "2024-01-31/001/dav/23/23.59.58-00.00.58[M][0@0][0].dav",
        rf"{DAY_APART}/[^/]+/(?:dav|mp4|jpg)/\d\d/"
        r"(?P<hour>\d\d)\.(?P<minute>\d\d)\.(?P<second>\d\d)-\d\d\.\d\d\.\d\d\[[^/]*",
    ),
    Vendor(
        "Dahua still",
        "2024-01-31/001/jpg/23/59/58[M][0@0][0].jpg",
        rf"{DAY_APART}/[^/]+/jpg/(?P<hour>\d\d)/(?P<minute>\d\d)/(?P<second>\d\d)\[[^/]*",
    ),
    # Uniview's and Ksenia's manuals, "Local recording": IP_camera_S start E end, in a day's folder.
    Vendor(
        "Uniview",
        "2024-01-31/192.168.1.10_2_S23-59-58E00-00-58.mp4",
        rf"{DAY_APART}/[^/]+_S(?P<hour>\d\d)-(?P<minute>\d\d)-(?P<second>\d\d)E\d\d-\d\d-\d\d",
    ),
    # Panasonic's HomeHawk manual: 1, kind of recording, time, in a folder MM-DD-YYYY.
    Vendor(
        "Panasonic HomeHawk",
        "HH/WINDOW/01-31-2024/1M235958.mp4",
        rf"(?P<month>\d\d)-(?P<day>\d\d)-(?P<year>20\d\d)/1[AMC]{CLOCK}",
    ),
    # motionEye and ZLMediaKit (github.com/ZLMediaKit/ZLMediaKit, issue 679), in a day's folder.
    Vendor(
        "motionEye, ZLMediaKit",
        "front/2024-01-31/23-59-58.mp4",
        r"(?P<year>20\d\d)(?P<s>[-_]?)(?P<month>\d\d)(?P=s)(?P<day>\d\d)"
        r"/(?P<hour>\d\d)(?P<c>[-_.:])(?P<minute>\d\d)(?P=c)(?P<second>\d\d)"
        r"(?:[-_]\d\d(?P=c)\d\d(?P=c)\d\d)?",
    ),
    # Aqara (github.com/TheScubaDiver/camera-gallery-card, issue 11). Below other folders six digits
    # may be a counter.
    Vendor("Aqara", "lumi3.54ef44/20240131/235958.mp4", rf"lumi[^/]*/{DAY}/{CLOCK}"),
    # Axon Evidence: to the minute.
    Vendor(
        "Axon",
        "AXON_Body_3_Video_2024-01-31_2359_D01A33081.mp4",
        rf"AXON[ _][^/]*?[ _]{DAY_APART}[ _](?P<hour>\d\d)(?P<minute>\d\d)(?:[-_ ][^/]*)?",
        to_the_minute=True,
    ),
    # Nextbase and its kind: YYMMDD_HHMMSS_number, and which camera.
    Vendor(
        "Nextbase", "240131_235958_001_FH.MP4", rf"{SHORT_DAY}_{CLOCK}_\d{{3}}(?:_[FRPL][HLO])?"
    ),
    # Mio and Papago dash cameras.
    Vendor(
        "Mio",
        "FILE240131-235958-000058F.MP4",
        rf"(?:FILE|REC_|EMER|EVEN|EVER){SHORT_DAY}-{CLOCK}(?:-\d{{6}})?[FR]?",
    ),
    # Messengers name files by when a message came.
    Vendor(
        "WhatsApp",
        "WhatsApp Video 2024-01-31 at 23.59.58.mp4",
        r"WhatsApp (?:Video|Image|Unknown)[^/]*",
        not_the_recording="when a message came",
    ),
    Vendor(
        "Signal",
        "signal-2024-01-31-23-59-58-123.mp4",
        r"signal-\d{4}-\d\d-\d\d-[^/]*",
        not_the_recording="when a message came",
    ),
)

_COMPILED = tuple(
    (vendor, re.compile(rf"(?:^|/){vendor.pattern}$", re.IGNORECASE | re.ASCII))
    for vendor in VENDORS
)


class Named(NamedTuple):
    """The row of the table, and the naive time it tells; None for one that cannot be."""

    vendor: Vendor
    moment: datetime | None


def read_vendor(path: str) -> Named | None:
    """What the first row that knows such a path makes of it. ``path`` has no ending."""
    for vendor, pattern in _COMPILED:
        match = pattern.search(path)
        if match:
            return Named(vendor, _moment(match.groupdict()))
    return None


def _moment(groups: dict[str, str | None]) -> datetime | None:
    if "hour" not in groups:
        return _epoch(groups)
    year = groups.get("year") or f"20{groups.get('yy') or ''}"
    rest = ("month", "day", "hour", "minute", "second")
    try:
        return datetime(int(year), *(int(groups.get(part) or 0) for part in rest))  # type: ignore[arg-type]
    except ValueError:
        return None


def _epoch(groups: dict[str, str | None]) -> datetime | None:
    start = int(groups.get("epoch") or 0)
    length_s = int(groups.get("until") or start) - start
    if not start or not 0 <= length_s <= DAY_S:
        return None
    return datetime.fromtimestamp(start, UTC).replace(tzinfo=None)
