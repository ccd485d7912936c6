"""Files that mean harm, or met it: what the product makes of them.

    python -m benchmarks.hostile --count 1000 --seed 7 --out hostile.json
        [--of WORD …] [--keep FOLDER] [--limit-s 5] [--markdown]
    python -m benchmarks.hostile --seed 7 --only 413 --keep FOLDER

Small valid files of every format are made here and changed by a generator: bits, blocks, lengths,
claims of size and time, two files in one. Each is probed, planned and its first segments decoded
as a worker does it, in one of two processes that are kept from file to file and replaced when they
die or take longer than the limit. Every file has to end with pictures or with a sentence that names
it; exceptions from outside the error tree, hangs, crashes, more than 1.5 GB and more segments than
its bytes can hold are offences. Each offender is listed with its number: ``--only`` makes, keeps
and examines that one again; ``--of`` takes only seeds with such a word in their name, so numbers
count anew. The exit code is 1 where there is an offender.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

from benchmarks.hostile_mutations import mutated
from benchmarks.hostile_pool import Examiner, Target, examiner
from benchmarks.hostile_seeds import Seed, make_seeds, of_kinds
from benchmarks.hostile_target import examine
from benchmarks.hostile_verdict import MEMORY_MIB, Verdict, as_table, outcome_of, sentence_of
from benchmarks.machine import describe_machine
from benchmarks.tables import show

AT_ONCE = 2
SLOWEST = 20


def examined(
    seeds: tuple[Seed, ...],
    seed: int,
    numbers: Sequence[int],
    folder: Path,
    limit_s: float,
    keep: Path | None = None,
    target: Target = examine,
) -> Iterator[Verdict]:
    """A verdict for each number, in order. ``folder`` is where files lie while they are looked at;
    those of offenders are kept in ``keep``."""
    idle: SimpleQueue[Examiner] = SimpleQueue()
    with ExitStack() as opened:
        for n in range(min(AT_ONCE, len(numbers))):
            log = folder / f"said-{n}.log"
            idle.put(opened.enter_context(examiner(target, log, limit_s)))

        def judged(number: int) -> Verdict:
            mine = idle.get()
            try:
                return _judged(seeds, seed, number, folder, mine, keep)
            finally:
                idle.put(mine)

        yield from opened.enter_context(ThreadPoolExecutor(AT_ONCE)).map(judged, numbers)


def _judged(
    seeds: tuple[Seed, ...],
    seed: int,
    number: int,
    folder: Path,
    mine: Examiner,
    keep: Path | None,
) -> Verdict:
    origin, data, done = mutated(seeds, seed, number)
    path = folder / f"{number:06d}-{origin.name}{origin.suffix}"
    path.write_bytes(data)
    ended = mine.examine(path)
    outcome = outcome_of(ended, path.name, len(data))
    verdict = Verdict(number, origin.name, done, len(data), outcome, ended, sentence_of(ended))
    path.unlink()
    if keep is not None and verdict.bad:
        (keep / path.name).write_bytes(data)
    return verdict


def as_report(verdicts: Sequence[Verdict], seed: int) -> dict[str, object]:
    """Counts, offenders, what took longest and most; as JSON."""
    slow = sorted(verdicts, key=lambda v: -v.ended.wall_s)[:SLOWEST]
    large = sorted(verdicts, key=lambda v: -v.ended.peak_mib)[:SLOWEST]
    return {
        "machine": describe_machine(),
        "seed": seed,
        "files": len(verdicts),
        "memory_limit_mib": MEMORY_MIB,
        "outcomes": Counter(v.outcome for v in verdicts),
        "offenders": [{"seed": seed, **asdict(v)} for v in verdicts if v.bad],
        "slowest": [asdict(v) for v in slow],
        "largest": [asdict(v) for v in large],
        "sentences": {v.number: v.sentence for v in verdicts if v.sentence},
    }


def main(argv: Sequence[str] | None = None) -> int:
    asked = _asked(argv)
    numbers = range(asked.count) if asked.only is None else [asked.only]
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds = of_kinds(make_seeds(folder), asked.of)
        if not seeds:
            sys.exit(f"No seed has any of these words in its name: {', '.join(asked.of)}.")
        if asked.only is not None and asked.keep:
            origin, data, done = mutated(seeds, asked.seed, asked.only)
            kept = asked.keep / f"{asked.only:06d}-{origin.name}{origin.suffix}"
            kept.write_bytes(data)
            print(f"{kept}: {done}")
        found = examined(seeds, asked.seed, numbers, folder, asked.limit_s, asked.keep)
        verdicts = []
        for verdict in found:
            verdicts.append(verdict)
            if verdict.bad or asked.only is not None:
                print(_line(verdict, asked.seed), flush=True)
    show(as_table(verdicts), markdown=asked.markdown)
    if asked.out:
        asked.out.write_text(json.dumps(as_report(verdicts, asked.seed), indent=2))
    return int(any(verdict.bad for verdict in verdicts))


def _line(verdict: Verdict, seed: int) -> str:
    ended = verdict.ended
    cost = f"{ended.wall_s:.1f} s, {ended.peak_mib:.0f} MiB"
    what = f"{verdict.origin} ({verdict.done}; {verdict.bytes} bytes)"
    return (
        f"{verdict.outcome} seed {seed} number {verdict.number}: {what}, {cost}: {verdict.sentence}"
    )


def _asked(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile")
    parser.add_argument("--count", type=int, default=1000, help="files")
    parser.add_argument("--seed", type=int, default=7, help="of the generator")
    parser.add_argument("--only", type=int, help="the number of the one file to make")
    parser.add_argument("--of", nargs="*", default=(), help="words in the names of seeds")
    parser.add_argument("--out", type=Path, help="JSON with all offenders")
    parser.add_argument("--keep", type=Path, help="folder for offenders")
    parser.add_argument("--limit-s", type=float, default=5.0, help="for a file")
    parser.add_argument("--markdown", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
