"""The people whom the scans found, beside those whom the processor finds in the same clips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.footage import copies
from benchmarks.gpu.people import require_people
from benchmarks.gpu.scan import scan
from benchmarks.rows import NOT_MEASURED, REFUSED, Row

ALLOWED = 0.01
"""That a score may differ."""
ENGINE = "engine.kind=in_process"

Scores = Mapping[str, float]


def measure(bench: Bench, known: Sequence[Row]) -> Iterator[Row]:
    require_people(bench)
    folder = bench.scratch / "agreement"
    config = bench.config(ENGINE, device="cpu")
    for scene, clip in bench.clips.items():
        theirs = found_before(known, scene)
        if theirs is None:
            yield Row(f"{scene}: same people", "", NOT_MEASURED, note="its scan found no rows")
            continue
        paths = copies(clip, folder / scene / "clips", 1)
        ours = scan(bench.home, folder / scene / "results", paths, config)
        if ours.failures:
            yield Row(f"{scene}: same people", "", REFUSED, note=ours.failures[0])
        for scores in ours.people.values():
            yield from compare(scene, theirs, scores)


def found_before(known: Sequence[Row], scene: str) -> Scores | None:
    """Whom the scan of a scene found in the first of its copies."""
    rows = [row for row in known if row.what == scene and "people" in row.detail]
    people = [scores for row in rows for _, scores in sorted(row.detail["people"].items())]
    return people[0] if people else None


def compare(scene: str, theirs: Scores, ours: Scores) -> Iterator[Row]:
    """``ours`` are the processor's."""
    everybody, both = sorted({*theirs, *ours}), sorted({*theirs} & {*ours})
    missing = [name for name in ours if name not in theirs]
    added = [name for name in theirs if name not in ours]
    note = "; ".join(
        f"{word}: {', '.join(names)}"
        for word, names in (("missed", missing), ("found besides", added))
        if names
    )
    yield Row(
        f"{scene}: same people",
        "as the processor finds",
        float(len(both)),
        "people",
        float(len(everybody)),
        note,
        {"gpu": dict(theirs), "processor": dict(ours)},
    )
    if both:
        worst = max(both, key=lambda name: abs(theirs[name] - ours[name]))
        gap = abs(theirs[worst] - ours[worst])
        note = f"{worst}: {theirs[worst]:.4f}, the processor {ours[worst]:.4f}; asked ≤ {ALLOWED}"
        yield Row(f"{scene}: largest score difference", "", round(gap, 5), note=note)
