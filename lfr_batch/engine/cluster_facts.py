"""A process of its own that asks a Ray cluster what it tells, as whoever the environment makes it.

    python -m lfr_batch.engine.cluster_facts HOST:PORT

Ray decides once per process with which token it asks, so that whether a cluster answers without
one is asked from another process. One line of JSON says what was answered: ``refused`` where a
token is wanted, ``silent`` where nobody answers. It ends without one where something takes the call
that is no Ray.
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

ASK_S = 5.0
GIVE_UP_S = 10.0
"""In all, once Ray is imported: by itself it would go on for most of a minute."""
FACTS = {
    "ray": ("cluster", "CLUSTER_METADATA"),
    "session": ("session", "session_name"),
    "dashboard": ("dashboard", "dashboard"),
}
"""Where Ray's head keeps them: namespace and key (``ray/_private/ray_constants.py``)."""


def facts(address: str) -> dict[str, Any]:
    from ray import _raylet  # noqa: PLC0415
    from ray.exceptions import AuthenticationError, RayError  # noqa: PLC0415

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, GIVE_UP_S)  # ends it, whatever Ray is in
    core: Any = _raylet  # compiled, without types
    try:
        head = core.GcsClient(address=address)
        return {
            name: (head.internal_kv_get(key.encode(), space.encode(), ASK_S) or b"").decode()
            for name, (space, key) in FACTS.items()
        }
    except AuthenticationError:
        return {"refused": True}
    except (RayError, RuntimeError, OSError) as error:
        return {"silent": type(error).__name__}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(facts(sys.argv[1])) + "\n")
