"""A run is on one kind of worker: which, of the nodes of a cluster, and what the others hear. Pure.

Nodes whose GPUs or vectors have other names, and that agree in everything else, are one kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from lfr_batch.models.settled import Settled, as_json, in_words

HOSTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class NodeAnswer:
    """What a node would compute with by itself."""

    host: str
    workers: int
    """That have room on it."""
    settled: Settled


@dataclass(frozen=True, slots=True)
class NodeKind:
    """Nodes that would compute alike."""

    settled: Settled
    """With the hardware of all of them."""
    nodes: tuple[NodeAnswer, ...]

    @property
    def workers(self) -> int:
        return sum(node.workers for node in self.nodes)

    @property
    def hosts(self) -> str:
        """By name, as people read it."""
        names = sorted({node.host for node in self.nodes})
        more = len(names) - HOSTS_SHOWN
        return ", ".join(names[:HOSTS_SHOWN]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a run is computed with."""

    settled: Settled
    said: tuple[str, ...] = ()
    """A sentence about each machine or kind of machine that will not work on it."""


def kinds(answers: Sequence[NodeAnswer]) -> list[NodeKind]:
    """The one with room for the most workers first; of several, always the same one."""
    ordered = sorted(answers, key=lambda node: (_but_hardware(node.settled), node.host))
    grouped = groupby(ordered, key=lambda node: _but_hardware(node.settled))
    found = [_kind(tuple(nodes)) for _, nodes in grouped]
    return sorted(found, key=lambda kind: (-kind.workers, _but_hardware(kind.settled)))


def agree(answers: Sequence[NodeAnswer]) -> Agreed:
    """On the first kind. Who can do what it does takes part as well, all others are named."""
    first, *others = kinds(answers)
    taking_part = [first, *(kind for kind in others if can_obey(kind.settled, first.settled))]
    hardware = {name for kind in taking_part for name in kind.settled.hardware}
    settled = replace(first.settled, hardware=tuple(sorted(hardware)))
    left_out = [kind for kind in others if kind not in taking_part]
    return Agreed(settled, tuple(_left_out(kind, first) for kind in left_out))


def can_obey(node: Settled, run: Settled) -> bool:
    """Whether a node computes what the run asks for if it is told to: f32, decoding and scaling by
    processors are to be had everywhere."""
    return (
        (node.device, node.backend, node.libraries) == (run.device, run.backend, run.libraries)
        and all(p in {"f32", node.precisions[file]} for file, p in run.precisions.items())
        and run.decode in {"cpu", node.decode}
        and run.scaling in {"processor", node.scaling}
    )


def _kind(nodes: tuple[NodeAnswer, ...]) -> NodeKind:
    hardware = {name for node in nodes for name in node.settled.hardware}
    return NodeKind(replace(nodes[0].settled, hardware=tuple(sorted(hardware))), nodes)


def _but_hardware(settled: Settled) -> str:
    return as_json(replace(settled, hardware=()))


def _left_out(kind: NodeKind, first: NodeKind) -> str:
    why = next(name for name in _WAYS_OUT if _differs(name, kind.settled, first.settled))
    return (
        f"{kind.hosts} will not search: there it would be {_spelt(kind, first)}, on {first.hosts} "
        f"it is {_spelt(first, kind)}, and such scores do not compare; {_WAYS_OUT[why]} would let "
        "all take part."
    )


def _differs(name: str, one: Settled, other: Settled) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _spelt(kind: NodeKind, other: NodeKind) -> str:
    """With the libraries that only it has, if nothing else tells the two apart."""
    words = in_words(kind.settled)
    own = [name for name in kind.settled.libraries if name not in other.settled.libraries]
    return f"{words} with {', '.join(own)}" if own and words == in_words(other.settled) else words


_WAYS_OUT: Mapping[str, str] = {
    "device": "inference.device cpu",
    "backend": "the same inference.backend and packages on all",
    "libraries": "the same packages on all",
    "precisions": "inference.precision f32",
    "decode": "footage.decode cpu",
    "scaling": "footage.scaling processor",
    "looks": "footage.motion.regions false",
}
"""The first in which two kinds differ, and what would make one kind of them."""
