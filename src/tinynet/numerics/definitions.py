"""The functions of `elementary` as formula trees.

The functions are read from their source.
"""

import ast
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

Formula = float | str | tuple[Any, ...]  # a number, the name of a cell, or (operation, *formulas)

SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Lt: "<", ast.Gt: ">", ast.Eq: "=="}


class Definition(NamedTuple):
    """One function.

    parameters : the names of its parameters.
    cells : the formula of each assigned name, in order. `("exp", "x")` calls another function.
    result : the formula of the returned value.
    """

    parameters: tuple[str, ...]
    cells: dict[str, Formula]
    result: Formula


@cache
def definitions() -> dict[str, Definition]:
    """Return every function of `elementary` by name.

    Each function comes after the functions that it calls.

    >>> definitions()["nearest"].result
    ('-', ('+', 'x', 6755399441055744.0), 6755399441055744.0)
    """
    tree = ast.parse(files("tinynet.numerics").joinpath("elementary.py").read_text(encoding="utf-8"))
    constants = {
        _target(line): ast.literal_eval(line.value) for line in tree.body if isinstance(line, ast.Assign)
    }
    functions = [line for line in tree.body if isinstance(line, ast.FunctionDef)]
    return {function.name: _definition(function, constants) for function in functions}


def called(formula: Formula) -> set[str]:
    """Return the functions of `elementary` that a formula calls directly."""
    if not isinstance(formula, tuple):
        return set()
    inner = set().union(*map(called, formula[1:]))
    return inner | {formula[0]} if formula[0] in definitions() else inner


def needed(names: set[str]) -> list[str]:
    """Return functions together with all functions that they call.

    Each function comes after the functions that it calls.

    >>> needed({"exp"})
    ['nearest', 'times_power2', 'growth', 'exp']
    """
    wanted = set(names)
    for name, definition in reversed(definitions().items()):
        if name in wanted:
            wanted.update(*map(called, (*definition.cells.values(), definition.result)))
    return [name for name in definitions() if name in wanted]


def _definition(function: ast.FunctionDef, constants: dict[str, float]) -> Definition:
    *assigned, last = function.body[1:]  # after the docstring
    assert isinstance(last, ast.Return)
    assert last.value is not None
    cells = {
        _target(line): _formula(line.value, constants) for line in assigned if isinstance(line, ast.Assign)
    }
    assert len(cells) == len(assigned), f"{function.name} assigns each name once, and does nothing else"
    return Definition(tuple(p.arg for p in function.args.args), cells, _formula(last.value, constants))


def _target(line: ast.Assign) -> str:
    (target,) = line.targets
    assert isinstance(target, ast.Name)
    return target.id


def _formula(node: ast.expr, constants: dict[str, float]) -> Formula:
    match node:
        case ast.Constant(value=float(number)):
            return number
        case ast.Name(id=name):
            return constants.get(name, name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ("neg", _formula(operand, constants))
        case ast.BinOp(left=left, op=sign, right=right):
            return (SIGNS[type(sign)], _formula(left, constants), _formula(right, constants))
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return (SIGNS[type(sign)], _formula(left, constants), _formula(right, constants))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return (name, *(_formula(argument, constants) for argument in arguments))
    raise ValueError(f"elementary.py has an expression that other languages cannot read: {ast.unparse(node)}")
