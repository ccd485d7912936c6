"""How templates lie on a card, and in which pieces they are multiplied with probes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

HALF_BYTES = 2
COLUMNS = 16
"""Templates whose best score stands for all of them while the best are looked for."""
FEATURES = 8
"""Numbers of a template come in multiples of this, zeros behind them: so tensor cores read them."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The few shapes that are ever computed: partial ones are padded and cut."""

    probes: tuple[int, ...] = (1, 16, 128, 1024)
    hits: tuple[int, ...] = (64, 256, 1024)
    row: int = 8192
    """Scores of which the best are taken at once; no fewer than there are hits."""
    many_hits_probes: int = 16
    """Probes at once, at most, where more than the fewest hits are wanted."""
    pair_rows: int = 2048
    """Templates that are compared with others at once; they divide a unit."""
    upload_rows: int = 65_536

    @property
    def unit(self) -> int:
        """Templates are stored and multiplied in multiples of this."""
        return COLUMNS * self.row

    def probes_for(self, wanted: int, hits: int) -> int:
        """The fewest that hold ``wanted``, or the most there are."""
        most = self.probes[-1] if hits == self.hits[0] else self.many_hits_probes
        return next((probes for probes in self.probes if probes >= min(wanted, most)), most)

    def hits_from(self, least: int) -> tuple[int, ...]:
        return tuple(hits for hits in self.hits if hits >= least)


SIZES = Sizes()
SCRATCH_BYTES = 1 << 30
"""For the scores of one piece: the more, the fewer pieces."""
LEAST_SCRATCH_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Pieces:
    """``runs`` pieces of ``units`` each; the last may hold padding."""

    runs: int
    units: int

    @property
    def total(self) -> int:
        return self.runs * self.units


def split_units(units: int, most: int) -> Pieces:
    """As few pieces of at most ``most`` units as hold ``units``, all alike."""
    runs = -(-units // most)
    return Pieces(runs, -(-units // runs))


def split_into(room: int, units: int, most: int) -> Pieces:
    """As ``split_units``, of pieces that all lie within ``room``, which is at least ``units``."""
    pieces = split_units(units, most)
    return pieces if pieces.total <= room else split_into(room, units, most - 1)


def most_units(probes: int, unit: int, scratch_bytes: int) -> int:
    """Whose scores fit into ``scratch_bytes``; one at least."""
    return max(1, scratch_bytes // (probes * unit * HALF_BYTES))


def room_for(templates: int, sizes: Sizes, scratch_bytes: int) -> int:
    """Units in which all pieces find place."""
    units = units_of(templates, sizes)
    return max(
        split_units(units, most_units(probes, sizes.unit, scratch_bytes)).total
        for probes in sizes.probes
    )


def units_of(templates: int, sizes: Sizes) -> int:
    return max(1, -(-templates // sizes.unit))


def features_of(dimension: int) -> int:
    return -(-dimension // FEATURES) * FEATURES


def bytes_of(units: int, dimension: int, sizes: Sizes) -> int:
    return units * sizes.unit * features_of(dimension) * HALF_BYTES


def bytes_needed(
    templates: int,
    dimension: int,
    sizes: Sizes = SIZES,
    scratch_bytes: int = SCRATCH_BYTES,
    least_scratch_bytes: int = LEAST_SCRATCH_BYTES,
) -> int:
    """Of a device's memory, to search so many templates there at all."""
    units = room_for(templates, sizes, scratch_bytes)
    return bytes_of(units, dimension, sizes) + least_scratch_bytes
