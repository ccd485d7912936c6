"""How long tests wait for what must come."""

from __future__ import annotations

PATIENCE_S = 300.0
"""Long enough for a machine that is busy with others' work; only what fails waits for all of it."""
