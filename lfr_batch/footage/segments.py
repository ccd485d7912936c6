"""Cut an asset into segments: no gap, no overlap, borders at keyframes where they are known.
Pure.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left

from lfr_batch.records import FootageAsset, Segment, nanoseconds, seconds

CARRIED = (
    "sha256",
    "modified_ns",
    "changed_ns",
    "version_id",
    "stream",
    "first_byte",
    "end_byte",
    "sample_aspect",
    "mirrored",
    "fields",
    "views",
    "frame_rate",
    "codec",
    "head_end_byte",
)
"""What a segment knows of its asset, so that it can be opened as it was probed."""
LEAST_BYTES_S = 500
"""Of a second of a segment that no keyframe vouches for: a picture in which nothing moves takes
more."""
SHORT_TAIL = 0.5
"""A rest shorter than this share of a segment stays with its predecessor."""


def plan_segments(asset: FootageAsset, segment_s: float, result_key: str) -> list[Segment]:
    """Segments in time order; none for one that failed or was searched before; one for a still.

    ``result_key`` stands for everything else that determines the result (configuration, pack,
    gallery snapshot): it goes into each ``segment_id``.
    """
    if asset.status == "failed" or asset.known_from:
        return []
    borders = [] if asset.kind == "still" else _borders(asset, nanoseconds(segment_s))
    starts, ends = [0, *borders], [*borders, None]
    return [
        _segment(asset, start, end, result_key) for start, end in zip(starts, ends, strict=True)
    ]


def stretch_of(asset: FootageAsset, start_ns: int, end_ns: int | None) -> Segment:
    """Some of an asset that no run has planned; it begins at a keyframe, where any is known."""
    return _segment(asset, start_ns, end_ns, "")


def believed_s(segment: Segment) -> float:
    """How long it may last: what the header and the index say, as far as bytes bear it out; of a
    still 0."""
    if segment.kind == "still":
        return 0.0
    claimed_s = segment.end_s - segment.start_s
    return claimed_s if segment.bytes is None else min(claimed_s, segment.bytes / LEAST_BYTES_S)


def _borders(asset: FootageAsset, segment_ns: int) -> list[int]:
    end_ns = _end_ns(asset)
    borders: list[int] = []
    most = _most_borders(asset, segment_ns)
    border = _next_border(asset.keyframes_ns, segment_ns)
    while border is not None and len(borders) < most and end_ns - border >= segment_ns * SHORT_TAIL:
        borders.append(border)
        border = _next_border(asset.keyframes_ns, border + segment_ns)
    return borders


def _most_borders(asset: FootageAsset, segment_ns: int) -> float:
    """A header may claim any duration; without an index, bytes bound what there can be."""
    if asset.keyframes_ns or asset.bytes is None:
        return math.inf
    return asset.bytes // (LEAST_BYTES_S * seconds(segment_ns))


def _end_ns(asset: FootageAsset) -> int:
    announced = nanoseconds(asset.duration_s) if asset.duration_s else 0
    return max((announced, *asset.keyframes_ns[-1:]))


def _next_border(keyframes_ns: tuple[int, ...], nominal_ns: int) -> int | None:
    """The first keyframe at or after the nominal border; the border itself without keyframes."""
    if not keyframes_ns:
        return nominal_ns
    at = bisect_left(keyframes_ns, nominal_ns)
    return keyframes_ns[at] if at < len(keyframes_ns) else None


def _segment(asset: FootageAsset, start_ns: int, end_ns: int | None, result_key: str) -> Segment:
    shape = (asset.rotation_deg, asset.mirrored, asset.sample_aspect, asset.fields)
    identity = (asset.footage_id, start_ns, end_ns, *shape, result_key)
    return Segment(
        segment_id=hashlib.sha256(repr(identity).encode()).hexdigest()[:16],
        footage_id=asset.footage_id,
        uri=asset.uri,
        kind=asset.kind,
        start_ns=start_ns,
        end_ns=end_ns,
        duration_s=asset.duration_s,
        rotation_deg=asset.rotation_deg,
        bytes=asset.bytes,
        enter_byte=_entry_byte(asset, start_ns, 0) if start_ns else None,
        # Frames before the end may stand behind the first at the end: up to the next keyframe.
        leave_byte=None if end_ns is None else _entry_byte(asset, end_ns, 1),
        **{name: getattr(asset, name) for name in CARRIED},
    )


def _entry_byte(asset: FootageAsset, time_ns: int, later: int) -> int | None:
    """Where the keyframe of that time stands, or one of those after it."""
    if not asset.entry_bytes:
        return None
    at = bisect_left(asset.keyframes_ns, time_ns) + later
    return asset.entry_bytes[at] if at < len(asset.entry_bytes) else None
