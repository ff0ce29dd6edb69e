"""Formulas as text: read once, then worked out exactly, over thousands of draws, or as a spreadsheet's own formula."""

from __future__ import annotations

import ast
import operator as op
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tiebeam.kit.formulas.arithmetic import Arithmetic

_LONGEST = 500
_DEEPEST = 30
_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
_COMBINING: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: op.add,
    ast.Sub: op.sub,
    ast.Mult: op.mul,
    ast.Div: op.truediv,
    ast.Pow: op.pow,
}
_FUNCTIONS: Mapping[str, int] = {"min": 2, "max": 2, "ceil": 1, "if_positive": 3}
"""Names and how many arguments. `if_positive(x, a, b)` is a where x > 0, else b; both are worked out."""


class FormulaBroken(ValueError):
    """A formula that cannot be read, or names something nobody defines."""


@dataclass(frozen=True, slots=True)
class Formula:
    """`text` as written; `names` are the figures it asks for."""

    text: str
    tree: ast.expr
    names: frozenset[str]


def read_formula(text: str) -> Formula:
    """Numbers, names, + - * / **, min, max, ceil and if_positive; nothing else. Raises FormulaBroken."""
    if len(text) > _LONGEST:
        raise FormulaBroken(f"a formula has at most {_LONGEST} characters; split {text[:40]!r}… into named parts")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise FormulaBroken(f"the formula {text!r} cannot be read: {getattr(problem, 'msg', problem)}") from problem
    names: set[str] = set()
    _check(tree, text, names, depth=0)
    return Formula(text, tree, frozenset(names))


def _check(node: ast.expr, text: str, names: set[str], *, depth: int) -> None:
    if depth > _DEEPEST:
        raise FormulaBroken(f"the formula {text[:60]!r} is nested too deeply; split it into named parts")
    match node:
        case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
            children = [left, right]
        case ast.UnaryOp(ast.USub(), operand):
            children = [operand]
        case ast.Name(name):
            names.add(name)
            children = []
        case ast.Constant(int() | float()) if not isinstance(node.value, bool):
            children = []
        case ast.Call(ast.Name(name), arguments, []) if _FUNCTIONS.get(name) == len(arguments):
            children = arguments
        case _:
            raise FormulaBroken(
                f"the formula {text!r} may hold numbers, names, + - * / ** and {', '.join(_FUNCTIONS)} "
                f"with their number of arguments; {ast.unparse(node)[:60]!r} is none of them"
            )
    for child in children:
        _check(child, text, names, depth=depth + 1)


def work_out(formula: Formula, figures: Mapping[str, Any], *, arithmetic: Arithmetic) -> Any:
    """The formula over `figures`, in whatever the arithmetic computes with. Raises FormulaBroken on a missing name."""
    return _value(formula.tree, figures, arithmetic)


def _value(node: ast.expr, figures: Mapping[str, Any], arithmetic: Arithmetic) -> Any:
    match node:
        case ast.Name(name):
            if name not in figures:
                raise FormulaBroken(f"nobody defines {name!r}; add it to the assumptions")
            return figures[name]
        case ast.Constant():
            return arithmetic.number(Decimal(str(node.value)))
        case ast.UnaryOp(_, operand):
            return -_value(operand, figures, arithmetic)
        case ast.BinOp(left, operator, right):
            return _combined(operator, _value(left, figures, arithmetic), _value(right, figures, arithmetic))
        case ast.Call(ast.Name(name), arguments):
            return getattr(arithmetic, name)(*(_value(one, figures, arithmetic) for one in arguments))
        case _:
            raise AssertionError("read_formula lets nothing else in")


def _combined(operator: ast.operator, left: Any, right: Any) -> Any:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right
        case _:
            return left**right


def prepared(formula: Formula, *, arithmetic: Arithmetic) -> Callable[[Mapping[str, Any]], Any]:
    """The same as `work_out`, several times as quick for who asks often. It raises KeyError on a missing name."""
    return _prepared(formula.tree, arithmetic)


def _prepared(node: ast.expr, arithmetic: Arithmetic) -> Callable[[Mapping[str, Any]], Any]:
    match node:
        case ast.Name(name):
            return op.itemgetter(name)
        case ast.Constant():
            constant = arithmetic.number(Decimal(str(node.value)))
            return lambda _: constant
        case ast.UnaryOp(_, operand):
            inner = _prepared(operand, arithmetic)
            return lambda figures: -inner(figures)
        case ast.BinOp(left, sign, right):
            first, second = _prepared(left, arithmetic), _prepared(right, arithmetic)
            combine = _COMBINING[type(sign)]
            return lambda figures: combine(first(figures), second(figures))
        case ast.Call(ast.Name(name), arguments):
            function = getattr(arithmetic, name)
            parts = [_prepared(one, arithmetic) for one in arguments]
            return lambda figures: function(*[part(figures) for part in parts])
        case _:
            raise AssertionError("read_formula lets nothing else in")


def spreadsheet_formula(formula: Formula, cell_of: Callable[[str], str]) -> str:
    """The same as a spreadsheet writes it, with `cell_of(name)` for each figure: `=B2*ROUNDUP(B3/B4,0)`."""
    return "=" + _cells(formula.tree, cell_of)


def _cells(node: ast.expr, cell_of: Callable[[str], str]) -> str:
    match node:
        case ast.Name(name):
            return cell_of(name)
        case ast.Constant():
            return format(Decimal(str(node.value)), "f")
        case ast.UnaryOp(_, operand):
            # In spreadsheets a sign binds tighter than a power.
            return f"(-{_cells(operand, cell_of)})"
        case ast.BinOp(left, operator, right):
            sign = "^" if isinstance(operator, ast.Pow) else _OPERATORS[type(operator)]
            return f"({_cells(left, cell_of)}{sign}{_cells(right, cell_of)})"
        case ast.Call(ast.Name(name), arguments):
            return _call([_cells(one, cell_of) for one in arguments], name)
        case _:
            raise AssertionError("read_formula lets nothing else in")


def _call(arguments: list[str], name: str) -> str:
    match name:
        case "ceil":
            # CEILING differs between spreadsheets for negative numbers; ours are counts.
            return f"ROUNDUP({arguments[0]},0)"
        case "if_positive":
            return f"IF({arguments[0]}>0,{arguments[1]},{arguments[2]})"
        case _:
            return f"{name.upper()}({','.join(arguments)})"
