"""Small HEIF files: pictures coded as HEVC keyframes, in the boxes of ISO/IEC 23008-12."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

import av

from lfr_batch.records import ByteArray

TRANSFORMS: dict[int, tuple[bytes, ...]] = {
    1: (),
    2: (b"imir\x01",),
    3: (b"irot\x02",),
    4: (b"imir\x00",),
    5: (b"irot\x01", b"imir\x00"),
    6: (b"irot\x03",),
    7: (b"irot\x03", b"imir\x00"),
    8: (b"irot\x01",),
}
"""The properties that say what EXIF's orientation says: turn anticlockwise, then mirror."""


def heif(
    pictures: Sequence[ByteArray], orientation: int = 1, brand: bytes = b"heic", exif: bytes = b""
) -> bytes:
    """A file of these RGB pictures (even sides), the first of them primary.

    ``exif``: a TIFF block that is stored beside the first picture.
    """
    coded = [_coded(picture) for picture in pictures]
    items = [sample for _, sample in coded] + ([b"\0\0\0\0" + exif] if exif else [])
    kinds = [b"hvc1"] * len(coded) + [b"Exif"] * bool(exif)
    head = _box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    size = len(_meta(kinds, items, pictures, coded, orientation, 0))
    meta = _meta(kinds, items, pictures, coded, orientation, len(head) + size + 8)
    return head + meta + _box(b"mdat", b"".join(items))


def _coded(picture: ByteArray) -> tuple[bytes, bytes]:
    """An hvcC box, and the picture's units, each behind its length."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        options = {"x265-params": "log-level=none:crf=4:bframes=0"}
        stream = container.add_stream("libx265", rate=25, options=options)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    data = out.getvalue()
    at = data.index(b"hvcC") - 4
    config = data[at : at + int.from_bytes(data[at : at + 4], "big")]
    with av.open(io.BytesIO(data), "r") as written:
        return config, bytes(next(written.demux(video=0)))


def _meta(
    kinds: Sequence[bytes],
    items: Sequence[bytes],
    pictures: Sequence[ByteArray],
    coded: Sequence[tuple[bytes, bytes]],
    orientation: int,
    first_at: int,
) -> bytes:
    places, at = b"", first_at
    for number, item in enumerate(items, start=1):
        places += struct.pack(">HHHII", number, 0, 1, at, len(item))
        at += len(item)
    named = [
        _full(b"infe", struct.pack(">HH", number, 0) + kind + b"\0", version=2)
        for number, kind in enumerate(kinds, start=1)
    ]
    turns = [_box(each[:4], each[4:]) for each in TRANSFORMS[orientation]]
    properties, linked = list(turns), b""
    for number, (picture, (config, _)) in enumerate(zip(pictures, coded, strict=True), start=1):
        height, width = picture.shape[:2]
        properties += [config, _full(b"ispe", struct.pack(">II", width, height))]
        own = [len(properties) - 1 | 0x80, len(properties)]
        uses = [*own, *(i | 0x80 for i in range(1, len(turns) + 1))]
        linked += struct.pack(">HB", number, len(uses)) + bytes(uses)
    refers = _full(b"iref", _box(b"cdsc", struct.pack(">HHH", len(items), 1, 1)))
    return _full(
        b"meta",
        _full(b"hdlr", bytes(4) + b"pict" + bytes(13))
        + _full(b"pitm", struct.pack(">H", 1))
        + _full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + places)
        + _full(b"iinf", struct.pack(">H", len(items)) + b"".join(named))
        + (refers if b"Exif" in kinds else b"")
        + _box(
            b"iprp",
            _box(b"ipco", b"".join(properties))
            + _full(b"ipma", struct.pack(">I", len(coded)) + linked),
        ),
    )


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def _full(name: bytes, content: bytes, version: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24) + content)
