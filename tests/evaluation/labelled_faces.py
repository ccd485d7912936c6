"""A few dozen labelled people of the evaluation data, as tables that a test may give."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

ENROLLED, STRANGERS = 25, 35


def some_faces(shared_data: Path) -> list[dict[str, str]]:
    """Rows with file, subject, role and a group: the first 25 of the gallery with two of their
    other pictures each, and 35 people who are not in it."""
    rows = list(csv.DictReader((shared_data / "faces.csv").read_text().splitlines()))
    known = _first(rows, "gallery", ENROLLED)
    strangers = _first(rows, "nonmated", STRANGERS)
    chosen: list[dict[str, str]] = []
    for row in rows:
        whose, role = row["subject_id"], row["role"]
        seen = sum(c["subject"] == whose and c["role"] == role for c in chosen)
        if (whose in known or whose in strangers) and seen < 2:
            half = "one" if sum(map(ord, whose)) % 2 else "other"
            file = str(shared_data / row["path"])
            chosen.append({"file": file, "subject": whose, "role": role, "half": half})
    return chosen


def _first(rows: Sequence[dict[str, str]], role: str, number: int) -> list[str]:
    return sorted({row["subject_id"] for row in rows if row["role"] == role})[:number]


def write_table(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return path
