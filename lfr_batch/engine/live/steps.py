"""What is said while the parts of a deployment are opened. Pure."""

from __future__ import annotations

RAY = "starting Ray, which usually takes 3 to 10 s"
ROUTER_OPENS = "starting the alert router"
LOADING = "loading the models, which usually takes 5 to 30 s; the console is there right after it"


def opening(camera: str) -> str:
    return f"opening camera {camera}"
