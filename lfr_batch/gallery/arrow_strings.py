"""Millions of strings without an object for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import pyarrow as pa


class ArrowStrings(Sequence[str]):
    """A column of strings as Arrow holds it: their bytes and where each begins."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        # 64-bit offsets: one array may then hold more than 2 GiB, and needs no search for a chunk.
        strings = pa.chunked_array(column.cast(pa.large_string()))
        # One chunk is taken as it is, and may be mapped; combining copies it.
        self._strings = strings.chunk(0) if strings.num_chunks == 1 else strings.combine_chunks()

    @property
    def array(self) -> pa.LargeStringArray:
        return self._strings

    def __len__(self) -> int:
        return len(self._strings)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> tuple[str, ...]: ...
    def __getitem__(self, row: int | slice) -> str | tuple[str, ...]:
        if isinstance(row, slice):
            return tuple(self._strings[row].to_pylist())
        string: str = self._strings[row].as_py()
        return string

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), 65_536):
            yield from self._strings.slice(start, 65_536).to_pylist()
