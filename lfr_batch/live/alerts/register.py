"""What was raised and decided in a deployment, as its router knows it: without pictures. Pure.

A register never changes; each of these functions makes the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from lfr_batch.live.alerts.cool_down import LastRaised, restored, with_raised
from lfr_batch.live.alerts.held import Held, count_unkept, with_held, with_written
from lfr_batch.live.alerts.items import Item, bare_alert, bare_item
from lfr_batch.live.deployment.counts import Decision, FacesSeen, decisions, live_counts
from lfr_batch.live.records import Alert, LiveCounts, Review


@dataclass(frozen=True, slots=True)
class Register:
    alerts: Mapping[str, Alert] = field(default_factory=dict)
    """By id, in the order in which they were raised; also those that are held."""
    reviews: Mapping[str, Review] = field(default_factory=dict)
    """By id, in the order in which they were written."""
    queue: tuple[Item, ...] = ()
    """Everything on the disk, in the order of its numbers: what may be delivered."""
    last_number: int = 0
    """The highest that was ever given."""
    last_raised: LastRaised = field(default_factory=dict)
    deleted: Mapping[str, Decision] = field(default_factory=dict)
    """By id, what is left of alerts that retention has deleted."""
    held: Held = field(default_factory=Held)
    """Shown, and not on the disk."""


def opened_register(
    items: Iterable[Item], deleted: Mapping[str, Decision], last_number: int
) -> Register:
    """Of what is on the disk, without what retention has noted as deleted and may have left there;
    ``last_number``: the highest that any sink has taken, which may be deleted since."""
    queue = tuple(sorted(map(bare_item, items), key=_number))
    records = [item.record for item in queue]
    alerts = {each.alert_id: each for each in records if isinstance(each, Alert)}
    reviews = {each.review_id: each for each in records if isinstance(each, Review)}
    last_number = max(last_number, *map(_number, queue), 0)
    register = Register(alerts, reviews, queue, last_number, restored(alerts.values()))
    return without(register, deleted)


def next_item(register: Register, record: Alert | Review) -> Item:
    """``record`` as what is written next."""
    return Item(register.last_number + 1, record)


def with_item(register: Register, item: Item) -> Register:
    """With what was written just now, perhaps an alert that had been held."""
    item = bare_item(item)
    known = replace(register, queue=(*register.queue, item), last_number=item.number)
    if isinstance(item.record, Review):
        return replace(known, reviews={**known.reviews, item.record.review_id: item.record})
    held = with_written(known.held, item.record.alert_id)
    return replace(_with_alert(known, item.record), held=held)


def with_shown(register: Register, alert: Alert) -> Register:
    """With one that cannot be written; ``alert`` has its pictures."""
    return replace(_with_alert(register, bare_alert(alert)), held=with_held(register.held, alert))


def without(register: Register, deleted: Mapping[str, Decision]) -> Register:
    """Without what retention has deleted; its cool-downs are over."""
    gone = deleted.keys() & register.alerts.keys()
    alerts = {key: alert for key, alert in register.alerts.items() if key not in gone}
    return replace(
        register,
        alerts=alerts,
        reviews={k: each for k, each in register.reviews.items() if each.alert_id not in gone},
        queue=tuple(item for item in register.queue if item.record.alert_id not in gone),
        last_raised=restored(alerts.values()),
        deleted=deleted,
    )


def first_after(register: Register, number: int) -> Item | None:
    """Of what may be delivered, the first with a higher number, without its pictures."""
    at = bisect_right(register.queue, number, key=_number)
    return register.queue[at] if at < len(register.queue) else None


def numbers_of(register: Register) -> list[int]:
    return [item.number for item in register.queue]


def counts_of(register: Register, faces: Mapping[str, FacesSeen]) -> LiveCounts:
    """``faces``: by camera."""
    counted_ones = [key for key, alert in register.alerts.items() if not alert.volunteer]
    kept = decisions(counted_ones, register.reviews.values())
    counted = live_counts([*register.deleted.values(), *kept], faces)
    return replace(counted, unkept=count_unkept(register.held))


def _with_alert(register: Register, bare: Alert) -> Register:
    return replace(
        register,
        alerts={**register.alerts, bare.alert_id: bare},
        last_raised=with_raised(register.last_raised, bare),
    )


def _number(item: Item) -> int:
    return item.number
