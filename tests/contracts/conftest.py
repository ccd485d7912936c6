from __future__ import annotations

from tests.engine.conftest import ray_cluster

__all__ = ["ray_cluster"]
