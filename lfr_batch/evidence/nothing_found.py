"""The certificate of a search that found nobody: what was searched, what was not, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from lfr_batch.errors import UsageError
from lfr_batch.evidence.board import run_rows
from lfr_batch.evidence.facts import RunFacts, plain
from lfr_batch.evidence.pages import PdfSheet, columns_table, facts_table, heading, pdf, text
from lfr_batch.evidence.words import MEANING
from lfr_batch.results.answers import Row

MOST_FILES = 1000
"""In the PDF; the JSON has them all."""


def require_nothing_found(facts: RunFacts) -> None:
    """Raises UsageError where something was, or may have been."""
    run_id = facts.run_id
    if facts.sightings:
        raise UsageError(
            f"Run {run_id} has {len(facts.sightings)} sightings, so that no certificate of a "
            f"search without result can be made of it: `lfr evidence {run_id}` packs them."
        )
    if facts.row["forgotten"] or facts.row["sightings"]:
        raise UsageError(
            f"Something was taken out of run {run_id} by `lfr forget`, so that nobody can say that "
            "it found nothing: search anew, and make the certificate of that."
        )


def certificate_document(facts: RunFacts) -> dict[str, Any]:
    """The member ``certificate.json``."""
    row = facts.row
    return {
        "means": MEANING,
        "sightings": 0,
        "searched": _sums(facts),
        "not_searched": {
            "files": plain([file for file in facts.footage if _is_lacking(file)]),
            "segments": plain([each for each in facts.segments if each["status"] != "done"]),
            "gaps": plain(row["gaps"]),
            "rows_of_the_manifest_without_footage": plain(row["unmatched_rows"]),
            "files_that_are_no_footage": plain(row["left_out"]),
            "searched_by_earlier_runs": plain(row["searched_before"]),
        },
        "faces_refused_by_the_quality_gate": _refusals(facts.segments),
        "threshold": plain(row["threshold"]),
        "compared_with": row["comparisons"],
        "expected_fpir": [row["expected_fpir_low"], row["expected_fpir_high"]],
        "files": plain(facts.footage),
    }


def certificate(facts: RunFacts, run_said: Mapping[str, Any]) -> bytes:
    """The member ``certificate.pdf``. ``run_said``: the member ``run.json``."""
    foot = f"Case {facts.row['case_ref']} · run {facts.run_id}"
    sheet = PdfSheet("Certificate of a search without result", foot)
    width, _ = sheet.inner
    parts: list[Flowable] = [text(MEANING, bold=True), Spacer(1, 2 * mm)]
    parts += [*heading("What was searched"), facts_table(_in_words(facts), width)]
    parts += [*heading("What was not searched, and why"), *_lacking(facts, width)]
    searched = facts_table(run_rows(facts.row, run_said), width)
    parts += [*heading("The search"), searched]
    parts += [*heading("Every file"), *_files(facts.footage, width)]
    return pdf(sheet, parts)


def _sums(facts: RunFacts) -> dict[str, Any]:
    names = ("searched_s", "frames_analysed", "faces_detected", "faces_rejected")
    return {
        "files": len({file["uri"] for file in facts.footage}),
        "duration_s": sum(file["duration_s"] or 0.0 for file in facts.footage),
        **{name: sum(file[name] or 0 for file in facts.footage) for name in names},
    }


def _in_words(facts: RunFacts) -> Iterator[tuple[str, object]]:
    sums = _sums(facts)
    yield "Files", sums["files"]
    yield "Duration by their own account", _hours(sums["duration_s"])
    yield "Searched", _hours(sums["searched_s"])
    yield "Frames in which faces were looked for", sums["frames_analysed"]
    yield "Faces found in these", sums["faces_detected"]
    yield "Of these not compared, for their quality", sums["faces_rejected"]
    for reason, count in _refusals(facts.segments).items():
        yield f"– {reason}", count
    yield "Compared with, entries of the gallery", facts.row["comparisons"]
    yield "Faces that reached the threshold", 0


def _lacking(facts: RunFacts, width: float) -> list[Flowable]:
    row = facts.row
    said = [(file["uri"], _why(file)) for file in facts.footage if _is_lacking(file)]
    said += [("of what was named", gap) for gap in row["gaps"] or ()]
    said += [("row of the manifest", each) for each in row["unmatched_rows"] or ()]
    before = dict(row["searched_before"] or ())
    said += [
        (f"{count} files", f"left to run {run}, which had them") for run, count in before.items()
    ]
    if not said:
        return [text("Nothing that is known of.")]
    more = len(said) - MOST_FILES
    table = columns_table(("What", "Why"), said[:MOST_FILES], (width * 0.45, width * 0.55))
    return [table, *([text(f"and {more} more, which certificate.json has")] if more > 0 else [])]


def _files(files: Sequence[Row], width: float) -> list[Flowable]:
    names = ("File", "sha256 when it was searched", "Duration", "Searched", "Status")
    rows = [
        (
            file["uri"],
            file["content_id"] or file["sha256"] or "not known",
            "–" if file["duration_s"] is None else f"{file['duration_s']:.1f} s",
            f"{file['searched_s'] or 0.0:.1f} s",
            file["status"],
        )
        for file in files[:MOST_FILES]
    ]
    shares = (0.37, 0.42, 0.07, 0.07, 0.07)
    more = len(files) - MOST_FILES
    table = columns_table(names, rows, [width * share for share in shares])
    return [table, *([text(f"and {more} more, which certificate.json has")] if more > 0 else [])]


def _is_lacking(file: Row) -> bool:
    return file["status"] != "ok" or bool(file["unsearched_share"]) or bool(file["known_from"])


def _why(file: Row) -> str:
    if file["known_from"]:
        return f"run {file['known_from']} had searched the same bytes; its rows say what was found"
    share = file["unsearched_share"]
    part = "" if share is None else f", {100 * share:.1f} % of it not searched"
    return f"{file['status']}{part}: {file['error'] or 'no reason is known'}"


def _refusals(segments: Sequence[Row]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for segment in segments:
        counts.update(dict(segment["rejections"] or ()))
    return dict(counts.most_common())


def _hours(duration_s: float) -> str:
    minutes, seconds = divmod(round(duration_s), 60)
    return f"{minutes // 60} h {minutes % 60:02d} min {seconds:02d} s"
