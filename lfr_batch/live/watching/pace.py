"""How long a camera holds back where the analyst is behind with everybody's looks. Pure.

A frame that waits at the analyst grows old there. For half as long as the last one waited the next
one is not taken yet: it is that much newer when it is looked at, and the analyst, who has others'
waiting, makes as many looks.
"""

from __future__ import annotations

SHARE = 0.5
MOST_S = 0.25


def pause_s(answered_s: float, quickest_s: float) -> float:
    """``answered_s``: how long the analyst took for the last look; ``quickest_s``: for the quickest
    of its kind, which waited for nobody."""
    return min(MOST_S, SHARE * max(0.0, answered_s - quickest_s))
