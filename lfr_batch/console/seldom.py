"""What a stranger can bring about as often as they like is not logged as often."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from threading import Lock

EVERY_S = 60.0


@dataclass(slots=True)
class Seldom:
    """One line of a kind within EVERY_S. From any thread."""

    logger: logging.Logger
    _next_s: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def warning(self, text: str, *values: object) -> None:
        """``text``, without its ``values``, is the kind."""
        with self._lock:
            now_s = time.monotonic()
            if now_s < self._next_s.get(text, now_s):
                return
            self._next_s[text] = now_s + EVERY_S
        self.logger.warning(text, *values)
