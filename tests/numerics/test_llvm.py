import pytest

from tinynet.numerics.llvm import WHOLE, Function, compiled


def test_loops_and_branches_are_compiled():
    """Compile the sum of the odd numbers below n, with a limit."""
    f = Function("odd", {"n": WHOLE, "limit": WHOLE}, WHOLE)
    total = f.alloca(WHOLE)
    f.store(WHOLE, "0", total)
    with f.loop(0, "%n") as k:
        with f.if_(f.emit(f"icmp eq i64 {f.int_op('urem', k, 2)}, 1")):
            f.store(WHOLE, f.int_op("add", f.load(WHOLE, total), k), total)
        with f.if_(f.emit(f"icmp sgt i64 {f.load(WHOLE, total)}, %limit")):
            f.ret("-1")
    f.ret(f.load(WHOLE, total))
    odd = compiled(f)
    assert [odd(n, 1000) for n in (0, 1, 2, 10)] == [0, 0, 1, 25]
    assert odd(10, 20) == -1


def test_invalid_code_is_not_compiled():
    f = Function("nonsense", {"n": WHOLE})
    f.emit_void("this is no instruction")
    with pytest.raises(RuntimeError, match="expected instruction opcode"):
        compiled(f)
