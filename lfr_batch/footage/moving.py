"""Probe moving pictures: every recording in a file, every stream of footage in a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain, islice
from typing import Any

import av
from av.container import InputContainer

from lfr_batch.errors import FootageError, FootageUnreadable
from lfr_batch.footage.decoded import Decoded
from lfr_batch.footage.entering import entries_of, glimpse
from lfr_batch.footage.fragmented import Fragments
from lfr_batch.footage.keyframes import JOINABLE, ONLY_THE_START, from_index, from_packets
from lfr_batch.footage.motion import cells_wh
from lfr_batch.footage.multiplex import count_views
from lfr_batch.footage.picture_probe import probe_picture
from lfr_batch.footage.places import ObjectFacts, Source
from lfr_batch.footage.pyav import decode
from lfr_batch.footage.pyav_frame import PyavFrame, Scalers
from lfr_batch.footage.pyav_input import (
    Part,
    Video,
    beside_footage,
    frame_rate,
    moving_streams,
    open_container,
    open_video,
    video_of,
)
from lfr_batch.footage.ranged import glancing
from lfr_batch.footage.reading import Reading
from lfr_batch.footage.recordings import FileLayout, Recording, layout_of
from lfr_batch.footage.shape import Shape
from lfr_batch.footage.signatures import missing_share, missing_tail
from lfr_batch.records import NS_PER_S, ByteArray, FootageEntry

MAX_PIXELS = 36_000_000
"""Of a frame: the largest of H.264 and HEVC at level 6.2 (8192 x 4352). A decoder keeps several."""
VIEWS_LOOKED_FOR_IN = 72
"""Frames: twice those of the largest multiplexing recorder. Ordinary footage tells in four."""
UNINDEXED_BYTES = 4096
"""Media data behind the last sample that an index names; less is a muxer's slack."""

SLACK_NS = NS_PER_S // 4
"""Of pictures that an edit list leaves out: its own unit of time is coarser than theirs."""
INDEXED_FORMATS = frozenset({"mp4", "mov"})
"""Whose index names every picture, those as well that an edit list leaves out."""

Fields = dict[str, Any]
"""Of a FootageAsset."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What probing found of one stream of one recording, or of a still."""

    fields: Fields
    tags: dict[str, str] = field(default_factory=dict)
    """The container's metadata and the stream's."""
    starts_after_s: float = 0.0
    """How long after whatever begins first in the container the pictures begin."""
    packets: bool = True
    """Whether the stream has any; one that is only announced is left out beside others."""
    one_clock: bool = True
    """Whether the container vouches that its time never begins anew."""


def probe_moving(
    entry: FootageEntry, source: Source, head: bytes, facts: ObjectFacts
) -> list[Probed]:
    """At least one. Raises FootageUnreadable where the only stream there is cannot be searched."""
    with source.open_bytes() as file:
        layout = layout_of(glancing(file), facts.bytes)
    parts = _parts(layout)
    found = [
        each
        for number, (part, recording) in enumerate(parts, start=1)
        for each in _recording(entry, source, part, recording, number, alone=len(parts) == 1)
    ]
    tail = missing_tail(head, facts.bytes)
    if tail:
        last = found[-1].fields
        missing = max(missing_share(head, facts.bytes), last.get("unsearched_share", 0.0))
        error = f"{entry.uri} is truncated: {tail}"
        last.update(status="damaged", error=error, unsearched_share=missing)
    if layout.behind_bytes:
        what = f"{layout.behind_bytes} bytes of {entry.uri} are no part of its recordings"
        found[-1] = without(found[-1], what, layout.behind_bytes / facts.bytes)
    return found


def without(probed: Probed, what: str, share: float) -> Probed:
    """With content that is not looked at; a fault goes before it in the status."""
    fields = probed.fields
    said = [text for text in (fields.get("unsearched"), f"{what}: they are not searched") if text]
    status = "partly" if fields["status"] == "ok" else fields["status"]
    more = {"status": status, "unsearched": "; ".join(said), "unsearched_share": share}
    return replace(probed, fields={**fields, **more})


def _parts(layout: FileLayout) -> list[tuple[Part, Recording | None]]:
    """A file of one recording is opened whole, and the last of several goes to the file's end."""
    if len(layout.recordings) < 2:
        return [(Part(), next(iter(layout.recordings), None))]
    ends = [*(each.end_byte for each in layout.recordings[:-1]), None]
    return [
        (Part(None, each.first_byte, end), each)
        for each, end in zip(layout.recordings, ends, strict=True)
    ]


def _recording(
    entry: FootageEntry,
    source: Source,
    part: Part,
    recording: Recording | None,
    number: int,
    *,
    alone: bool,
) -> list[Probed]:
    where = {"recording": number, "first_byte": part.first_byte, "end_byte": part.end_byte}
    try:
        streams = _streams(entry, source, part, recording)
    except FootageError as error:
        if recording is not None and recording.fragments:
            plain = replace(recording, fragments=())
            return _recording(entry, source, part, plain, number, alone=alone)
        if alone:
            raise
        streams = [_lost(f"recording {number} of {entry.uri} cannot be searched: {error}")]
    return [replace(each, fields={**each.fields, **where}) for each in streams]


def _lost(error: str, **fields: Any) -> Probed:
    return Probed({"status": "failed", "error": error, **fields})


def _streams(
    entry: FootageEntry, source: Source, part: Part, recording: Recording | None
) -> list[Probed]:
    """One for each stream of footage, that which a player would show first."""
    uri = entry.uri
    fragments = recording.fragments if recording is not None else ()
    seen = replace(part, holes=glimpse(recording))
    with open_container(source, seen) as container:
        main, *others = moving_streams(uri, container)
        behind_bytes = _behind_index(container, recording)
        named = enumerate(map(beside_footage, container.streams.video))
        aside = [(n, what) for n, what in named if what and n not in {main, *others}]
        found = [
            _stream(
                entry, source, replace(seen, stream=main), fragments, container, alone=not others
            )
        ]
    for n in others:
        other = replace(seen, stream=n)
        found.append(_stream(entry, source, other, fragments, None, alone=False))
    for each in found:
        # FFmpeg's index of fragments that are in doubt would lead past some of them.
        if recording is not None and recording.in_fragments and "entry_bytes" not in each.fields:
            each.fields["keyframes_ns"] = ONLY_THE_START
    there = [each for each in found if each.packets]
    if not there:
        raise FootageUnreadable(f"{uri} holds no frame that can be decoded: it is damaged")
    said = there[0].fields.get("unsearched")
    if behind_bytes >= UNINDEXED_BYTES and recording is not None and not said:
        what = f"{behind_bytes} bytes of {uri} stand behind the last picture that its index names"
        share = behind_bytes / (recording.end_byte - recording.first_byte)
        there[0] = without(there[0], what, share)
    for n, what in aside:
        _note(there[0], f"video stream {n} holds {what} and is not searched")
    return there


def _note(probed: Probed, sentence: str) -> None:
    known = probed.fields.get("notes")
    probed.fields["notes"] = f"{known}; {sentence}" if known else sentence


def _behind_index(container: InputContainer, recording: Recording | None) -> int:
    """Bytes of media data behind the last sample of any stream."""
    if recording is None or recording.media_end is None:
        return 0
    lasts = [stream.index_entries[-1] for stream in container.streams if len(stream.index_entries)]
    if not lasts:
        return 0
    return recording.media_end - recording.first_byte - max(e.pos + e.size for e in lasts)


def _stream(
    entry: FootageEntry,
    source: Source,
    part: Part,
    fragments: Sequence[Fragments],
    container: InputContainer | None,
    *,
    alone: bool,
) -> Probed:
    """What fragments do not lead to is looked at once more, whole."""
    number = part.stream
    try:
        if container is not None:
            probed = _video(entry, video_of(entry.uri, container, number), fragments)
        else:
            with open_video(source, part=part) as video:
                probed = _video(entry, video, fragments)
    except FootageError as error:
        if part.holes:
            return _stream(entry, source, replace(part, holes=()), (), None, alone=alone)
        if alone:
            raise
        return _lost(f"{error} (video stream {number})", stream=number)
    if part.holes and not probed.fields.get("entry_bytes"):
        return _stream(entry, source, replace(part, holes=()), (), None, alone=alone)
    # In a bucket reading is dear, yet a seek into time that begins anew would pass over footage.
    pays = source.path is not None or not probed.one_clock
    if not probed.fields.get("keyframes_ns") and pays and probed.packets:
        with open_video(source, part=part) as fresh:
            probed.fields["keyframes_ns"] = from_packets(fresh)
    return replace(probed, fields={**probed.fields, "stream": number})


def _video(entry: FootageEntry, video: Video, fragments: Sequence[Fragments]) -> Probed:
    _require_decodable_size(video)
    reading = Reading(video.timing)
    frames = decode(video, reading)
    first = next(frames, None)
    if first is None and not reading.packets and not reading.failed_ns:
        return Probed({"status": "failed"}, packets=False)
    if first is None:
        raise FootageUnreadable(
            f"{video.uri} holds no frame that can be decoded: it is damaged or encrypted"
        )
    views = count_views(map(_cells, islice(chain([first], frames), VIEWS_LOOKED_FOR_IN)))
    probed = Probed(
        {**_fields(entry, video, first.frame), "views": views},
        {**video.stream.metadata, **video.container.metadata},
        video.starts_after_s,
        one_clock=video.container.format.name not in JOINABLE,
    )
    if views > 1:
        _note(probed, f"the pictures of {views} cameras take turns: each is followed by itself")
    hidden = _hidden(video)
    probed.fields.update(_entries(video, fragments))
    if not hidden:
        return probed
    what = (
        f"{hidden} of {video.stream.frames} pictures of {video.uri} are left out by its index, as "
        "trimming leaves them (an edit list)"
    )
    return without(probed, what, hidden / video.stream.frames)


def _entries(video: Video, fragments: Sequence[Fragments]) -> Fields:
    found = entries_of(video, fragments)
    return asdict(found) if found is not None else {}


def _hidden(video: Video) -> int:
    """Pictures that an MP4 or MOV file holds and its edit list leaves out; some are its slack."""
    if not INDEXED_FORMATS & set(video.container.format.name.split(",")):
        return 0
    shown = sum(not entry.is_discard for entry in video.stream.index_entries)
    hidden = video.stream.frames - shown if shown else 0
    return hidden if hidden * video.timing.frame_ns > SLACK_NS else 0


def _cells(decoded: Decoded) -> ByteArray:
    wh = cells_wh((decoded.frame.width, decoded.frame.height))
    return PyavFrame(Decoded(decoded.frame), Shape(), Scalers()).luma(*wh)


def _require_decodable_size(video: Video) -> None:
    codec = video.stream.codec_context
    if codec.width * codec.height > MAX_PIXELS:
        raise FootageUnreadable(
            f"the pictures of {video.uri} have {codec.width} x {codec.height} pixels; more than "
            f"{MAX_PIXELS // 1_000_000} megapixels are not decoded in a video: scale it down"
        )


def _fields(entry: FootageEntry, video: Video, frame: av.VideoFrame) -> Fields:
    rate = frame_rate(video.stream)
    return {
        "status": "ok",
        "duration_s": video.duration_s,
        "codec": video.stream.codec_context.name,
        "frame_rate": float(rate) if rate else None,
        "keyframes_ns": from_index(video),
        **probe_picture(video, frame, entry),
    }
