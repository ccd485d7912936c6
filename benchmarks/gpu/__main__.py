"""What a GPU does, beside what it could do: every figure with its limit and the share reached.

    python -m benchmarks.gpu --home lfr-data --out gpu.json [--clip FILE] [--static FILE]
        [--pictures FOLDER] [--only PART …] [--quick]

One run takes under five minutes. Limits are measured in the same run without the product: decoding
on NVDEC and cores, each model at its shape, reading the gallery once, decoding the pictures to be
enrolled. What refuses is a row with its sentence, and the rest goes on; ``--out`` is written after
every row. Without a GPU it says so and ends with 2; ``--device cpu`` takes the same measurements on
the processor, to try them out. Without ``--clip`` and ``--static`` the benchmark's street and wall
are rendered, for which their material must be within reach. Nothing is written into ``--home``
but its cache.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

from benchmarks.gpu.bench import Bench, Device
from benchmarks.gpu.options import add_options, opened_bench
from benchmarks.gpu.parts import PARTS, run_part, share_s
from benchmarks.machine import describe_machine
from benchmarks.rows import NOT_MEASURED, Row, as_cells, as_json, as_table
from benchmarks.tables import show
from lfr_batch.errors import LfrError, UsageError
from lfr_batch.storage.files import replacing

BUDGET_S = 282.0
PATIENCE: dict[Device, float] = {"cuda": 1.0, "cpu": 6.0}
"""To try it out on a processor takes longer."""
INTERRUPTED = 130
"""Exit code, as shells have it."""
LEAST_S = 5.0
"""With less than this left a part is not begun."""


def measured(bench: Bench, names: Sequence[str], budget_s: float) -> Iterator[Row]:
    """The rows of the named parts, in the table's order, each within its share of the time: what
    one leaves is the others'."""
    known: list[Row] = []
    ends_s = monotonic() + budget_s
    ahead = [name for name in PARTS if name in names]
    while ahead:
        its_s = share_s(ends_s - monotonic(), [PARTS[name].need_s for name in ahead])
        name = ahead.pop(0)
        if its_s < LEAST_S:
            yield Row(name, "", NOT_MEASURED, note=f"the {budget_s:.0f} s were over")
            continue
        for row in run_part(name, PARTS[name], bench, known, its_s):
            known.append(row)
            yield row


def read_arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parts = "; ".join(f"{name}: {part.says}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu", description="What a GPU does.", epilog=f"Parts: {parts}."
    )
    add_options(parser)
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS), default=list(PARTS))
    parser.add_argument("--budget", type=float, help=f"seconds in all, {BUDGET_S:.0f} on a GPU")
    parser.add_argument("--out", type=Path, help="JSON, written after every row")
    return parser.parse_args(given)


def write_report(
    path: Path, machine: dict[str, object], rows: Sequence[Row], took_s: float
) -> None:
    """Whole or not at all: a run that is killed leaves what it had measured."""
    report = {"machine": machine, "took_s": round(took_s, 1), "figures": [*map(as_json, rows)]}
    with replacing(path) as fresh:
        text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
        fresh.write_text(text, encoding="utf-8")


def main(given: Sequence[str] | None = None) -> int:
    arguments, rows = read_arguments(given), list[Row]()
    code = 0
    try:
        require_place(arguments.out)
        run(arguments, rows)
    except LfrError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{arguments.out} could not be written: {error.strerror}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        code = INTERRUPTED
    show(as_table(rows))
    return code


def run(arguments: argparse.Namespace, rows: list[Row]) -> None:
    """Every row goes into ``rows``, onto stderr and into the report as soon as it is there."""
    began_s = monotonic()
    with opened_bench(arguments) as bench:
        machine = describe_machine()
        budget_s = arguments.budget or BUDGET_S * PATIENCE[bench.device]
        for row in measured(bench, arguments.only, budget_s):
            rows.append(row)
            took_s = monotonic() - began_s
            print(f"{took_s:5.0f} s", *as_cells(row), sep=" | ", file=sys.stderr, flush=True)
            if arguments.out:
                write_report(arguments.out, machine, rows, took_s)


def require_place(out: Path | None) -> None:
    if out is not None and not out.absolute().parent.is_dir():
        raise UsageError(f"{out.parent} is no folder: make it, or give --out another.")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was measured is shown
    sys.exit(main())
