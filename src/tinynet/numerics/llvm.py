"""A builder for LLVM IR, and the JIT compiler.

Variables are stack memory (`alloca`), which LLVM turns into registers where possible, so that loops need only `load`
and `store`. No arithmetic has fast-math flags: LLVM must not fuse or reorder it, and all processors compute the same
bits.

Two environment variables imitate other processors in tests. TINYNET_TARGET is LLVM's name of a processor, such as
"x86-64" or "x86-64-v3", optionally with a comma and features, such as "+avx,-fma". TINYNET_LANES is the number of
networks in a SIMD kernel: 8, 16, 32 or 64.
"""

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Generic, NewType, TypeVar, cast

from tinynet.errors import TinyNetError

# The name of a value in the LLVM code, by the value's type. A type checker then finds values that are mixed up.
Pointer = NewType("Pointer", str)
I64 = NewType("I64", str)
I32 = NewType("I32", str)
I1 = NewType("I1", str)
F64 = NewType("F64", str)
F32 = NewType("F32", str)
Index = int | I64  # a number known at compile time, or the name of a computed number
V = TypeVar("V", bound=str)


class Kind(str, Generic[V]):
    """The name of an LLVM type.

    Values of the type have the Python type V.
    """

    __slots__ = ()


POINTER: Kind[Pointer] = Kind("ptr")
WHOLE: Kind[I64] = Kind("i64")
INT32: Kind[I32] = Kind("i32")
DOUBLE: Kind[F64] = Kind("double")
FLOAT: Kind[F32] = Kind("float")

CACHE_LINE = 64  # bytes
_lock = threading.RLock()  # llvmlite compiles in one thread at a time
_held: list[Any] = []  # the lock of llvmlite, during a fork
LANES = ("8", "16", "32", "64")  # values of TINYNET_LANES
C_TYPES = {POINTER: ctypes.c_void_p, WHOLE: ctypes.c_int64}
# LLVM would use half the vector width, because wide vectors can lower the clock rate.
ATTRIBUTES = 'nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512"'


class Function:
    """A builder of one LLVM function, line by line.

    arguments : types by name, without %. Pointers must not alias.
    result : the type of the result.
    internal : whether only functions of the same module call this function. LLVM removes an unused internal
        function.

    >>> double = Function("double", {"x": POINTER})
    >>> double.store("i64", double.emit("add i64 1, 1"), "%x")
    >>> print(double.text().splitlines()[-3])
      store i64 %v1, ptr %x
    """

    def __init__(
        self, name: str, arguments: Mapping[str, str], result: str = "void", *, internal: bool = False
    ) -> None:
        self.name, self.arguments, self.result, self.internal = name, arguments, result, internal
        self._variables: list[str] = []
        self._lines: list[str] = []
        self._names = 0

    def text(self) -> str:
        """Return the function as LLVM IR."""
        given = ", ".join(
            f"{kind} noalias %{name}" if kind == POINTER else f"{kind} %{name}"
            for name, kind in self.arguments.items()
        )
        linkage = "internal " if self.internal else ""
        lines = [f"define {linkage}{self.result} @{self.name}({given}) #0 {{", "entry:", *self._variables]
        close = "ret void" if self.result == "void" else "unreachable"  # `emit` wrote the return
        return "\n".join([*lines, *self._lines, f"  {close}", "}", ""])

    def emit_void(self, text: str) -> None:
        """Emit an instruction without a result."""
        self._lines.append(f"  {text}")

    def emit(self, text: str) -> str:
        """Emit an instruction and return the name of its result."""
        self._names += 1
        self.emit_void(f"%v{self._names} = {text}")
        return f"%v{self._names}"

    def alloca(self, kind: str, count: int = 1) -> Pointer:
        """Return a pointer to stack memory for `count` values.

        The memory is allocated once per call.
        """
        self._names += 1
        self._variables.append(f"  %v{self._names} = alloca {kind}, i64 {count}")
        return Pointer(f"%v{self._names}")

    def load(self, kind: Kind[V], pointer: Pointer, align: int | None = None) -> V:
        """Return the value at a pointer."""
        return cast(V, self.emit(f"load {kind}, ptr {pointer}" + (f", align {align}" if align else "")))

    def store(self, kind: Kind[V], value: V, pointer: Pointer, align: int | None = None) -> None:
        """Store a value at a pointer."""
        self.emit_void(f"store {kind} {value}, ptr {pointer}" + (f", align {align}" if align else ""))

    def gep(self, kind: str, pointer: Pointer, index: Index) -> Pointer:
        """Return the address of element `index` of an array."""
        return Pointer(self.emit(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {index}"))

    def launder(self, pointer: Pointer) -> Pointer:
        """Return the pointer through an opaque copy.

        LLVM then does not reuse earlier loads from the pointer.
        """
        return Pointer(self.emit(f'call ptr asm "", "=r,0"(ptr {pointer})'))

    def int_op(self, operation: str, x: Index, y: Index) -> I64:
        """Return an operation of two i64 integers.

        The operation is add, sub, mul, udiv or urem.
        """
        return I64(self.emit(f"{operation} i64 {x}, {y}"))

    @contextmanager
    def loop(self, first: Index, last: Index) -> Iterator[I64]:
        """Emit a loop with the body of the `with` block.

        The counter runs from `first` to `last` (excluded), and is yielded.
        """
        self._names += 1
        mark, counter = f"loop{self._names}", self.alloca(WHOLE)
        self.store(WHOLE, I64(str(first)), counter)
        self.emit_void(f"br label %{mark}")
        self._label(mark)
        number = self.load(WHOLE, counter)
        self.emit_void(
            f"br i1 {self.emit(f'icmp slt i64 {number}, {last}')}, label %{mark}.in, label %{mark}.out"
        )
        self._label(f"{mark}.in")
        yield number
        self.store(WHOLE, self.int_op("add", number, 1), counter)
        self.emit_void(f"br label %{mark}")
        self._label(f"{mark}.out")

    @contextmanager
    def if_(self, condition: I1) -> Iterator[None]:
        """Emit the body of the `with` block under a condition."""
        self._names += 1
        mark = f"when{self._names}"
        self.emit_void(f"br i1 {condition}, label %{mark}.in, label %{mark}.out")
        self._label(f"{mark}.in")
        yield
        self.emit_void(f"br label %{mark}.out")
        self._label(f"{mark}.out")

    def ret(self, value: str) -> None:
        """Emit a return.

        Later instructions belong to another branch.
        """
        self.emit_void(f"ret {self.result} {value}")
        self._names += 1
        self._label(f"after{self._names}")

    def _label(self, name: str) -> None:
        self._lines.append(f"{name}:")


def compiled(function: Function, declarations: str = "", *, straight: bool = False) -> Callable[..., Any]:
    """Compile a function for this machine.

    The result trusts its arguments, which are addresses and whole numbers. Only `Kernel` calls it.

    declarations : LLVM IR of the functions that this function calls.
    straight : whether to skip the O2 pipeline, for long straight-line code. O2 would keep more values live across
        loop iterations than there are registers.
    """
    with _lock:
        return _compiled(function, declarations, straight)


def _before_fork() -> None:
    """Wait until no other thread uses LLVM.

    A child of a fork has only the forking thread. A lock that another thread holds during the fork is never released
    in the child. llvmlite has a lock of its own, which also the garbage collector takes when it frees compiled code.
    """
    _lock.acquire()
    ffi = sys.modules.get("llvmlite.binding.ffi")
    lock = getattr(getattr(ffi, "lib", None), "_lock", None)  # None before llvmlite is imported
    if lock is not None:
        lock.__enter__()
    _held.append(lock)


def _after_fork() -> None:
    lock = _held.pop()
    if lock is not None:
        lock.__exit__()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


def _compiled(function: Function, declarations: str, straight: bool) -> Callable[..., Any]:
    import llvmlite.binding as llvm

    attributes = f"{ATTRIBUTES} {_straight() if straight else ''}"
    module = llvm.parse_assembly(f"{declarations}\n{function.text()}\nattributes #0 = {{ {attributes} }}\n")
    module.verify()
    machine = _machine()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = builder.getModulePassManager()
    if straight:
        passes = llvm.create_new_module_pass_manager()
        passes.add_sroa_pass()
        passes.add_reassociate_pass()
        passes.add_instruction_combine_pass()
    passes.run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    result = None if function.result == "void" else C_TYPES[function.result]
    types = [C_TYPES[kind] for kind in function.arguments.values()]
    call: Any = ctypes.CFUNCTYPE(result, *types)(engine.get_function_address(function.name))
    call.engine = engine  # keeps the code alive
    return call


@lru_cache(maxsize=1)
def _prepared() -> None:
    """Initialize LLVM for this machine."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def _machine() -> Any:
    import llvmlite.binding as llvm

    _prepared()
    processor, features = _target()
    return llvm.Target.from_default_triple().create_target_machine(processor, features, opt=2, jit=True)


@lru_cache(maxsize=1)
def _target() -> tuple[str, str]:
    """Return the target processor and its features, by LLVM's names."""
    import llvmlite.binding as llvm

    processor, _, features = os.environ.get("TINYNET_TARGET", "host").partition(",")
    if processor == "host":
        return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return processor, features


def _straight() -> str:
    """Return the function attributes of straight-line code, on x86.

    LLVM schedules as for an in-order processor: it places other instructions between a result and its use. An
    out-of-order processor benefits too, because it looks ahead over a few hundred instructions, and a step has a
    thousand. Spilled values are aligned to cache lines.
    """
    import llvmlite.binding as llvm

    if not llvm.get_default_triple().startswith("x86_64"):
        return ""
    return f'"tune-cpu"="atom" alignstack={CACHE_LINE} "stackrealign"'


@lru_cache(maxsize=1)
def lane_count() -> int:
    """Return how many networks a SIMD kernel trains.

    The number is that of the float32 values in four vectors of this machine. A larger number would not fit the
    registers. With a smaller number, the kernel would wait for the latency of each instruction. No result depends
    on the number.
    """
    if lanes := os.environ.get("TINYNET_LANES"):
        if lanes not in LANES:
            raise TinyNetError(f"TINYNET_LANES is {lanes!r}. It must be 8, 16, 32 or 64.")
        return int(lanes)
    processor, features = _target()
    if "+avx512f" in features.split(",") or processor == "x86-64-v4":
        return 64
    return 32 if "+avx" in features.split(",") or processor == "x86-64-v3" else 16
