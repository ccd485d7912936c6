"""What tests of examinations share: people, and findings as a form gives them."""

from __future__ import annotations

from lfr_batch.casework.examination import COMPONENTS, Conclusion, Official, Opinion

ANNE, BILL, CARO = (Official(name, "reviewer") for name in ("Anne", "Bill", "Caro"))
RUN, SIGHTING = "20260101-000000-scan-aaaa", "5e1ec7ed"
CANDIDATES = ("s1", "s2")


def opinion(
    conclusion: Conclusion = "same_strong", subject_id: str = "s1", reason: str = "same ear"
) -> Opinion:
    seen = dict.fromkeys(COMPONENTS, "similar")
    return Opinion(subject_id, conclusion, seen, ("blur",), reason)  # type: ignore[arg-type]
