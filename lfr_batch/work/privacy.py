"""What keeps a process's files and memory to its owner, and what overwrites it afterwards."""

from __future__ import annotations

import ctypes
import os
import resource

import numpy as np

_M_PERTURB, _FILLING = -6, 0xA5
"""glibc's: malloc.h, mallopt(3)."""
_TRIED_BYTES = 2048
_CACHED_UP_TO_BYTES, _CACHED = 1032, 7 + 7
"""Blocks that are freed and neither overwritten nor given back: NumPy keeps seven of each size
below 1024 bytes (numpy/_core/src/multiarray/alloc.c), and then the C library seven of each up to
1032 (glibc's malloc.c, tcache)."""


def protect_files() -> None:
    """What this process writes is its owner's alone; a core file of it would hold faces."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def overwrite_what_is_freed() -> bool:
    """From now on memory is overwritten when it is freed, by whatever library of this process.

    False where the C library does not do so: what is freed then stays until it is used again.
    Small objects of Python's own, up to 512 bytes, and small arrays are not freed to the C library
    one by one; for the latter see ``overwrite_small_arrays``.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):
        return False
    libc.mallopt(_M_PERTURB, _FILLING)
    return _is_overwritten(libc)


def overwrite_small_arrays(row_bytes: int) -> None:
    """Arrays of few rows that this thread has freed, and would use again."""
    for size in range(row_bytes, _CACHED_UP_TO_BYTES, row_bytes):
        for block in [np.empty(size, np.uint8) for _ in range(_CACHED + 1)]:
            block.fill(_FILLING)


def _is_overwritten(libc: ctypes.CDLL) -> bool:
    """Looks at a block of its own after it was freed, behind its beginning, where the allocator
    keeps its books. Another block, behind it, keeps it from being given back to the system."""
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    place, behind = libc.malloc(_TRIED_BYTES), libc.malloc(_TRIED_BYTES)
    ctypes.memset(place, 1, _TRIED_BYTES)
    libc.free(place)
    overwritten = ctypes.string_at(place + _TRIED_BYTES // 2, 8) == bytes([_FILLING]) * 8
    libc.free(behind)
    return overwritten
