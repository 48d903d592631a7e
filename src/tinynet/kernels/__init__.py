"""The sheet, compiled to machine code.

Kernels must not compute anything that the sheet does not define.

emit.py          operations as LLVM IR: scalar float64 and SIMD float32
rewriting.py     the order of operations in float32
unrolled.py      one step of a small network as straight-line code
looped.py        one step of a larger network as loops
scalar_code.py   the code that trains one network and records every number
scalar.py        train one network and record every number
simd_init.py     initial parameters for many seeds
simd_batches.py  batches, noise and augmentation for many seeds
simd.py          train many networks side by side
"""
