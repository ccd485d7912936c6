"""What an examination of the machine comes to: one finding per topic."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``remedy`` says how to mend it and is there exactly where ``state`` is not 'ok'."""

    topic: str
    state: State
    text: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if (self.state == "ok") == bool(self.remedy):
            raise ValueError(f"{self.topic}: a remedy belongs to a warning or a problem, only")

    def as_row(self) -> dict[str, Any]:
        return asdict(self)


def ok(topic: str, text: str) -> Finding:
    return Finding(topic, "ok", text)


def warning(topic: str, text: str, remedy: str) -> Finding:
    return Finding(topic, "warning", text, remedy)


def problem(topic: str, text: str, remedy: str) -> Finding:
    return Finding(topic, "problem", text, remedy)
