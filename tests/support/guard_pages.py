"""Call compiled functions with arrays beside memory that no program may touch.

In `with guard_pages.guarded("after"):` each array of each call is copied so that the array ends at such a page; with
"before" the array begins right after such a page. A read or a write beyond the array then ends the process with
SIGSEGV. A write to an array that the function only reads ends the process, too. `pytest --guard-pages after` guards
every test.
"""

import ctypes
import mmap
from contextlib import contextmanager

import numpy as np

from tinynet.numerics.kernel import Kernel

SIDES = ("after", "before")
PAGE = mmap.PAGESIZE
NO_ACCESS, READ_ONLY = 0, 1  # PROT_NONE, PROT_READ

calls = {}  # how many calls of each compiled function were guarded


def beside_a_guard_page(array, side, *, written):
    """Return a copy of an array beside a page without access."""
    size = -(-max(array.nbytes, 1) // PAGE) * PAGE
    memory = mmap.mmap(-1, size + 2 * PAGE)
    room = np.frombuffer(memory, np.uint8)
    first = PAGE if side == "before" else PAGE + size - array.nbytes
    copy = room[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    start = room.ctypes.data
    protect(start, PAGE, NO_ACCESS)
    protect(start + PAGE + size, PAGE, NO_ACCESS)
    if not written:
        protect(start + PAGE, size, READ_ONLY)
    return copy


def protect(address, size, access):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), access):
        raise OSError(ctypes.get_errno(), "mprotect failed")


def is_usual(array, kind):
    """Return whether an array can be copied without a change that makes the array acceptable."""
    if type(array) is not np.ndarray or array.dtype.hasobject:
        return False
    flags = array.flags
    return flags.c_contiguous and flags.aligned and (flags.writeable or not kind.written)


@contextmanager
def guarded(side):
    """Guard the arrays of every call of a compiled function."""
    call = Kernel.__call__

    def guarded_call(kernel, arrays, *wholes):
        kinds = list(kernel.arrays.values())
        if not all(map(is_usual, arrays, kinds)):
            return call(kernel, arrays, *wholes)  # the call will be refused
        copies = [
            beside_a_guard_page(array, side, written=kind.written)
            for kind, array in zip(kinds, arrays, strict=True)
        ]
        result = call(kernel, copies, *wholes)
        for kind, array, copy in zip(kinds, arrays, copies, strict=True):
            if kind.written:
                array[...] = copy
        calls[kernel.name] = calls.get(kernel.name, 0) + 1
        return result

    Kernel.__call__ = guarded_call
    try:
        yield
    finally:
        Kernel.__call__ = call


def summary_line():
    """Return how many calls were guarded."""
    listed = ", ".join(f"{name} {count:,}" for name, count in sorted(calls.items()))
    return f"calls between guard pages: {sum(calls.values()):,} ({listed})"
