"""Reads a package's Python modules once, as syntax trees with the imports resolved to module names."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "tiebeam"


@dataclass(frozen=True)
class Import:
    """One imported module; `names` are the names taken out of it, empty for a plain `import`."""

    target: str
    names: tuple[str, ...]
    line: int
    inside_function: bool


@dataclass(frozen=True)
class SourceModule:
    path: Path
    name: str
    is_package: bool

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        return tuple(self._imports())

    @property
    def room(self) -> str:
        """The first name below `tiebeam`; empty for the package itself."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def exported(self) -> frozenset[str]:
        """The names in `__all__`."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
            ):
                return frozenset(ast.literal_eval(node.value))
        return frozenset()

    def _imports(self) -> Iterator[Import]:
        inner = {id(child) for function in self.functions() for child in ast.walk(function)}
        for node in ast.walk(self.tree):
            inside = id(node) in inner
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, (), node.lineno, inside)
            elif isinstance(node, ast.ImportFrom):
                names = tuple(alias.name for alias in node.names)
                yield Import(self._absolute(node), names, node.lineno, inside)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.name.split(".") if self.is_package else self.name.split(".")[:-1]
        base = package[: len(package) - node.level + 1]
        return ".".join([*base, node.module] if node.module else base)


def read_package(package: Path = PACKAGE) -> dict[str, SourceModule]:
    """Module name → module, for every Python file below the package folder."""
    modules: dict[str, SourceModule] = {}
    for path in sorted(package.rglob("*.py")):
        parts = [package.name, *path.relative_to(package).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules[name] = SourceModule(path=path, name=name, is_package=is_package)
    return modules


def repository_files(*below: str) -> list[Path]:
    """The files git tracks or would track, that exist."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *below],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [ROOT / name for name in sorted(set(done.stdout.split("\0"))) if name and (ROOT / name).is_file()]
