"""Who goes where not everybody fits: limits that leave room for others. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

_Held = TypeVar("_Held")


def oldest_of_largest(
    held: Sequence[_Held], holder: Callable[[_Held], Hashable], asking: Hashable
) -> _Held | None:
    """Of what is ``held``, oldest first: the oldest of whoever holds most, or of whoever asks for
    more and holds as much. None where that would be somebody's last for another."""
    number = Counter(map(holder, held))
    most = max(number.values(), default=0)
    loser = asking if number[asking] == most else max(number, key=lambda each: number[each])
    if loser != asking and most < 2:
        return None
    return next((each for each in held if holder(each) == loser), None)
