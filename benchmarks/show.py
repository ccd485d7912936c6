"""The benchmark's result as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from benchmarks.contenders.table import CONTENDERS
from benchmarks.rows import as_table
from benchmarks.shares import shares
from benchmarks.summary import Rounds, Row, Target, figure_of, limit_for
from benchmarks.tables import as_rich
from benchmarks.tasks import EVERY_MINUTE, PARTS

ANSWERS = {True: "yes", False: "NO", None: "not measured"}
PARTS_SHOWN = (
    ("decode_s", "decode"),
    ("quick_s", "detect quickly"),
    ("thorough_s", "thoroughly"),
    ("embed_s", "embed"),
)


def show(
    rows: Sequence[Row],
    rounds: Rounds,
    targets: Sequence[Target],
    skipped: Mapping[str, str],
    console: Console,
) -> None:
    console.print(loops_table(rows))
    for line in limit_lines(rounds):
        console.print(line, highlight=False)
    if reached := shares(rounds, rows):
        console.print(as_rich(as_table(reached), "Shares of what the machine allows"))
    console.print(targets_table(targets))
    for contender, reason in skipped.items():
        console.print(f"skipped: {CONTENDERS[contender].label} ({reason})", highlight=False)


def loops_table(rows: Sequence[Row]) -> Table:
    table = Table(title="Side by side, medians")
    table.add_column("loop", no_wrap=True)
    table.add_column("footage", no_wrap=True)
    for title in ("frames/s", "looks/s", "× real", "CPU s/min", "peak MiB"):
        table.add_column(title, justify="right")
    table.add_column("known found", no_wrap=True)
    table.add_column("× InsightFace", justify="right")
    table.add_column("of limit", justify="right")
    for row in rows:
        table.add_row(*cells(row))
    return table


def cells(row: Row) -> tuple[str, ...]:
    return (
        CONTENDERS[row.contender].label,
        row.footage,
        f"{row.frames_per_s:.1f}",
        f"{row.looks_per_s:.1f}",
        f"{row.times_real_time:.1f}",
        f"{row.cpu_s_per_minute:.1f}",
        f"{row.peak_mib:.0f}",
        _found(row),
        _times(row.against_insightface),
        "" if row.share_of_limit is None else f"{row.share_of_limit:.2f}",
    )


def limit_lines(rounds: Rounds) -> list[str]:
    """What each part costs alone, and the limit of looking at every frame of the minute."""
    figures = {name: figure_of(rounds, PARTS, name) for name, _ in PARTS_SHOWN}
    parts = {name: value for name, value in figures.items() if value is not None}
    if len(parts) < len(PARTS_SHOWN):
        return []
    each = ", ".join(f"{word} {1000 * parts[name]:.2f} ms" for name, word in PARTS_SHOWN)
    lines = [f"alone, with all cores: {each} ({rounds[PARTS][0].how})"]
    if EVERY_MINUTE in rounds:
        limit = limit_for(rounds[EVERY_MINUTE][0], parts)
        lines.append(f"limit of looking at every frame of {PARTS.clip}: {limit:.1f} frames/s")
    return lines


def targets_table(targets: Sequence[Target]) -> Table:
    table = Table(title="Targets on two cores")
    table.add_column("what")
    table.add_column("here", justify="right")
    table.add_column("asked", justify="right")
    table.add_column("reached")
    for target in targets:
        here = "" if target.figure is None else f"{target.figure:.2f}"
        sign = "≥" if target.at_least else "≤"
        table.add_row(target.name, here, f"{sign} {target.goal:.2f}", ANSWERS[target.reached])
    return table


def _found(row: Row) -> str:
    score = "" if row.score is None else f", {row.score:.2f}"
    stray = f", {row.stray_hits} stray" if row.stray_hits else ""
    return f"{row.visits_found} of {row.visits}{score}{stray}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.1f}×"
