"""NVIDIA's driver, as far as several libraries in one process have to agree about it.

onnxruntime, FAISS and FFmpeg each open CUDA by themselves. Everything here does nothing, and says
so, where there is no driver. Names are those of the driver's API (cuda.h).
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

BLOCKING_SYNC = 4
"""CU_CTX_SCHED_BLOCKING_SYNC."""
PORTABLE = 1
"""CU_MEMHOSTREGISTER_PORTABLE."""


@lru_cache(maxsize=1)
def driver() -> ctypes.CDLL | None:
    """Initialised; None where there is none or it sees no GPU."""
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    return library if library.cuInit(0) == 0 else None


def device_count() -> int:
    """GPUs that this process may see (CUDA_VISIBLE_DEVICES heeded)."""
    count, library = ctypes.c_int(0), driver()
    if library is None or library.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def memory_bytes() -> int:
    """Of the first GPU."""
    library, total = driver(), ctypes.c_size_t(0)
    if library is None or library.cuDeviceTotalMem_v2(ctypes.byref(total), 0) != 0:
        return 0
    return total.value


@lru_cache(maxsize=1)
def share_context() -> ctypes.c_void_p | None:
    """The context in which this process computes and decodes, kept until it ends.

    To be called before anything else uses CUDA: FFmpeg (libavutil/hwcontext_cuda) decodes beside
    others in a context that waits without spinning only, and what opens a context otherwise, or
    lets go of the last hold on one, has it spin.
    """
    library, context, device = driver(), ctypes.c_void_p(), ctypes.c_int(0)
    if library is None or library.cuDeviceGet(ctypes.byref(device), 0) != 0:
        return None
    library.cuDevicePrimaryCtxSetFlags_v2(device, BLOCKING_SYNC)
    if library.cuDevicePrimaryCtxRetain(ctypes.byref(context), device) != 0:
        return None
    return context


def enter() -> bool:
    """Whether this thread is in the shared context now."""
    library, context = driver(), share_context()
    return library is not None and context is not None and library.cuCtxSetCurrent(context) == 0


def upload(pointer: int, array: NDArray[np.generic]) -> bool:
    """Copy ``array`` (contiguous) to the GPU; done when this returns. Whether it was done."""
    library = driver()
    return (
        library is not None
        and library.cuMemcpyHtoD_v2(
            ctypes.c_uint64(pointer),
            ctypes.c_void_p(array.ctypes.data),
            ctypes.c_size_t(array.nbytes),
        )
        == 0
        # Of memory that is not pinned it may be under way still, and others do not wait for it.
        and library.cuStreamSynchronize(None) == 0
    )


def download(array: NDArray[np.generic], pointer: int) -> bool:
    """Fill ``array`` (contiguous) from the GPU; done when this returns. Whether it was done."""
    library = driver()
    return (
        library is not None
        and library.cuMemcpyDtoH_v2(
            ctypes.c_void_p(array.ctypes.data),
            ctypes.c_uint64(pointer),
            ctypes.c_size_t(array.nbytes),
        )
        == 0
    )


def wait() -> bool:
    """Until what decoders have begun on the GPU is done. Whether that is known.

    FFmpeg copies its frames in the stream that all share, for which onnxruntime's own do not wait.
    """
    library = driver()
    return library is not None and library.cuStreamSynchronize(None) == 0


def clear(pointer: int, size_bytes: int) -> bool:
    """Write zeros there. What is copied to the GPU afterwards comes after it."""
    library = driver()
    return (
        library is not None
        and library.cuMemsetD8_v2(
            ctypes.c_uint64(pointer), ctypes.c_ubyte(0), ctypes.c_size_t(size_bytes)
        )
        == 0
    )


def pin(array: NDArray[np.generic]) -> bool:
    """Keep its memory in place for as long as it lives: the GPU then reads it three times as fast.

    To be called in the shared context. Where it cannot be done, copying is slower and no different.
    """
    library, address = driver(), ctypes.c_void_p(array.ctypes.data)
    if library is None or not array.nbytes:
        return False
    size = ctypes.c_size_t(array.nbytes)
    if library.cuMemHostRegister_v2(address, size, ctypes.c_uint(PORTABLE)) != 0:
        return False
    # At the process's end nobody has to: the driver lets go of everything.
    finalize(array, _unpin, address).atexit = False
    return True


def _unpin(address: ctypes.c_void_p) -> None:
    """In whatever thread lets go of the array, which need never have been in the context."""
    library = driver()
    if library is not None and enter():
        library.cuMemHostUnregister(address)
