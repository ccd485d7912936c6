"""What may become of an item beside a result, and what may stand for an item. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Generic, Literal, TypeVar

from lfr_batch.errors import EngineError

Item_co = TypeVar("Item_co", covariant=True)
Result = TypeVar("Result")

Why = Literal["died", "limit", "beside", "node", "store"]
"""What an item was lost to:

- 'died': its worker process died, and had nothing else in hand;
- 'limit': it went beyond the limits of time or memory, and its worker process was killed for it;
- 'beside': its worker process died or was killed while it had others in hand, too;
- 'node': its machine went away, is to go away, or was left out;
- 'store': a bucket does not answer (``StoreAway``).
"""


@dataclass(frozen=True, slots=True)
class Lost(Generic[Item_co]):
    """An item that did not come back, and what is known of why."""

    item: Item_co
    """As it was handed out."""
    why: Why
    said: str = ""
    """What happened and where, for people; '' where nobody knows more than ``why``."""


class _NotNow(Enum):
    NOT_NOW = "not now"


NotNow = _NotNow
NOT_NOW: Final = _NotNow.NOT_NOW
"""In place of an item: there are more, but nothing is to be begun at the moment. Ask again a second
later."""


def none_lost(replies: Iterable[Result | Lost[object]]) -> Iterator[Result]:
    """For those who try nothing again. Raises EngineError for the first that was lost."""
    for reply in replies:
        if isinstance(reply, Lost):
            raise EngineError(f"an item was lost ({reply.why}): {reply.said or 'run it again'}")
        yield reply
