"""What is said of all subjects of a snapshot, column by column, without a row for each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfr_batch.config.sheets import column_key

NOT_STATED = ""


def said_of(table: pa.Table, names: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Row, column and value of what is said under one of the names, however they are written.

    ``table``: as ``subjects.parquet``.
    """
    wanted = frozenset(map(column_key, names))
    rows, keys, values = _flat(table)
    written = keys.dictionary_encode()
    meant = [column_key(name) in wanted for name in written.dictionary.to_pylist()]
    if not any(meant):
        return
    numbers = np.asarray(written.indices.to_numpy(zero_copy_only=False), np.int64)
    chosen = np.flatnonzero(np.asarray(meant, np.bool_)[numbers])
    picked = pa.array(chosen)
    said = zip(keys.take(picked).to_pylist(), values.take(picked).to_pylist(), strict=True)
    for row, (name, value) in zip(rows[chosen].tolist(), said, strict=True):
        yield row, name, value


def composition_of(table: pa.Table, column: str) -> dict[str, int]:
    """Subjects by what is said under ``column``, most first; of whom nothing is said last, under
    ``NOT_STATED``. Letters' case does not matter."""
    of_row = {row: value.strip().casefold() for row, _, value in said_of(table, [column])}
    counts = Counter(of_row.values())
    unsaid = len(table) - len(of_row) + counts.pop(NOT_STATED, 0)
    ordered = dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
    return {**ordered, NOT_STATED: unsaid} if unsaid else ordered


def _flat(table: pa.Table) -> tuple[np.ndarray, pa.Array, pa.Array]:
    """The row of each entry, its name and its value."""
    rows, keys, values = [], [], []
    begin = 0
    for chunk in table["attributes"].chunks:
        offsets = chunk.offsets.to_numpy(zero_copy_only=False)
        rows.append(begin + np.repeat(np.arange(len(chunk)), np.diff(offsets)))
        inside = slice(int(offsets[0]), int(offsets[-1]))
        keys.append(chunk.keys[inside])
        values.append(chunk.items[inside])
        begin += len(chunk)
    if not rows:
        return np.zeros(0, np.int64), pa.array([], pa.string()), pa.array([], pa.string())
    return np.concatenate(rows), pa.concat_arrays(keys), pc.fill_null(pa.concat_arrays(values), "")
