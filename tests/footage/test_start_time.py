from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lfr_batch.footage.name_vendors import VENDORS, Vendor
from lfr_batch.footage.start_time import from_filename, from_tags, not_in_the_future

MOMENT = datetime(2024, 1, 31, 23, 59, 58, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.maker)
def test_every_example_of_the_table(vendor: Vendor) -> None:
    told = from_filename(f"/archive/case 7/{vendor.example}")
    if vendor.not_the_recording:
        assert told.utc is None
        assert vendor.not_the_recording in (told.doubt or "")
    else:
        assert told.utc == MOMENT.replace(second=0 if vendor.to_the_minute else 58)
    # The zone of the recorder counts where the maker does not name by UTC.
    there = from_filename(f"s3://bucket/{vendor.example}", ZoneInfo("Asia/Kolkata"))
    if told.utc:
        assert told.utc - there.utc == timedelta(hours=0 if vendor.utc else 5.5)  # type: ignore[operator]


@pytest.mark.parametrize(
    "name",
    [
        "20240131_235958.mp4",
        "2024-01-31T23-59-58Z.mkv",
        "2024-01-31 23.59.58.avi",
        "cam03_20240131235958_main.ts",
        "VID-20240131-235958-0001.mp4",
        "2024_01_31__23_59_58.mp4",
        "NVR_ch1_main_20240131235958_20240201000458.dav",
        "12345678_20240131_235958.mp4",
        "2024-01-31T23:59:58.000Z.mp4",
        # no ending, odd endings
        "2024-01-31 23.59.58",
        "20240131_235958.3gp",
        "20240131_235958.h264",
        "2024-01-31 23.59.58.123.mp4",
        # AM and PM
        "2024-01-31 11-59-58 PM.mp4",
        "2024-01-31 11.59.58pm.mp4",
        "2024-01-31 11.59.58pm",
        "2024-01-31_11_59_58_PM_cam2.mp4",
        "20240131_115958PM.mp4",
        "20240131-115958-p.m..mp4",
        "2024-01-31 11.59.58 P.M.mp4",
        "2024-01-31 PM 11-59-58.mp4",
        "2024-01-31 23-59-58 PM.mp4",
        "Screenshot 2024-01-31 at 11.59.58\u202fPM.png",
        "Screen Recording 2024-01-31 at 23.59.58.mov",
        "Bildschirmaufnahme 2024-01-31 um 23.59.58.mov",
        # offsets
        "2024-01-31T18:59:58-05:00.mp4",
        "2024-01-31T18:59:58-0500.mp4",
        "2024-01-31T18:59:58-05.mp4",
        "20240131T185958-0500.mp4",
        "2024-01-31T18-59-58-05-00.mp4",
        "2024-02-01T01:59:58+02.mp4",
        "2024-02-01 01-59-58+0200.mp4",
        "20240201_015958 +02:00.mp4",
        "Roof_Rear_2024-01-31T15_59_58-0800.mp4",
        "2024-01-31T23_59_58+00_00.mp4",
        "2024-01-31 23.59.58 UTC.mp4",
        "2024-02-01 00.59.58 GMT+1.mp4",
        "2024-01-31 18.59.58 (UTC-5).mp4",
        "2024-01-31 18:59:58 -0500.mp4",
        "2024-01-31T18.59.58 -05.00.mp4",
        "2024-01-31 6.59.58 PM -05:00.mp4",
        "2024-01-31T23：59：58Z.mp4",
        "2024-01-31T23꞉59꞉58.mp4",
        # not offsets: parts, channels, lengths, hundredths
        "20240131-235958-01.mp4",
        "20240131-235958-12_front.mp4",
        "2024-01-31_23-59-58-front.mp4",
        "20240131-235958-000058_192.168.1.11-CH2.avi",
        "2024-01-31_23-59-58-123.mp4",
        "20240131_235958-0015.mp4",
        "2024-01-31 23.59.58-00.00.58.mp4",
        "2024-01-31 23.59.58-05.30.00.mp4",
        "[2024-01-31][23-59-58].mp4",
        "2024-01-31 (23.59.58).mp4",
        # weeks, days of the year, names of months
        "2024-W05-3T23:59:58.mp4",
        "2024W053T235958.mp4",
        "2024-W05-3_23-59-58.mp4",
        "2024-031T23-59-58.mp4",
        "2024-031 23-59-58.mp4",
        "2024031T235958Z.mp4",
        "CAR1_Jan.31.2024_23.59.58+.avi",
        "31-Jan-2024 23-59-58.mp4",
        "31 January 2024, 11.59.58 PM.mp4",
        "2024-Jan-31_235958.mp4",
        # the day cannot be a month
        "31-01-2024 23-59-58.mp4",
        "31.01.2024_23.59.58.mp4",
        "31012024_235958.mp4",
        "Front Door - 1-31-2024, 11.59.58pm.mp4",
        "G4 1-31-2024, 23.59.58 GMT+0 - 2-1-2024, 00.00.58 GMT+0.mp4",
        "Camera1 31-01-2024 23-59-58 - 01-02-2024 00-00-58.mp4",
        # recorders, dash and body-worn cameras, doorbells, phones
        "ch01_20240131235958.mp4",
        "192.168.1.64_01_20240131235958123_1.mp4",
        "Camera 01_192.168.1.64_20240131235958_20240201000058_4711.mp4",
        "XVR_ch1_main_20240131235958_20240201000058.dav",
        "20240131_235958_1234_ACCC8E012345.mkv",
        "20240131/23/20240131_235958_1234_ACCC8E.mkv",
        "Garden_00_20240131235958.mp4",
        "RecM01_20240131_235958_235959_6D28808_1A2B3C.mp4",
        "RecM02_DST20240131_235958_000058_0_800_7E.mp4",
        "H20240131-235958P1N2P0.avi",
        "Cam1.20240131_235958.mp4",
        "01-20240131235958.mp4",
        "MDAlarm_20240131_235958.mkv",
        "RingVideo_20240131_235958.mp4",
        "VB400-0042@20240131T235958Z.mp4",
        "2024_0131_235958_0001F.MP4",
        "2024_0131_235958_001.MP4",
        "20240131_235958_NF.mp4",
        "REC_2024_01_31_23_59_58_F.MP4",
        "NO20240131-235958-000001F.MP4",
        "2024-01-31_23-59-58-left_repeater.mp4",
        "DJI_20240131235958_0001_D.MP4",
        "VID_20240131_235958.mp4",
        "video_2024-01-31_23-59-58 (1).mp4",
        "file:///archive/caf%E9/2024-01-31%2023-59-58.mp4",
    ],
)
def test_times_in_names(name: str) -> None:
    told = from_filename(name)
    assert (told.utc, told.doubt) == (MOMENT, None)


@pytest.mark.parametrize(
    ("name", "utc"),
    [
        ("20240131_235958.mp4", "2024-01-31T23:59:58Z"),
        ("20240701_120000.mp4", "2024-07-01T11:00:00Z"),
        ("2024-07-01T12:00:00Z.mp4", "2024-07-01T12:00:00Z"),
        ("20240701T120000.250Z_cam1.mp4", "2024-07-01T12:00:00Z"),
        ("20240701T120000+0300.mp4", "2024-07-01T09:00:00Z"),
        ("20240701T120000+03:00.mp4", "2024-07-01T09:00:00Z"),
        ("20240701_120000_Zone4.mp4", "2024-07-01T11:00:00Z"),
        ("20240701_120000Zone4.mp4", "2024-07-01T11:00:00Z"),
        ("2024-01-31T23:59:58-05:00.mp4", "2024-02-01T04:59:58Z"),
        ("2024-01-31 12-00-00 AM.mp4", "2024-01-31T00:00:00Z"),
        ("2024-01-31 12-00-00 PM.mp4", "2024-01-31T12:00:00Z"),
        ("2024-01-31 1.05.09 am.mp4", "2024-01-31T01:05:09Z"),
        ("2024-07-01 1.05.09 PM.mp4", "2024-07-01T12:05:09Z"),
        ("2024-01-31 00-00-01 AM.mp4", "2024-01-31T00:00:01Z"),
        ("02-02-2024 10-00-00.mp4", "2024-02-02T10:00:00Z"),
        ("05-01-2024 10.00.00 - 13-01-2024 10.00.00.mp4", "2024-01-05T10:00:00Z"),
    ],
)
def test_local_times_in_names(name: str, utc: str) -> None:
    moment = from_filename(name, LONDON).utc
    assert moment == datetime.fromisoformat(utc)
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("01-02-2024 23-59-58.mp4", "2 January 2024 or 1 February 2024"),
        ("Front Door - 2-9-2020, 11.21.12pm.mp4", "9 February 2020 or 2 September 2020"),
        ("01022024_235958.mp4", "2 January 2024 or 1 February 2024"),
        ("24-01-31 23-59-58.mp4", "31 January 2024 or 24 January 2031"),
        ("240131_235958.mp4", "year has two digits"),
        ("2024-031_235958.mp4", "day of the year may be any number"),
        ("2024-01-31 1-05-09.mp4", "an hour of one digit without AM or PM"),
        ("2024-01-31 11.59.58 - 12.00.58 AM.mp4", "another time in it says AM or PM"),
        ("2024-01-31_13-59-58_AM.mp4", "contradict"),
        ("2024-01-31 00-15-00 PM.mp4", "contradict"),
        ("20240131T235958-05.mp4", "-05 may be an offset from UTC or a number"),
        ("20240131-235958-0500.mp4", "-0500 may be an offset from UTC or a number"),
        ("2024-01-31 23.59.58 -0500.mp4", "-0500 may be an offset from UTC or a number"),
        ("2024-01-31 23-59-58 EST.mp4", "EST names no certain offset"),
        ("20240131_235958_export_20240205_101010.mp4", "these are different times"),
        ("20240131_110000_20240131_010000.mp4", "it ends before it begins"),
        ("20240131T235958-20240201T000058Z.mp4", "only the second states a zone"),
        ("2024-02-30 23-59-58.mp4", "tells 2024-02-30 23-59-58: there is no such date"),
        ("2024-13-01T10:00:00.mp4", "there is no such date"),
        ("20240230_235958.mp4", "there is no such date"),
        ("2024-01-31_24-00-00.mp4", "there is no such time of day"),
        ("2024-01-31_23-60-00.mp4", "there is no such time of day"),
        ("20240131_240000.mp4", "there is no such time of day"),
        ("2024-01-31T24:00:01.mp4", "there is no such time of day"),
        ("WhatsApp Image 2024-01-31 at 11.59.58 PM.jpeg", "when a message came"),
    ],
)
def test_what_may_be_read_in_two_ways_is_no_time_and_is_said(name: str, says: str) -> None:
    told = from_filename(name)
    assert told.utc is None
    assert says in (told.doubt or "")


@pytest.mark.parametrize(
    "name",
    [
        "clip.mp4",
        "20241331_235958.mp4",
        "2024-W54-1T23-59-58.mp4",
        "2023-366T23-59-58.mp4",
        "20240131_236000.mp4",
        "20240131.mp4",
        "12345678901234567890.mp4",
        "1080p60.mp4",
        "VID-20240131-WA0001.mp4",
        "ch01_00000000012000000.mp4",
        "19700101_000000.mp4",
        "19040101_000000.mp4",
        "1706745598123.mp4",
        "1706745598.mp4",
        "1706745598-1999999999.mp4",
        "192.168.1.64_01.mp4",
        "10.10.10.20_12.30.45.mp4",
        "20240131/000123.jpg",
        "20240131/23-59.mp4",
        "23.59.58-00.00.58[M][0@0][0].dav",
        "IMG_1234.MOV",
        "SN 2024-0131-2359.mp4",
        "9780201633610_235958.mp4",
        "20240131235958201.mp4x/clip",
    ],
)
def test_names_without_a_time(name: str) -> None:
    told = from_filename(name)
    assert (told.utc, told.doubt) == (None, None)


@pytest.mark.parametrize(
    "name", ["2024-01-31T24:00:00Z", "20240131T240000", "2024-01-31T24∶00∶00+00:00"]
)
def test_the_end_of_a_day_is_the_next_midnight(name: str) -> None:
    assert from_filename(f"{name}.mp4").utc == datetime(2024, 2, 1, tzinfo=UTC)


def test_a_day_that_exists_beside_one_that_does_not() -> None:
    assert from_filename("2024-02-30 10-00-00 20240131_235958.mp4").utc == MOMENT


@pytest.mark.parametrize(("hours", "taken"), [(-1, True), (14, True), (25, False), (10**5, False)])
def test_what_is_to_come_is_no_time(hours: int, taken: bool) -> None:
    told = from_filename("20240131_235958.mp4")
    checked = not_in_the_future(told, MOMENT - timedelta(hours=hours))
    assert (checked == told) is taken
    assert checked.doubt is None if taken else "that is to come" in (checked.doubt or "")


@given(st.integers(0, 10**13 - 1).map(str) | st.integers(10**17, 10**24).map(str))
def test_a_serial_number_is_no_time(number: str) -> None:
    for name in (number, f"SN{number}_cam", f"{number[:5]}-{number[5:]}", f"+44{number}"):
        assert from_filename(f"{name}.mp4").utc is None


@given(st.uuids(), st.binary(min_size=6, max_size=6))
def test_identifiers_are_no_time(one: uuid.UUID, mac: bytes) -> None:
    for name in (str(one), "-".join(f"{byte:02x}" for byte in mac), mac.hex(":").upper()):
        assert from_filename(f"{name}.mp4").utc is None


@given(st.lists(st.integers(0, 255), min_size=4, max_size=4), st.integers(0, 65535))
def test_addresses_are_no_time(parts: list[int], port: int) -> None:
    address = ".".join(map(str, parts))
    for name in (f"{address}_{port}", f"{address}-{port}_1", f"v{address}.{port}"):
        assert from_filename(f"{name}.mp4").utc is None


@given(
    st.datetimes(datetime(1991, 1, 1), datetime(2099, 12, 30)),
    st.sampled_from(["%Y%m%d%H%M%S", "%Y-%m-%d %H-%M-%S", "%Y-%m-%d %I.%M.%S %p", "%Y_%m%d_%H%M%S",
                     "%G-W%V-%uT%H-%M-%S", "%Y-%jT%H%M%S", "%d-%b-%Y %H.%M.%S"]),
)  # fmt: skip
def test_what_is_written_is_read(moment: datetime, form: str) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert from_filename(f"cam 3 {moment:{form}}.mp4").utc == moment


@pytest.mark.parametrize(
    ("name", "utc", "says"),
    [
        ("20241027_013000.mp4", "2024-10-27T00:30:00Z", "happened twice"),
        ("20241027_013000Z.mp4", "2024-10-27T01:30:00Z", None),
        ("20240331_013000.mp4", "2024-03-31T01:30:00Z", "did not exist"),
        ("20240331_023000.mp4", "2024-03-31T01:30:00Z", None),
        ("2024-03-31/01-30-00.mp4", "2024-03-31T01:30:00Z", "did not exist"),
        ("PXL_20240331_013000123.mp4", "2024-03-31T01:30:00Z", None),
    ],
)
def test_where_clocks_change(name: str, utc: str, says: str | None) -> None:
    told = from_filename(name, LONDON)
    assert told.utc == datetime.fromisoformat(utc)
    assert told.doubt is None if says is None else says in (told.doubt or "")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"creation_time": "2024-01-31T23:59:58.000000Z"}, MOMENT),
        ({"CREATION_TIME": "2024-01-31 23:59:58"}, MOMENT),
        ({"creation_time": "2024-02-01T01:59:58+02:00"}, MOMENT),
        ({"creation_time": "1904-01-01T00:00:00Z"}, None),
        ({"creation_time": "yesterday"}, None),
        ({"creation_time": "0001-01-01T00:00:00+02:00"}, None),
        ({"title": "2024-01-31"}, None),
    ],
)
def test_container_tags(tags: dict[str, str], expected: datetime | None) -> None:
    assert from_tags(tags) == expected
