"""Whether a configuration has the sinks that a deployment had. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from lfr_batch.errors import UsageError


@dataclass(frozen=True, slots=True)
class SinkChoice:
    deployment_id: str
    given: tuple[str, ...]
    """The sinks of the configuration that is given now."""
    own: tuple[str, ...]
    """Those that the deployment ever had."""
    needed: tuple[str, ...]
    """Of its own, those that must be there."""
    lines: str
    """The file of ``json_lines``, as it is given now."""
    own_lines: tuple[str, ...]
    """Every one that the deployment wrote to."""


def check_choice(choice: SinkChoice) -> None:
    """Raises UsageError."""
    lacking = [sink for sink in choice.needed if sink not in choice.given]
    if lacking:
        raise UsageError(
            f"{' and '.join(lacking)} of {choice.deployment_id} still waits for alerts, and the "
            "configuration has no such sink: give the one the deployment ran with."
        )
    strange = sorted(set(choice.given).difference(choice.own))
    if strange:
        raise UsageError(
            f"{choice.deployment_id} had no {' and no '.join(strange)}, to which all of its alerts "
            "would be sent: give the configuration the deployment ran with."
        )
    if "json_lines" in choice.needed and choice.lines not in choice.own_lines:
        raise UsageError(
            f"alerts.json_lines is {choice.lines} and was {choice.own_lines[-1]} when "
            f"{choice.deployment_id} ran: give the configuration it ran with, from the same folder."
        )
