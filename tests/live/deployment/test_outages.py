from __future__ import annotations

from lfr_batch.live.deployment.outages import down_s_of, newly_blind_s, restarts
from lfr_batch.live.deployment.plan import PartKey, PartRole, PartState


def part(name: str, role: PartRole, down_s: float = 0.0, lost: int = 0) -> PartState:
    return PartState(name, role, up=True, restarts=lost, process=1, down_s=down_s)


def test_a_camera_is_blind_while_its_own_process_or_the_analyst_s_is_gone() -> None:
    before_s: dict[PartKey, float] = {}
    steps = [
        ((0.0, 0.0, 0.0), {}),
        ((0.0, 1.0, 0.0), {"north": 1.0}),
        ((2.0, 1.5, 0.0), {"north": 2.0, "router": 2.0}),
        ((2.0, 1.5, 0.0), {}),
        ((2.0, 1.5, 0.5), {"router": 0.5}),
    ]
    for (analyst_s, north_s, router_s), blind_s in steps:
        parts = (
            part("router", "router", down_s=9.0),
            part("analyst", "analyst", analyst_s),
            part("north", "camera", north_s),
            part("router", "camera", router_s),
        )
        assert newly_blind_s(before_s, parts) == blind_s
        before_s = down_s_of(parts)


def test_restarts_name_the_part_whatever_a_camera_is_called() -> None:
    parts = (part("router", "router", lost=2), part("router", "camera", lost=1))
    assert restarts((*parts, part("analyst", "analyst"))) == {"router": 2, "camera router": 1}
