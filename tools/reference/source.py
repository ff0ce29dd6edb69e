"""What the pages read from the source without importing it: error classes, environment variables, field notes."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tiebeam"
GENERATED = "<!-- Written by `make docs` from the code; edits here are lost. -->"


@dataclass(frozen=True)
class ErrorClass:
    name: str
    code: str
    status: int
    note: str
    room: str


@cache
def _trees() -> dict[str, ast.Module]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def error_classes() -> list[ErrorClass]:
    """Every subclass of TiebeamError, however deep; code and status are inherited where a class does not set them."""
    nodes: dict[str, tuple[ast.ClassDef, str]] = {}
    for file, tree in _trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                nodes.setdefault(node.name, (node, file))
    found = [name for name in nodes if "TiebeamError" in _ancestry(name, nodes)]
    return [_error(name, nodes) for name in found]


def _ancestry(name: str, nodes: dict[str, tuple[ast.ClassDef, str]]) -> list[str]:
    """The class and what it inherits from, nearest first."""
    line = [name]
    for current in line:
        if current in nodes:
            bases = [ast.unparse(base).rpartition(".")[2] for base in nodes[current][0].bases]
            line += [base for base in bases if base not in line]
    return line


def _error(name: str, nodes: dict[str, tuple[ast.ClassDef, str]]) -> ErrorClass:
    values: dict[str, Any] = {}
    for ancestor in _ancestry(name, nodes):
        if ancestor not in nodes:
            continue
        for statement in nodes[ancestor][0].body:
            target, value = _assigned(statement)
            if target in {"code", "status"} and value is not None and target not in values:
                values[target] = ast.literal_eval(value)
    node, file = nodes[name]
    note = " ".join((ast.get_docstring(node) or "").split())
    room = Path(file).parts[0].removesuffix(".py")
    return ErrorClass(name=name, code=values["code"], status=values["status"], note=note, room=room)


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value
    return "", None


def environment_variables() -> set[str]:
    """The names of all environment variables of ours that the code mentions."""
    names: set[str] = set()
    for tree in _trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= set(re.findall(r"\bTIEBEAM_[A-Z][A-Z_]*[A-Z]\b", node.value))
    return names


def field_notes(model: type) -> dict[str, str]:
    """Field → the docstring under it, for a class and its bases."""
    notes: dict[str, str] = {}
    for cls in reversed([c for c in model.__mro__ if c.__module__.startswith("tiebeam")]):
        (node,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        assert isinstance(node, ast.ClassDef)
        for statement, after in zip(node.body, node.body[1:], strict=False):
            target, _ = _assigned(statement)
            if target and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                notes[target] = " ".join(str(after.value.value).split())
    return notes


def cell(text: str) -> str:
    """Text as it may stand in a table cell."""
    return " ".join(text.split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join(['---'] * len(head))}|"]
    return [*lines, *(f"| {' | '.join(cell(value) for value in row)} |" for row in rows)]


def page(title: str, introduction: str, *parts: list[str]) -> str:
    lines = [f"# {title}", "", GENERATED, "", introduction]
    for part in parts:
        lines += ["", *part]
    return "\n".join(lines).rstrip() + "\n"
