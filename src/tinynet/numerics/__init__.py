"""Elementary functions and sums.

The results have the same bits on every machine.

The package must not depend on networks or data.

primitives.py    the three operations that every language adds to `elementary`
integers.py      arithmetic of whole numbers
elementary.py    exp, log, tanh, sigmoid and cos(pi x), defined once for every language
definitions.py   the source of `elementary` as formula trees
llvm.py          a builder for LLVM IR, and the compiler
llvm_library.py  the functions of `elementary` as LLVM IR
kernel.py        compiled functions, called with checked arguments
arrays.py        these functions for arrays, and sums in a fixed order
cancellation.py  the end of a computation whose result nobody needs
"""
