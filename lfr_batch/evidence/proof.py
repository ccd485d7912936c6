"""Lines of the audit log that a pack carries: of its run alone, with the keys that signed them.
Pure.

A line's sha256 and signature are of all that it says, so that a line of another case cannot be
shown to follow without showing what it says. A pack therefore has whole lines of its own run, and
of none else; what is proven by that, and what only by the whole log, the decision 106 says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lfr_batch.oversight.audit_line import Line
from lfr_batch.oversight.shown import LOOKS


def proof_of(lines: Iterable[Line], run_id: str, made_n: int) -> dict[str, Any]:
    """``lines``: the log from its first line on; ``made_n``: number of the line about the pack."""
    kept, first = list[dict[str, Any]](), ""
    for line, key in _with_keys(lines):
        first = first or key or ""
        if _is_about(line, run_id):
            kept.append({"line": dict(line), "key": key} if key else {"line": dict(line)})
        if line["n"] == made_n:
            break
    return {"first_key": first, "lines": kept}


def document(said: Mapping[str, Any]) -> bytes:
    """As a member of a pack."""
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"


def _with_keys(lines: Iterable[Line]) -> Iterator[tuple[Line, str | None]]:
    """Each line with the public key of its signature; None for one that has none."""
    next_key = ""
    for line in lines:
        if "signature" in line:
            yield line, str(line.get("key") or next_key)
            next_key = str(line["next_key"])
        else:
            yield line, None


def _is_about(line: Line, run_id: str) -> bool:
    """Of that run alone: what names others, too, tells of them. Who looked at it, and what they
    asked, is nobody's business but the force's."""
    if line.get("event") in LOOKS:
        return False
    return line.get("run_id") == run_id or line.get("run_ids") == [run_id]
